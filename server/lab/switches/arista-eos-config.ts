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
    const interfaces = [...this.interfaces].sort(([a], [b]) => Number(b.startsWith('Port')) - Number(a.startsWith('Port')));
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

export function shortName(name: string): string {
  return name.replace('Ethernet', 'Et').replace('Port-Channel', 'Po');
}

/** Three spaces of indentation; `shutdown` stands above the switchport lines, spanning tree below them. */
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
