import type Handlebars from 'handlebars';
import { readRanges, toPairs, toRanges, toSet } from '../vlans.ts';

/** A helper of the playbook language, and what it may be given. Unknown named values are refused: a typo there would be silence. */
interface Helper {
  readonly run: Handlebars.HelperDelegate;
  readonly least: number;
  readonly most: number;
  readonly named: readonly string[];
}

export const HELPERS: Readonly<Record<string, Helper>> = {
  vlans: { run: (...args) => toRanges(idsOf(args), separator(args.at(-1))), least: 1, most: 9, named: ['except', 'sep'] },
  vlan_chunks: { run: (...args) => chunks(idsOf(args)), least: 1, most: 9, named: ['except'] },
  join: {
    run: joined,
    least: 1,
    most: 2,
    named: [],
  },
  eq: { run: (a: unknown, b: unknown) => (a ?? null) === (b ?? null), least: 2, most: 2, named: [] },
};

/** What is wrong with a call of a helper, in words; undefined when nothing is. */
export function wrongCall(name: string, call: Pick<hbs.AST.SubExpression, 'params' | 'hash'>): string | undefined {
  const helper = Object.hasOwn(HELPERS, name) ? HELPERS[name] : undefined;
  if (!helper) return `no helper ${name}; there are ${Object.keys(HELPERS).join(', ')}`;
  const { least, most, named } = helper;
  if (call.params.length < least || call.params.length > most) {
    return `${name} takes ${least === most ? least : `${least} to ${most}`} values`;
  }
  const stray = call.hash?.pairs.find(({ key }) => !named.includes(key));
  if (!stray) return undefined;
  return `${name} takes no ${stray.key}=${named.length > 0 ? `; it takes ${named.map(key => `${key}=`).join(', ')}` : ''}`;
}

/** The ids of a helper's arguments, less those of its `except=`. Handlebars puts its own options last. */
function idsOf(args: readonly unknown[]): number[] {
  const except = (args.at(-1) as Handlebars.HelperOptions | undefined)?.hash?.except as unknown;
  const left = new Set(listed(except));
  return toSet(args.slice(0, -1).flatMap(listed)).filter(id => !left.has(id));
}

/** Ids from a number, a list of numbers or a list's text; none from null, since `native_vlan` may be. */
function listed(arg: unknown): number[] {
  if (arg === null || arg === undefined) return [];
  if (typeof arg === 'number') return [arg];
  if (Array.isArray(arg)) return arg.map(Number);
  const read = readRanges(String(arg));
  if (!read) throw new TypeError(`${String(arg)} is no list of VLANs`);
  return read;
}

function joined(list: unknown, glue: unknown): string {
  if (list === null || list === undefined) throw new TypeError('a value is needed here that the call leaves out');
  return (Array.isArray(list) ? list : [list]).join(typeof glue === 'string' ? glue : ',');
}

function separator(options: unknown): string {
  const sep = (options as Handlebars.HelperOptions | undefined)?.hash?.sep as unknown;
  return typeof sep === 'string' ? sep : ',';
}

/** At most 20 ranges a line: the longest, 20 × `1000-1001,`, stays well under the 254 characters that IOS takes. */
function chunks(ids: readonly number[]): string[] {
  const texts = toPairs(ids).map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`));
  return Array.from({ length: Math.ceil(texts.length / 20) }, (_, i) => texts.slice(i * 20, i * 20 + 20).join(','));
}
