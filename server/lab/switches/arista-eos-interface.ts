import { freshPort, type Port, withAllowed } from './arista-eos-config.ts';
import { INVALID, idsOf, type Run } from './arista-eos-state.ts';

/** What a line changes on a port, and what it prints; undefined: the line is not valid. */
type Change = (value: string, port: Port) => (Partial<Port> & { readonly says?: string }) | undefined;

const put =
  (change: Partial<Port> | Change): Run =>
  (state, value = '') => {
    const { port } = state;
    const changed = port && (typeof change === 'function' ? change(value, port) : change);
    if (!port || !changed) return { text: INVALID };
    const { says, ...fields } = { says: undefined, ...changed };
    Object.assign(port, fields);
    return says === undefined ? {} : { text: says };
  };

const list = (how: Parameters<typeof withAllowed>[1]): Run =>
  put((text, port) => {
    const ids = idsOf(text);
    return ids && { allowed: withAllowed(port, how, ids) };
  });

const accessVlan: Run = (state, value = '') => {
  const id = Number(value);
  const reply = put({ access: id })(state);
  if (reply.text !== undefined || state.config.vlans.has(id)) return reply;
  state.config.vlans.set(id, undefined);
  return { text: `! Access VLAN does not exist. Creating vlan ${id}` };
};

const CANNOT_CHANGE = '% Cannot change mode; remove all members and try again.';

/**
 * All members run in one mode, and a port that is the only one cannot change its own either. [arista.eos issue 95, which shows that the
 * mode stays, and pull request 96, which has the text; that `passive` beside `active` counts as another mode is weak]
 * A port may leave one Port-Channel for another by this line alone. [memory]
 */
const joinGroup: Run = (state, id = '', mode = '') => {
  const { config } = state;
  if (config.grouped(Number(id)).some(({ group }) => group?.mode !== mode)) return { text: CANNOT_CHANGE };
  const channel = `Port-Channel${id}`;
  if (!config.interfaces.has(channel)) config.interfaces.set(channel, freshPort());
  return put({ group: { id: Number(id), mode } })(state);
};

/** The Port-Channel stays when its last member leaves. [manual, by memory] */
const leaveGroup = put({ group: undefined });

/** [weak] That a number which another Port-Channel has is refused, and how. */
const setMlag: Run = (state, id) => {
  const taken = [...state.config.interfaces].find(([, port]) => port !== state.port && port.mlag === Number(id));
  return taken ? { text: `% MLAG ${id} is already configured on ${taken[0]}` } : put({ mlag: Number(id) })(state);
};

/** EOS prints warnings behind `! `; this sentence is [memory]. */
const edge = put(() => ({ portfast: 'edge', says: '! portfast should only be enabled on ports connected to a single host.' }));

/** The lines of `interface …` that every port has. */
export const INTERFACE_COMMANDS: Readonly<Record<string, Run>> = {
  'description <rest>': put(description => ({ description })),
  'no description': put({ description: undefined }),
  switchport: put({ switchport: true }),
  'no switchport': put({ switchport: false }),
  'switchport mode access': put({ mode: undefined }),
  'switchport mode trunk': put({ mode: 'trunk' }),
  'switchport mode dot1q-tunnel': put({ mode: 'dot1q-tunnel' }),
  'no switchport mode': put({ mode: undefined }),
  'no switchport mode trunk': put({ mode: undefined }),
  'switchport access vlan <vlan>': accessVlan,
  'no switchport access vlan': put({ access: 1 }),
  'no switchport access vlan <vlan>': put({ access: 1 }),
  'switchport trunk native vlan tag': put({ native: 'tag' }),
  'switchport trunk native vlan <vlan>': put(vlan => ({ native: Number(vlan) })),
  'no switchport trunk native vlan': put({ native: 1 }),
  'no switchport trunk native vlan <vlan>': put({ native: 1 }),
  'switchport trunk allowed vlan none': put({ allowed: [] }),
  'switchport trunk allowed vlan all': put({ allowed: undefined }),
  'switchport trunk allowed vlan <list>': list('replace'),
  'switchport trunk allowed vlan add <list>': list('add'),
  'switchport trunk allowed vlan remove <list>': list('remove'),
  'switchport trunk allowed vlan except <list>': list('except'),
  'no switchport trunk allowed vlan': put({ allowed: undefined }),
  'spanning-tree portfast': edge,
  'spanning-tree portfast edge': edge,
  'spanning-tree portfast network': put({ portfast: 'network' }),
  'no spanning-tree portfast': put({ portfast: undefined }),
  shutdown: put({ shutdown: true }),
  'no shutdown': put({ shutdown: false }),
};

export const MEMBER_COMMANDS: Readonly<Record<string, Run>> = {
  'channel-group <group> mode <lacp>': joinGroup,
  'no channel-group': leaveGroup,
  'no channel-group <group>': leaveGroup,
};

export const LAG_COMMANDS: Readonly<Record<string, Run>> = {
  'port-channel lacp fallback static': put({ fallback: 'static' }),
  'port-channel lacp fallback individual': put({ fallback: 'individual' }),
  'no port-channel lacp fallback': put({ fallback: undefined }),
  'port-channel lacp fallback timeout <seconds>': put(seconds => ({ fallbackAfter: Number(seconds) })),
  'no port-channel lacp fallback timeout': put({ fallbackAfter: undefined }),
  'mlag <mlag>': setMlag,
  'no mlag': put({ mlag: undefined }),
};
