import type { Complaint } from '../library/complaints.ts';
import type { Device, Method } from '../model.ts';
import { PLAYBOOK_METHODS } from '../model.ts';
import { type Asked, playedRequests } from './asked.ts';
import { type Change, difference, merged } from './compare.ts';
import { changedFacts, deviceFacts, type FactChange, platformFacts } from './facts.ts';
import { changedComplaints } from './lint.ts';
import { changedRules, type RuleChange } from './policy.ts';
import type { Sheet } from './rows.ts';
import { seen, withSamePlatforms } from './same.ts';
import { changedFiles, type FileChange, type Side } from './side.ts';
import { playedSamples, type Seen } from './subjects.ts';

/** What became of a method on a platform: a field of the matrix. */
export interface Cell {
  readonly method: Method;
  /** Requests that were played; of these, planned on either side. */
  readonly played: number;
  readonly planned: number;
  /** Requests whose plan is another. */
  readonly changed: number;
}

export interface PlatformReview {
  readonly name: string;
  readonly title: string;
  readonly facts: readonly FactChange[];
  readonly cells: readonly Cell[];
}

export interface DeviceReview {
  readonly name: string;
  readonly platform: string;
  readonly effect: 'changed' | 'new' | 'gone';
  readonly facts: readonly FactChange[];
}

/** The exact effect of an edit, known without a device and without a credential. */
export interface Review {
  /** What it is compared with, in words. */
  readonly base: string;
  readonly files: readonly FileChange[];
  readonly platforms: readonly PlatformReview[];
  readonly devices: readonly DeviceReview[];
  readonly rules: readonly RuleChange[];
  readonly changes: readonly Change[];
  readonly complaints: { readonly fresh: readonly Complaint[]; readonly gone: readonly Complaint[] };
  /** Plans that were made on each side, and devices that they stand for. */
  readonly plans: number;
  readonly deviceCount: number;
  readonly notes: readonly string[];
}

/** Plays every request on both sides and keeps what differs. Pure, but for the freeze file, which is looked at. */
export function review(base: string, old: Side, after: Side, asked: readonly Asked[] = []): Review {
  const before = withSamePlatforms(old, after);
  const samples = playedSamples(before, after);
  const real = playedRequests(asked, before.library, after.library);
  const all = [...samples.played.map(seen), ...real];
  const changes = all.flatMap(one => {
    const found = difference(one.old, one.now);
    const sheet = one.now && !one.now.refused ? one.now : (one.old ?? one.now);
    if (!found || !sheet) return [];
    const { sample, devices, platform } = one;
    return [{ platform, method: one.request.method, ...found, samples: [sample], devices, title: sheet.title, file: sheet.file }];
  });
  return {
    base,
    files: changedFiles(before, after),
    platforms: platformReviews(before, after, all, changes),
    devices: deviceReviews(before, after),
    rules: changedRules(before.library, after.library),
    changes: merged(changes).toSorted((a, b) => orderOf(a) - orderOf(b) || a.platform.localeCompare(b.platform)),
    complaints: changedComplaints(before, after),
    plans: all.length,
    deviceCount: after.library.devices.size,
    notes: samples.notes,
  };
}

/** Nothing at all would be otherwise, whatever was edited. */
export function isSame({ changes, platforms, devices, rules, complaints }: Review): boolean {
  const facts = platforms.flatMap(platform => platform.facts);
  return [changes, facts, devices, rules, complaints.fresh, complaints.gone].every(list => list.length === 0);
}

/** In the order in which methods are listed everywhere; what only words differ in comes last. */
function orderOf({ method, effect }: Change): number {
  return PLAYBOOK_METHODS.indexOf(method) + (effect === 'words' ? PLAYBOOK_METHODS.length : 0);
}

function platformReviews(before: Side, after: Side, all: readonly Seen[], changes: readonly Change[]): PlatformReview[] {
  const names = [...new Set([...before.library.platforms.keys(), ...after.library.platforms.keys()])].toSorted();
  return names.map(name => {
    const [old, now] = [before.library.platforms.get(name), after.library.platforms.get(name)];
    const none = new Map<string, string>();
    return {
      name,
      title: (now ?? old)?.title ?? name,
      facts: changedFacts(old ? platformFacts(old) : none, now ? platformFacts(now) : none),
      cells: PLAYBOOK_METHODS.map(method => {
        const own = all.filter(one => one.platform === name && one.request.method === method);
        const changed = changes.filter(change => change.platform === name && change.method === method && change.effect !== 'words');
        const isPlanned = (sheet: Sheet | undefined) => sheet !== undefined && !sheet.refused;
        return {
          method,
          played: own.length,
          planned: own.filter(({ old, now }) => isPlanned(old) || isPlanned(now)).length,
          changed: changed.length,
        };
      }),
    };
  });
}

function deviceReviews({ library: before }: Side, { library: after }: Side): DeviceReview[] {
  const names = [...new Set([...before.devices.keys(), ...after.devices.keys()])].toSorted();
  const factsOf = (device: Device | undefined) => (device ? deviceFacts(device) : new Map<string, string>());
  return names.flatMap(name => {
    const [old, now] = [before.devices.get(name), after.devices.get(name)];
    const facts = changedFacts(factsOf(old), factsOf(now));
    const device = now ?? old;
    if (facts.length === 0 || !device) return [];
    return [{ name, platform: device.platform, effect: !old ? 'new' : !now ? 'gone' : 'changed', facts }];
  });
}
