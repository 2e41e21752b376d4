import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Fault } from '../../server/lab/faults.ts';
import { Mercury, portOf, ROOT } from '../harness.ts';
import { Beside } from './beside.ts';

/*
 * A request and its reply for every row of the wire contract, as text to read. `npm run golden` writes the files anew; the diff of
 * test/rpc/golden/ is then the review of a change to the contract. What differs from run to run is an ellipsis there.
 */

const FOLDER = join(import.meta.dirname, 'golden');
const WRITE = process.env.WRITE_GOLDEN === '1';

interface Row {
  readonly name: string;
  readonly method?: string;
  readonly params?: object;
  /** Instead of a request made of `method` and `params`: this very body. */
  readonly body?: string;
  readonly http?: RequestInit;
  /** How many calls are made before, to bring the port where it has to be. */
  readonly after?: readonly [string, object][];
  readonly faults?: readonly Fault[];
}

// What the stock client sends with every call.
const STOCK = { context: { request_id: 'req-1', project_id: 'project-1' }, 'rpc.version': '1.0' };
const stockPort = (switch_id: string, port_name: string, more: object = {}) => ({
  switch_id,
  port_name,
  description: 'Ironic Port 1',
  mode: 'access',
  native_vlan: 100,
  allowed_vlans: null,
  default_vlan: null,
  lag_name: null,
  ...STOCK,
  ...more,
});
const stockReset = (port_name: string, more: object = {}) => ({
  switch_id: 'leaf',
  port_name,
  native_vlan: 100,
  allowed_vlans: null,
  default_vlan: null,
  ...STOCK,
  ...more,
});
const stockLag = (switch_ids: string[], more: object = {}) => ({
  switch_ids,
  lag_name: 'Port-Channel10',
  description: 'Ironic LAG 1',
  mode: 'trunk',
  native_vlan: 100,
  aggregation_mode: 'lacp',
  allowed_vlans: [200],
  default_vlan: null,
  ...STOCK,
  ...more,
});
const attach = (port: string, more: object = {}) => ({ port: portOf('leaf', port), native_vlan: 100, ...more });
const refuse = (on: RegExp): Fault => ({ on, does: 'refuse' });

