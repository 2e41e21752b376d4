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
  /** The port is a member of a LAG. It has no VLANs of its own then, the LAG has them. */
  channel?: Membership | undefined;
  /** What only a LAG has: the interface is one. */
  lag?: LagSettings;
  /**
   * The lab's liberty: the uplink's list names VLANs that nobody made yet and keeps the ones that are deleted,
   * so that making and deleting a network gives back the very same text. A real list holds only VLANs that exist.
   */
  pinned?: boolean;
}

/** `channel-group 10 mode active`. */
export interface Membership {
  readonly group: number;
  readonly mode: string;
}

export interface LagSettings {
  /** `lacp fallback enable`: one member comes up while nobody speaks LACP on any of them. */
  fallback: boolean;
  /** Seconds; undefined is 15 [docs]. */
  timeout?: number | undefined;
  preemption: boolean;
  /** `vlt-port-channel`: the same LAG on the VLT peer has this id too. */
  vlt?: number | undefined;
}

export interface Vlan {
  description?: string | undefined;
  shutdown: boolean;
}

export interface Config {
  readonly vlans: Map<number, Vlan>;
  /** Ethernet ports and LAGs, by name. */
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
    ports: new Map([...config.ports].map(([name, port]) => [name, copyOfPort(port)])),
  };
}

function copyOfPort(port: Port): Port {
  return { ...port, tagged: [...port.tagged], ...(port.lag ? { lag: { ...port.lag } } : {}) };
}

/** Interface name → the lines below it: VLANs, LAGs, ports. */
export function blocks(config: Config): Map<string, string[]> {
  const vlans = [...config.vlans].sort(([a], [b]) => a - b);
  const lags = [...config.ports].filter(([, port]) => port.lag).sort(([a], [b]) => a.localeCompare(b, 'en', { numeric: true }));
  const ports = [...config.ports].filter(([, port]) => !port.lag);
  return new Map([
    ...vlans.map(([id, vlan]): [string, string[]] => [`vlan${id}`, vlanLines(vlan)]),
    ...[...lags, ...ports].map(([name, port]): [string, string[]] => [name, portLines(port)]),
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
  const subject = (line: string) => line.replace(/^no /, '').replace(/ [\d,-]+(?: mode \w+)?$/, '');
  const replaced = new Set(added.map(subject));
  // What a member prints as `no switchport` ends with the VLAN line that it has again.
  const removed = before.filter(line => !lines.includes(line) && line !== 'no switchport').map(subject);
  return [...removed.filter(line => !replaced.has(line)).map(line => `no ${line}`), ...added];
}

function vlanLines(vlan: Vlan): string[] {
  return [...describe(vlan.description), vlan.shutdown ? 'shutdown' : 'no shutdown'];
}

function portLines(port: Port): string[] {
  return [
    ...describe(port.description),
    port.shutdown ? 'shutdown' : 'no shutdown',
    ...(port.channel ? [`channel-group ${port.channel.group} mode ${port.channel.mode}`] : []),
    ...switchportLines(port),
    ...(port.lag ? lagLines(port.lag) : []),
    ...(port.edge ? ['spanning-tree port type edge'] : []),
  ];
}

/** A member prints `no switchport` like a port that routes [obs: S5248F with 10.5.6]. */
function switchportLines(port: Port): string[] {
  if (port.channel || port.routed) return ['no switchport'];
  return [
    ...(port.mode === 'trunk' ? ['switchport mode trunk'] : []),
    ...(port.untagged === undefined ? [] : [`switchport access vlan ${port.untagged}`]),
    ...(port.tagged.length > 0 ? [`switchport trunk allowed vlan ${toRanges(port.tagged)}`] : []),
  ];
}

/** Words and order as recorded: `lacp fallback enable`, `lacp fallback timeout 0`, `vlt-port-channel 1`, then the spanning tree [obs]. */
function lagLines(lag: LagSettings): string[] {
  return [
    ...(lag.fallback ? ['lacp fallback enable'] : []),
    ...(lag.timeout === undefined ? [] : [`lacp fallback timeout ${lag.timeout}`]),
    ...(lag.preemption ? [] : ['lacp fallback preemption disable']), // enabled is the default [docs]
    ...(lag.vlt === undefined ? [] : [`vlt-port-channel ${lag.vlt}`]),
  ];
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
