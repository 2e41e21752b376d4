import type { Device, Method } from '../model.ts';
import type { List, Rule } from './lists.ts';
import { holdsGlob, isGlob, withoutRanges } from './patterns.ts';
import { canonicalPort } from './ports.ts';
import type { Platform } from './written.ts';

/** What the names in rules stand for. */
interface Inventory {
  readonly devices: ReadonlyMap<string, Device>;
  readonly platforms: ReadonlyMap<string, Platform>;
}

/**
 * Whether every call that the later rule is for is for the earlier one already, so that it can never decide anything. Says yes only when that
 * is certain. What makes it more than a comparison of lists: a rule that allows must hold all that a call names, one that denies any of it.
 */
export function covers(earlier: Rule, later: Rule, inventory: Inventory): boolean {
  if (isIdle(earlier) || isIdle(later)) return false;
  return (
    holdsEach(earlier.callers, later.callers, holdsCaller) &&
    holdsEach(earlier.methods, later.methods, isSame) &&
    holdsEach(earlier.networkTypes, later.networkTypes, isSame) &&
    holdsDevices(earlier, later, inventory) &&
    holdsPorts(earlier, later, inventory) &&
    holdsVlans(earlier, later)
  );
}

/** An empty list is for nothing today, perhaps for something tomorrow: that is no mistake. */
function isIdle({ callers, devices, ports, methods, vlans, networkTypes }: Rule): boolean {
  return [callers, devices, ports, methods, vlans, networkTypes].some(list => list?.items.length === 0);
}

type Written = Pick<List<never>, 'items'>;

/** A list that is left out holds everything. */
function holdsEach(earlier: Written | undefined, later: Written | undefined, holds: (one: string, other: string) => boolean): boolean {
  if (!earlier) return true;
  return later?.items.every(item => earlier.items.some(one => holds(one, item))) ?? false;
}

const isSame = (one: string, other: string) => one === other;
const holdsCaller = (one: string, other: string) => one.startsWith('cli:') === other.startsWith('cli:') && holdsGlob(one, other);

/** A group, or a pattern, may have other devices tomorrow; what a device's name stands for is certain. */
function holdsDevices({ devices: earlier }: Rule, { devices: later }: Rule, { devices }: Inventory): boolean {
  const groups = new Set([...devices.values()].flatMap(device => device.groups ?? []));
  return holdsEach(earlier, later, (one, item) => {
    const device = groups.has(item) ? undefined : devices.get(item);
    return one === 'all' || holdsGlob(one, item) || (device !== undefined && (device.groups ?? []).some(group => holdsGlob(one, group)));
  });
}

/** It names two ports: its own, and the LAG that it joins. */
const NAMES_TWO: Method = 'join_lag';

function holdsPorts(earlier: Rule, later: Rule, { devices, platforms }: Inventory): boolean {
  const { ports } = earlier;
  if (!ports) return true;
  if (!later.ports) return false;
  // What is denied for one of its two ports may not be allowed before: not for the other.
  if (later.deny !== undefined && earlier.deny === undefined && (later.methods?.has(NAMES_TWO) ?? true)) return false;
  const own = [...devices.values()].filter(device => later.devices?.has(device) ?? true).map(device => device.platform);
  const { items } = later.ports;
  const alike = (earlier.deny === undefined) === (later.deny === undefined);
  return [...new Set(own)].every(name => {
    const platform = platforms.get(name);
    if (!platform) return false;
    const holds = (item: string) =>
      isGlob(item) ? ports.items.some(one => holdsGlob(canonicalPort(one, platform), item)) : ports.has({ port: item, platform: name });
    return items.every(
      item => (alike && ports.items.includes(item)) || (meanings(canonicalPort(item, platform), later, platform)?.every(holds) ?? false),
    );
  });
}

/** A rule that denies takes a range for the name that it spells, too, where there can be such a name. */
function meanings(item: string, { deny }: Rule, { interfaces }: Platform): string[] | undefined {
  const spelt = deny !== undefined && (interfaces.pattern.test(item) || interfaces.lag?.test(item) === true) ? [item] : [];
  const plain = withoutRanges(item);
  return plain && [...plain, ...spelt];
}

/** A call that names no VLAN is for every rule that allows, and for no rule that denies VLANs. */
function holdsVlans(earlier: Rule, later: Rule): boolean {
  const { vlans } = earlier;
  if (!vlans) return true;
  if (!later.vlans || (earlier.deny === undefined) !== (later.deny === undefined)) return false;
  return [...later.vlans.ids].every(id => vlans.ids.has(id));
}
