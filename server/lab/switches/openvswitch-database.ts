import { randomUUID } from 'node:crypto';
import { type Column, type Datum, Fatal, isMap, sorted, sortedMap } from './openvswitch-values.ts';

/*
 * The part of the Open vSwitch database that a port's life touches. Names, types, ranges and choices are those of
 * vswitch.ovsschema 8.3.1. Of the columns that refer to rows there is `interfaces` alone, which the commands for ports and bonds change
 * and nothing else here; those that only measure are left out.
 */

export type TableName = 'Bridge' | 'Port' | 'Interface';
export type Columns = Readonly<Record<string, Column>>;
/** Column → value. */
export type Row = Map<string, Datum>;

const NAME: Column = { of: 'string', min: 1, max: 1, fixed: true };
/** Every row has one, `_uuid`. It can be read, and is no column otherwise. */
export const ROW_ID: Column = { of: 'uuid', min: 1, max: 1, fixed: true };
const TEXT: Column = { of: 'string', min: 1, max: 1 };
const OPTIONAL: Column = { of: 'string', min: 0, max: 1 };
const NUMBER: Column = { of: 'integer', min: 0, max: 1 };
const FLAG: Column = { of: 'boolean', min: 1, max: 1 };
const MAP: Column = { of: 'map', min: 0, max: Number.POSITIVE_INFINITY };
const VLAN: Column = { of: 'integer', min: 0, max: 1, range: [0, 4095] };
const VLANS: Column = { of: 'integer', min: 0, max: 4096, range: [0, 4095] };
const oneOf = (...choices: string[]): Column => ({ ...OPTIONAL, choices });

export const TABLES: Readonly<Record<TableName, Columns>> = {
  Bridge: {
    datapath_type: TEXT,
    external_ids: MAP,
    fail_mode: oneOf('standalone', 'secure'),
    flood_vlans: VLANS,
    mcast_snooping_enable: FLAG,
    name: NAME,
    other_config: MAP,
    rstp_enable: FLAG,
    status: MAP,
    stp_enable: FLAG,
  },
  Port: {
    bond_mode: oneOf('balance-tcp', 'balance-slb', 'active-backup'),
    cvlans: VLANS,
    external_ids: MAP,
    fake_bridge: FLAG,
    interfaces: { ...ROW_ID, max: Number.POSITIVE_INFINITY },
    lacp: oneOf('active', 'passive', 'off'),
    mac: OPTIONAL,
    name: NAME,
    other_config: MAP,
    protected: FLAG,
    status: MAP,
    tag: VLAN,
    trunks: VLANS,
    vlan_mode: oneOf('trunk', 'access', 'native-tagged', 'native-untagged', 'dot1q-tunnel'),
  },
  Interface: {
    admin_state: oneOf('up', 'down'),
    error: OPTIONAL,
    external_ids: MAP,
    link_state: oneOf('up', 'down'),
    mac: OPTIONAL,
    mtu: NUMBER,
    mtu_request: { ...NUMBER, range: [1, Number.POSITIVE_INFINITY] },
    name: NAME,
    ofport: NUMBER,
    ofport_request: { ...NUMBER, range: [1, 65279] },
    options: MAP,
    other_config: MAP,
    type: TEXT,
  },
};

/** Bridges hold ports, ports hold interfaces; a row that nothing holds is gone. Copied for each transaction. */
export class Database {
  readonly #tables: Readonly<Record<TableName, Map<string, Row>>>;
  /** Port → its bridge, and interface → its port. */
  readonly #bridgeOf: Map<string, string>;
  readonly #portOf: Map<string, string>;
  /** Port → the interfaces it had when the transaction began, or when it was made in it. */
  readonly #first: Map<string, Datum>;

  constructor(source?: Database) {
    const copy = (table: TableName) => new Map([...(source?.rows(table) ?? [])].map(([name, row]) => [name, new Map(row)]));
    this.#tables = { Bridge: copy('Bridge'), Port: copy('Port'), Interface: copy('Interface') };
    this.#bridgeOf = new Map(source ? source.#bridgeOf : []);
    this.#portOf = new Map(source ? source.#portOf : []);
    this.#first = new Map([...this.#tables.Port].map(([name, row]) => [name, row.get('interfaces') ?? []]));
  }

  rows(table: TableName): ReadonlyMap<string, Row> {
    return this.#tables[table];
  }

  row(table: TableName, name: string): Row | undefined {
    return this.#tables[table].get(name);
  }

