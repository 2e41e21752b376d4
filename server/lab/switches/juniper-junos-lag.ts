import { branchAt, type Tree } from './juniper-junos-tree.ts';

/*
 * Aggregates. Their VLANs, and whether LACP runs, are theirs alone; a member has no unit and names the aggregate it belongs to.
 * Since 14.2 an aggregate comes to be with its first member, and `device-count` limits how many may be, whatever their numbers
 * (KB32165; netlab counts them and numbers them otherwise). Which ones are left out when there are too many is from memory: the youngest.
 */

/** The aggregate that a port is configured to be a member of. */
export function lagOf(port: Tree): string | undefined {
  return [...(branchAt(port, ['ether-options', '802.3ad'])?.keys() ?? [])].find(name => name !== 'lacp');
}

/** The aggregates that are there, in the order in which they were configured. */
export function lagsIn(configuration: Tree): string[] {
  const interfaces = configuration.get('interfaces') ?? new Map();
  const most = Number([...(branchAt(configuration, ['chassis', 'aggregated-devices', 'ethernet', 'device-count'])?.keys() ?? [0])][0]);
  const made = [...interfaces.keys()].filter(name => name.startsWith('ae') && membersOf(name, configuration).length > 0);
  return made.slice(0, most);
}

/** Its members, by what they are configured to be. */
export function membersOf(lag: string, configuration: Tree): Tree[] {
  return [...(configuration.get('interfaces')?.values() ?? [])].filter(port => lagOf(port) === lag);
}
