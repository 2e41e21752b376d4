import { lagOf } from './juniper-junos-lag.ts';
import { branchAt, type Tree } from './juniper-junos-tree.ts';

/*
 * What Junos finds only when a configuration is committed. Layout: where, what, why, as `commit` prints it.
 * Recorded from switches: the undefined VLAN, the trunk without members, the range on an access port, a unit on a member of an aggregate.
 * From memory, the point sure and the words not: more than one member on an access port, one id for two VLANs,
 * a native VLAN without a trunk, two families on one unit, the options of an aggregate on a port. That a member may not have an MTU of its
 * own is from netlab's configurations. Nothing is said to a member of an aggregate that is not configured, nor to one without members.
 */

interface Port {
  readonly name: string;
  readonly tree: Tree;
}

/** Every complaint about a configuration; none when it may be committed. */
export function complaintsOf(configuration: Tree): string[] {
  const vlans = configuration.get('vlans') ?? new Map();
  const ports = [...(configuration.get('interfaces') ?? new Map())].map(([name, tree]): Port => ({ name, tree }));
  return [...ports.flatMap(port => [...aggregated(port), ...routed(port), ...switched(port, vlans)]), ...twins(vlans)];
}

function aggregated({ name, tree }: Port): string[] {
  const where = `interfaces ${name}`;
  const other = name.startsWith('ae') ? 'ether-options' : 'aggregated-ether-options';
  const misplaced = tree.has(other) ? [complaint(where, other, `${other} cannot be configured on this interface`)] : [];
  if (lagOf(tree) === undefined) return misplaced;
  const units = [...(tree.get('unit')?.keys() ?? [])].map(unit =>
    complaint(where, `unit ${unit}`, 'logical unit is not allowed on aggregated links'),
  );
  return [...misplaced, ...units, ...(tree.has('mtu') ? [complaint(where, 'mtu', 'mtu is not allowed on aggregated links')] : [])];
}

function routed({ name, tree }: Port): string[] {
  const families = branchAt(tree, ['unit', '0', 'family']);
  if (!families?.has('inet') || !families.has('ethernet-switching')) return [];
  return [complaint(`interfaces ${name} unit 0`, 'family', 'family ethernet-switching and family inet are mutually exclusive')];
}

function switched({ name, tree }: Port, vlans: Tree): string[] {
  const family = branchAt(tree, ['unit', '0', 'family', 'ethernet-switching']);
  const trunk = branchAt(family ?? new Map(), ['interface-mode', 'trunk']) !== undefined;
  const members = [...(branchAt(family ?? new Map(), ['vlan', 'members'])?.keys() ?? [])];
  const where = `interfaces ${name} unit 0`;
  return [
    ...members.filter(member => !known(member, vlans)).map(member => undefinedVlan(name, member)),
    ...(trunk && members.length === 0
      ? [
          complaint(
            `${where} family`,
            'ethernet-switching',
            'For trunk interface, please ensure either vlan members is configured or inner-vlan-id-list is configured',
          ),
        ]
      : []),
    ...(!trunk && members.length > 1
      ? [complaint(`${where} family`, 'ethernet-switching', `Access interface ${name}.0 cannot be a member of more than one vlan`)]
      : []),
    ...(trunk
      ? []
      : members
          .filter(isRange)
          .map(range =>
            complaint(
              `${where} family ethernet-switching vlan`,
              `members ${range}`,
              'Vlan range format not supported if interface-mode is access',
            ),
          )),
    ...(tree.has('native-vlan-id') && !trunk
      ? [
          complaint(
            `interfaces ${name}`,
            'native-vlan-id',
            'native-vlan-id can be specified with flexible-vlan-tagging mode or with interface-mode trunk',
          ),
        ]
      : []),
  ];
}

const isRange = (member: string) => /^\d+-\d+$/.test(member);

/** A range, as `all`, takes those VLANs that there are [memory]; one that is named alone must be there. */
function known(member: string, vlans: Tree): boolean {
  if (isRange(member) || member === 'all') return true;
  if (!/^\d+$/.test(member)) return vlans.has(member);
  return [...vlans.values()].some(vlan => vlan.get('vlan-id')?.has(member));
}

function undefinedVlan(port: string, member: string): string {
  const what = /^\d/.test(member) ? 'vlan tag' : 'vlan name';
  return complaint(
    `interfaces ${port} unit 0 family ethernet-switching vlan`,
    `members ${member}`,
    `No vlan matches ${what} ${member} for interface ${port}.0`,
  );
}

function twins(vlans: Tree): string[] {
  const owners = new Map<string, string>();
  return [...vlans].flatMap(([name, vlan]) => {
    const id = [...(vlan.get('vlan-id')?.keys() ?? [])][0];
    const owner = id === undefined ? undefined : owners.get(id);
    if (id !== undefined && owner === undefined) owners.set(id, name);
    return owner === undefined ? [] : [complaint(`vlans ${name}`, `vlan-id ${id}`, `vlan-id ${id} is already used by vlan ${owner}`)];
  });
}

function complaint(where: string, what: string, why: string): string {
  return `[edit ${where}]\n  '${what}'\n    ${why}`;
}