  bridges(): string[] {
    return [...this.#tables.Bridge.keys()].sort();
  }

  /** @throws Fatal when there is no such bridge */
  mustHaveBridge(bridge: string): void {
    if (!this.#tables.Bridge.has(bridge)) throw new Fatal(`no bridge named ${bridge}`);
  }

  /** Ports of a bridge but its own local one, in the order of bytes: pf0vf10 comes before pf0vf2. */
  portsOf(bridge: string): string[] {
    return [...this.#bridgeOf].flatMap(([port, holder]) => (holder === bridge && port !== bridge ? [port] : [])).sort();
  }

  interfacesOf(port: string): string[] {
    return [...this.#portOf].flatMap(([name, holder]) => (holder === port ? [name] : [])).sort();
  }

  /** The bridge of a port; a bridge's own local port counts as none. */
  bridgeOf(port: string): string | undefined {
    const bridge = this.#bridgeOf.get(port);
    return bridge === port ? undefined : bridge;
  }

  /** The port that holds an interface. */
  portOf(name: string): string | undefined {
    return this.#portOf.get(name);
  }

  addBridge(name: string, columns: Readonly<Record<string, Datum>>): void {
    this.#tables.Bridge.set(name, newRow('Bridge', name, columns));
    this.#insert(name, name, [name], { type: ['internal'] });
  }

  /** @throws Fatal when a name is taken */
  addPort(bridge: string, port: string, interfaces: readonly string[]): void {
    this.mustBeFree('port', port);
    this.mustHaveBridge(bridge);
    for (const name of interfaces) this.mustBeFree(name === port ? 'port' : 'interface', name);
    this.#insert(bridge, port, interfaces, {});
  }

  deletePort(port: string): void {
    for (const name of this.interfacesOf(port)) {
      this.#portOf.delete(name);
      this.#tables.Interface.delete(name);
    }
    this.#bridgeOf.delete(port);
    this.#tables.Port.delete(port);
    this.#first.delete(port);
  }

  addInterface(port: string, name: string): void {
    this.#insertInterface(port, name, {});
    this.#refer(port);
  }

  deleteInterface(name: string): void {
    const port = this.#portOf.get(name) ?? '';
    this.#portOf.delete(name);
    this.#tables.Interface.delete(name);
    this.#refer(port);
  }

  /**
   * ovs-vsctl tells the database which interfaces of a port to add and which to delete, and the database deletes first: a transaction that
   * leaves a port none of those it had fails, even if it gives it others [real].
   * @throws Fatal
   */
  mustKeepInterfaces(): void {
    for (const [port, first] of this.#first) {
      const now = this.#tables.Port.get(port)?.get('interfaces') ?? [];
      if (!isMap(first) && !isMap(now) && !first.some(uuid => now.includes(uuid))) {
        const details = 'Attempted to store 0 elements in set of 1 or more uuids.';
        throw new Fatal(`transaction error: ${JSON.stringify({ details, error: 'constraint violation' })}`);
      }
    }
  }

  mustBeFree(what: 'port' | 'interface', name: string): void {
    const taken = (by: string) =>
      new Fatal(`cannot create ${what === 'port' ? 'a port' : 'an interface'} named ${name} because ${by} already exists`);
    if (this.#tables.Bridge.has(name)) throw taken(`a bridge named ${name}`);
    const port = this.#tables.Port.has(name) ? name : this.#portOf.get(name);
    if (port === undefined) return;
    const kind = this.#tables.Port.has(name) ? 'a port' : 'an interface';
    throw new Fatal(`${taken(`${kind} named ${name}`).message} on bridge ${this.#bridgeOf.get(port) ?? ''}`);
  }

  #insert(bridge: string, port: string, interfaces: readonly string[], columns: Readonly<Record<string, Datum>>): void {
    this.#tables.Port.set(port, newRow('Port', port, {}));
    this.#bridgeOf.set(port, bridge);
    for (const name of interfaces) this.#insertInterface(port, name, columns);
    this.#first.set(port, this.#refer(port));
  }

  #insertInterface(port: string, name: string, columns: Readonly<Record<string, Datum>>): void {
    this.#tables.Interface.set(name, newRow('Interface', name, columns));
    this.#portOf.set(name, port);
  }

  /** Writes down which interfaces a port has now. */
  #refer(port: string): Datum {
    const rows = this.interfacesOf(port).map(name => this.#tables.Interface.get(name)?.get('_uuid') ?? []);
    const uuids = sorted(rows.flatMap(datum => (isMap(datum) ? [] : datum)));
    this.#tables.Port.get(port)?.set('interfaces', uuids);
    return uuids;
  }
}

function newRow(table: TableName, name: string, columns: Readonly<Record<string, Datum>>): Row {
  const row: Row = new Map(Object.entries(TABLES[table]).map(([column, type]) => [column, emptyOf(type)]));
  for (const [column, value] of Object.entries({ ...columns, name: [name], _uuid: [randomUUID()] })) row.set(column, value);
  return row;
}

/** A column's default: the empty set or map where it may be empty, else the type's zero. */
function emptyOf(column: Column): Datum {
  if (column.of === 'map') return sortedMap([]);
  if (column.min === 0) return [];
  return [column.of === 'integer' ? 0 : column.of === 'boolean' ? false : ''];
}

/** Whether a column of this row holds anything. */
export function isSet(datum: Datum | undefined): datum is Datum {
  if (datum === undefined) return false;
  return isMap(datum) ? datum.size > 0 : datum.length > 0 && datum[0] !== '' && datum[0] !== false;
}
