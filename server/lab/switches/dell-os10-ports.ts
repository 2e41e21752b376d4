import { readRanges, toSet } from '../../vlans.ts';
import type { Reply } from '../switch.ts';
import { type Config, type Port, plainPort, readDescription } from './dell-os10-config.ts';
import type { Os10Session } from './dell-os10-session.ts';

/*
 * Commands of an interface that has VLANs: an Ethernet port or a LAG.
 * - `switchport access vlan` names the VLAN of untagged frames, on a trunk too [docs]. `no` puts an access port on VLAN 1, and leaves a
 *   trunk without any [docs: the user guide, "Configure untagged access ports", has `switchport mode trunk`, `no switchport access vlan`].
 * - `switchport trunk allowed vlan` adds to the list, it never replaces it [docs, ngs]; tagged and untagged exclude each other [obs].
 * - `switchport mode access` drops the tagged list [memory: the guide says that an access port has one VLAN, and prints no list for one].
 */

const BOTH = '% Error: Interface cannot be an access and trunk member of the same VLAN.'; // [obs]
const BOTH_IN_RANGE = `${BOTH} One of the vlan in the range provided is already an access vlan.`; // [obs]
const NOT_TRUNK = '% Error: Interface is not in trunk mode.'; // [memory]
export const NOT_LAYER_2 = '% Error: Interface is not in L2 mode.'; // [memory]
/** VLANs of a member are the LAG's [docs: only the description and `shutdown` are supported]; wording [ansible: Dell's terminal plugin]. */
export const LAG_MEMBER = '% Error: Interface is part of a port-channel.';
export const ILLEGAL = '% Error: Illegal parameter.'; // [docs] for the text, [memory] for where it is printed
const missing = (id: number) => `% Error: VLAN ${id} does not exist.`; // must exist before use [docs]; wording [memory]

type Edit = (port: Port, value: string, candidate: Config) => string | undefined;

/** A command that changes the interface, or says why it does not. */
export const edit =
  (change: Edit) =>
  (session: Os10Session, ...values: string[]): Reply =>
    session.change(candidate => {
      const port = session.portIn(candidate);
      return port ? change(port, values.join(' '), candidate) : ILLEGAL;
    });

/** Sets some of a port's fields. */
const put = (fields: Partial<Port>) => (port: Port) => void Object.assign(port, fields);

const layer2 = (change: Edit) =>
  edit((port, value, candidate) => {
    if (port.channel) return LAG_MEMBER;
    return port.routed ? NOT_LAYER_2 : change(port, value, candidate);
  });

export const switchCommands: Readonly<Record<string, (session: Os10Session, ...values: string[]) => Reply>> = {
  shutdown: edit(put({ shutdown: true })),
  'no shutdown': edit(put({ shutdown: false })),
  'description <rest>': edit(describe),
  'no description': edit(put({ description: undefined })),
  // Either mode makes a routed port a switch port again [docs].
  'switchport mode access': edit(port => {
    if (port.channel) return LAG_MEMBER;
    Object.assign(port, { mode: 'access', untagged: port.untagged ?? 1, tagged: [], routed: false });
  }),
  'switchport mode trunk': edit(port => {
    if (port.channel) return LAG_MEMBER;
    Object.assign(port, { mode: 'trunk', routed: false });
  }),
  'no switchport mode': layer2(put({ mode: 'access', untagged: 1, tagged: [] })),
  'no switchport': edit(port => {
    if (port.channel) return LAG_MEMBER;
    Object.assign(port, { ...plainPort(), description: port.description, shutdown: port.shutdown, routed: true });
  }),
  'switchport access vlan <number>': layer2((port, value, candidate) => {
    const id = Number(value);
    if (!candidate.vlans.has(id)) return missing(id);
    if (port.tagged.includes(id)) return BOTH;
    port.untagged = id;
  }),
  'no switchport access vlan': layer2(port => void Object.assign(port, { untagged: port.mode === 'access' ? 1 : undefined })),
  'switchport trunk allowed vlan <list>': layer2(addTagged),
  'no switchport trunk allowed vlan <list>': layer2((port, list) => {
    if (port.mode !== 'trunk') return NOT_TRUNK;
    const ids = readRanges(list) ?? [];
    port.tagged = port.tagged.filter(id => !ids.includes(id));
  }),
  'spanning-tree port type edge': layer2(put({ edge: true })),
  'no spanning-tree port type edge': layer2(put({ edge: false })),
};

function addTagged(port: Port, list: string, candidate: Config): string | undefined {
  if (port.mode !== 'trunk') return NOT_TRUNK;
  const ids = readRanges(list);
  if (!ids || ids.some(id => id < 1 || id > 4093)) return ILLEGAL;
  const absent = ids.find(id => !candidate.vlans.has(id));
  if (absent !== undefined) return missing(absent);
  if (port.untagged !== undefined && ids.includes(port.untagged)) return BOTH_IN_RANGE;
  port.tagged = toSet([...port.tagged, ...ids]);
  return undefined;
}

function describe(port: Port, text: string): string | undefined {
  const description = readDescription(text);
  if (description === undefined) return ILLEGAL;
  port.description = description;
  return undefined;
}
