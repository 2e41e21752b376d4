import type { Caller, Device, Method, Place } from '../model.ts';
import { readRanges, toRanges } from '../vlans.ts';
import { globExpression, portExpression } from './patterns.ts';
import { canonicalPort } from './ports.ts';
import type { Platform } from './written.ts';

/** Allows, or denies and says why. A list that is left out holds everything; an empty one nothing. */
export interface Rule {
  readonly place: Place;
  readonly deny?: string | undefined;
  readonly callers?: List<Caller> | undefined;
  readonly devices?: DeviceList | undefined;
  readonly ports?: List<PortOn> | undefined;
  readonly methods?: List<Method> | undefined;
  readonly vlans?: VlanList | undefined;
  readonly networkTypes?: List<string> | undefined;
}

/** What a rule of the policy lists, compiled. An empty list has nothing in it. */
export interface List<Item> {
  /** As a refusal shows it. */
  readonly text: string;
  /** As it was written. */
  readonly items: readonly string[];
  has(item: Item): boolean;
}

export interface VlanList extends List<number> {
  readonly ids: ReadonlySet<number>;
}

/** Ports by their long names, on devices of one platform. */
export interface PortOn {
  readonly port: string;
  /** The name of a platform. */
  readonly platform: string;
}

const AT_TERMINAL = 'cli:';

/** The name that a policy knows a caller by: whoever sits at the terminal of this machine is `cli:` and the user's name. */
export function callerName({ name, scheme }: Pick<Caller, 'name' | 'scheme'>): string {
  return scheme === 'cli' ? AT_TERMINAL + name : name;
}

/** No name that comes over the network is one of the terminal, whatever it looks like; and `*` is nobody at the terminal. */
export function callerList(items: readonly string[]): List<Caller> {
  const patterns = items.map(item => {
    const local = item.startsWith(AT_TERMINAL);
    return { local, expression: globExpression(local ? item.slice(AT_TERMINAL.length) : item) };
  });
  return {
    ...written(items),
    has: ({ name, scheme }) => patterns.some(({ local, expression }) => local === (scheme === 'cli') && expression.test(name)),
  };
}

export type DeviceList = List<Pick<Device, 'name' | 'groups'>>;

/** Every device of the inventory, those of tomorrow too. */
export const ALL = 'all';

/** By a device's name, that of a group that it is in, a pattern for either, or `all`. */
export function deviceList(items: readonly string[]): DeviceList {
  const patterns = items.map(item => (item === ALL ? /^/ : globExpression(item)));
  return {
    ...written(items),
    has: ({ name, groups = [] }) => patterns.some(pattern => pattern.test(name) || groups.some(group => pattern.test(group))),
  };
}

/**
 * Ports and LAGs. `eager`: a text with a range that is a possible name as well, as Open vSwitch has them, means both; a list that forbids is
 * eager, one that allows is not.
 */
export function portList(items: readonly string[], platforms: ReadonlyMap<string, Platform>, eager: boolean): List<PortOn> {
  const compiled = new Map(
    [...platforms.values()].map(platform => {
      const names = items.map(item => canonicalPort(item, platform));
      return [platform.name, { names: new Set(eager ? names : []), patterns: names.map(portExpression) }];
    }),
  );
  return {
    ...written(items),
    has: ({ port, platform }) => {
      const own = compiled.get(platform);
      return own !== undefined && (own.names.has(port) || own.patterns.some(pattern => pattern.test(port)));
    },
  };
}

export function nameList<Item extends string>(items: readonly string[]): List<Item> {
  const known = new Set(items);
  return { ...written(items), has: item => known.has(item) };
}

/** undefined: the text is no list of VLANs. */
export function vlanList(text: string): VlanList | undefined {
  const found = text.trim() === '' ? [] : readRanges(text);
  if (!found) return undefined;
  const ids = new Set(found);
  const ranges = toRanges(found);
  return { text: ranges === '' ? EMPTY : ranges, items: ranges === '' ? [] : ranges.split(','), ids, has: id => ids.has(id) };
}

const EMPTY = 'an empty list';

function written(items: readonly string[]): { text: string; items: readonly string[] } {
  return { text: items.length === 0 ? EMPTY : items.join(', '), items };
}
