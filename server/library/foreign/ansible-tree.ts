import { EVENT_ID, parseEvents, YAMLException } from 'js-yaml';
import type { Place } from '../../model.ts';
import { Complaints } from '../complaints.ts';
import { parseYaml, type YamlFile } from '../yaml.ts';
import { expandHosts, MOST_HOSTS } from './host-range.ts';
import type { Notes } from './notes.ts';

/** A variable's value, and where it stands. */
export interface Variable {
  readonly key: string;
  readonly value: unknown;
  readonly place: Place;
}

export interface Group {
  readonly name: string;
  readonly place: Place;
  readonly vars: Map<string, Variable>;
  readonly parents: Set<string>;
}

export interface Host {
  readonly name: string;
  readonly place: Place;
  readonly vars: Map<string, Variable>;
  readonly groups: Set<string>;
}

type Path = readonly PropertyKey[];

/** The groups and hosts of an Ansible YAML inventory. */
export class AnsibleTree {
  readonly groups = new Map<string, Group>();
  readonly hosts = new Map<string, Host>();
  readonly #yaml: YamlFile;
  readonly #notes: Notes;
  readonly #complaints = new Complaints();
  readonly #depths = new Map<string, number>([['all', 0]]);

  /** @throws LibraryError for what Ansible refuses, too: every complaint with its line */
  constructor(text: string, file: string, notes: Notes) {
    this.#notes = notes;
    this.#yaml = parseYaml(withoutTags(text), file);
    const { value } = this.#yaml;
    if (!isMapping(value)) this.#complaints.add(this.#yaml.at([]), 'an Ansible inventory is groups by their names, such as all:');
    else for (const name of Object.keys(value)) this.#group(name, value[name], [name], []);
    this.#complaints.throwIfAny();
    for (const group of this.groups.values()) this.#depth(group.name, []);
    this.#complaints.throwIfAny();
  }

  /** What a variable is for a host: its own, else that of its strongest group. */
  variablesOf(host: Host): Map<string, Variable> {
    return new Map([...this.groupsOf(host).flatMap(group => [...group.vars]), ...host.vars]);
  }

  /** A host's groups and all above them, the weakest first: `all`, then by depth, by priority, by name. */
  groupsOf(host: Host): Group[] {
    const found = new Map<string, Group>();
    const climb = (name: string): void => {
      const group = this.groups.get(name);
      if (!group || found.has(name)) return;
      found.set(name, group);
      for (const parent of group.parents) climb(parent);
    };
    for (const name of ['all', ...host.groups]) climb(name);
    const rank = ({ name }: Group) => this.#depths.get(name) ?? 1;
    return [...found.values()].sort((a, b) => rank(a) - rank(b) || priorityOf(a) - priorityOf(b) || (a.name < b.name ? -1 : 1));
  }

