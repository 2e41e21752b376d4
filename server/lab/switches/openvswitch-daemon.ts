import { span } from '../../vlans.ts';
import type { Database, Row } from './openvswitch-database.ts';
import type { NetDevice } from './openvswitch-link.ts';
import { type Datum, isMap } from './openvswitch-values.ts';

/*
 * What ovs-vswitchd does about new and changed interfaces before ovs-vsctl returns.
 * Of the types of interfaces it knows that of a network device, which has no name, that of a bridge's own, `internal`, and `patch` [real].
 */

/** What mlx5 takes at most; asking for more changes nothing and is no error. */
const LARGEST_MTU = 9978;
const NO_DEVICE = 'No such device';
const NO_TYPE = 'Address family not supported by protocol';

/** Writes what became of each interface into its row. Answers the complaints that ovs-vsctl prints of new ones. */
export function reconfigure(database: Database, netdevs: ReadonlyMap<string, NetDevice>): string {
  let complaints = '';
  for (const [name, row] of database.rows('Interface')) {
    const isNew = numberOf(row.get('ofport')) === undefined;
    const error = configure(database, name, row, netdevs);
    if (error === undefined || !isNew) continue;
    complaints += `ovs-vsctl: Error detected while setting up '${name}': ${error}.  See ovs-vswitchd log for details.\n`;
    complaints += 'ovs-vsctl: The default log directory is "/var/log/openvswitch".\n';
  }
  return complaints;
}

/** Answers why it could not be set up. */
function configure(database: Database, name: string, row: Row, netdevs: ReadonlyMap<string, NetDevice>): string | undefined {
  const type = textOf(row.get('type'));
  if (type === 'patch') return configurePatch(database, name, row);
  const device = netdevs.get(name);
  const known = type === '' || type === 'internal';
  if (device && known) return configureDevice(database, name, row, device);
  // A device that went away leaves its row as it was.
  if (known && (numberOf(row.get('ofport')) ?? -1) > 0) return undefined;
  return fail(row, `could not open network device ${name} (${known ? NO_DEVICE : NO_TYPE})`);
}

function configureDevice(database: Database, name: string, row: Row, device: NetDevice): undefined {
  open(database, name, row, []);
  const wanted = numberOf(row.get('mtu_request'));
  if (wanted !== undefined && wanted <= LARGEST_MTU) device.mtu = wanted;
  const state = [device.up ? 'up' : 'down'];
  row.set('mtu', [device.mtu]).set('admin_state', state).set('link_state', state);
}

/** A patch has no device, and is up whether anything is at its other end or not. */
function configurePatch(database: Database, name: string, row: Row): string | undefined {
  const peer = peerOf(row);
  if (peer === undefined || peer === '') return fail(row, `${name}: patch type requires valid 'peer' argument`);
  if (peer === name) return fail(row, `${name}: patch peer must not be self`);
  const other = database.row('Interface', peer);
  const usable = other !== undefined && textOf(other.get('type')) === 'patch' && peerOf(other) === name;
  const bridge = database.row('Bridge', database.bridgeOf(database.portOf(name) ?? '') ?? '');
  const datapath = textOf(bridge?.get('datapath_type')) || 'system';
  open(database, name, row, usable ? [] : [`No usable peer '${peer}' exists in '${datapath}' datapath.`]);
  row.set('mtu', []).set('admin_state', ['up']).set('link_state', ['up']);
}

function open(database: Database, name: string, row: Row, error: Datum): void {
  const known = numberOf(row.get('ofport'));
  if (known === undefined || known < 0) row.set('ofport', [nextOpenFlowPort(database, name)]);
  row.set('error', error);
}

function fail(row: Row, error: string): string {
  row.set('ofport', [-1]).set('error', [error]).set('admin_state', []).set('link_state', []).set('mtu', []);
  return error;
}

/** A bridge's own port is 65534; the others count from 1. */
function nextOpenFlowPort(database: Database, name: string): number {
  if (database.row('Bridge', name)) return 65534;
  const taken = [...database.rows('Interface').values()].map(row => numberOf(row.get('ofport')));
  return span(1, taken.length + 1).find(port => !taken.includes(port)) ?? 1;
}

function peerOf(row: Row): string | undefined {
  const options = row.get('options');
  return options && isMap(options) ? options.get('peer') : undefined;
}

function numberOf(datum: Datum | undefined): number | undefined {
  return datum && !isMap(datum) && typeof datum[0] === 'number' ? datum[0] : undefined;
}

function textOf(datum: Datum | undefined): string {
  return datum && !isMap(datum) ? String(datum[0] ?? '') : '';
}
