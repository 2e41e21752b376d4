import { isIP } from 'node:net';
import { isAbsolute } from 'node:path';
import { inShort } from '../../errors.ts';
import { FIRST_VLAN, LAST_VLAN, readRanges, toRanges } from '../../vlans.ts';
import { bareMac, findPlatform, isMac } from '../inventory.ts';
import { canonicalPort } from '../ports.ts';
import type { Platform } from '../written.ts';
import type { Found, Placed, WrittenDevice } from './foreign.ts';
import type { Notes } from './notes.ts';

export type Platforms = ReadonlyMap<string, Platform>;

/** A found device in the inventory's words, and why no inventory would take it, if so. `name`: the one it has there. */
export function toDevice(name: string, found: Found, platforms: Platforms, notes: Notes): { device: WrittenDevice; why: string[] } {
  const why: string[] = [];
  const platform = found.platform && platformOf(found.platform.text, platforms);
  if (!platform) why.push(noPlatform(found.platform, platforms));
  const address = found.address?.text;
  if (address === undefined) why.push('it has no address');
  else if (!isAddress(address)) why.push(`its ${found.address?.key} is no IPv4 address, IPv6 address or host name`);
  checkLogin(found, platform, notes);
  const port = portOf(name, found.port, notes);
  const allowed = allowedVlans(name, found.allowedVlans, notes);
  const defaultVlan = defaultVlanOf(name, found.defaultVlan, { platform, allowed }, notes);
  const device: WrittenDevice = {
    ...(platform ? { platform: platform.name } : {}),
    ...(address !== undefined && isAddress(address) ? { address } : {}),
    ...(port === 22 ? {} : { port }),
    ...some('switch_ids', macOf(name, found.switchId, notes)),
    ...some('uplinks', uplinksOf(name, found.uplinks, platform, notes)),
    ...some('physical_networks', listOf(found.physicalNetworks)),
    ...(allowed === undefined ? {} : { allowed_vlans: allowed }),
    ...(defaultVlan === undefined ? {} : { vars: { default_vlan: defaultVlan } }),
  };
  return { device, why };
}

function some<K extends string>(key: K, list: readonly string[]): { [P in K]?: readonly string[] } {
  return (list.length === 0 ? {} : { [key]: list }) as { [P in K]?: readonly string[] };
}

/** By a platform's name or alias, as the other tools write it: with `netmiko_` before it or without, an Ansible alias by its last word. */
export function platformOf(name: string, platforms: Platforms): Platform | undefined {
  const bare = name.replace(/^netmiko_/, '');
  return (
    findPlatform(name, platforms) ??
    findPlatform(bare, platforms) ??
    findPlatform(`netmiko_${bare}`, platforms) ??
    [...platforms.values()].find(({ aliases }) => aliases.some(alias => alias.split('.').length === 3 && alias.endsWith(`.${name}`)))
  );
}

function noPlatform(type: Placed | undefined, platforms: Platforms): string {
  const known = [...platforms.keys()].sort().join(', ');
  if (type === undefined) return `nothing says its platform; there are ${known}`;
  return `no platform goes by ${JSON.stringify(inShort(type.text))}; there are ${known}`;
}

function isAddress(text: string): boolean {
  return isIP(text) !== 0 || /^(?=.{1,253}$)[a-z\d_](?:[\w-]*[a-z\d_])?(?:\.[a-z\d_](?:[\w-]*[a-z\d_])?)*\.?$/i.test(text);
}

function checkLogin({ login, place }: Found, platform: Platform | undefined, notes: Notes): void {
  const { private_key: key, enable } = login;
  if (key !== undefined && !isAbsolute(key)) notes.todo(place, 'the path of its private key is not a whole one; write it from / on');
  else if (key !== undefined)
    notes.info(place, 'paths of private keys are carried over as they are; the files must be there for Mercury, too');
  if (enable !== undefined && platform && ![...platform.modes.values()].some(mode => mode.password))
    notes.info(place, `the enable secret is carried over, though no device of ${platform.title} asks for one`);
}

