import { SAMPLES, sampleRequest, spotOn } from '../engine/samples.ts';
import type { Library } from '../library/library.ts';
import { namesRead } from '../library/names.ts';
import type { Platform } from '../library/written.ts';
import type { ChangeRequest, Device } from '../model.ts';
import type { Sheet } from './rows.ts';
import type { Side } from './side.ts';

/** A request that is played before an edit and after it. */
export interface Played {
  readonly sample: string;
  readonly request: ChangeRequest;
  /** Devices that it would be the same on; none where the inventory has no device of the platform. */
  readonly devices: readonly string[];
  /** undefined: there is no such platform on that side. */
  readonly before?: Library | undefined;
  readonly after?: Library | undefined;
}

/** Sessions on a switch are named after it. */
export const ID = 'review';

/** A request with what each side answers to it. */
export interface Seen extends Played {
  readonly platform: string;
  readonly old?: Sheet | undefined;
  readonly now?: Sheet | undefined;
}

interface Subject {
  readonly devices: readonly string[];
  readonly before?: Standing | undefined;
  readonly after?: Standing | undefined;
}

interface Standing {
  readonly device: Device;
  readonly platform: Platform;
  readonly library: Library;
}

/** Every sample on every device that is there before and after, and on an imagined one of each platform that has none. */
export function playedSamples(before: Side, after: Side): { played: Played[]; notes: string[] } {
  const subjects = [...onDevices(before.library, after.library), ...onPlatforms(before.library, after.library)];
  const without = new Set<string>();
  const played = subjects.flatMap(({ devices, ...sides }) => {
    const own = [sides.before, sides.after].filter(side => side !== undefined);
    const spot = spotOn(own);
    if (spot.port === undefined) for (const { platform } of own) without.add(platform.name);
    return SAMPLES.flatMap(sample => {
      const request = sampleRequest(sample, spot, ID);
      return request ? [{ sample: sample.name, request, devices, before: sides.before?.library, after: sides.after?.library }] : [];
    });
  });
  const notes = [...without].map(name => `playbooks/${name}/platform.yml has no interfaces.example: only networks were tried on ${name}`);
  return { played, notes };
}

/** Devices that differ in nothing that a template can see are one subject. */
function onDevices(before: Library, after: Library): Subject[] {
  const named = new Set([...before.platforms.values(), ...after.platforms.values()].filter(platform => namesRead(platform).has('device')));
  const likeness = ({ device, platform }: Standing): unknown => {
    const { uplinks, allowedVlans, vars } = device;
    return [platform.name, uplinks, allowedVlans && [...allowedVlans], vars, named.has(platform) ? device.name : ''];
  };
  const alike = Map.groupBy(
    [...after.devices.values()].flatMap(device => {
      const old = standingOf(before.devices.get(device.name), before);
      const now = standingOf(device, after);
      return old && now ? [{ before: old, after: now }] : [];
    }),
    ({ before: old, after: now }) => JSON.stringify([likeness(old), likeness(now)]),
  );
  return [...alike.values()].flatMap(group => {
    const [first] = group;
    return first ? [{ ...first, devices: group.map(({ after: now }) => now.device.name) }] : [];
  });
}

function standingOf(device: Device | undefined, library: Library): Standing | undefined {
  const platform = device && library.platforms.get(device.platform);
  return device && platform ? { device, platform, library } : undefined;
}

/** One of each platform that no device has on both sides: as its first device is, else nothing but what its files say. */
function onPlatforms(before: Library, after: Library): Subject[] {
  const names = [...new Set([...before.platforms.keys(), ...after.platforms.keys()])];
  const of = (name: string, library: Library) => [...library.devices.values()].filter(device => device.platform === name);
  return names.flatMap(name => {
    const [old, now] = [of(name, before), of(name, after)];
    if (now.some(device => before.devices.has(device.name))) return [];
    const like = now[0] ?? old[0];
    return [{ devices: now.map(device => device.name), before: imagined(name, before, like), after: imagined(name, after, like) }];
  });
}

const NOBODY = { address: '', port: 22, credentials: '', hostKeys: [], switchIds: [], uplinks: [], physicalNetworks: [], vars: {} };

function imagined(name: string, library: Library, like: Device | undefined): Standing | undefined {
  const platform = library.platforms.get(name);
  if (!platform) return undefined;
  const device: Device = like ?? { ...NOBODY, name, platform: name, source: platform.source };
  return { device, platform, library: { ...library, devices: new Map([...library.devices, [device.name, device]]) } };
}
