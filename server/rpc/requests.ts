import { randomUUID } from 'node:crypto';
import { ChangeError, inShort } from '../errors.ts';
import { findDevice, type Library } from '../library/library.ts';
import { lagOf } from '../library/ports.ts';
import type { Caller, ChangeRequest, Device, Method, Values, Why } from '../model.ts';
import type { Context, Link, NetworkParams, PortParams, QueryParams } from './params.ts';

/** What a call knows besides its params. */
export interface CallInfo {
  /** The id that the answer names, where there is one; those of its requests begin with it. */
  readonly id?: string;
  readonly caller: Caller;
  /** Milliseconds since the epoch. */
  readonly deadline: number;
}

/** One request per link of the port, in order. @throws ChangeError when a link names no device or no port */
export function portRequests(method: Method, params: PortParams | QueryParams, info: CallInfo, library: Library): ChangeRequest[] {
  const links = linksOf(params.port);
  if (links.length === 0)
    throw new ChangeError('not_valid', 'the port has no local_link_information: it is not known which switch it is wired to');
  return links.map((link, nth) => {
    const device = deviceOfLink(link, library);
    if (typeof link.port_id !== 'string' || link.port_id === '')
      throw new ChangeError('not_valid', `${device.name}: the link has no port_id`);
    checkNetworkType(params, device, library);
    const args = argsOf(method, params, link.port_id);
    return { ...requestOf(onLag(method, link.port_id, device, library), device, args, params, info, nth), ...alsoSaid(params) };
  });
}

/** A link that names a LAG: attaching it, or changing it, is a method of its own. */
export function onLag(method: Method, port: string, device: Device, library: Library): Method {
  const isAttach = method === 'attach_port' || method === 'update_port';
  return isAttach && lagOf(port, device, library.platforms) !== undefined ? 'attach_lag' : method;
}

/** One request per device that the network is to be on. */
export function networkRequests(method: Method, params: NetworkParams, info: CallInfo, library: Library): ChangeRequest[] {
  const { segmentation_id, name } = params.network;
  const args = { vlan: segmentation_id, network_name: name || null };
  return devicesOf(params, library).map((device, nth) => {
    checkNetworkType(params, device, library);
    return { ...requestOf(method, device, args, params, info, nth), networkType: params.network.network_type ?? undefined };
  });
}

/** What a call says and no template sees: the network's type, and the VLANs that the method has no use for, such as those of a detached port. */
function alsoSaid(params: PortParams | QueryParams): Pick<ChangeRequest, 'networkType' | 'alsoNamed'> {
  const networkType = params.network?.network_type ?? undefined;
  const { native_vlan, allowed_vlans } = params;
  // The number of a network of another type is no VLAN.
  const own = networkType === undefined || networkType === 'vlan' ? params.network?.segmentation_id : undefined;
  return { networkType, alsoNamed: [native_vlan, allowed_vlans, own].flat().filter(id => typeof id === 'number') };
}

/** Neutron keeps the links in binding:profile; a port that has none of its own at the top is read there. */
export function linksOf(port: PortParams['port'] | null | undefined): readonly Link[] {
  const own = port?.local_link_information ?? [];
  return own.length > 0 ? own : (port?.['binding:profile']?.local_link_information ?? []);
}

/** By inventory name in switch_info, then by switch_id, then by a SmartNIC's hostname. */
export function deviceOfLink(link: Link, library: Library): Device {
  const names = [link.switch_info, link.switch_id, link.hostname].filter(name => typeof name === 'string' && name !== '') as string[];
  for (const name of names) {
    const device = findDevice(library, name);
    if (device) return device;
  }
  throw new ChangeError(
    'unknown_device',
    names.length === 0
      ? 'the link names no switch'
      : `no switch in the inventory is called ${names.map(name => inShort(name)).join(' or ')}`,
  );
}

function devicesOf(params: NetworkParams, library: Library): Device[] {
  if (params.devices) {
    const named = params.devices.map(name => {
      const device = findDevice(library, name);
      if (!device) throw new ChangeError('unknown_device', `no switch in the inventory is called ${inShort(name)}`);
      return device;
    });
    return [...new Set(named)];
  }
  const links = linksOf(params.port);
  if (links.length > 0) return [...new Set(links.map(link => deviceOfLink(link, library)))];
  const physical = params.network.physical_network;
  const all = [...library.devices.values()];
  const chosen = physical ? all.filter(device => device.physicalNetworks.includes(physical)) : all;
  if (chosen.length === 0)
    throw new ChangeError('not_valid', physical ? `no device of the inventory is on ${inShort(physical)}` : 'the inventory has no devices');
  return chosen;
}

function checkNetworkType(
  params: { network?: { network_type?: string | null | undefined } | null | undefined },
  device: Device,
  library: Library,
): void {
  const type = params.network?.network_type;
  const platform = library.platforms.get(device.platform);
  if (!type || !platform || platform.supports.networkTypes.includes(type)) return;
  throw new ChangeError(
    'unsupported',
    `${device.name}: ${platform.title} carries no ${inShort(type)} networks; it carries ${platform.supports.networkTypes.join(', ')}`,
  );
}

function argsOf(method: Method, params: PortParams | QueryParams, port: string): Values {
  const { mode, native_vlan, allowed_vlans } = params;
  if (method === 'is_port_supported') return { port };
  const { default_vlan, description, mtu } = params as PortParams;
  if (method === 'detach_port') return { port, default_vlan: default_vlan ?? null };
  const chosen = mode ?? 'access';
  if (chosen === 'access' && (allowed_vlans?.length ?? 0) > 0) throw new ChangeError('not_valid', 'allowed_vlans belongs to mode trunk');
  const link = params.port;
  return {
    port,
    mode: chosen,
    // Left out means the network's own; null means none.
    native_vlan: native_vlan === undefined ? (params.network?.segmentation_id ?? null) : native_vlan,
    allowed_vlans: chosen === 'access' ? null : (allowed_vlans ?? null),
    default_vlan: default_vlan ?? null,
    description: description ?? null,
    mtu: mtu ?? null,
    mac: link.address ?? null,
    port_id: link.id ?? null,
    node: params.context?.node ?? null,
    instance: instanceOf(link),
  };
}

/** Neutron's device_id: the instance that the port belongs to. */
function instanceOf(port: Readonly<Record<string, unknown>>): string | null {
  return typeof port.device_id === 'string' && port.device_id !== '' ? port.device_id : null;
}

export function requestOf(
  method: Method,
  device: Device,
  args: Values,
  params: { context?: unknown; dry_run?: boolean | null | undefined },
  info: CallInfo,
  nth: number,
): ChangeRequest {
  const id = info.id ?? `mercury-${randomUUID()}`;
  return {
    id: nth === 0 ? id : `${id}-${nth + 1}`,
    method,
    device: device.name,
    args,
    caller: info.caller,
    why: whyOf(params.context as Context),
    dryRun: params.dry_run ?? false,
    deadline: info.deadline,
  };
}

/** Only what may be logged: the context may hold a live token. */
export function whyOf(context: Context): Why {
  const keep = ['request_id', 'global_request_id', 'user', 'project_id', 'node', 'reason'] as const;
  return Object.fromEntries(keep.flatMap(key => (typeof context?.[key] === 'string' ? [[key, inShort(context[key], 1000)]] : [])));
}
