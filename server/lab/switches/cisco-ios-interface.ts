import type { Reply } from '../switch.ts';
import { groupOf, isHeldDown, join, membersOf, reached } from './cisco-ios-channel.ts';
import { type ChannelMode, FRESH, type Port, shortName, withAllowed } from './cisco-ios-port.ts';
import { type IosSession, unnamed } from './cisco-ios-session.ts';

/** What an IOS switch takes in (config-if). */

export type Command = (session: IosSession, ...values: string[]) => Reply;

const PORTFAST_WARNING = `%Warning: portfast should only be enabled on ports connected to a single
 host. Connecting hubs, concentrators, switches, bridges, etc... to this
 interface  when portfast is enabled, can cause temporary bridging loops.
 Use with CAUTION
`;

type Change = Partial<Port> | ((port: Port, value: string, interfaces: Map<string, Port>) => Partial<Port>);

/** Changes the interface being edited, with the members if it is a Port-channel, and prints `text`. */
function put(change: Change, text?: string): Command {
  return (session, value = '') => {
    const { interfaces } = session.device;
    for (const name of reached(interfaces, session.port)) set(interfaces, name, change, value);
    return text === undefined ? {} : { text };
  };
}

/** Changes the interface being edited, and no member of it. */
function putHere(change: Change): Command {
  return (session, value = '') => {
    set(session.device.interfaces, session.port, change, value);
    return {};
  };
}

function set(interfaces: Map<string, Port>, name: string, change: Change, value: string): void {
  const port = interfaces.get(name);
  if (port) interfaces.set(name, { ...port, ...(typeof change === 'function' ? change(port, value, interfaces) : change) });
}

function allowed(how: 'replace' | 'add' | 'remove'): Command {
  return (session, list = '') => {
    const bad = withAllowed(FRESH, list, how);
    if (typeof bad === 'string') return { text: bad };
    return put(port => {
      const next = withAllowed(port, list, how);
      return typeof next === 'string' ? {} : next;
    })(session);
  };
}

function accessVlan(session: IosSession, value = ''): Reply {
  const id = Number(value);
  put({ access: id })(session);
  if (session.device.vlans.has(id)) return {};
  session.device.vlans.set(id, unnamed(id));
  return { text: `% Access VLAN does not exist. Creating vlan ${id}` };
}

function nonegotiate(session: IosSession): Reply {
  if (session.device.interfaces.get(session.port)?.mode) return put({ nonegotiate: true })(session);
  return { text: "Command rejected: Conflict between 'nonegotiate' and 'dynamic' status." };
}

/** A line about switching is refused on a routed port. [memory] */
function switching(commands: Readonly<Record<string, Command>>): Record<string, Command> {
  const guarded = (run: Command): Command => {
    return (session, ...values) => {
      const routed = session.device.interfaces.get(session.port)?.routed;
      return routed ? { text: `Command rejected: ${shortName(session.port)} not a switching port.` } : run(session, ...values);
    };
  };
  return Object.fromEntries(Object.entries(commands).map(([syntax, run]) => [syntax, guarded(run)]));
}

const UNSWITCHED = { access: 1, native: 1, allowed: undefined, mode: undefined, nonegotiate: false };

/** Whether a bundle is switched or routed cannot be changed while it is one [docs: Catalyst 4500 command reference; the words: memory]. */
function route(routed: boolean): Command {
  return session => {
    const { interfaces } = session.device;
    const bundled = interfaces.get(session.port)?.channel || membersOf(interfaces, groupOf(session.port)).length > 0;
    if (bundled) return { text: `Command rejected: ${shortName(session.port)} is part of a port-channel` };
    return putHere(port => (port.routed === routed ? {} : { ...UNSWITCHED, routed }))(session);
  };
}

function joinChannel(session: IosSession, group = '', mode = ''): Reply {
  return join(session.device.interfaces, session.port, Number(group), mode as ChannelMode);
}

/** On a port and on a Port-channel alike. */
export const onInterface: Record<string, Command> = {
  'description <rest>': putHere((_, description) => ({ description })),
  'no description': putHere({ description: undefined }),
  switchport: route(false),
  'no switchport': route(true),
  ...switching({
    'switchport mode access': put({ mode: 'access' }),
    'switchport mode trunk': put({ mode: 'trunk' }),
    'no switchport mode': put({ mode: undefined }),
    'switchport access vlan <vlan>': accessVlan,
    'no switchport access vlan': put({ access: 1 }),
    'switchport trunk native vlan <vlan>': put((_, value) => ({ native: Number(value) })),
    'no switchport trunk native vlan': put({ native: 1 }),
    'switchport trunk allowed vlan none': put({ allowed: [] }),
    'switchport trunk allowed vlan all': put({ allowed: undefined }),
    'switchport trunk allowed vlan <list>': allowed('replace'),
    'switchport trunk allowed vlan add <list>': allowed('add'),
    'switchport trunk allowed vlan remove <list>': allowed('remove'),
    'no switchport trunk allowed vlan': put({ allowed: undefined }),
    'switchport nonegotiate': nonegotiate,
    'no switchport nonegotiate': put({ nonegotiate: false }),
  }),
  'spanning-tree portfast': put({ portfast: 'edge' }, PORTFAST_WARNING),
  'spanning-tree portfast trunk': put({ portfast: 'trunk' }, PORTFAST_WARNING),
  'no spanning-tree portfast': put({ portfast: undefined }),
  shutdown: put({ shutdown: true }),
  'no shutdown': put((port, _, interfaces) => ({ shutdown: isHeldDown(interfaces, port) })),
};

export const onPort: Record<string, Command> = {
  'channel-group <group> mode <channel-mode>': joinChannel,
  'no channel-group': putHere({ channel: undefined }),
};

export const onChannel: Record<string, Command> = {
  'port-channel standalone-disable': putHere({ standalone: false }),
  'no port-channel standalone-disable': putHere({ standalone: true }),
};
