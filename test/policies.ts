import { join } from 'node:path';
import { dump } from 'js-yaml';
import { type Verdict, verdictOf } from '../server/engine/permit.ts';
import { at } from '../server/errors.ts';
import { Complaints } from '../server/library/complaints.ts';
import type { Library } from '../server/library/library.ts';
import { readPlatforms } from '../server/library/platforms.ts';
import { type Policy, policyOf } from '../server/library/policy.ts';
import { parseYaml } from '../server/library/yaml.ts';
import type { Caller, ChangeRequest, Device, Method, Values } from '../server/model.ts';
import { ROOT } from './harness.ts';

/** Policies by themselves, on the platforms of this repository and an inventory in memory. */

export const PLATFORMS = readPlatforms(
  { root: ROOT, playbooks: join(ROOT, 'playbooks'), templates: join(ROOT, 'templates') },
  new Complaints(),
);

const device = (name: string, platform: string, groups: readonly string[], uplinks: readonly string[] = []): [string, Device] => [
  name,
  {
    name,
    platform,
    groups,
    address: '192.0.2.1',
    port: 22,
    credentials: 'none',
    hostKeys: [],
    switchIds: [],
    uplinks,
    physicalNetworks: [],
    vars: {},
    source: { file: 'inventory/devices.yml', line: 1 },
  },
];

export const DEVICES: ReadonlyMap<string, Device> = new Map([
  device('leaf-1', 'arista_eos', ['leaf', 'row-a'], ['Ethernet49/1']),
  device('leaf-2', 'arista_eos', ['leaf', 'row-b']),
  device('access-1', 'cisco_ios', ['access', 'row-a']),
  device('spine-1', 'juniper_junos', ['spine']),
  device('dpu-1', 'openvswitch', []),
]);

const NAMES = new Set([...DEVICES.keys(), 'leaf', 'access', 'spine', 'row-a', 'row-b', 'empty']);

/** A policy of these words, and all that is complained about: `line: sentence`. */
export function policyFrom(text: string): { policy: Policy; complaints: string[] } {
  const complaints = new Complaints();
  const yaml = parseYaml(text, 'inventory/policy.yml');
  const policy = complaints.try(() => policyOf(yaml, { devices: DEVICES, platforms: PLATFORMS, names: NAMES }, complaints));
  const told = complaints.list.map(({ place, message }) => `${place.line}: ${message}`);
  return { policy: policy ?? { file: 'none', protectedPorts: [], rules: [] }, complaints: told };
}

export interface WrittenPolicy {
  readonly protected?: object;
  readonly rules?: readonly object[];
}

export function libraryWith(written: WrittenPolicy | string): Library {
  const text = typeof written === 'string' ? written : dump(written);
  return { platforms: PLATFORMS, devices: DEVICES, policy: policyFrom(text).policy };
}

export interface Asked {
  readonly caller?: string;
  readonly method?: Method;
  readonly device?: string;
  readonly args?: Values;
  readonly networkType?: string | undefined;
  readonly alsoNamed?: readonly number[] | undefined;
}

/** By default: ironic attaches the seventh port of an Arista to VLAN 100. */
export function asked(what: Asked = {}): ChangeRequest {
  const { caller = 'ironic', method = 'attach_port', device: name = 'leaf-1', args = { port: 'Ethernet7', native_vlan: 100 } } = what;
  const { networkType, alsoNamed } = what;
  return { id: 'test', method, device: name, args, networkType, alsoNamed, caller: callerOf(caller), why: {}, dryRun: false, deadline: 0 };
}

/** `cli:alice` sits at the terminal; all others call over the network. */
export function callerOf(name: string): Caller {
  const local = name.startsWith('cli:');
  return { name: local ? name.slice(4) : name, address: '', scheme: local ? 'cli' : 'basic' };
}

/** `yes policy.yml:3`, or the sentence that refuses. */
export function said({ refusal, place }: Verdict): string {
  return refusal ? refusal.message : `yes ${place ? at(place) : ''}`.trim();
}

export const answer = (written: WrittenPolicy | string, what: Asked = {}): string => said(verdictOf(asked(what), libraryWith(written)));
