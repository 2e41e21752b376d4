import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import { at } from '../errors.ts';
import { type Device, type Method, PLAYBOOK_METHODS, type Place } from '../model.ts';
import { FIRST_VLAN, LAST_VLAN } from '../vlans.ts';
import { checkShape, nearest } from './check.ts';
import type { Complaints } from './complaints.ts';
import { covers } from './covers.ts';
import {
  ALL,
  callerList,
  type DeviceList,
  deviceList,
  type List,
  nameList,
  type PortOn,
  portList,
  type Rule,
  type VlanList,
  vlanList,
} from './lists.ts';
import { endsMeant, isGlob, rangeComplaint } from './patterns.ts';
import { canonicalPort } from './ports.ts';
import { type PolicyShape, policySchema } from './schema/policy.ts';
import type { Platform } from './written.ts';
import { readYaml, type YamlFile } from './yaml.ts';

/** Who may have what done. The first rule that is for a call decides; a call that none is for is refused. */
export interface Policy {
  /** As complaints name it. */
  readonly file: string;
  /** What no rule can grant. */
  readonly protectedVlans?: { readonly place: Place; readonly vlans: VlanList } | undefined;
  readonly protectedPorts: readonly { readonly place: Place; readonly devices: DeviceList; readonly ports: List<PortOn> }[];
  readonly rules: readonly Rule[];
}

/** What the names in a policy can mean. */
export interface Known {
  readonly devices: ReadonlyMap<string, Device>;
  readonly platforms: ReadonlyMap<string, Platform>;
  /** Every device and group of the inventory; undefined where it could not be read. */
  readonly names: ReadonlySet<string> | undefined;
}

/** `policy.yml` of the inventory folder; undefined when there is none, and everybody may do everything. */
export function readPolicy(folder: string, root: string, known: Known, complaints: Complaints): Policy | undefined {
  const [path, another] = ['policy.yml', 'policy.yaml'].map(name => join(folder, name)).filter(existsSync);
  if (path === undefined) return undefined;
  if (another !== undefined) complaints.add({ file: relative(root, another), line: 1 }, `there is ${relative(root, path)} already`);
  return complaints.try(() => policyOf(readYaml(path, relative(root, path)), known, complaints));
}

/** @throws LibraryError when its shape is wrong; names and numbers that mean nothing are complained about. A file without a word has no rules. */
export function policyOf(yaml: YamlFile, known: Known, complaints: Complaints): Policy {
  const shape = checkShape(policySchema, yaml.value === null ? { ...yaml, value: {} } : yaml);
  return new Reader(yaml, known, complaints).policy(shape);
}

/** Compiles a policy, and complains of every name and number in it that means nothing. */
class Reader {
  readonly #yaml: YamlFile;
  readonly #known: Known;
  readonly #complaints: Complaints;

  constructor(yaml: YamlFile, known: Known, complaints: Complaints) {
    this.#yaml = yaml;
    this.#known = known;
    this.#complaints = complaints;
  }

