import type { Command, Run } from './openvswitch-command.ts';
import { type Database, isSet, type Row, TABLES, type TableName } from './openvswitch-database.ts';
import { keyed, setColumn } from './openvswitch-records.ts';
import { Fatal, printAtom, printDatum } from './openvswitch-values.ts';

const ANY = Number.POSITIVE_INFINITY;

/** The commands of ovs-vsctl about bridges and their ports. */
export const PORT_COMMANDS: Readonly<Record<string, Command>> = {
  show: { count: [0, 0], run: ({ database }) => show(database, SHOWN) },
  'list-br': { count: [0, 0], run: ({ database }) => database.bridges() },
  'br-exists': { count: [1, 1], run: bridgeExists },
  'list-ports': { count: [1, 1], run: run => inBridge(run, port => [port]) },
  'list-ifaces': { count: [1, 1], run: run => inBridge(run, port => run.database.interfacesOf(port)) },
  'port-to-br': { count: [1, 1], run: ({ database, args: [port = ''] }) => [database.bridgeOf(port) ?? missing('port', port)] },
  'iface-to-br': {
    count: [1, 1],
    run: ({ database, args: [name = ''] }) => [database.bridgeOf(database.portOf(name) ?? '') ?? missing('interface', name)],
  },
  'add-port': { count: [2, ANY], options: ['--may-exist'], prepare: run => settings(run), run: addPort },
  'add-bond': { count: [4, ANY], prepare: run => settings(run), run: addBond },
  'del-port': { count: [1, 2], options: ['--if-exists', '--with-iface'], run: deletePort },
  'add-bond-iface': { count: [2, 2], options: ['--may-exist'], run: addBondInterface },
  'del-bond-iface': { count: [1, 2], options: ['--if-exists'], run: deleteBondInterface },
};

function missing(what: 'port' | 'interface', name: string): never {
  throw new Fatal(`no ${what} named ${name}`);
}

/** Says so by its exit status alone. */
function bridgeExists({ database, args: [bridge = ''] }: Run): undefined {
  if (!database.row('Bridge', bridge)) throw new Fatal('', 2);
}

function inBridge({ database, args: [bridge = ''] }: Run, names: (port: string) => readonly string[]): string[] {
  database.mustHaveBridge(bridge);
  return database.portsOf(bridge).flatMap(names).sort();
}

/** The `column=value` arguments: those of a bond begin where the interfaces end. */
function settings({ args }: Run): string[] {
  const given = args.slice(2).filter(argument => argument.includes('='));
  for (const argument of given) keyed(argument, 'Port');
  return given;
}

function addPort(run: Run): undefined {
  const { database, args } = run;
  const [bridge = '', port = ''] = args;
  if (port === '') throw new Fatal('port name must not be empty string');
  const holder = database.bridgeOf(port);
  if (run.options.has('--may-exist') && holder !== undefined) {
    const but = `"--may-exist add-port ${bridge} ${port}" but ${port} actually`;
    if (holder !== bridge) throw new Fatal(`${but.replace(/actually$/, 'is actually')} attached to bridge ${holder}`);
    const interfaces = database.interfacesOf(port).join(', ');
    if (interfaces !== port) throw new Fatal(`${but} has interface(s) ${interfaces}`);
    return; // and the settings that follow are not applied
  }
  database.addPort(bridge, port, [port]);
  setAll(database, port, args.slice(2));
}

function addBond(run: Run): undefined {
  const { database, args } = run;
  const [bridge = '', port = ''] = args;
  database.addPort(
    bridge,
    port,
    args.slice(2).filter(argument => !argument.includes('=')),
  );
  setAll(database, port, settings(run));
}

function setAll(database: Database, port: string, given: readonly string[]): void {
  const row = database.row('Port', port);
  if (row) for (const argument of given) setColumn(row, 'Port', argument);
}