const ROWS: readonly Row[] = [
  // Ironic's five
  { name: 'update_port', method: 'update_port', params: stockPort('leaf', 'Ethernet1') },
  { name: 'update_port.trunk', method: 'update_port', params: stockPort('leaf', 'Et2', { mode: 'trunk', allowed_vlans: [200, 201] }) },
  { name: 'update_port.planned', method: 'update_port', params: stockPort('leaf', 'Ethernet3', { dry_run: true }) },
  { name: 'update_port.lag', method: 'update_port', params: stockPort('leaf', 'Ethernet4', { lag_name: 'Port-Channel20' }) },
  {
    name: 'reset_port',
    method: 'reset_port',
    params: stockReset('Ethernet1', { default_vlan: 300 }),
    after: [['update_port', stockPort('leaf', 'Ethernet1')]],
  },
  { name: 'reset_port.again', method: 'reset_port', params: stockReset('Ethernet5', { native_vlan: null }) },
  { name: 'update_lag', method: 'update_lag', params: stockLag(['leaf', 'leaf-b']) },
  { name: 'delete_lag', method: 'delete_lag', params: { switch_ids: ['leaf', 'leaf-b'], lag_name: 'Po10', ...STOCK } },
  { name: 'get_switches', method: 'get_switches', params: STOCK },
  // Mercury's own
  { name: 'attach_port', method: 'attach_port', params: attach('Ethernet6') },
  { name: 'attach_port.unchanged', method: 'attach_port', params: attach('Ethernet6') },
  { name: 'attach_port.planned', method: 'attach_port', params: attach('Ethernet6', { dry_run: true }) },
  { name: 'detach_port', method: 'detach_port', params: { port: portOf('leaf', 'Ethernet6') } },
  {
    name: 'mercury-update_port',
    method: 'update_port',
    params: attach('Ethernet7', { native_vlan: 200 }),
    after: [['attach_port', attach('Ethernet7')]],
  },
  { name: 'add_network', method: 'add_network', params: { network: { segmentation_id: 400, name: 'later' }, devices: ['leaf'] } },
  { name: 'delete_network', method: 'delete_network', params: { network: { segmentation_id: 400, name: 'later' }, devices: ['leaf'] } },
  { name: 'get_allowed_network_types', method: 'get_allowed_network_types', params: { port: portOf('leaf', 'Ethernet1') } },
  { name: 'is_link_valid', method: 'is_link_valid', params: attach('Ethernet8') },
  { name: 'is_link_valid.explained', method: 'is_link_valid', params: attach('Ethernet8', { native_vlan: 1, explain: true }) },
  { name: 'is_port_supported', method: 'is_port_supported', params: attach('Ethernet8') },
  {
    name: 'verify_port',
    method: 'verify_port',
    params: {
      requests: [
        { method: 'attach_port', params: attach('Ethernet12', { native_vlan: 200 }) },
        { method: 'reset_port', params: stockReset('Ethernet5') },
        { method: 'update_port', params: stockPort('gone', 'Ethernet1') },
      ],
    },
    after: [['attach_port', attach('Ethernet12')]],
  },
  // The protocol's own errors, to anybody and to Ironic
  { name: 'error.not-json', body: '{"jsonrpc": "2.0", "id": 1,' },
  { name: 'error.batch', body: '[{"jsonrpc": "2.0", "id": 1, "method": "get_switches"}]' },
  { name: 'error.no-request', body: '{"id": 7, "method": "get_switches"}' },
  { name: 'error.no-request.ironic', body: '{"id": 7, "method": "get_switches", "params": {"rpc.version": "1.0"}}' },
  { name: 'error.no-method', method: 'init_host', params: {} },
  { name: 'error.no-method.ironic', method: 'init_host', params: STOCK },
  { name: 'error.params', method: 'attach_port', params: { prt: {} } },
  { name: 'error.params.ironic', method: 'update_port', params: { switch_id: 'leaf', ...STOCK } },
  { name: 'error.too-deep', body: `${'['.repeat(30)}${']'.repeat(30)}` },
  { name: 'error.get', http: { method: 'GET' } },
  { name: 'error.too-large', body: `"${'x'.repeat(1024 * 1024)}"` },
  { name: 'notification', body: '{"jsonrpc": "2.0", "method": "no_such_method"}' },
  // Refused by us
  { name: 'error.unknown-switch', method: 'update_port', params: stockPort('tor-9', 'Ethernet1') },
  { name: 'error.no-switch', method: 'update_port', params: stockPort(null as unknown as string, 'Ethernet1') },
  { name: 'error.mode', method: 'update_port', params: stockPort('leaf', 'Ethernet1', { mode: 'dot1q-tunnel' }) },
  { name: 'error.vlan', method: 'update_port', params: stockPort('leaf', 'Ethernet1', { native_vlan: 4095 }) },
  { name: 'error.vlan-not-allowed', method: 'update_port', params: stockPort('fenced', 'Ethernet1', { native_vlan: 200 }) },
  { name: 'error.uplink', method: 'update_port', params: stockPort('leaf', 'Ethernet49/1') },
  { name: 'error.unsupported', method: 'attach_port', params: attach('Ethernet1', { mtu: 9000 }) },
  { name: 'error.not-possible', method: 'update_port', params: stockPort('leaf', 'Ethernet99') },
  { name: 'error.lag-members', method: 'delete_lag', params: { switch_ids: ['leaf'], lag_name: 'Port-Channel20', ...STOCK } },
  // What the device did
  { name: 'error.unreachable', method: 'update_port', params: stockPort('gone', 'Ethernet1') },
  { name: 'error.login', method: 'update_port', params: stockPort('locked', 'Ethernet1') },
  { name: 'error.host-key', method: 'update_port', params: stockPort('impostor', 'Ethernet1') },
  {
    name: 'error.rejected',
    method: 'update_port',
    params: stockPort('leaf', 'Ethernet9'),
    faults: [refuse(/^switchport access vlan 100/)],
  },
  {
    name: 'error.not-as-asked',
    method: 'update_port',
    params: stockPort('leaf', 'Ethernet9'),
    faults: [{ on: /^switchport access vlan 100/, does: 'ignore' }],
  },
  {
    name: 'error.rescued',
    method: 'update_port',
    params: stockPort('leaf', 'Ethernet10'),
    after: [['update_port', stockPort('leaf', 'Ethernet10', { native_vlan: 200 })]],
    faults: [refuse(/^switchport access vlan 100/)],
  },
  {
    name: 'error.unknown',
    method: 'update_port',
    params: stockPort('doomed', 'Ethernet1'),
    faults: [{ on: /^switchport access vlan 100/, does: 'die' }],
  },
];

