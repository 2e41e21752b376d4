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

const joinGroup: Run = (state, id = '', mode = '') => {
  const channel = `Port-Channel${id}`;
  if (!state.config.interfaces.has(channel)) state.config.interfaces.set(channel, freshPort());
  return put({ group: { id: Number(id), mode } })(state);
};

/** EOS prints warnings behind `! `; this sentence is [memory]. */
const edge = put(() => ({ portfast: 'edge', says: '! portfast should only be enabled on ports connected to a single host.' }));

/** The lines of `interface …`. */
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
  'channel-group <group> mode <lacp>': joinGroup,
  'no channel-group': put({ group: undefined }),
  'spanning-tree portfast': edge,
  'spanning-tree portfast edge': edge,
  'spanning-tree portfast network': put({ portfast: 'network' }),
  'no spanning-tree portfast': put({ portfast: undefined }),
  shutdown: put({ shutdown: true }),
  'no shutdown': put({ shutdown: false }),
};