/** `del-port PORT` takes it out of whichever bridge holds it; `del-port BRIDGE PORT` insists on the bridge, `--if-exists` or not. */
function deletePort({ database, options, args }: Run): undefined {
  const [bridge, target = ''] = args.length === 1 ? [undefined, args[0]] : args;
  const port = options.has('--with-iface') && !database.row('Port', target) ? (database.portOf(target) ?? target) : target;
  if (database.bridgeOf(port) === undefined) {
    if (options.has('--if-exists')) return;
    if (database.row('Port', port)) {
      throw new Fatal(
        `cannot delete port ${port} because it is the local port for bridge ${port} (deleting this port requires deleting the entire bridge)`,
      );
    }
    return missing('port', target);
  }
  if (bridge !== undefined) {
    database.mustHaveBridge(bridge);
    if (database.bridgeOf(port) !== bridge) throw new Fatal(`bridge ${bridge} does not have a port ${port}`);
  }
  database.deletePort(port);
}

function addBondInterface({ database, options, args: [port = '', name = ''] }: Run): undefined {
  if (database.bridgeOf(port) === undefined) return missing('port', port);
  const holder = database.portOf(name);
  if (options.has('--may-exist') && holder !== undefined) {
    if (holder === port) return;
    throw new Fatal(`"--may-exist add-bond-iface ${port} ${name}" but ${name} is actually attached to port ${holder}`);
  }
  database.mustBeFree('interface', name);
  database.addInterface(port, name);
}

/** `del-bond-iface IFACE` takes it out of whichever port holds it, unless it is the only one there. */
function deleteBondInterface({ database, options, args }: Run): undefined {
  const [bond, name = ''] = args.length === 1 ? [undefined, args[0]] : args;
  const port = database.portOf(name);
  if (port === undefined || database.bridgeOf(port) === undefined) {
    if (options.has('--if-exists')) return;
    return missing('interface', name);
  }
  if (bond !== undefined && database.bridgeOf(bond) === undefined) return missing('port', bond);
  if (bond !== undefined && bond !== port) throw new Fatal(`port ${bond} does not have an interface ${name}`);
  if (database.interfacesOf(port).length === 1) throw new Fatal(`cannot delete last interface from port ${port}`);
  database.deleteInterface(name);
}

type Shown = Readonly<Record<TableName, readonly string[]>>;

/** What `show` prints of a row when it is set. VLAN modes and external ids are not among it. */
const SHOWN: Shown = { Bridge: ['fail_mode', 'datapath_type'], Port: ['tag', 'trunks'], Interface: ['type', 'options', 'error'] };
/** What else says how a port is configured. */
export const CONFIGURED: Shown = {
  Bridge: ['fail_mode', 'datapath_type', 'external_ids'],
  Port: ['vlan_mode', 'tag', 'trunks', 'protected', 'lacp', 'bond_mode', 'other_config', 'external_ids'],
  Interface: ['type', 'options', 'mtu_request', 'external_ids', 'error'],
};

/** The database as `ovs-vsctl show` lays it out; ports in the order of their names, where the real one follows its row ids. */
export function show(database: Database, columns: Shown): string[] {
  const ports = (bridge: string) => [bridge, ...database.portsOf(bridge)];
  return [
    '5d0f8c1e-6f3a-4c57-9b5e-0b7c4e0f1a2d',
    ...database
      .bridges()
      .flatMap(bridge => [
        ...block('Bridge', bridge, database.row('Bridge', bridge), columns, 1),
        ...ports(bridge).flatMap(port => [
          ...block('Port', port, database.row('Port', port), columns, 2),
          ...database.interfacesOf(port).flatMap(name => block('Interface', name, database.row('Interface', name), columns, 3)),
        ]),
      ]),
    '    ovs_version: "3.1.0"',
  ];
}

function block(table: TableName, name: string, row: Row | undefined, columns: Shown, depth: number): string[] {
  const indent = '    '.repeat(depth);
  const set = columns[table].flatMap(column => {
    const datum = row?.get(column);
    const type = TABLES[table][column];
    return isSet(datum) && type ? [`${indent}    ${column}: ${printDatum(datum, type)}`] : [];
  });
  return [`${indent}${table} ${printAtom(name)}`, ...set];
}
