import type { Complaint, Statement } from './juniper-junos-tree.ts';

/*
 * The statements of an ELS switch that a server port and its VLANs need, as `set` takes them, and no others.
 * The words for a bad number or interface are those that NETCONF tests recorded from EX and QFX switches.
 */

const flag: Statement = { is: 'flag' };
const leaf = (takes: Complaint): Statement => ({ is: 'leaf', takes });
const leafList = (takes: Complaint): Statement => ({ is: 'leaf-list', takes });
const container = (has: Readonly<Record<string, Statement>>): Statement => ({ is: 'container', has });
/** Means something on its own, so it outlives what is inside it: `family inet;`. */
const standing = (has: Readonly<Record<string, Statement>>): Statement => ({ is: 'container', has, stays: true });
const list = (takes: Complaint, has: Readonly<Record<string, Statement>>): Statement => ({ is: 'list', takes, entry: standing(has) });

const text: Complaint = () => undefined;
const oneOf =
  (...words: string[]): Complaint =>
  value =>
    words.includes(value) ? undefined : 'syntax error.';
const number =
  (least: number, most: number): Complaint =>
  value => {
    if (!/^\d+$/.test(value)) return `error: Invalid numeric value: '${value}'`;
    return Number(value) < least || Number(value) > most ? `error: Value ${value} is not within range (${least}..${most})` : undefined;
  };
/** A port that is not on the box is taken without a word: a card may come later. Only the form of the name is checked. */
const interfaceName: Complaint = value =>
  /^(?:ge|mge|xe|et)-\d+\/\d+\/\d+(?::\d+)?$|^(?:irb|me|em|vme|lo)\d*$/.test(value) ? undefined : aggregate(value);
/** ae0 to ae4091, however many of them the switch may have (Interfaces guide). */
const aggregate: Complaint = value =>
  /^ae\d+$/.test(value) && Number(value.slice(2)) <= 4091 ? undefined : `error: invalid interface type in '${value}'`;
const vlanName: Complaint = value => (/^[A-Za-z][\w.-]{0,254}$/.test(value) ? undefined : `error: invalid value '${value}'`);
/** A VLAN's id, a range of ids, a name, or all of them. */
const member: Complaint = value => {
  const ids = /^(\d+)(?:-(\d+))?$/.exec(value);
  if (!ids) return vlanName(value);
  return [ids[1], ids[2] ?? ids[1]].map(id => number(1, 4094)(id ?? '')).find(complaint => complaint !== undefined);
};

const switching = standing({
  'interface-mode': leaf(oneOf('access', 'trunk')),
  vlan: container({ members: leafList(member) }),
});

/*
 * LACP, from the YANG models of 20.4 and a recorded configuration: it is a matter of the aggregate, in one of two modes; a member may be
 * kept up without it (`force-up`). The aggregate has a `force-up` of its own on a QFX, which this is, and none on an EX.
 */
const lacp: Statement = container({
  active: { ...flag, replaces: ['passive'] },
  passive: { ...flag, replaces: ['active'] },
  periodic: leaf(oneOf('fast', 'slow')),
  'force-up': flag,
});
const membership: Statement = {
  ...container({ lacp: container({ 'force-up': flag, 'port-priority': leaf(number(0, 65535)) }) }),
  takes: aggregate,
};

export const CONFIGURATION: Statement = container({
  chassis: container({
    'aggregated-devices': container({ ethernet: container({ 'device-count': leaf(number(1, 1000)) }) }),
  }),
  interfaces: list(interfaceName, {
    description: leaf(text),
    disable: flag,
    'native-vlan-id': leaf(number(0, 4094)),
    mtu: leaf(number(256, 9216)),
    'ether-options': container({ '802.3ad': membership, 'flow-control': flag }),
    'aggregated-ether-options': container({ 'minimum-links': leaf(number(1, 64)), lacp }),
    unit: {
      ...list(number(0, 16385), {
        description: leaf(text),
        family: { ...container({ inet: standing({ address: leafList(text) }), 'ethernet-switching': switching }), inline: true },
      }),
      inline: true,
    },
  }),
  vlans: list(vlanName, {
    description: leaf(text),
    'vlan-id': leaf(number(1, 4094)),
    'l3-interface': leaf(interfaceUnit),
  }),
});

function interfaceUnit(value: string): string | undefined {
  return /^irb\.\d+$/.test(value) ? undefined : `error: invalid interface type in '${value}'`;
}