describe('the wire contract, as the golden files have it:', () => {
  let mercury: Mercury;
  let beside: Beside;
  let hasty: Beside;
  beforeAll(async () => {
    const devices = { leaf: 'arista_eos', 'leaf-b': 'arista_eos', doomed: 'arista_eos', gone: 'arista_eos' };
    mercury = await Mercury.start({ devices });
    for (const [vlan, name] of Object.entries({ 100: 'provisioning', 200: 'tenant', 201: 'storage', 300: 'idle' }))
      await mercury.onNetwork('add_network', 'leaf', Number(vlan), name);
    await mercury.device('gone').close();
    hasty = await Beside.start(mercury, { callTime: 6000 });
    beside = await Beside.start(mercury, {
      credentials: { wrong: { username: 'mercury', password: 'not-the-password' } },
      edit: ({ devices: known }) => {
        known.fenced = { ...known.leaf, allowed_vlans: '100,300-399' };
        known.locked = { ...known.leaf, credentials: 'wrong' };
        known.impostor = { ...known.leaf, host_keys: [`SHA256:${'A'.repeat(43)}`] };
      },
    });
  });
  afterAll(async () => {
    await hasty[Symbol.asyncDispose]();
    await beside[Symbol.asyncDispose]();
    await mercury[Symbol.asyncDispose]();
  });
  afterEach(() => {
    for (const name of ['leaf', 'doomed']) mercury.device(name).faults.clear();
  });

  it.each(ROWS)('$name', async row => {
    for (const [method, params] of row.after ?? []) await post({ method, params });
    for (const fault of row.faults ?? []) mercury.device(row.name === 'error.unknown' ? 'doomed' : 'leaf').faults.plant(fault);
    // Who is gone for good is waited for until the end of the call.
    const text = await post(row, row.name === 'error.unknown' ? hasty.url : beside.url);
    const file = join(FOLDER, `${row.name}.txt`);
    if (WRITE) {
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
    }
    expect(existsSync(file), `${relative(ROOT, file)} is missing: npm run golden writes it`).toBe(true);
    expect(text).toBe(readFileSync(file, 'utf8'));
  });

  async function post({ method, params, body, http }: Omit<Row, 'name'>, url = beside.url): Promise<string> {
    const sent = body ?? (method === undefined ? undefined : JSON.stringify({ jsonrpc: '2.0', id: 'req-1', method, params }));
    const reply = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      ...(sent === undefined ? {} : { body: sent }),
      ...http,
    });
    const answer = await reply.text();
    return [`${http?.method ?? 'POST'} /`, readable(sent ?? ''), '', `HTTP ${reply.status}`, readable(answer), ''].join('\n');
  }
});

/** Pretty where it is JSON, cut where it is long, and without what no two runs have alike. */
function readable(text: string): string {
  if (text.length > 100_000) return `(${text.length} characters)`;
  let pretty = text;
  try {
    pretty = JSON.stringify(JSON.parse(text), still, 2);
  } catch {
    // Shown as it is.
  }
  return pretty
    .replace(/mercury-[\da-f]{8}-[\da-f-]{27}/g, 'mercury-…')
    .replace(/mercury-(?!…)[\da-f]{10}r?\b/g, 'mercury-…')
    .replace(/127\.0\.0\.1:\d+/g, '127.0.0.1:…')
    .replace(/SHA256:(?!A{43})[\w+/]{43}/g, 'SHA256:…');
}

/** The answer of a mutation: what was typed is read in the golden files of the playbooks; here it is enough that it is told. */
function still(key: string, value: unknown): unknown {
  if (key === 'timings') return '…';
  if (key === 'commands' && Array.isArray(value)) return value.length === 0 ? value : [value[0], `… ${value.length - 1} more`];
  return value;
}