  policy(shape: PolicyShape): Policy {
    const { vlans, ports } = shape.protected;
    const protectedVlans = vlans === undefined ? undefined : this.#vlans(vlans, ['protected', 'vlans']);
    const policy: Policy = {
      file: this.#yaml.file,
      protectedVlans: protectedVlans && { place: this.#yaml.atKey(['protected', 'vlans']), vlans: protectedVlans },
      protectedPorts: Object.entries(ports).map(([name, items]) => {
        const path = ['protected', 'ports', name];
        const devices = this.#devices([name], () => this.#yaml.atKey(path));
        return { place: this.#yaml.atKey(path), devices, ports: this.#ports(items, devices, path, true) };
      }),
      rules: shape.rules.map((rule, i) => this.#rule(rule, i)),
    };
    for (const [i, rule] of policy.rules.entries()) this.#complainOfFutility(rule, policy, policy.rules.slice(0, i));
    return policy;
  }

  #rule(shape: PolicyShape['rules'][number], nth: number): Rule {
    const path = (key: string) => ['rules', nth, key];
    const devices = shape.devices && this.#devices(shape.devices, i => this.#yaml.at([...path('devices'), i]));
    return {
      place: this.#yaml.at(['rules', nth]),
      deny: shape.deny,
      callers: shape.callers && callerList(shape.callers),
      devices,
      ports: shape.ports && this.#ports(shape.ports, devices, path('ports'), shape.deny !== undefined),
      methods: shape.methods && this.#methods(shape.methods, path('methods')),
      vlans: shape.vlans === undefined ? undefined : this.#vlans(shape.vlans, path('vlans')),
      networkTypes: shape.network_types && this.#networkTypes(shape.network_types, path('network_types')),
    };
  }

  #devices(items: readonly string[], placeOf: (i: number) => Place): DeviceList {
    for (const [i, item] of items.entries()) {
      const complaint = deviceComplaint(item, this.#known.names);
      if (complaint !== undefined) this.#complaints.add(placeOf(i), complaint);
    }
    return deviceList(items);
  }

  #ports(items: readonly string[], devices: DeviceList | undefined, path: readonly (string | number)[], eager: boolean): List<PortOn> {
    const own = [...this.#known.devices.values()].filter(device => devices?.has(device) ?? true).map(device => device.platform);
    const platforms = [...new Set(own)].flatMap(name => this.#known.platforms.get(name) ?? []);
    for (const [i, item] of items.entries()) {
      const complaint = rangeComplaint(item) ?? portComplaint(item, platforms);
      if (complaint !== undefined) this.#complaints.add(this.#yaml.at([...path, i]), complaint);
    }
    return portList(items, this.#known.platforms, eager);
  }

  #methods(items: readonly string[], path: readonly (string | number)[]): List<Method> {
    for (const [i, item] of items.entries()) {
      if (PLAYBOOK_METHODS.some(method => method === item)) continue;
      const near = nearest(item, PLAYBOOK_METHODS);
      const hint = IRONICS[item] ?? (near ? `did you mean ${near}?` : `there are ${PLAYBOOK_METHODS.join(', ')}`);
      this.#complaints.add(this.#yaml.at([...path, i]), `no method ${item}; ${hint}`);
    }
    return nameList(items);
  }

  #vlans(text: string, path: readonly (string | number)[]): VlanList | undefined {
    const list = vlanList(text);
    const strange = [...(list?.ids ?? [])].find(id => id < FIRST_VLAN || id > LAST_VLAN);
    if (!list) this.#complaints.add(this.#yaml.at(path), `${text} is no list of VLANs such as 100,200-299`);
    if (strange !== undefined) this.#complaints.add(this.#yaml.at(path), `${strange} is no VLAN`);
    return list;
  }

  #networkTypes(items: readonly string[], path: readonly (string | number)[]): List<string> {
    const types = [...new Set([...this.#known.platforms.values()].flatMap(platform => platform.supports.networkTypes))];
    for (const [i, item] of items.entries()) {
      if (types.includes(item)) continue;
      this.#complaints.add(this.#yaml.at([...path, i]), `no platform carries ${item} networks; there are ${types.join(', ')}`);
    }
    return nameList(items);
  }

  /** A rule that decides nothing is not what somebody meant. */
  #complainOfFutility(rule: Rule, { protectedVlans }: Policy, earlier: readonly Rule[]): void {
    const first = earlier.find(other => covers(other, rule, this.#known));
    if (first)
      this.#complaints.add(rule.place, `this rule decides nothing: all that it is for is decided by the one at ${at(first.place)}`);
    const ids = [...(rule.vlans?.ids ?? [])];
    if (rule.deny === undefined && ids.length > 0 && ids.every(id => protectedVlans?.vlans.has(id)))
      this.#complaints.add(rule.place, `this rule grants no VLAN: all of ${rule.vlans?.text} is protected`);
  }
}

/** What Ironic calls them. Its update_port is not among these: there is a method of that name here as well. */
const IRONICS: Readonly<Record<string, string>> = {
  reset_port: 'Ironic’s reset_port is detach_port here',
  update_lag: 'Ironic’s update_lag is attach_lag here',
  is_link_valid: 'is_link_valid asks whether a method may be used, and may itself be used by everybody',
};

/** What is wrong with the name of devices, if anything is. */
export function deviceComplaint(name: string, names: ReadonlySet<string> | undefined): string | undefined {
  if (!names) return undefined;
  if (name === ALL) return names.has(ALL) ? 'all means every device here, and the inventory has something of that name' : undefined;
  if (names.has(name)) return undefined;
  if (isGlob(name)) {
    const list = deviceList([name]);
    return [...names].some(known => list.has({ name: known })) ? undefined : `no device and no group is like ${name}`;
  }
  const near = nearest(name, names);
  return `no device and no group ${name}${near ? `; did you mean ${near}?` : ''}`;
}

/** A misspelt port would grant nothing, or protect nothing. */
function portComplaint(item: string, platforms: readonly Platform[]): string | undefined {
  const [only] = platforms;
  if (!only || isGlob(item)) return undefined;
  const isPossible = (name: string, { interfaces }: Platform) => interfaces.pattern.test(name) || interfaces.lag?.test(name) === true;
  if (platforms.some(platform => endsMeant(canonicalPort(item, platform)).every(name => isPossible(name, platform)))) return undefined;
  return `${item} is no port name of ${platforms.length === 1 ? only.title : `any of ${platforms.map(({ name }) => name).join(', ')}`}`;
}
