import type { Check, Step } from '../model.ts';
import { readRanges, toRanges, toSet } from '../vlans.ts';

/** What an output shows that it must not, or fails to show: one sentence each; none when all holds. Pure. */
export function missesOf(step: Pick<Step, 'expect' | 'reject'>, output: string): string[] {
  return [...step.expect.flatMap(check => unmet(check, output)), ...step.reject.flatMap(check => met(check, output))];
}

function unmet(check: Check, output: string): string[] {
  if (check.kind === 'text')
    return check.pattern.test(output) ? [] : [check.means ?? `it does not show ${shown(check.pattern)}${instead(check.pattern, output)}`];
  const found = hits(check, output);
  const strange = found.find(hit => hit.strange !== undefined);
  if (strange) return [check.means ?? `it shows VLANs that cannot be read: ${strange.strange}`];
  const ids = toSet(found.flatMap(hit => hit.ids));
  const fits = check.how === 'are' ? sameIds(ids, check.list) : check.list.every(id => ids.includes(id));
  if (fits) return [];
  const wanted = check.how === 'are' ? 'are' : 'hold';
  return [check.means ?? `its VLANs are ${listed(ids)} where they should ${wanted === 'are' ? 'be' : 'hold'} ${listed(check.list)}`];
}

function met(check: Check, output: string): string[] {
  if (check.kind === 'text') return check.pattern.test(output) ? [check.means ?? `it shows ${shown(check.pattern)}`] : [];
  // What cannot be read may well hold the VLAN: better to refuse than to be wrong.
  const guilty = hits(check, output).filter(hit =>
    check.how === 'are' ? sameIds(hit.ids, check.list) : hit.strange !== undefined || check.list.some(id => hit.ids.includes(id)),
  );
  if (guilty.length === 0) return [];
  const ports = [...new Set(guilty.flatMap(hit => hit.port ?? []))];
  const where = ports.length > 0 ? ` ${ports.join(', ')}` : '';
  const strange = guilty.flatMap(hit => hit.strange ?? []);
  const why = strange.length === guilty.length ? ` (cannot be read: ${strange.join(', ')})` : '';
  return [`${check.means ?? `VLAN ${listed(check.list)} is still there:`}${where}${why}`];
}

/** Two steps with the same key are the same read. */
export function readKey(step: Step): string {
  return JSON.stringify([step.mode, step.lines.map(line => line.text), step.tolerate.map(String)]);
}

interface Hit {
  readonly ids: readonly number[];
  readonly port?: string;
  /** Text that is no list of VLANs. */
  readonly strange?: string;
}

/** Every list the pattern captures, with the port it belongs to. */
function hits(check: Check & { kind: 'vlans' }, output: string): Hit[] {
  return [...output.matchAll(check.pattern)].flatMap(match => {
    const text = match.groups?.vlans ?? match[1] ?? '';
    const ids = readRanges(text);
    const port = match.groups?.port ?? (check.under ? headerAbove(output, match.index, check.under) : undefined);
    if (port !== undefined && check.except.includes(port)) return [];
    return [{ ids: ids ?? [], ...(port === undefined ? {} : { port }), ...(ids ? {} : { strange: text }) }];
  });
}

function headerAbove(output: string, index: number, header: RegExp): string | undefined {
  const above = output.slice(0, index).split('\n').reverse();
  for (const line of above) {
    const match = header.exec(line);
    if (match) return match.groups?.port ?? match[1];
  }
  return undefined;
}

const sameIds = (a: readonly number[], b: readonly number[]) => toRanges(a) === toRanges(b);
const listed = (ids: readonly number[]) => toRanges(ids) || 'none';

/** The line that says something else where the last word of the pattern should be: `, but "switchport access vlan 200"`. */
function instead({ source }: RegExp, output: string): string {
  const head = source.slice(0, source.lastIndexOf(' ') + 1);
  if (!head.startsWith('^') || !/[a-z]{3}/i.test(head)) return '';
  try {
    const line = new RegExp(`${head}.*$`, 'm').exec(output)?.[0];
    return line === undefined ? '' : `, but "${line.trim().replace(/ +/g, ' ')}"`;
  } catch {
    // That was not the last word, but the middle of something.
    return '';
  }
}

/** A pattern as a person reads it: without anchors and escapes. */
function shown(pattern: RegExp): string {
  return `"${pattern.source
    .replace(/^\^ ?|\$$/g, '')
    .replace(/\\(.)/g, '$1')
    .trim()}"`;
}
