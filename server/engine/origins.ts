import { at } from '../errors.ts';
import type { Library } from '../library/library.ts';
import { templatesOf, templatesOfPlaybook } from '../library/names.ts';
import type { Platform, Playbook } from '../library/written.ts';
import type { ChangePlan, ChangeRequest, Device, Place, Value } from '../model.ts';
import { deviceOf } from './plan.ts';
import { layersOf, valuesFor } from './values.ts';

/** A value that templates see, and who said it. */
export interface Origin {
  readonly name: string;
  readonly value: Value;
  /** `the call`, `group leaf`, `the playbook`, … */
  readonly from: string;
  readonly place?: Place | undefined;
}

/** Why a plan is as it is: where its values come from, and which of them each written line uses. */
export interface Explanation {
  readonly origins: readonly Origin[];
  usedAt(place: Place | undefined): readonly string[];
}

/** @throws ChangeError as `plan` would */
export function explanationOf({ request }: ChangePlan, library: Library): Explanation {
  const { device, platform } = deviceOf(request, library);
  const playbook = platform.playbooks.get(request.method);
  const uses = new Map<string, Set<string>>();
  for (const { name, place } of templatesOf(platform).flatMap(template => template.names)) {
    const own = uses.get(at(place)) ?? new Set();
    uses.set(at(place), own.add(name));
  }
  return {
    origins: playbook ? originsOf(request, device, platform, playbook) : [],
    usedAt: place => (place ? [...(uses.get(at(place)) ?? [])] : []),
  };
}

/** Of every name that the playbook uses, in the order in which it does: what it is, and the last layer that says so. */
export function originsOf(request: ChangeRequest, device: Device, platform: Platform, playbook: Playbook): Origin[] {
  const values = valuesFor(request, device, platform, playbook);
  const layers = layersOf(request, device, platform, playbook);
  const conditions = [playbook.require, playbook.tasks, playbook.verify, playbook.rescue].flatMap(list =>
    typeof list === 'string' ? [] : list.flatMap(task => Object.keys(task.when)),
  );
  const used = new Set([...conditions, ...templatesOfPlaybook(playbook).flatMap(template => template.names.map(({ name }) => name))]);
  return [...used].flatMap(name => {
    const value = values[name];
    if (value === undefined) return [];
    const layer = layers.findLast(one => name in one.values)?.layer;
    return [{ name, value, ...fromOf(name, value, layer, device, playbook) }];
  });
}

function fromOf(
  name: string,
  value: Value,
  layer: string | undefined,
  { setBy, source }: Device,
  { varPlaces }: Playbook,
): Pick<Origin, 'from' | 'place'> {
  switch (layer) {
    case 'call':
      return { from: 'the call' };
    case 'inventory':
      return { from: setBy?.get(name)?.layer ?? 'the inventory', place: setBy?.get(name)?.place };
    case 'playbook': {
      const place = varPlaces[name];
      return { from: place?.file.endsWith('/platform.yml') ? 'the platform' : 'the playbook', place };
    }
    case 'mercury':
      if (name === 'uplinks' || name === 'uplink_lags')
        return { from: setBy?.get('uplinks')?.layer ?? 'nobody', place: setBy?.get('uplinks')?.place };
      return name === 'device' ? { from: 'the inventory', place: source } : { from: 'made for each change' };
    default:
      return { from: value === null ? 'nobody: the call leaves it out' : 'follows from the port' };
  }
}
