import { createHash } from 'node:crypto';
import { ChangeError, inShort } from '../errors.ts';
import { CALL_NAMES } from '../library/names.ts';
import { canonicalPort, lagId } from '../library/ports.ts';
import type { Aggregation, Platform, Playbook, PortMode } from '../library/written.ts';
import { type ChangeRequest, type Device, type Method, PLAYBOOK_METHODS, type Values } from '../model.ts';
import { toRanges } from '../vlans.ts';

/** What a site may give a default for, by a var of the same name. Which VLANs a port is on is the call's alone to say. */
const HAS_DEFAULT = new Set(['default_vlan', 'description', 'mtu', 'aggregation']);

/**
 * What templates see: the playbook's vars, then the inventory's, then what the call says; later wins.
 * @throws ChangeError when the call asks for what the platform cannot take, before anyone logs in
 */
export function valuesFor(request: ChangeRequest, device: Device, platform: Platform, playbook: Playbook): Values {
  const layers = layersOf(request, device, platform, playbook);
  const values: Record<string, Values[string]> = {};
  for (const layer of layers) Object.assign(values, layer.values);
  checkPort(values, request.method, device, platform);
  checkLag(values, request.method, device, platform);
  checkVlans(values, device, platform);
  checkMode(values, device, platform);
  checkText(values, device, platform);
  if (typeof values.network_name === 'string') values.network_name = vlanName(values.network_name, platform);
  return values;
}

/** Who says what templates see. */
export interface ValueLayer {
  readonly layer: 'nobody' | 'playbook' | 'inventory' | 'call' | 'mercury';
  readonly values: Values;
}

const nothingFor = (names: (method: Method) => readonly string[]) =>
  Object.fromEntries(PLAYBOOK_METHODS.map(method => [method, Object.fromEntries(names(method).map(name => [name, null]))])) as Readonly<
    Record<Method, Values>
  >;
/** What a call may say, and has not yet. */
const UNSET = nothingFor(method => CALL_NAMES[method]);
/** What neither a playbook nor the inventory says for it. */
const UNSET_AGAIN = nothingFor(method => CALL_NAMES[method].filter(name => !HAS_DEFAULT.has(name)));

/** In the order in which they are laid over each other. */
export function layersOf(request: ChangeRequest, device: Device, platform: Platform, playbook: Playbook): ValueLayer[] {
  const said = Object.fromEntries(Object.entries(request.args).filter(([, value]) => value !== null));
  const ours = {
    device: device.name,
    uplinks: device.uplinks,
    uplink_lags: device.uplinks.flatMap(name => lagId(name, platform) ?? []),
    change: changeName(request.id),
  };
  return [
    { layer: 'nobody', values: UNSET[request.method] },
    { layer: 'playbook', values: playbook.vars },
    { layer: 'inventory', values: device.vars },
    { layer: 'nobody', values: UNSET_AGAIN[request.method] },
    { layer: 'call', values: said },
    { layer: 'mercury', values: ours },
  ];
}

/** A short id for names that a device shows: letters and digits only. */
export function changeName(id: string): string {
  return id.replace(/[^a-zA-Z0-9]/g, '').slice(-10);
}

/** Methods whose port is a LAG, and those whose port may be one. */
const OF_LAGS: ReadonlySet<Method> = new Set(['attach_lag', 'delete_lag']);
const OF_PORTS_AND_LAGS: ReadonlySet<Method> = new Set(['detach_port', 'is_port_supported']);

function checkPort(values: Record<string, Values[string]>, method: Method, device: Device, platform: Platform): void {
  if (typeof values.port !== 'string') return;
  const port = wellFormed(values.port, device, platform);
  const isLag = lagId(port, platform) !== undefined;
  if (isLag !== OF_LAGS.has(method) && !(isLag && OF_PORTS_AND_LAGS.has(method))) {
    throw new ChangeError('not_valid', `${device.name}: ${port} is ${isLag ? 'a LAG' : 'no LAG'}${isLag ? '' : ` of ${platform.title}`}`);
  }
  values.port = port;
  if (isLag) values.lag = port;
}

/** The LAG that is changed or joined, and how it may be aggregated. */
function checkLag(values: Record<string, Values[string]>, method: Method, device: Device, platform: Platform): void {
  if (typeof values.lag !== 'string') return;
  const lag = wellFormed(values.lag, device, platform);
  const id = lagId(lag, platform);
  if (id === undefined) throw new ChangeError('not_valid', `${device.name}: ${lag} is no LAG of ${platform.title}`);
  Object.assign(values, { lag, lag_id: id });
  if (!CALL_NAMES[method].includes('aggregation')) return;
  const { aggregation } = values;
  if (platform.supports.lag.includes(aggregation as Aggregation)) return;
  const has = platform.supports.lag.length === 0 ? 'no LAGs' : `no ${String(aggregation)} LAGs; it has ${platform.supports.lag.join(', ')}`;
  throw new ChangeError('unsupported', `${device.name}: ${platform.title} has ${has}`);
}

