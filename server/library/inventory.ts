import { existsSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { Device, Place, Values } from '../model.ts';
import { FIRST_VLAN, LAST_VLAN, readRanges } from '../vlans.ts';
import { checkShape, nearest } from './check.ts';
import type { Complaints } from './complaints.ts';
import { Hosts, type WrittenJump } from './hosts.ts';
import { Layers } from './layers.ts';
import { canonicalPort } from './ports.ts';
import { type InventoryShape, inventorySchema, type LayerShape } from './schema/inventory.ts';
import type { Platform } from './written.ts';
import { readYaml, type YamlFile } from './yaml.ts';

interface InventoryFile {
  readonly yaml: YamlFile;
  readonly shape: InventoryShape;
}

/**
 * Every device of inventory/*.yml, its layers folded: defaults, groups in order, the device; a later layer wins.
 * `known` is given the name of every device and group.
 */
export function readInventory(
  folder: string,
  root: string,
  platforms: ReadonlyMap<string, Platform>,
  complaints: Complaints,
  known = new Set<string>(),
): Map<string, Device> {
  const files = inventoryFiles(folder, root, complaints);
  const groups = new Map<string, LayerShape>();
  for (const { yaml, shape } of files) {
    for (const [name, group] of Object.entries(shape.groups)) {
      if (groups.has(name)) complaints.add(yaml.atKey(['groups', name]), `group ${name} is there twice`);
      groups.set(name, group);
    }
  }
  complainOfTwoDefaults(files, complaints);
  const defaults = fold(files.map(({ shape }) => shape.defaults));
  const devices = new Map<string, Device>();
  const around = {
    groups,
    defaults,
    platforms,
    complaints,
    hosts: new Hosts(root, complaints),
    jumps: new Map<string, WrittenJump>(),
    layers: new Layers(files),
  };
  for (const file of files) {
    for (const name of Object.keys(file.shape.devices)) {
      if (devices.has(name)) complaints.add(file.yaml.atKey(['devices', name]), `device ${name} is there twice`);
      const device = readDevice(name, file, around);
      if (device) devices.set(name, device);
    }
  }
  complainOfTwins(devices, complaints);
  const names = new Set(files.flatMap(({ shape }) => Object.keys(shape.devices)));
  for (const name of [...names, ...groups.keys()]) known.add(name);
  return around.hosts.withJumps({ names, devices, written: around.jumps });
}

function inventoryFiles(folder: string, root: string, complaints: Complaints): InventoryFile[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter(name => /\.ya?ml$/.test(name) && !/^(?:policy|freeze)(?:\.example)?\.ya?ml$/.test(name))
    .sort()
    .flatMap(name => {
      const file = complaints.try(() => {
        const yaml = readYaml(join(folder, name), relative(root, join(folder, name)));
        return { yaml, shape: checkShape(inventorySchema, yaml.value === null ? { ...yaml, value: {} } : yaml) };
      });
      return file ? [file] : [];
    });
}

interface Surroundings {
  readonly groups: ReadonlyMap<string, LayerShape>;
  readonly defaults: LayerShape;
  readonly platforms: ReadonlyMap<string, Platform>;
  readonly complaints: Complaints;
  readonly hosts: Hosts;
  /** Filled while the devices are read: a jump may name one that comes later. */
  readonly jumps: Map<string, WrittenJump>;
  readonly layers: Layers;
}

function readDevice(name: string, { yaml, shape }: InventoryFile, around: Surroundings): Device | undefined {
  const { groups, defaults, platforms, complaints } = around;
  const own = shape.devices[name];
  if (!own) return undefined;
  const source = yaml.atKey(['devices', name]);
  const layers = own.groups.flatMap((group, i) => {
    const layer = groups.get(group);
    if (!layer) complaints.add(yaml.at(['devices', name, 'groups', i]), unknown('group', group, groups.keys()));
    return layer ? [layer] : [];
  });
  const { address, groups: _, switch_ids, ...last } = own;
  const folded = fold([defaults, ...layers, last]);
  if (folded.platform === undefined) complaints.add(source, `${name} has no platform`);
  const platform = folded.platform === undefined ? undefined : findPlatform(folded.platform, platforms);
  // A platform that is there but wrong has complaints of its own.
  if (folded.platform !== undefined && !platform && !isBroken(folded.platform, complaints))
    complaints.add(source, unknown('platform', folded.platform, platforms.keys()));
  if (folded.credentials === undefined) complaints.add(source, `${name} has no credentials`);
  if (!platform || folded.credentials === undefined) return undefined;
  const { port = 22, jump, known_hosts } = folded;
  // What all devices of a group jump over may be one of them; it is reached without itself.
  const itself = own.jump === undefined && jump === name;
  if (jump !== undefined && jump !== null && !itself)
    around.jumps.set(name, { jump, place: yaml.at(['devices', name, 'jump']), known_hosts });
  return {
    name,
    platform: platform.name,
    groups: own.groups,
    address,
    port,
    credentials: folded.credentials,
    ...around.hosts.trustIn(folded, address, port),
    switchIds: switch_ids.map((id, i) => {
      if (!isMac(id)) complaints.add(yaml.at(['devices', name, 'switch_ids', i]), `${id} is no MAC address`);
      return bareMac(id);
    }),
    uplinks: (folded.uplinks ?? []).map(port => {
      const name = canonicalPort(port, platform);
      const { pattern, lag } = platform.interfaces;
      // A misspelt uplink would protect nothing.
      if (!pattern.test(name) && !lag?.test(name)) complaints.add(source, `uplinks: ${port} is no port name of ${platform.title}`);
      return name;
    }),
    allowedVlans: allowedVlans(folded.allowed_vlans, source, complaints),
    physicalNetworks: folded.physical_networks ?? [],
    vars: folded.vars ?? {},
    ...around.layers.of(name, { yaml, shape }),
    source,
  };
}

/** An empty list allows nothing. */
function allowedVlans(text: string | undefined, source: Place, complaints: Complaints): ReadonlySet<number> | undefined {
  if (text === undefined) return undefined;
  const ids = text.trim() === '' ? [] : readRanges(text);
  const strange = ids?.find(id => id < FIRST_VLAN || id > LAST_VLAN);
  if (!ids) complaints.add(source, `allowed_vlans: ${text} is no list of VLANs such as 100,200-299`);
  if (strange !== undefined) complaints.add(source, `allowed_vlans: ${strange} is no VLAN`);
  return new Set(ids);
}

function isBroken(platform: string, complaints: Complaints): boolean {
  return complaints.list.some(({ place }) => place.file.endsWith(`/${platform}/platform.yml`));
}

function fold(layers: readonly { [K in keyof LayerShape]?: LayerShape[K] | undefined }[]): LayerShape {
  const vars: Values = Object.assign({}, ...layers.map(layer => layer.vars ?? {}));
  const defined = layers.map(layer => Object.fromEntries(Object.entries(layer).filter(([, value]) => value !== undefined)));
  return { ...Object.assign({}, ...defined), vars } as LayerShape;
}

/** By its folder's name or one of its aliases. */
export function findPlatform(name: string, platforms: ReadonlyMap<string, Platform>): Platform | undefined {
  return platforms.get(name) ?? [...platforms.values()].find(platform => platform.aliases.includes(name));
}

/** Defaults are those of every device, not of the file they stand in: two that differ would be somebody's mistake. */
function complainOfTwoDefaults(files: readonly InventoryFile[], complaints: Complaints): void {
  const known = new Map<string, { value: string; file: string }>();
  for (const { yaml, shape } of files) {
    const { vars = {}, ...own } = shape.defaults;
    for (const path of [...Object.keys(own).map(key => [key]), ...Object.keys(vars).map(key => ['vars', key])]) {
      const key = path.join('.');
      const value = JSON.stringify(path.length === 1 ? own[key as keyof typeof own] : vars[path[1] ?? '']);
      const other = known.get(key);
      if (other && other.value !== value)
        complaints.add(yaml.atKey(['defaults', ...path]), `the default of ${key} is another in ${other.file}`);
      known.set(key, { value, file: yaml.file });
    }
  }
}

function complainOfTwins(devices: ReadonlyMap<string, Device>, complaints: Complaints): void {
  const owners = new Map<string, string>();
  for (const device of devices.values()) {
    for (const id of device.switchIds) {
      const other = owners.get(id);
      if (other) complaints.add(device.source, `${device.name} and ${other} have the same switch id`);
      owners.set(id, device.name);
    }
  }
}

function unknown(what: string, name: string, known: Iterable<string>): string {
  const near = nearest(name, known);
  return `no ${what} ${name}${near ? `; did you mean ${near}?` : ''}`;
}

/** Six octets with any of the usual separators, or none: 00:1c:73:aa:bb:01, 001c.73aa.bb01, 00-1C-73-AA-BB-01. */
export function isMac(text: string): boolean {
  return /^[\da-f]{12}$/.test(bareMac(text));
}

export function bareMac(text: string): string {
  return text.toLowerCase().replace(/[:.-]/g, '');
}
