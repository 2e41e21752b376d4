/** How names are written in a policy: `*` is any text, `?` any one character, and 1-48 in a port every number from 1 to 48. Pure. */

/** The numbers that one range may have; more would be a mistake, or a `*`. */
const WIDEST = 10_000;
const RANGE = /(?<!\d)(\d+)-(\d+)(?!\d)/g;
const PARTS = /(\*+|\?|(?<!\d)\d+-\d+(?!\d))/;
const isRange = (part: string) => /^\d+-\d+$/.test(part);

/** Whether it may stand for more than the name that it spells. */
export const isGlob = (pattern: string): boolean => /[*?]/.test(pattern);

/** What a name must be to be meant by a pattern without ranges. */
export function globExpression(pattern: string): RegExp {
  return new RegExp(
    `^${pattern
      .split(/(\*+|\?)/)
      .map(wildcard)
      .join('')}$`,
    's',
  );
}

/** The same for ports, where numbers may be ranges. A range that is written with a leading zero keeps the width of its first number. */
export function portExpression(pattern: string): RegExp {
  const part = (text: string) => (isRange(text) ? `(?<!\\d)(?:${numbersOf(text).join('|')})(?!\\d)` : wildcard(text));
  return new RegExp(`^${pattern.split(PARTS).map(part).join('')}$`, 's');
}

/** What is wrong with the ranges of a port pattern, if anything is. */
export function rangeComplaint(pattern: string): string | undefined {
  for (const [text, first, last] of pattern.matchAll(RANGE)) {
    if (Number(first) > Number(last)) return `${pattern}: ${text} goes down`;
    if (Number(last) - Number(first) >= WIDEST) return `${pattern}: ${text} is more than ${WIDEST} numbers`;
  }
  return undefined;
}

/** Whether the first pattern certainly means every name that the second one means; neither has ranges. */
export function holdsGlob(pattern: string, other: string): boolean {
  // A `*` may take the other's `*` for text; a `?` would take it for one character.
  return pattern === other || (!(pattern.includes('?') && isGlob(other)) && globExpression(pattern).test(other));
}

/** A port pattern as patterns without ranges, if they are not too many. */
export function withoutRanges(pattern: string): string[] | undefined {
  let names = [''];
  for (const part of pattern.split(PARTS)) {
    const ends = isRange(part) ? numbersOf(part) : [part];
    if (names.length * ends.length > WIDEST) return undefined;
    names = names.flatMap(name => ends.map(end => name + end));
  }
  return names;
}

/** The first and the last name of a pattern without wildcards: both can be names, or none of those between can. */
export function endsMeant(pattern: string): string[] {
  return [1, 2].map(end => pattern.replace(RANGE, (_, first: string, last: string) => (end === 1 ? first : last)));
}

function numbersOf(range: string): string[] {
  const [first = '', last = ''] = range.split('-');
  const width = first.startsWith('0') ? first.length : 0;
  const count = Math.min(Math.max(Number(last) - Number(first) + 1, 0), WIDEST);
  return Array.from({ length: count }, (_, i) => String(Number(first) + i).padStart(width, '0'));
}

function wildcard(part: string): string {
  if (part.startsWith('*')) return '.*';
  return part === '?' ? '.' : part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}
