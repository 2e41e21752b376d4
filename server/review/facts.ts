import { at } from '../errors.ts';
import type { Platform } from '../library/written.ts';
import type { Device, Place } from '../model.ts';
import { toRanges } from '../vlans.ts';

/** One property of a device or a platform, before and after an edit; undefined: it has none. */
export interface FactChange {
  readonly name: string;
  readonly before?: string | undefined;
  readonly after?: string | undefined;
  /** Where it is written now, where that is known. */
  readonly place?: Place | undefined;
}

type Facts = ReadonlyMap<string, string>;

/** What is different, in the order of the facts. */
export function changedFacts(before: Facts, after: Facts): FactChange[] {
  return [...new Set([...before.keys(), ...after.keys()])].flatMap(name => {
    const [old, now] = [before.get(name), after.get(name)];
    return old === now ? [] : [{ name, ...(old === undefined ? {} : { before: old }), ...(now === undefined ? {} : { after: now }) }];
  });
}

function facts(entries: readonly (readonly [name: string, value: unknown])[]): Facts {
  return new Map(entries.flatMap(([name, value]) => (value === undefined || value === '' ? [] : [[name, written(value)] as const])));
}

function written(value: unknown): string {
  if (Array.isArray(value)) return value.map(written).join(', ');
  if (value instanceof RegExp) return String(value);
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value);
}

const some = <T>(list: readonly T[] | undefined) => (list && list.length > 0 ? list : undefined);

/** What the inventory says of a device, by the names of its keys. No secret stands in an inventory. */
export function deviceFacts(device: Device): Facts {
  const { platform, groups, address, port, credentials, jumps, hostKeys, knownHosts, sshProfile, switchIds } = device;
  const { uplinks, allowedVlans, physicalNetworks, vars } = device;
  return facts([
    ['platform', platform],
    ['groups', some(groups)],
    ['address', address],
    ['port', port],
    ['credentials', credentials],
    ['jump', some(jumps?.map(({ name }) => name))],
    ['ssh_profile', sshProfile],
    ['host_keys', typeof hostKeys === 'string' ? hostKeys : some(hostKeys)],
    ['revoked host keys', some([...(knownHosts?.revoked.keys() ?? [])])],
    ['switch_ids', some(switchIds)],
    ['uplinks', some(uplinks)],
    ['allowed_vlans', allowedVlans && (toRanges([...allowedVlans]) || 'none')],
    ['physical_networks', some(physicalNetworks)],
    ...Object.entries(vars).map(([name, value]) => [`vars.${name}`, value] as const),
  ]);
}

/** How a platform is talked to and what it takes, beside what any plan shows. */
export function platformFacts(platform: Platform): Facts {
  const { modes, interfaces, vlans, description, supports, transaction, pager, typeAhead } = platform;
  return facts([
    ['name', platform.title],
    ['aliases', some(platform.aliases)],
    ['session', platform.session],
    ['config_mode', platform.configMode],
    ['read_mode', platform.readMode],
    ...[...modes.values()].flatMap(({ name, prompt, password, answer, parent, reads }) => [
      [`modes.${name}.prompt`, prompt] as const,
      [`modes.${name}.parent`, parent] as const,
      [`modes.${name}.password`, password] as const,
      [`modes.${name}.answer`, some(answer.map(({ question }) => question))] as const,
      [`modes.${name}.reads`, reads] as const,
    ]),
    ['failures', some(platform.failures)],
    ['noise', some(platform.noise)],
    ['pager', pager && `${pager.prompt}, ${JSON.stringify(pager.key)}`],
    ['type_ahead', typeAhead && `${typeAhead.lines} lines of ${typeAhead.of}`],
    ['transaction.busy', transaction?.busy],
    ['interfaces.pattern', interfaces.pattern],
    ['interfaces.lag', interfaces.lag],
    ['interfaces.short', interfaces.short],
    ['vlans.ids', vlans.text],
    ['vlans.name', `at most ${vlans.name.max}, ${vlans.name.pattern}`],
    ['description', `at most ${description.max}${description.never ? `, never ${description.never}` : ''}`],
    ['supports.modes', supports.modes],
    ['supports.network_types', supports.networkTypes],
    ['supports.lag', some(supports.lag)],
    ['supports.trunk_without_native', supports.trunkWithoutNative],
    ['supports.mtu', supports.mtu],
  ]);
}

/** `before → after`, for one line of text. */
export function toldFact({ name, before, after, place }: FactChange): string {
  const change = before === undefined ? `${after} (new)` : after === undefined ? `${before} (gone)` : `${before} → ${after}`;
  return `${name}: ${change}${place ? `  ${at(place)}` : ''}`;
}
