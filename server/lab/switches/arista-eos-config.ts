import { span, toRanges } from '../../vlans.ts';

/** One interface. What equals its default is not printed: access mode, VLAN 1, a trunk that carries every VLAN. */
export interface Port {
  description?: string | undefined;
  access: number;
  native: number | 'tag';
  /** undefined: no list configured, which means all VLANs. */
  allowed?: number[] | undefined;
  mode?: 'trunk' | 'dot1q-tunnel' | undefined;
  switchport: boolean;
  group?: { id: number; mode: string } | undefined;
  portfast?: 'edge' | 'network' | undefined;
  shutdown: boolean;
  /** Of a Port-Channel: what its members do while nobody speaks LACP, after how many seconds, and its number in an MLAG domain. */
  fallback?: 'static' | 'individual' | undefined;
  fallbackAfter?: number | undefined;
  mlag?: number | undefined;
}

/** A whole EOS configuration: the running one, or the copy that a session edits. */
export class Config {
  /** Id → name; undefined: the default name, which is not printed. */
  readonly vlans = new Map<number, string | undefined>([[1, undefined]]);
  readonly interfaces = new Map<string, Port>();

  copy(): Config {
    const twin = new Config();
    twin.vlans.clear();
    for (const [id, name] of this.vlans) twin.vlans.set(id, name);
    for (const [name, port] of this.interfaces) twin.interfaces.set(name, structuredClone(port));
    return twin;
  }

  /** As `show running-config` prints it, from the host name on. */
  lines(hostname: string): string[] {
    const interfaces = [...this.interfaces].sort(([a], [b]) => rank(a) - rank(b));
    return [
      `hostname ${hostname}`,
      '!',
      'spanning-tree mode mstp',
      ...this.#vlanLines(),
      ...interfaces.flatMap(([name, port]) => ['!', ...interfaceLines(name, port)]),
      '!',
      'end',
    ];
  }

  /** VLANs without a name of their own share a line, as in `vlan 30-32` ([memory] of real configurations). */
  #vlanLines(): string[] {
    const groups: { ids: number[]; name: string | undefined }[] = [];
    for (const [id, name] of [...this.vlans].filter(([vlan]) => vlan !== 1).sort(([a], [b]) => a - b)) {
      const last = groups.at(-1);
      if (name === undefined && last && last.name === undefined) last.ids.push(id);
      else groups.push({ ids: [id], name });
    }
    return groups.flatMap(({ ids, name }) => ['!', `vlan ${toRanges(ids)}`, ...(name === undefined ? [] : [`   name ${name}`])]);
  }

  /** What a VLAN is called in `show vlan`. */
  vlanName(id: number): string {
    return this.vlans.get(id) ?? (id === 1 ? 'default' : `VLAN${String(id).padStart(4, '0')}`);
  }

  /** The ports whose `channel-group` names a Port-Channel. */
  grouped(id: number): Port[] {
    return [...this.interfaces.values()].filter(port => port.group?.id === id);
  }

  /** `no interface Port-Channel…`: nobody objects, and the `channel-group` of its members goes with it; the rest of theirs comes alive. */
  deleteLag(name: string): void {
    this.interfaces.delete(name);
    for (const member of this.grouped(lagNumber(name))) member.group = undefined;
  }

  /** Ports that are in a VLAN as configured; `open`: only those that are not shut, the ones `show vlan` lists. */
  members(id: number, open: boolean): string[] {
    return [...this.interfaces]
      .filter(([, port]) => port.switchport && !port.group && !(open && port.shutdown))
      .filter(([, port]) => (port.mode === 'trunk' ? (port.allowed?.includes(id) ?? true) : port.access === id))
      .map(([name]) => shortName(name));
  }
}

export function freshPort(): Port {
  return { access: 1, native: 1, switchport: true, shutdown: false };
}

export const isLag = (name: string) => name.startsWith('Port-Channel');
const lagNumber = (name: string) => Number(name.replace('Port-Channel', ''));

/** Port-Channels stand above the Ethernet ports, by their numbers; those keep the order they have. */
const rank = (name: string) => (isLag(name) ? lagNumber(name) : Number.MAX_SAFE_INTEGER);

export function shortName(name: string): string {
  return name.replace('Ethernet', 'Et').replace('Port-Channel', 'Po');
}

/**
 * Three spaces of indentation; `shutdown` stands above the switchport lines, spanning tree below them. A member prints its own switchport
 * lines too, though they mean nothing while it is one. [recorded sessions: an OpenStack lab's 7050s, arista-eosplus/ansible-eos issue 36]
 */
export function interfaceLines(name: string, port: Port): string[] {
  const lines: string[] = [];
  if (port.description !== undefined) lines.push(`description ${port.description}`);
  if (port.shutdown) lines.push('shutdown');
  if (!port.switchport) lines.push('no switchport');
  if (port.access !== 1) lines.push(`switchport access vlan ${port.access}`);
  if (port.native !== 1) lines.push(`switchport trunk native vlan ${port.native}`);
  if (port.allowed) lines.push(`switchport trunk allowed vlan ${port.allowed.length === 0 ? 'none' : toRanges(port.allowed)}`);
  if (port.mode) lines.push(`switchport mode ${port.mode}`);
  if (port.group) lines.push(`channel-group ${port.group.id} mode ${port.group.mode}`);
  // A timeout of 90 seconds is the default. [the tests of Arista's rbeapi]
  if (port.fallback) lines.push(`port-channel lacp fallback ${port.fallback}`);
  if ((port.fallbackAfter ?? 90) !== 90) lines.push(`port-channel lacp fallback timeout ${port.fallbackAfter}`);
  if (port.mlag !== undefined) lines.push(`mlag ${port.mlag}`);
  if (port.portfast) lines.push(port.portfast === 'edge' ? 'spanning-tree portfast' : `spanning-tree portfast ${port.portfast}`);
  return [`interface ${name}`, ...lines.map(line => `   ${line}`)];
}

/** The list after `switchport trunk allowed vlan …` in one of its forms. No list means every VLAN, so `add` to no list changes nothing. */
export function withAllowed(port: Port, how: 'replace' | 'add' | 'remove' | 'except', ids: readonly number[]): number[] | undefined {
  const all = span(1, 4094);
  const now = port.allowed ?? all;
  const wanted = {
    replace: () => [...ids],
    add: () => all.filter(id => now.includes(id) || ids.includes(id)),
    remove: () => now.filter(id => !ids.includes(id)),
    except: () => all.filter(id => !ids.includes(id)),
  }[how]();
  return wanted.length === all.length ? undefined : wanted;
}
