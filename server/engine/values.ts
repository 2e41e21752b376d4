import { createHash } from 'node:crypto';
import { ChangeError, inShort } from '../errors.ts';
import { CALL_NAMES } from '../library/names.ts';
import { canonicalPort } from '../library/ports.ts';
import type { Platform, Playbook, PortMode } from '../library/written.ts';
import type { ChangeRequest, Device, Values } from '../model.ts';

/** What a site may give a default for, by a var of the same name. Which VLANs a port is on is the call's alone to say. */
const HAS_DEFAULT = new Set(['default_vlan', 'description', 'mtu']);

/**
 * What templates see: the playbook's vars, then the inventory's, then what the call says; later wins.
 * @throws ChangeError when the call asks for what the platform cannot take, before anyone logs in
 */
export function valuesFor(request: ChangeRequest, device: Device, platform: Platform, playbook: Playbook): Values {
  const names = CALL_NAMES[request.method];
  const unset = (own: readonly string[]) => Object.fromEntries(own.map(name => [name, null]));
  const said = Object.fromEntries(Object.entries(request.args).filter(([, value]) => value !== null));
  const values: Record<string, Values[string]> = {
    ...unset(names),
    ...playbook.vars,
    ...device.vars,
    ...unset(names.filter(name => !HAS_DEFAULT.has(name))),
    ...said,
    device: device.name,
    uplinks: device.uplinks,
    change: changeName(request.id),
  };
  checkPort(values, device, platform);
  checkVlans(values, device, platform);
  checkMode(values, device, platform);
  checkText(values, device, platform);
  if (typeof values.network_name === 'string') values.network_name = vlanName(values.network_name, platform);
  return values;
}

/** A short id for names that a device shows: letters and digits only. */
function changeName(id: string): string {
  return id.replace(/[^a-zA-Z0-9]/g, '').slice(-10);
}

function checkPort(values: Record<string, Values[string]>, device: Device, platform: Platform): void {
  if (typeof values.port !== 'string') return;
  const port = canonicalPort(values.port, platform);
  // A switch reads 025 as 25: under that name an uplink would pass for another port.
  const padded = platform.session === 'shell' && /(?<!\d)0\d/.test(port);
  if (padded || !platform.interfaces.pattern.test(port)) {
    throw new ChangeError('not_valid', `${device.name}: ${JSON.stringify(inShort(values.port))} is no port name of ${platform.title}`);
  }
  if (device.uplinks.includes(port)) throw new ChangeError('not_permitted', `${device.name} ${port} is an uplink: nobody may change it`);
  values.port = port;
}

function checkVlans(values: Values, device: Device, platform: Platform): void {
  const { native_vlan, allowed_vlans, default_vlan, vlan } = values;
  const named = [native_vlan, default_vlan, vlan, ...(Array.isArray(allowed_vlans) ? allowed_vlans : [])];
  for (const id of named) {
    if (id === null || id === undefined) continue;
    if (typeof id !== 'number' || !platform.vlans.ids.has(id)) {
      throw new ChangeError('not_valid', `${device.name}: VLAN ${String(id)} is outside ${platform.vlans.text}`);
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
  if (mode === 'trunk' && tagged.length === 0)
    throw new ChangeError('not_valid', `${device.name}: a trunk needs allowed_vlans; an empty list would carry every VLAN`);
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
