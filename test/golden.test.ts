import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { plan } from '../server/engine/plan.ts';
import { type ScriptLine, script, type When } from '../server/engine/script.ts';
import { at } from '../server/errors.ts';
import { type Library, loadLibrary } from '../server/library/library.ts';
import type { ChangeRequest, Device, Method, Values } from '../server/model.ts';
import { PLATFORMS, ROOT } from './harness.ts';

/*
 * What each platform types for each method and mode, as text that the network team reviews. `npm run golden` writes the files anew;
 * the diff of test/golden/ is then the review.
 */

const FOLDER = join(import.meta.dirname, 'golden');
const WRITE = process.env.WRITE_GOLDEN === '1';

const PORTS: Readonly<Record<string, string>> = {
  cisco_ios: 'GigabitEthernet1/0/7',
  arista_eos: 'Ethernet7',
  juniper_junos: 'xe-0/0/7',
  dell_os10: 'ethernet1/1/7',
  openvswitch: 'pf0vf7',
};

const ACCESS: Values = { mode: 'access', native_vlan: 100, allowed_vlans: null };
const TRUNK: Values = { mode: 'trunk', native_vlan: 100, allowed_vlans: [200, 201, 202, 300] };
const TAGGED: Values = { mode: 'trunk', native_vlan: null, allowed_vlans: [200, 201, 202, 300] };
const ABOUT: Values = { description: 'node 42', mac: '52:54:00:12:34:56', port_id: 'port-uuid', node: 'node-uuid', instance: 'instance-uuid' };

const CASES: readonly (readonly [name: string, method: Method, args: Values])[] = [
  ['attach_port.access', 'attach_port', ACCESS],
  ['attach_port.access-described', 'attach_port', { ...ACCESS, ...ABOUT }],
  ['attach_port.trunk', 'attach_port', TRUNK],
  ['attach_port.trunk-without-native', 'attach_port', TAGGED],
  ['update_port.access', 'update_port', ACCESS],
  ['update_port.trunk', 'update_port', TRUNK],
  ['update_port.trunk-without-native', 'update_port', TAGGED],
  ['detach_port.closed', 'detach_port', {}],
  ['detach_port.default-vlan', 'detach_port', { default_vlan: 999 }],
  ['is_port_supported', 'is_port_supported', {}],
  ['add_network', 'add_network', { vlan: 100, network_name: 'tenant-a' }],
  ['add_network.unnamed', 'add_network', { vlan: 100 }],
  ['delete_network', 'delete_network', { vlan: 100, network_name: 'tenant-a' }],
];

const HEADINGS: Readonly<Record<When, string>> = {
  login: 'right after login',
  before: 'asked first; if all holds, nothing below is typed',
  change: 'typed',
  commit: 'committed',
  after: 'read back',
  keep: 'kept',
  'if it fails': 'typed only if it fails',
};

const library = withOneDeviceEach(loadLibrary({ root: ROOT, playbooks: 'playbooks', templates: 'templates', inventory: 'test/no-inventory' }));

describe.each(PLATFORMS)('%s types what the golden files say', platform => {
  it.each(CASES)('for %s', (name, method, args) => {
    const isNetwork = method === 'add_network' || method === 'delete_network';
    const request: ChangeRequest = {
      id: 'mercury-golden',
      method,
      device: platform,
      args: isNetwork ? args : { port: PORTS[platform] ?? '', ...args },
      caller: { name: 'golden', address: '', scheme: 'none' },
      why: {},
      dryRun: true,
      deadline: 0,
    };
    const planned = plan(request, library);
    const text = `# ${planned.title}\n${written(script(planned))}`;
    const file = join(FOLDER, platform, `${name}.txt`);
    if (WRITE) {
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
    }
    expect(existsSync(file), `${relative(ROOT, file)} is missing: npm run golden writes it`).toBe(true);
    expect(text).toBe(readFileSync(file, 'utf8'));
  });
});

it('has no golden file that nothing writes', () => {
  const wanted = PLATFORMS.flatMap(platform => CASES.map(([name]) => join(platform, `${name}.txt`)));
  const found = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' }).filter(name => name.endsWith('.txt'));
  expect(found.toSorted()).toEqual(wanted.toSorted());
});

/** Line by line with its mode and where it was written; the place without its line, which any edit above would change. */
function written(lines: readonly ScriptLine[]): string {
  let text = '';
  for (const when of Object.keys(HEADINGS) as When[]) {
    const part = lines.filter(line => line.when === when);
    if (part.length === 0) continue;
    text += `\n# ${HEADINGS[when]}\n`;
    for (const line of part) {
      const file = line.place ? at(line.place).replace(/:\d+$/, '').replace(/^(?:playbooks|templates)\/[^/]+\//, '') : '';
      text += `${line.mode.padEnd(16)} ${line.sent}   # ${file}\n`;
    }
  }
  return text;
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
      uplinks: ['uplink-1'],
      physicalNetworks: [],
      vars: {},
      source: { file: 'test/golden.test.ts', line: 1 },
    },
  ]);
  return { ...read, devices: new Map(devices) };
}
