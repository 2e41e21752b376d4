import { deviceOf } from '../../engine/plan.ts';
import { checkVlanIds } from '../../engine/values.ts';
import { ChangeError, inShort } from '../../errors.ts';
import { findDevice, type Library } from '../../library/library.ts';
import { lagOf } from '../../library/ports.ts';
import type { Aggregation } from '../../library/written.ts';
import type { ChangeRequest, Device, Values } from '../../model.ts';
import { FIRST_VLAN, LAST_VLAN } from '../../vlans.ts';
import { type CallInfo, onLag, requestOf } from '../requests.ts';
import type { IronicParams } from './params.ts';

/*
 * Ironic's calls as change requests. A switch that is not known, a port that has no name, a VLAN that is none: all of them are `refused` with
 * the class that Ironic's network interface catches per port, so that one bad port does not leave the others unreset.
 */

/** A port on its networks, a member of a LAG, or a LAG that goes by a port's name. */
export function updatePort(params: IronicParams<'update_port'>, info: CallInfo, library: Library): ChangeRequest[] {
  const device = deviceNamed(params.switch_id, library);
  const port = portNamed(params.port_name, device);
  const args = { port, ...wantedOf(params, device, library), description: params.description };
  const alsoNamed = vlansOf('allowed_vlans', params.allowed_vlans, device) ?? [];
  const isLag = lagOf(port, device, library.platforms) !== undefined;
  if (params.lag_name && !isLag) {
    const aggregation = aggregationOf(params.aggregation_mode, device);
    return [{ ...requestOf('join_lag', device, { ...args, lag: params.lag_name, aggregation }, params, info, 0), alsoNamed }];
  }
  if (params.lag_name && lagOf(params.lag_name, device, library.platforms) !== lagOf(port, device, library.platforms))
    throw refused(`${device.name} ${inShort(port)}: a LAG is no member of ${inShort(params.lag_name)}`);
  return [{ ...requestOf(onLag('attach_port', port, device, library), device, args, params, info, 0), alsoNamed }];
}

/** Which VLANs are to go only the policy asks: all of them go, whatever Ironic believes is there. */
export function resetPort(params: IronicParams<'reset_port'>, info: CallInfo, library: Library): ChangeRequest[] {
  const device = deviceNamed(params.switch_id, library);
  const args = { port: portNamed(params.port_name, device), default_vlan: vlanOf('default_vlan', params.default_vlan, device) };
  const native = vlanOf('native_vlan', params.native_vlan, device);
  const alsoNamed = [...(native === null ? [] : [native]), ...(vlansOf('allowed_vlans', params.allowed_vlans, device) ?? [])];
  return [{ ...requestOf('detach_port', device, args, params, info, 0), alsoNamed }];
}

/** One request per switch, in the order they are named. */
export function updateLag(params: IronicParams<'update_lag'>, info: CallInfo, library: Library): ChangeRequest[] {
  const devices = devicesNamed(params.switch_ids, library);
  return devices.map((device, nth) => {
    const args = {
      port: lagNamed(params.lag_name, device),
      ...wantedOf(params, device, library),
      description: params.description,
      aggregation: aggregationOf(params.aggregation_mode, device),
      mlag: devices.length > 1 ? true : null,
    };
    const alsoNamed = vlansOf('allowed_vlans', params.allowed_vlans, device) ?? [];
    return { ...requestOf('attach_lag', device, args, params, info, nth), alsoNamed };
  });
}

export function deleteLag(params: IronicParams<'delete_lag'>, info: CallInfo, library: Library): ChangeRequest[] {
  return devicesNamed(params.switch_ids, library).map((device, nth) =>
    requestOf('delete_lag', device, { port: lagNamed(params.lag_name, device) }, params, info, nth),
  );
}

/** By inventory name or by MAC address in any notation. */
function deviceNamed(name: string | null, library: Library): Device {
  if (!name) throw refused('the port’s local_link_connection has no switch_id: it is not known which switch it is wired to');
  const device = findDevice(library, name);
  if (!device) throw new ChangeError('unknown_device', `no switch in the inventory is called ${inShort(name)}`);
  return device;
}

