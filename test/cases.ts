import { plan } from '../server/engine/plan.ts';
import { LAB_USER, SWITCHES } from '../server/lab/lab.ts';
import { type Library, loadLibrary } from '../server/library/library.ts';
import type { ChangePlan, Device, Method, Values } from '../server/model.ts';
import { PLATFORMS, ROOT } from './harness.ts';

/** Every method in every mode, with values that show where they went. */

/** The seventh port of each lab switch. */
export const PORTS: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(SWITCHES).map(([platform, make]) => [platform, make('sw', LAB_USER).ports[6] ?? '']),
);

/** A LAG that no lab switch has until it is made. */
export const LAGS: Readonly<Record<string, string>> = {
  cisco_ios: 'Port-channel10',
  arista_eos: 'Port-Channel10',
  juniper_junos: 'ae1',
  dell_os10: 'port-channel10',
  openvswitch: 'bond0',
};

export interface Case {
  readonly name: string;
  readonly method: Method;
  readonly args: Values;
  /** `lag`: what it is about is the LAG; `member`: a port that joins or has joined it. */
  readonly about?: 'lag' | 'member';
}

const ACCESS: Values = { mode: 'access', native_vlan: 100, allowed_vlans: null };
const TRUNK: Values = { mode: 'trunk', native_vlan: 100, allowed_vlans: [200, 201, 202, 300] };
const TAGGED: Values = { mode: 'trunk', native_vlan: null, allowed_vlans: [200, 201, 202, 300] };
const ABOUT: Values = {
  description: 'node 42',
  mac: '52:54:00:12:34:56',
  port_id: 'port-uuid',
  node: 'node-uuid',
  instance: 'instance-uuid',
};

export const CASES: readonly Case[] = [
  { name: 'attach_port.access', method: 'attach_port', args: ACCESS },
  { name: 'attach_port.access-described', method: 'attach_port', args: { ...ACCESS, ...ABOUT } },
  { name: 'attach_port.trunk', method: 'attach_port', args: TRUNK },
  { name: 'attach_port.trunk-without-native', method: 'attach_port', args: TAGGED },
  { name: 'update_port.access', method: 'update_port', args: ACCESS },
  { name: 'update_port.trunk', method: 'update_port', args: TRUNK },
  { name: 'update_port.trunk-without-native', method: 'update_port', args: TAGGED },
  { name: 'attach_port.hybrid', method: 'attach_port', args: { ...TRUNK, mode: 'hybrid' } },
  { name: 'attach_lag.access', method: 'attach_lag', args: ACCESS, about: 'lag' },
  { name: 'attach_lag.trunk', method: 'attach_lag', args: { ...TRUNK, description: 'node 42' }, about: 'lag' },
  { name: 'attach_lag.trunk-without-native', method: 'attach_lag', args: TAGGED, about: 'lag' },
  { name: 'attach_lag.static', method: 'attach_lag', args: { ...ACCESS, aggregation: 'static' }, about: 'lag' },
  { name: 'attach_lag.two-switches', method: 'attach_lag', args: { ...ACCESS, mlag: true }, about: 'lag' },
  { name: 'join_lag.access', method: 'join_lag', args: { ...ACCESS, description: 'node 42' }, about: 'member' },
  { name: 'join_lag.trunk', method: 'join_lag', args: TRUNK, about: 'member' },
  { name: 'join_lag.trunk-without-native', method: 'join_lag', args: TAGGED, about: 'member' },
  { name: 'join_lag.static', method: 'join_lag', args: { ...ACCESS, aggregation: 'static' }, about: 'member' },
  { name: 'delete_lag', method: 'delete_lag', args: {}, about: 'lag' },
  { name: 'detach_port.lag', method: 'detach_port', args: {}, about: 'lag' },
  { name: 'detach_port.lag-default-vlan', method: 'detach_port', args: { default_vlan: 999 }, about: 'lag' },
  { name: 'is_port_supported.lag', method: 'is_port_supported', args: {}, about: 'lag' },
  { name: 'detach_port.closed', method: 'detach_port', args: {} },
  { name: 'detach_port.default-vlan', method: 'detach_port', args: { default_vlan: 999 } },
  { name: 'is_port_supported', method: 'is_port_supported', args: {} },
  { name: 'add_network', method: 'add_network', args: { vlan: 100, network_name: 'tenant-a' } },
  { name: 'add_network.unnamed', method: 'add_network', args: { vlan: 100 } },
  { name: 'delete_network', method: 'delete_network', args: { vlan: 100, network_name: 'tenant-a' } },
];

const library = withOneDeviceEach(
  loadLibrary({ root: ROOT, playbooks: 'playbooks', templates: 'templates', inventory: 'test/no-inventory' }),
);

const ID = 'mercury-golden';
/** What a change of that id is called on a switch. */
export const CHANGE = 'curygolden';

/** What a platform would type for a case. */
export function planOf(platform: string, { method, args, about }: Omit<Case, 'name'>, id = ID): ChangePlan {
  const isNetwork = method === 'add_network' || method === 'delete_network';
  return plan(
    {
      id,
      method,
      device: platform,
      args: isNetwork ? args : { ...whereOn(platform, method, about), ...args },
      caller: { name: 'golden', address: '', scheme: 'none' },
      why: {},
      dryRun: true,
      deadline: 0,
    },
    library,
  );
}

function whereOn(platform: string, method: Method, about: Case['about']): Values {
  const lag = LAGS[platform] ?? '';
  if (about === 'lag') return { port: lag };
  const port = PORTS[platform] ?? '';
  return method === 'join_lag' ? { port, lag } : { port };
}

function withOneDeviceEach(read: Library): Library {
  const devices = PLATFORMS.map((platform): [string, Device] => [
    platform,
    {
      name: platform,
      platform,
      address: '192.0.2.1',
      port: 22,
      credentials: 'none',
      hostKeys: [],
      switchIds: [],
      uplinks: SWITCHES[platform]?.('sw', LAB_USER).uplinks ?? [],
      physicalNetworks: [],
      vars: {},
      source: { file: 'test/cases.ts', line: 1 },
    },
  ]);
  return { ...read, devices: new Map(devices) };
}