/** A port or a LAG by its long name, if this platform can have one of that name and somebody may change it. */
function wellFormed(name: string, device: Device, platform: Platform): string {
  const port = canonicalPort(name, platform);
  const { pattern, lag } = platform.interfaces;
  // A switch reads 025 as 25: under that name an uplink would pass for another port.
  const padded = platform.session === 'shell' && /(?<!\d)0\d/.test(port);
  if (padded || !(pattern.test(port) || lag?.test(port))) {
    throw new ChangeError('not_valid', `${device.name}: ${JSON.stringify(inShort(name))} is no port name of ${platform.title}`);
  }
  if (device.uplinks.includes(port)) throw new ChangeError('not_permitted', `${device.name} ${port} is an uplink: nobody may change it`);
  return port;
}

function checkVlans({ native_vlan, allowed_vlans, default_vlan, vlan }: Values, device: Device, platform: Platform): void {
  checkVlanIds([native_vlan, default_vlan, vlan, ...(Array.isArray(allowed_vlans) ? allowed_vlans : [])], device, platform);
}

/** @throws ChangeError for a VLAN that the platform or the inventory does not let a call name */
export function checkVlanIds(ids: readonly unknown[], device: Device, platform: Platform): void {
  for (const id of ids) {
    if (id === null || id === undefined) continue;
    if (typeof id !== 'number' || !platform.vlans.ids.has(id)) {
      throw new ChangeError('not_valid', `${device.name}: VLAN ${String(id)} is outside ${platform.vlans.text}`);
    }
    if (device.allowedVlans && !device.allowedVlans.has(id)) {
      const list = toRanges([...device.allowedVlans]) || 'none';
      throw new ChangeError('not_permitted', `${device.name}: VLAN ${id} is not among its allowed_vlans (${list})`);
    }
  }
}

function checkMode({ mode, native_vlan, allowed_vlans }: Values, device: Device, platform: Platform): void {
  if (typeof mode !== 'string') return;
  if (!platform.supports.modes.includes(mode as PortMode)) {
    throw new ChangeError(
      'unsupported',
      `${device.name}: ${platform.title} has no ${mode} ports; it has ${platform.supports.modes.join(', ')}`,
    );
  }
  const tagged = Array.isArray(allowed_vlans) ? allowed_vlans : [];
  if (mode === 'access' && typeof native_vlan !== 'number')
    throw new ChangeError('not_valid', `${device.name}: an access port needs native_vlan`);
  if (mode !== 'access' && tagged.length === 0)
    throw new ChangeError('not_valid', `${device.name}: a ${mode} needs allowed_vlans; an empty list would carry every VLAN`);
  if (mode === 'hybrid' && typeof native_vlan !== 'number')
    throw new ChangeError('not_valid', `${device.name}: a hybrid needs native_vlan; without one it is a trunk`);
  if (mode === 'trunk' && typeof native_vlan !== 'number' && !platform.supports.trunkWithoutNative) {
    throw new ChangeError('unsupported', `${device.name}: ${platform.title} has no trunk without a native VLAN`);
  }
}

const FREE_TEXT = ['description', 'mac', 'port_id', 'node', 'instance'];

function checkText(values: Record<string, Values[string]>, device: Device, platform: Platform): void {
  const { mtu } = values;
  // A CLI drops blanks at the ends of a text: read back, it would not be the one that was asked.
  const description = typeof values.description === 'string' ? values.description.replace(/^ +| +$/g, '') || null : null;
  if (typeof values.description === 'string') values.description = description;
  if (typeof mtu === 'number' && !platform.supports.mtu) {
    throw new ChangeError('unsupported', `${device.name}: ${platform.title} cannot set the MTU of a port`);
  }
  const { max, never } = platform.description;
  if (typeof description === 'string' && description.length > max) {
    throw new ChangeError('not_valid', `${device.name}: the description is longer than ${max} characters`);
  }
  for (const name of FREE_TEXT) {
    const text = values[name];
    const bad = typeof text === 'string' ? never?.exec(text) : undefined;
    if (bad) throw new ChangeError('not_valid', `${device.name}: ${name} holds ${JSON.stringify(bad[0])}, which cannot be typed there`);
  }
}

/**
 * A network's name as this platform's VLANs can bear it: kept when it fits; else its odd characters become dashes and a hash of the
 * whole keeps two long names apart, always the same for the same name.
 */
export function vlanName(name: string, platform: Platform): string {
  const { max, pattern } = platform.vlans.name;
  if (name.length <= max && pattern.test(name)) return name;
  const tail = createHash('sha256').update(name).digest('hex').slice(0, 6);
  const safe = `n-${name.replace(/[^A-Za-z0-9_-]+/g, '-').replace(/^[-_]+/, '')}`.slice(0, max - tail.length - 1);
  return `${safe}-${tail}`;
}