  #group(name: string, value: unknown, path: Path, above: readonly unknown[]): void {
    const place = this.#yaml.atKey(path);
    if (value !== null && !isMapping(value))
      return this.#notes.todo(place, `the group ${name} holds neither hosts, children nor vars and is passed over`);
    const group = this.groups.get(name) ?? { name, place, vars: new Map(), parents: new Set() };
    this.groups.set(name, group);
    if (value === null) return;
    if (above.includes(value)) return this.#complaints.add(place, `the group ${name} holds itself`);
    for (const key of Object.keys(value)) {
      if (!['hosts', 'children', 'vars'].includes(key)) {
        this.#notes.todo(
          this.#yaml.atKey([...path, key]),
          `the group ${name} has ${key}, which is passed over; a group has hosts, children and vars`,
        );
        continue;
      }
      const part = this.#mapping(value[key], [...path, key]);
      if (key === 'vars') for (const [own, to] of part) group.vars.set(own, to);
      else if (key === 'hosts') for (const [pattern, to] of part) this.#hosts(pattern, to, name, [...path, key, pattern]);
      else {
        for (const [child, to] of part) {
          this.#group(child, to.value, [...path, key, child], [...above, value]);
          this.groups.get(child)?.parents.add(name);
        }
      }
    }
  }

  #hosts(pattern: string, { value, place }: Variable, group: string, path: Path): void {
    const { hosts, port } = this.#expand(pattern, place);
    const vars = this.#mapping(value, path);
    for (const name of hosts) {
      const known = this.hosts.get(name);
      const host = known ?? { name, place, vars: new Map(), groups: new Set() };
      this.hosts.set(name, host);
      host.groups.add(group);
      // As Ansible does: a port in the name counts only where the host is first met.
      if (port !== undefined && !known) host.vars.set('ansible_port', { key: 'ansible_port', value: port, place });
      for (const [key, to] of vars) host.vars.set(key, to);
    }
    if (this.hosts.size > MOST_HOSTS) this.#complaints.add(place, `more than ${MOST_HOSTS} hosts`);
    this.#complaints.throwIfAny();
  }

  /** `leaf[1:3]:2222` is three hosts and a port; colons of an IPv6 address are none of a port. */
  #expand(pattern: string, place: Place): { hosts: string[]; port?: string } {
    const [, bracketed, own] = /^\[([\da-f:.]*:[\da-f:.]*:[\da-f:.]*)\](?::(\d+))?$/i.exec(pattern) ?? [];
    if (bracketed !== undefined) return { hosts: [bracketed], ...(own === undefined ? {} : { port: own }) };
    const [, bare = pattern, port] = /^((?:[^:[]|\[[^\]]*\])+):(\d+)$/.exec(pattern) ?? [];
    try {
      return { hosts: expandHosts(bare), ...(port === undefined ? {} : { port }) };
    } catch (thrown) {
      if (!(thrown instanceof RangeError)) throw thrown;
      this.#complaints.add(place, thrown.message);
      return { hosts: [] };
    }
  }

  /** A mapping's entries; a bare text is a mapping with that key, nothing is none, and `<<` brings in those of others. */
  #mapping(value: unknown, path: Path): Map<string, Variable> {
    if (value === null || value === undefined) return new Map();
    if (typeof value === 'string') return new Map([[value, { key: value, value: null, place: this.#yaml.at(path) }]]);
    if (!isMapping(value)) {
      this.#complaints.add(this.#yaml.at(path), `${String(path.at(-1))} must be a mapping: each name with a colon behind it`);
      return new Map();
    }
    const own = Object.keys(value).flatMap((key): [string, Variable][] =>
      key === '<<' ? [] : [[key, { key, value: value[key], place: this.#yaml.atKey([...path, key]) }]],
    );
    const merged = [value['<<'] ?? []].flat().toReversed();
    return new Map([...merged.flatMap(other => (other === value ? [] : [...this.#mapping(other, [...path, '<<'])])), ...own]);
  }

  /** The longest way down from `all`. */
  #depth(name: string, below: readonly string[]): number {
    const known = this.#depths.get(name);
    if (known !== undefined) return known;
    const group = this.groups.get(name);
    if (group && below.includes(name)) {
      this.#complaints.add(group.place, `the group ${name} is among its own children`);
      return 0;
    }
    const depth = 1 + Math.max(0, ...[...(group?.parents ?? [])].map(parent => this.#depth(parent, [...below, name])));
    this.#depths.set(name, depth);
    return depth;
  }
}

function priorityOf({ vars }: Group): number {
  const priority = Number(vars.get('ansible_group_priority')?.value ?? 1);
  return Number.isFinite(priority) ? priority : 1;
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Blanks in place of `!vault` and `!unsafe`, so that nothing moves: what Vault made of a value tells by its own first word. */
function withoutTags(text: string): string {
  let bare = text;
  try {
    for (const event of parseEvents(text, {})) {
      const tagged = event.type === EVENT_ID.SCALAR || event.type === EVENT_ID.MAPPING || event.type === EVENT_ID.SEQUENCE;
      if (!tagged || event.tagStart < 0 || !/^!(?:vault|vault-encrypted|unsafe)$/.test(text.slice(event.tagStart, event.tagEnd))) continue;
      bare = bare.slice(0, event.tagStart) + ' '.repeat(event.tagEnd - event.tagStart) + bare.slice(event.tagEnd);
    }
  } catch (thrown) {
    // Whoever reads it next says where it is wrong.
    if (!(thrown instanceof YAMLException)) throw thrown;
  }
  return bare;
}