function portOf(name: string, port: Placed | undefined, notes: Notes): number {
  if (port === undefined) return 22;
  const number = /^\d{1,5}$/.test(port.text) ? Number(port.text) : 0;
  if (number >= 1 && number <= 65_535) return number;
  notes.todo(port.place, `${name}: its ${port.key} is no TCP port; 22 is taken`);
  return 22;
}

function macOf(name: string, mac: Placed | undefined, notes: Notes): string[] {
  if (mac === undefined) return [];
  if (isMac(mac.text)) return [mac.text];
  notes.todo(mac.place, `${name}: its ${mac.key} is no MAC address and is left out; Ironic finds it by its name alone`);
  return [];
}

/** The devices whose MAC address another has too: the first keeps it. */
export function dropTwins(devices: Map<string, WrittenDevice>, places: ReadonlyMap<string, Found>, notes: Notes): void {
  const owners = new Map<string, string>();
  for (const [name, device] of devices) {
    const mac = device.switch_ids?.[0];
    if (mac === undefined) continue;
    const other = owners.get(bareMac(mac));
    owners.set(bareMac(mac), other ?? name);
    const place = places.get(name)?.switchId?.place;
    if (other === undefined || !place) continue;
    notes.todo(place, `${name}: ${other} has the same MAC address, so this one is left without; no call could tell the two apart`);
    const { switch_ids: _, ...rest } = device;
    devices.set(name, rest);
  }
}

function listOf(list: Placed | undefined): string[] {
  return [...new Set((list?.text ?? '').split(',').map(item => item.trim()))].filter(item => item !== '');
}

function uplinksOf(name: string, uplinks: Placed | undefined, platform: Platform | undefined, notes: Notes): string[] {
  const ports = listOf(uplinks);
  if (!platform || !uplinks) return ports;
  const { pattern, lag } = platform.interfaces;
  return ports.filter(port => {
    const long = canonicalPort(port, platform);
    if (pattern.test(long) || lag?.test(long)) return true;
    notes.todo(
      uplinks.place,
      `${name}: ${JSON.stringify(inShort(port))} is no port name of ${platform.title} and is no uplink until it is`,
    );
    return false;
  });
}

/** As ranges. What cannot be read allows nothing: a list that is not understood must not open the switch. */
function allowedVlans(name: string, list: Placed | undefined, notes: Notes): string | undefined {
  if (list === undefined) return undefined;
  const ids = /^[\d\s,-]*$/.test(list.text) ? readRanges(list.text.replace(/\s*-\s*/g, '-')) : undefined;
  if (ids?.every(id => id >= FIRST_VLAN && id <= LAST_VLAN)) return toRanges(ids);
  notes.todo(list.place, `${name}: its ${list.key} is no list of VLANs such as 100,200-299; no VLAN is allowed until it is`);
  return '';
}

function defaultVlanOf(
  name: string,
  vlan: Placed | undefined,
  { platform, allowed }: { platform: Platform | undefined; allowed: string | undefined },
  notes: Notes,
): number | undefined {
  if (vlan === undefined) return undefined;
  const id = /^\d{1,4}$/.test(vlan.text) ? Number(vlan.text) : 0;
  if (id < FIRST_VLAN || id > LAST_VLAN || (platform && !platform.vlans.ids.has(id))) {
    const what = platform ? `none of the VLANs ${platform.vlans.text} of ${platform.title}` : 'no VLAN';
    notes.todo(vlan.place, `${name}: its ${vlan.key} is ${what} and is left out; a port that is detached is closed instead`);
    return undefined;
  }
  if (allowed !== undefined && !readRanges(allowed)?.includes(id))
    notes.todo(vlan.place, `${name}: VLAN ${id}, its ${vlan.key}, is not among its allowed VLANs; a detach would be refused`);
  return id;
}