function devicesNamed(names: readonly string[] | null, library: Library): Device[] {
  if (!names || names.length === 0) throw refused('switch_ids names no switch');
  return [...new Set(names.map(name => deviceNamed(name, library)))];
}

function portNamed(name: string | null, device: Device): string {
  if (!name) throw refused(`${device.name}: the port’s local_link_connection has no port_id`);
  return name;
}

function lagNamed(name: string | null, device: Device): string {
  if (!name) throw refused(`${device.name}: the LAG has no name`);
  return name;
}

type Wanted = Pick<IronicParams<'update_port'>, 'mode' | 'native_vlan' | 'allowed_vlans' | 'default_vlan'>;

function wantedOf(params: Wanted, device: Device, library: Library): Values {
  const { mode } = params;
  if (mode !== 'access' && mode !== 'trunk' && mode !== 'hybrid')
    throw refused(`${device.name}: mode must be access, trunk or hybrid, and not ${inShort(JSON.stringify(mode))}`);
  const allowed_vlans = vlansOf('allowed_vlans', params.allowed_vlans, device);
  // An access port has no use for them, and the stock service takes them all the same; but nobody names a VLAN that is not allowed.
  const { platform } = deviceOf({ device: device.name }, library);
  if (mode === 'access') checkVlanIds(allowed_vlans ?? [], device, platform);
  return {
    mode,
    native_vlan: vlanOf('native_vlan', params.native_vlan, device),
    allowed_vlans: mode === 'access' ? null : allowed_vlans,
    default_vlan: vlanOf('default_vlan', params.default_vlan, device),
  };
}

function vlanOf(name: string, value: unknown, device: Device): number | null {
  if (value === null || value === undefined) return null;
  if (isVlan(value)) return value;
  throw refused(
    `${device.name}: ${name} must be a whole number from ${FIRST_VLAN} to ${LAST_VLAN}, and not ${inShort(JSON.stringify(value))}`,
  );
}

function vlansOf(name: string, value: unknown, device: Device): number[] | null {
  if (value === null || value === undefined) return null;
  if (!Array.isArray(value)) throw refused(`${device.name}: ${name} must be a list, and not ${inShort(JSON.stringify(value))}`);
  const strange = value.find(one => !isVlan(one)) as unknown;
  if (strange === undefined) return value as number[];
  throw refused(`${device.name}: ${name} holds ${inShort(JSON.stringify(strange))}, which is no VLAN from ${FIRST_VLAN} to ${LAST_VLAN}`);
}

const isVlan = (value: unknown): value is number => Number.isInteger(value) && Number(value) >= FIRST_VLAN && Number(value) <= LAST_VLAN;

/** In our words, in a switch's, and in those of Linux bonds and Ironic's port groups. */
const AGGREGATIONS: Readonly<Record<string, Aggregation>> = {
  lacp: 'lacp',
  active: 'lacp',
  passive: 'lacp',
  '802.3ad': 'lacp',
  '4': 'lacp',
  static: 'static',
  on: 'static',
  'balance-rr': 'static',
  '0': 'static',
  'balance-xor': 'static',
  '2': 'static',
  broadcast: 'static',
  '3': 'static',
};

function aggregationOf(value: unknown, device: Device): Aggregation | null {
  if (value === null || value === undefined) return null;
  const text = typeof value === 'string' || typeof value === 'number' ? String(value).toLowerCase() : '';
  const known = Object.hasOwn(AGGREGATIONS, text) ? AGGREGATIONS[text] : undefined;
  if (known) return known;
  if (/^(?:active-backup|balance-tlb|balance-alb|[156])$/.test(text))
    throw refused(`${device.name}: a bond in mode ${text} needs no LAG on the switch: attach its ports one by one`);
  throw refused(`${device.name}: aggregation_mode must be lacp or static, and not ${inShort(JSON.stringify(value))}`);
}

const refused = (message: string) => new ChangeError('not_valid', message);
