import type { LabDevice } from '../server/lab/ssh-server.ts';
import { readRanges, span, toRanges } from '../server/vlans.ts';

/**
 * What a server at a port can reach, read from the switch's own running configuration and from nothing that Mercury says:
 * `closed`, or the untagged VLAN and the tagged ones: `100`, `100 + 200-201`, `+ 200-201`.
 */
export function reachedFrom(port: string, { device }: LabDevice): string {
  const read = READERS[device.platform];
  if (!read) throw new Error(`nobody can read what ${device.platform} carries`);
  const carried = read(device.running(), port);
  if (!carried) return 'closed';
  const { untagged, tagged } = carried;
  const list = toRanges(tagged.filter(vlan => vlan !== untagged && vlan !== DEAD));
  return [untagged ?? '', list === '' ? '' : `+ ${list}`].filter(part => part !== '').join(' ') || 'closed';
}

/** Notes what each of the ports reaches whenever a line is about to be typed; answers each state once, in order. */
export function watch(device: LabDevice, ports: readonly string[]): ReadonlyMap<string, string[]> {
  const seen = new Map<string, string[]>(ports.map(port => [port, [reachedFrom(port, device)]]));
  const look = () => {
    for (const [port, states] of seen) {
      const now = reachedFrom(port, device);
      if (states.at(-1) !== now) states.push(now);
    }
  };
  device.typed.push = (...lines: string[]) => {
    look();
    return Array.prototype.push.apply(device.typed, lines);
  };
  return seen;
}

/** No frame can have it: what Open vSwitch carries on it is nothing. */
const DEAD = 4095;

interface Carried {
  readonly untagged: number | null;
  readonly tagged: readonly number[];
}
type Reader = (running: string, port: string) => Carried | undefined;

const EVERY = span(1, 4094);

/** The lines below `interface X`, until the next line that is not indented. */
function blockOf(running: string, port: string): string[] | undefined {
  const lines = running.split('\n');
  const start = lines.indexOf(`interface ${port}`);
  if (start < 0) return undefined;
  const rest = lines.slice(start + 1);
  const end = rest.findIndex(line => !line.startsWith(' '));
  return rest.slice(0, end < 0 ? undefined : end).map(line => line.trim());
}

function wordsAfter(block: readonly string[], start: string): string | undefined {
  return block.find(line => line.startsWith(start))?.slice(start.length);
}

/** IOS and EOS: a trunk carries every VLAN unless it has a list, and what is untagged goes to its native VLAN if that is in the list. */
const ciscoLike =
  (lagPrefix: string): Reader =>
  (running, port) => {
    const own = blockOf(running, port);
    if (!own || own.includes('shutdown')) return undefined;
    const group = wordsAfter(own, 'channel-group ')?.split(' ')[0];
    const block = group === undefined ? own : blockOf(running, `${lagPrefix}${group}`);
    if (!block || block.includes('shutdown')) return undefined;
    if (wordsAfter(block, 'switchport mode ') !== 'trunk')
      return { untagged: Number(wordsAfter(block, 'switchport access vlan ') ?? 1), tagged: [] };
    const lists = block.filter(line => /^switchport trunk allowed vlan /.test(line)).map(line => line.replace(/^.* vlan (?:add )?/, ''));
    const allowed = lists.length === 0 ? EVERY : lists.flatMap(list => readRanges(list) ?? []);
    const native = Number(wordsAfter(block, 'switchport trunk native vlan ') ?? 1);
    return { untagged: allowed.includes(native) ? native : null, tagged: allowed };
  };

/** OS10: `access vlan` is the untagged VLAN of either mode, and a trunk carries nothing that is not named. */
const os10: Reader = (running, port) => {
  const own = blockOf(running, port);
  if (!own?.includes('no shutdown')) return undefined;
  const group = wordsAfter(own, 'channel-group ')?.split(' ')[0];
  const block = group === undefined ? own : blockOf(running, `port-channel${group}`);
  if (!block?.includes('no shutdown')) return undefined;
  const access = wordsAfter(block, 'switchport access vlan ');
  if (!block.includes('switchport mode trunk')) return { untagged: Number(access ?? 1), tagged: [] };
  const lists = block.filter(line => line.startsWith('switchport trunk allowed vlan '));
  const tagged = lists.flatMap(line => readRanges(line.replace(/^.* vlan /, '')) ?? []);
  return { untagged: access === undefined ? null : Number(access), tagged };
};

const junos: Reader = (running, port) => {
  const lines = running.split('\n');
  const linesOf = (name: string) =>
    lines.filter(line => line.startsWith(`set interfaces ${name} `)).map(line => line.slice(`set interfaces ${name} `.length));
  const own = linesOf(port);
  const lag = own.map(line => /options 802\.3ad (ae\d+)$/.exec(line)?.[1]).find(name => name !== undefined);
  const set = lag === undefined ? own : linesOf(lag);
  if (own.includes('disable') || set.includes('disable')) return undefined;
  const members = set.flatMap(line => readRanges(/ vlan members (.+)$/.exec(line)?.[1] ?? '') ?? []);
  if (members.length === 0) return undefined;
  if (!set.some(line => line.endsWith(' interface-mode trunk'))) return { untagged: members[0] ?? null, tagged: members.slice(1) };
  const native = set.map(line => /^native-vlan-id (\d+)$/.exec(line)?.[1]).find(id => id !== undefined);
  return { untagged: native === undefined ? null : Number(native), tagged: members };
};

/** `ovs-vsctl show`: the Port that has the Interface; one without tag or trunks carries every VLAN. */
const ovs: Reader = (running, port) => {
  const ports = running.split(/\n(?= {8}Port )/).slice(1);
  const block = ports.find(text => text.split('\n').some(line => line.trim().replaceAll('"', '') === `Interface ${port}`));
  if (block === undefined) return undefined;
  const value = (key: string) => new RegExp(`^ {12}${key}: (.*)$`, 'm').exec(block)?.[1];
  const tag = value('tag') === undefined ? null : Number(value('tag'));
  const mode = value('vlan_mode') ?? (tag === null ? 'trunk' : 'access');
  if (mode === 'access') return { untagged: tag, tagged: [] };
  const trunks = value('trunks');
  return { untagged: tag, tagged: trunks === undefined ? EVERY : (readRanges(trunks) ?? []) };
};

const READERS: Readonly<Record<string, Reader>> = {
  cisco_ios: ciscoLike('Port-channel'),
  arista_eos: ciscoLike('Port-Channel'),
  juniper_junos: junos,
  dell_os10: os10,
  openvswitch: ovs,
};
