import type { Reply } from '../switch.ts';
import { type ChannelMode, FRESH, type Port, shortName } from './cisco-ios-port.ts';

/**
 * EtherChannels, as Cisco's guides describe them and recorded sessions show them: what is typed on a Port-channel is typed on each of its
 * members too, what is typed on a member stays there; a member whose VLANs are not those of its Port-channel is taken and then suspended;
 * a member is closed while its Port-channel is. [docs: Catalyst 9300 17.16 configuration guide; system messages of the Catalyst 3750-X,
 * EC-5-PORTDOWN and EC-5-STAYDOWN; recorded: EC-5-CANNOT_BUNDLE2] A VTY does not see that log. No LACP is spoken: the other end is willing.
 */

type Interfaces = Map<string, Port>;

/** The highest number of a Port-channel on a Catalyst 9300. */
const LAST_GROUP = 128;

/** The number of a Port-channel; undefined for any other name. */
export function groupOf(name: string): number | undefined {
  const group = Number(/^Port-channel([1-9]\d*)$/.exec(name)?.[1]);
  return group <= LAST_GROUP ? group : undefined;
}

export function membersOf(interfaces: Interfaces, group: number | undefined): string[] {
  return [...interfaces].filter(([, port]) => port.channel !== undefined && port.channel.group === group).map(([name]) => name);
}

/** All that a line typed on an interface changes. */
export function reached(interfaces: Interfaces, name: string): string[] {
  const group = groupOf(name);
  return group === undefined ? [name] : [name, ...membersOf(interfaces, group)];
}

/** Whether a member stays closed, whatever is typed on it. */
export function isHeldDown(interfaces: Interfaces, { channel }: Port): boolean {
  return channel !== undefined && interfaces.get(`Port-channel${channel.group}`)?.shutdown === true;
}

/** A Port-channel that is not there is made with the settings of its first member. [docs; that shutdown is not among them: memory] */
export function join(interfaces: Interfaces, name: string, group: number, mode: ChannelMode): Reply {
  const port = interfaces.get(name);
  if (!port) return {};
  const refusal = refusalToJoin(interfaces, name, port, group, mode);
  if (refusal !== undefined) return { text: `Command rejected (Port-channel${group}, ${shortName(name)}): ${refusal}` };
  const lag = `Port-channel${group}`;
  const there = interfaces.get(lag);
  if (!there) interfaces.set(lag, { ...port, description: undefined, shutdown: false, channel: undefined });
  interfaces.set(name, { ...port, channel: { group, mode }, shutdown: port.shutdown || there?.shutdown === true });
  return there ? {} : { text: `Creating a port-channel interface Port-channel ${group}\n` };
}

/** Recorded words but for the first: that a member of one is not taken by another without leaving is [memory], and the strict side. */
function refusalToJoin(interfaces: Interfaces, name: string, port: Port, group: number, mode: ChannelMode): string | undefined {
  if (port.channel && port.channel.group !== group) return `${shortName(name)} is a member of Port-channel${port.channel.group}`;
  const others = membersOf(interfaces, group).filter(other => other !== name);
  if (others.some(other => protocolOf(interfaces.get(other)?.channel?.mode) !== protocolOf(mode))) return 'Invalid etherchnl mode';
  const lag = interfaces.get(`Port-channel${group}`);
  if (lag && lag.routed !== port.routed) return 'Either port is L2 and port-channel is L3, or vice-versa';
  return undefined;
}

/** Its members leave it, keep their VLANs, and are closed, lest they make a loop. [published notes; memory] */
export function remove(interfaces: Interfaces, name: string): void {
  for (const member of membersOf(interfaces, groupOf(name))) {
    const port = interfaces.get(member);
    if (port) interfaces.set(member, { ...port, channel: undefined, shutdown: true });
  }
  interfaces.delete(name);
}

/** `show etherchannel summary`: P serves, s is suspended, D is closed. */
export function channelSummary(interfaces: Interfaces): string {
  const groups = [...interfaces.keys()].flatMap(name => groupOf(name) ?? []).sort((a, b) => a - b);
  const rows = groups.map(group => {
    const members = membersOf(interfaces, group);
    const ports = members.map(name => `${shortName(name)}(${stateOf(interfaces, name)})`);
    const protocol = protocolOf(interfaces.get(members[0] ?? '')?.channel?.mode);
    const up = ports.some(port => port.endsWith('(P)'));
    const lag = `Po${group}(${interfaces.get(`Port-channel${group}`)?.routed ? 'R' : 'S'}${up ? 'U' : 'D'})`;
    return `${String(group).padEnd(7)}${lag.padEnd(16)}${protocol.padEnd(12)}${ports.join('    ')}`.trimEnd();
  });
  return [
    'Flags:  D - down        P - bundled in port-channel',
    '        I - stand-alone s - suspended',
    '        R - Layer3      S - Layer2',
    '        U - in use',
    '',
    `Number of channel-groups in use: ${groups.length}`,
    `Number of aggregators:           ${groups.length}`,
    '',
    'Group  Port-channel  Protocol    Ports',
    '------+-------------+-----------+-----------------------------------------------',
    ...rows,
    '',
  ].join('\n');
}

function stateOf(interfaces: Interfaces, name: string): 'P' | 's' | 'D' {
  const port = interfaces.get(name) ?? FRESH;
  if (port.shutdown) return 'D';
  const lag = interfaces.get(`Port-channel${port.channel?.group}`) ?? FRESH;
  return carried(port) === carried(lag) ? 'P' : 's';
}

/** What must be the same on all members and their Port-channel. [docs: trunking state, VLAN range, native VLAN, access VLAN] */
function carried({ routed, mode, access, native, allowed }: Port): string {
  return JSON.stringify([routed, mode, access, native, allowed ?? 'all']);
}

function protocolOf(mode: ChannelMode | undefined): 'LACP' | 'PAgP' | '-' {
  if (mode === 'active' || mode === 'passive') return 'LACP';
  return mode === 'desirable' || mode === 'auto' ? 'PAgP' : '-';
}
