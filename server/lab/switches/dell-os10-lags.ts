import type { Reply } from '../switch.ts';
import { type Config, type LagSettings, type Port, plainPort } from './dell-os10-config.ts';
import { edit, ILLEGAL, LAG_MEMBER, NOT_LAYER_2, switchCommands } from './dell-os10-ports.ts';
import type { Os10Session } from './dell-os10-session.ts';

/*
 * LAGs: how they are made and deleted, and how ports join and leave them.
 * - A LAG is made by `interface port-channel`, open and on VLAN 1; ports join with `channel-group` [docs: user guide, "Port-channel
 *   interfaces"]. Whether `channel-group` would make it is not in the guide, the lab says no [memory].
 * - A port that joins must have no settings of its own but a description and `shutdown` [docs]; it prints `no switchport` then, and the
 *   VLANs are the LAG's [obs]. That a port with VLANs is refused, and the words, are [memory].
 * - A port that leaves is an access port of VLAN 1 again, as open as it was: `no channel-group` typed on a S5248F with 10.5.6 [obs].
 * - All members are static or all are not: `lag-mode` is of the LAG, in OS10's own data model [src: RESTCONF clients].
 * - A LAG that has members may be deleted, the members are in the LAG's data [src]: what they print after it is [memory].
 * - LACP fallback: enabled or not since 10.3.2, preemption since 10.4.1; 15 s unless told otherwise, 0 to 100 [docs].
 * - `vlt-port-channel` needs a LAG in layer 2 mode [netlab], and no domain yet [memory].
 */

const NOT_DEFAULT = '% Error: Interface has layer 2 or layer 3 configuration.'; // [memory]
const OTHER_MODE = '% Error: Static and dynamic members cannot be in one port-channel.'; // [memory]
const noLag = (name: string) => `% Error: ${name} does not exist.`; // [memory]

type Commands = Readonly<Record<string, (session: Os10Session, ...values: string[]) => Reply>>;

/** Commands of a port that a LAG does not have. */
export const memberCommands: Commands = {
  'channel-group <number> mode <mode>': edit(join),
  'no channel-group': edit(leave),
};

/** Commands of CONFIGURATION mode. */
export const lagConfigCommands: Commands = {
  'interface port-channel <number>': (s, id) => openLag(s, Number(id)),
  'interface <lag>': (s, name) => openLag(s, numberOf(name)),
  'no interface port-channel <number>': (s, id) => deleteLag(s, Number(id)),
  'no interface <lag>': (s, name) => deleteLag(s, numberOf(name)),
};

const settings = (change: (lag: LagSettings, value: number, port: Port) => string | undefined) =>
  edit((port, value) => (port.lag ? change(port.lag, Number(value), port) : ILLEGAL));
const set = (fields: Partial<LagSettings>) => settings(lag => void Object.assign(lag, fields));

/** Commands of a LAG: those of a switch port, and its own. */
export const lagCommands: Commands = {
  ...switchCommands,
  'lacp fallback enable': set({ fallback: true }),
  'no lacp fallback enable': set({ fallback: false }),
  'lacp fallback timeout <number>': settings((lag, seconds) => {
    if (seconds > 100) return ILLEGAL;
    lag.timeout = seconds;
  }),
  'no lacp fallback timeout': set({ timeout: undefined }),
  'lacp fallback preemption enable': set({ preemption: true }),
  'lacp fallback preemption disable': set({ preemption: false }),
  'vlt-port-channel <number>': settings((lag, id, port) => {
    if (id < 1 || id > 1024) return ILLEGAL; // [memory]
    if (port.routed) return NOT_LAYER_2;
    lag.vlt = id;
  }),
  'no vlt-port-channel': set({ vlt: undefined }),
};

const numberOf = (name: string) => Number(name.slice('port-channel'.length));

/** 1 to 999 and 1001 to 2000: port-channel 1000 is the link between VLT peers [obs]. A guide of 10.5.0 has 1 to 128. */
const isLagNumber = (id: number) => id >= 1 && id <= 2000 && id !== 1000;

/** Makes the LAG when it is not there. */
function openLag(session: Os10Session, id: number): Reply {
  if (!isLagNumber(id)) return { text: ILLEGAL };
  const name = `port-channel${id}`;
  const reply = session.change(candidate => {
    if (!candidate.ports.has(name)) candidate.ports.set(name, { ...plainPort(), lag: { fallback: false, preemption: true } });
    return undefined;
  });
  return reply.text === undefined ? session.to('lag', name) : reply;
}

function deleteLag(session: Os10Session, id: number): Reply {
  const name = `port-channel${id}`;
  const reply = session.change(candidate => {
    if (!candidate.ports.has(name)) return noLag(name);
    for (const { port } of membersOf(id, candidate)) leave(port);
    candidate.ports.delete(name);
    return undefined;
  });
  return reply.text === undefined ? session.to('config') : reply;
}

function join(port: Port, value: string, candidate: Config): string | undefined {
  const [number, mode = ''] = value.split(' ');
  const group = Number(number);
  if (!candidate.ports.has(`port-channel${group}`)) return noLag(`port-channel${group}`);
  // A port is in one LAG at a time [docs].
  if (port.channel && port.channel.group !== group) return LAG_MEMBER;
  if (!port.channel && !isPlain(port)) return NOT_DEFAULT;
  const others = membersOf(group, candidate).filter(member => member.port !== port);
  if (others.some(other => (other.mode === 'on') !== (mode === 'on'))) return OTHER_MODE;
  Object.assign(port, { ...bare(port), channel: { group, mode } });
  return undefined;
}

function leave(port: Port): undefined {
  if (port.channel) Object.assign(port, { ...bare(port), channel: undefined });
}

/** A port with nothing of its own but what a member may keep. */
const bare = ({ description, shutdown }: Port): Port => ({ ...plainPort(), description, shutdown });

const isPlain = (port: Port) => port.mode === 'access' && (port.routed || port.untagged === 1) && port.tagged.length === 0 && !port.edge;

function membersOf(group: number, { ports }: Config): { port: Port; mode: string }[] {
  return [...ports.values()].flatMap(port => (port.channel?.group === group ? [{ port, mode: port.channel.mode }] : []));
}
