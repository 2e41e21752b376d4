import type { Change, Effect } from './compare.ts';
import { type DeviceReview, isSame, type Review } from './review.ts';
import type { Aspect } from './rows.ts';

/** What people read of a review, in every format alike. */

export const EFFECTS: Readonly<Record<Effect, string>> = {
  changed: 'changed',
  allowed: 'refused before, planned now',
  refused: 'planned before, refused now',
  new: 'new',
  gone: 'gone',
  words: 'only its words: what the log says, not what is typed',
};

export const ASPECT_NAMES: Readonly<Record<Aspect, string>> = { typed: 'typed', verify: 'verify', rescue: 'on failure' };

/** One sentence that says it all. */
export function headline(review: Review): string {
  const { changes, plans, base, files, devices, rules, complaints } = review;
  if (isSame(review)) {
    const edited = files.length === 0 ? 'no file differs' : `${counted(files.length, 'file')} differ${files.length === 1 ? 's' : ''}`;
    return `nothing changes: ${counted(plans, 'plan')} ${plans === 1 ? 'is' : 'are'} the same as at ${base}; ${edited}`;
  }
  const real = changes.filter(({ effect }) => effect !== 'words');
  const platforms = [...new Set(real.map(({ platform }) => platform))];
  const methods = [...new Set(real.map(({ method }) => method))];
  const said = [
    real.length > 0 ? `other plans on ${platforms.join(', ')} (${methods.join(', ')})` : 'every plan is the same',
    ...(real.length > 0 ? [] : changes.length > 0 ? ['other words in the log'] : []),
    ...(review.platforms.some(({ facts }) => facts.length > 0) ? ['other platform settings'] : []),
    ...(devices.length > 0
      ? [`${counted(devices.length, 'device')} of the inventory ${devices.length === 1 ? 'is' : 'are'} described otherwise`]
      : []),
    ...(rules.length > 0 ? ['other rules'] : []),
    ...(complaints.fresh.length > 0 ? [counted(complaints.fresh.length, 'new complaint of lint', 'new complaints of lint')] : []),
  ];
  return `compared with ${base}: ${said.join('; ')}`;
}

export function counted(count: number, what: string, many = `${what}s`): string {
  return `${count.toLocaleString('en')} ${count === 1 ? what : many}`;
}

/** How many of its samples a change is about. */
export function samplesOf({ platforms }: Review, { platform, method, samples }: Change): string {
  const played = platforms.find(({ name }) => name === platform)?.cells.find(cell => cell.method === method)?.played ?? 0;
  const names = samples.map(name => (name.startsWith(`${method}.`) ? name.slice(method.length + 1) : name));
  const all = samples.length >= played && samples.length > 1;
  return all ? `all ${samples.length} samples` : names.join(', ');
}

/** The inventory's devices that a change is about; none of the platform may be there yet. */
export function devicesOf({ devices }: Pick<Change, 'devices'>, most = 8): string {
  if (devices.length === 0) return 'no device of the inventory';
  const shown = devices.slice(0, most).join(', ');
  return devices.length > most ? `${shown} and ${(devices.length - most).toLocaleString('en')} more` : shown;
}

/** Devices that are described otherwise in the same way: an edit of a group is one edit. */
export function alikeDevices({ devices }: Review): readonly (Omit<DeviceReview, 'name'> & { readonly devices: readonly string[] })[] {
  const groups = Map.groupBy(devices, ({ effect, platform, facts }) =>
    JSON.stringify([effect, effect === 'changed' ? '' : platform, facts]),
  );
  return [...groups.values()].flatMap(group => {
    const [first] = group;
    return first ? [{ ...first, devices: group.map(({ name }) => name) }] : [];
  });
}

/** `typed, on failure`; or how the whole answer is another. */
export function whatOf({ effect, aspects }: Change): string {
  return effect === 'changed' ? aspects.map(aspect => ASPECT_NAMES[aspect]).join(', ') : EFFECTS[effect];
}

export function touchedOf({ changes, deviceCount, plans }: Review): string {
  const real = changes.filter(({ effect }) => effect !== 'words');
  const touched = new Set(real.flatMap(({ devices }) => devices)).size;
  const devices = `${touched.toLocaleString('en')} of ${counted(deviceCount, 'device')} of the inventory ${touched === 1 ? 'is' : 'are'} touched`;
  return `${counted(plans, 'plan')} compared; ${devices}`;
}
