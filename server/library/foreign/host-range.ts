/** More hosts than this in one file are a slip of the keyboard. */
export const MOST_HOSTS = 10_000;

/**
 * The hosts that an Ansible host pattern stands for: `leaf[01:10]`, `leaf[1:9:2]`, `leaf[a:f]`, several in one name.
 * @throws RangeError with a sentence for the reader
 */
export function expandHosts(pattern: string): string[] {
  const match = /^([^[]*)\[([^\]]*)\](.*)$/s.exec(pattern);
  if (!match) {
    if (pattern.includes('[')) throw new RangeError('a range has no end; it is written [1:9]');
    return [pattern];
  }
  const [, head = '', range = '', tail = ''] = match;
  const rest = expandHosts(tail);
  const items = itemsOf(range, Math.floor(MOST_HOSTS / rest.length));
  return items.flatMap(item => rest.map(end => head + item + end));
}

const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';

function itemsOf(range: string, most: number): string[] {
  const [first = '', last = '', by = '1', ...more] = range.split(':');
  if (!range.includes(':') || more.length > 0) throw new RangeError(`[${range}]: a range is [first:last] or [first:last:step]`);
  if (last === '') throw new RangeError(`[${range}]: a range needs its last`);
  const begin = first === '' ? '0' : first;
  const padded = /^0\d/.test(begin);
  if (padded && begin.length !== last.length) throw new RangeError(`[${range}]: with zeros in front, first and last need as many digits`);
  const isLetters = [begin, last].every(end => end.length === 1 && LETTERS.includes(end));
  if (!/^\d{1,9}$/.test(by) || Number(by) === 0) throw new RangeError(`[${range}]: the step is no number`);
  if (!isLetters && ![begin, last].every(end => /^\d{1,9}$/.test(end)))
    throw new RangeError(`[${range}]: first and last are numbers or letters`);
  const [from, to] = isLetters ? [LETTERS.indexOf(begin), LETTERS.indexOf(last)] : [Number(begin), Number(last)];
  if (from > to) throw new RangeError(`[${range}]: the first comes after the last`);
  const count = Math.floor((to - from) / Number(by)) + 1;
  if (count > most) throw new RangeError(`[${range}]: more than ${MOST_HOSTS} hosts`);
  return Array.from({ length: count }, (_, i) => {
    const at = from + i * Number(by);
    return isLetters ? (LETTERS[at] ?? '') : `${at}`.padStart(padded ? begin.length : 0, '0');
  });
}
