import { span, toRanges } from '../../vlans.ts';

/*
 * What an OS10 switch holds, as data and as its own text. Order and wording of an interface block are those of the user guide:
 * `shutdown` or `no shutdown` is always printed, so is the untagged VLAN (VLAN 1 too); `switchport mode` only when it is trunk [docs].
 */

export interface Port {
  description?: string | undefined;
  mode: 'access' | 'trunk';
  /** The VLAN of untagged frames; a trunk may have none, an access port always has one. */
  untagged?: number | undefined;
  tagged: number[];
  edge: boolean;
  shutdown: boolean;
  /** `no switchport`: the port routes. */
  routed: boolean;
  /** `channel-group …` as typed: the port is a member of a LAG. */
  channel?: string | undefined;
  /**
   * The lab's liberty: the uplink's list names VLANs that nobody made yet and keeps the ones that are deleted,
   * so that making and deleting a network gives back the very same text. A real list holds only VLANs that exist.
   */
  pinned?: boolean;
}

export interface Vlan {
  description?: string | undefined;
  shutdown: boolean;
}

export interface Config {
  readonly vlans: Map<number, Vlan>;
  readonly ports: Map<string, Port>;
}

/** Every port as our detach leaves it, and the uplinks. */
export function factoryConfig(ports: readonly string[], uplinks: readonly string[]): Config {
  return {
    vlans: new Map([[1, { shutdown: false }]]),
    ports: new Map([
      ...ports.map((name): [string, Port] => [name, { ...plainPort(), shutdown: true }]),
      ...uplinks.map((name): [string, Port] => [name, { ...plainPort(), mode: 'trunk', tagged: span(2, 1001), pinned: true }]),
    ]),
  };
}

export function plainPort(): Port {
  return { mode: 'access', untagged: 1, tagged: [], edge: false, shutdown: false, routed: false };
}

export function copyOf(config: Config): Config {
  return {
    vlans: new Map([...config.vlans].map(([id, vlan]) => [id, { ...vlan }])),
    ports: new Map([...config.ports].map(([name, port]) => [name, { ...port, tagged: [...port.tagged] }])),
  };
}

/** Interface name → the lines below it, VLANs first. */
export function blocks(config: Config): Map<string, string[]> {
  const vlans = [...config.vlans].sort(([a], [b]) => a - b);
  return new Map([
    ...vlans.map(([id, vlan]): [string, string[]] => [`vlan${id}`, vlanLines(vlan)]),
    ...[...config.ports].map(([name, port]): [string, string[]] => [name, portLines(port)]),
  ]);
}

export function textOf(all: ReadonlyMap<string, readonly string[]>): string {
  return [...all].map(([name, lines]) => ['!', `interface ${name}`, ...lines.map(line => ` ${line}`)].join('\n')).join('\n');
}

/**
 * What `show diff candidate-configuration running-configuration` prints: blocks with the candidate's new lines, nothing when they are
 * the same [docs]. How it prints what goes away is not in the guides; the lab prints the `no` form [memory].
 */
export function diffText(candidate: Config, running: Config): string {
  const next = blocks(candidate);
  const now = blocks(running);
  const changed = new Map<string, string[]>();
  for (const [name, lines] of next) {
    const before = now.get(name);
    const difference = before ? lineDiff(lines, before) : lines;
    if (difference.length > 0) changed.set(name, difference);
  }
  const gone = [...now.keys()].filter(name => !next.has(name)).map(name => `!\nno interface ${name}`);
  return [textOf(changed), ...gone].filter(text => text !== '').join('\n');
}

function lineDiff(lines: readonly string[], before: readonly string[]): string[] {
  const added = lines.filter(line => !before.includes(line));
  const subject = (line: string) => line.replace(/^no /, '').replace(/ [\d,-]+$/, '');
  const replaced = new Set(added.map(subject));
  const removed = before.filter(line => !lines.includes(line)).map(subject);
  return [...removed.filter(line => !replaced.has(line)).map(line => `no ${line}`), ...added];
}

function vlanLines(vlan: Vlan): string[] {
  return [...describe(vlan.description), vlan.shutdown ? 'shutdown' : 'no shutdown'];
}

function portLines(port: Port): string[] {
  const lines = [...describe(port.description), port.shutdown ? 'shutdown' : 'no shutdown'];
  if (port.channel) lines.push(`channel-group ${port.channel}`);
  if (port.channel || port.routed) return [...lines, 'no switchport'];
  if (port.mode === 'trunk') lines.push('switchport mode trunk');
  if (port.untagged !== undefined) lines.push(`switchport access vlan ${port.untagged}`);
  if (port.tagged.length > 0) lines.push(`switchport trunk allowed vlan ${toRanges(port.tagged)}`);
  if (port.edge) lines.push('spanning-tree port type edge');
  return lines;
}

/** Quoted when it holds a space [memory]. */
function describe(text: string | undefined): string[] {
  if (text === undefined) return [];
  return [`description ${text.includes(' ') ? `"${text}"` : text}`];
}

/** A description as typed: one word, or words in double quotes, up to 240 characters [docs]; undefined for anything else. */
export function readDescription(typed: string): string | undefined {
  const match = /^"([^"]{1,240})"$|^([^\s"]{1,240})$/.exec(typed);
  return match?.[1] ?? match?.[2];
}
