import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { PLATFORMS, portOf, ROOT } from '../harness.ts';
import { type Ended, Folder, mercury, startMercury } from './run.ts';

/** Devices at addresses that nobody answers (RFC 5737), and no credentials file anywhere. */
const PORTS: Readonly<Record<(typeof PLATFORMS)[number], string>> = {
  cisco_ios: 'GigabitEthernet1/0/7',
  arista_eos: 'Ethernet7',
  juniper_junos: 'xe-0/0/7',
  dell_os10: 'ethernet1/1/7',
  openvswitch: 'pf0vf7',
};

const folder = new Folder();
const env = { MERCURY_INVENTORY: join(folder.path, 'inventory'), MERCURY_CREDENTIALS: join(folder.path, 'no-such-file.yml') };
mkdirSync(env.MERCURY_INVENTORY);
writeFileSync(
  join(env.MERCURY_INVENTORY, 'devices.yml'),
  `defaults: { credentials: none }\ndevices:\n${PLATFORMS.map((platform, i) => `  sw-${platform}: { platform: ${platform}, address: 192.0.2.${i + 1} }\n`).join('')}`,
);
afterAll(() => folder[Symbol.dispose]());

const run = (args: readonly string[], input = ''): Promise<Ended> => mercury(args, { env, input });

interface Planned {
  readonly outcome: string;
  readonly title: string;
  readonly device: string;
  readonly platform: string;
  readonly playbook: string;
  readonly lines: readonly {
    readonly when: string;
    readonly task: string;
    readonly mode: string;
    readonly sent: string;
    readonly source: string;
  }[];
}

async function plansOf(args: readonly string[], input = ''): Promise<Planned[]> {
  const { status, out, err } = await run([...args, '--json'], input);
  expect(err).toBe('');
  expect(status).toBe(0);
  return JSON.parse(out) as Planned[];
}

/** A port that is wired to all five at once: one call plans them all. */
const everywhere = {
  ...portOf('', ''),
  local_link_information: PLATFORMS.map(platform => ({ switch_info: `sw-${platform}`, port_id: PORTS[platform] })),
};
const network = { segmentation_id: 150, name: 'tenant-a', network_type: 'vlan' };
const CALLS: Readonly<Record<string, object>> = {
  attach_port: { port: everywhere, mode: 'trunk', native_vlan: 100, allowed_vlans: [200, 201, 202] },
  update_port: { port: everywhere, native_vlan: 101 },
  detach_port: { port: everywhere },
  add_network: { network },
  delete_network: { network },
  is_port_supported: { port: everywhere },
};

const callOf = (method: string) => JSON.stringify({ jsonrpc: '2.0', id: 1, method, params: CALLS[method] });

describe('mercury plan', () => {
  it.each(Object.keys(CALLS))(
    'says for %s on every platform what would be typed, in order, with the file and line of each',
    async method => {
      const plans = await plansOf(['plan', '--request', '-'], callOf(method));
      expect(plans.map(({ platform }) => platform)).toEqual(PLATFORMS);
      for (const { outcome, device, platform, playbook, lines } of plans) {
        expect({ outcome, device, playbook }).toEqual({
          outcome: 'planned',
          device: `sw-${platform}`,
          playbook: `playbooks/${platform}/${method}.yml`,
        });
        expect(lines.length).toBeGreaterThan(0);
        for (const { sent, source } of lines) {
          expect(source).toMatch(/^(playbooks|templates)\/\w+\/\w+\.(yml|hbs):\d+$/);
          expect(sent).toMatch(/^\S.*\S$|^\S$/);
          expect(sent).not.toMatch(/[{}\n]/);
        }
        const moments = new Set(lines.map(({ when }) => when));
        expect(moments.has('before')).toBe(true);
        // A query types no change; Open vSwitch has no list of networks to change.
        expect(moments.has('change')).toBe(method !== 'is_port_supported' && !(method.endsWith('network') && platform === 'openvswitch'));
        if (method === 'attach_port') expect(lines.map(({ sent }) => sent).join('\n')).toMatch(/200-202|201/);
      }
    },
  );

  it('takes words as well as a call', async () => {
    const [planned] = await plansOf([
      'plan',
      'attach_port',
      'sw-arista_eos',
      'Et7',
      '--mode',
      'trunk',
      '--native',
      '100',
      '--allowed',
      '200-202',
    ]);
    expect(planned?.title).toBe('Attach Ethernet7 to VLAN 100,200-202');
  });

  it('prints for people the same lines in the same order, under the moment when each is typed', async () => {
    const words = ['plan', '--request', '-'];
    const [plans, { status, out }] = await Promise.all([plansOf(words, callOf('attach_port')), run(words, callOf('attach_port'))]);
    expect(status).toBe(0);
    expect(out).not.toContain('\x1b');
    // The name of a change is made anew for each plan.
    const steady = (text = '') => text.replace(/mercury-[0-9a-f]{10}/, 'mercury-change');
    const typed = out.split('\n').flatMap(line => {
      const match = /^ {4}(\S.*?) {2,}((?:playbooks|templates)\/\S+:\d+)$/.exec(line);
      return match ? [{ sent: steady(match[1]), source: match[2] }] : [];
    });
    expect(typed).toEqual(plans.flatMap(({ lines }) => lines.map(({ sent, source }) => ({ sent: steady(sent), source }))));
    const [first] = out.split(/^Attach .*\n.*arista_eos.*$/m);
    expect(first?.split('\n').filter(line => /^[A-Z]/.test(line))).toEqual([
      'Attach GigabitEthernet1/0/7 to VLAN 100,200-202',
      'Right after login',
      'Asked first; if all of it holds, nothing more is typed',
      'Typed',
      'Read back',
      'Kept',
      'Typed only if it fails',
      'How a failure is taken back',
    ]);
  });
});

describe('mercury plan into a pipe that nobody reads', () => {
  it('ends in peace, as under head', async () => {
    const running = startMercury(['plan', '--request', '-'], { env, input: callOf('attach_port') });
    await using _ = running;
    running.child.stdout?.destroy();
    expect(await running.ended).toMatchObject({ status: 0, signal: null, err: '' });
  });
});

describe('mercury plan --request', () => {
  /** As Ironic's Neutron interface has it: more members than anybody needs, some of them null. */
  const body = (device: string, port: string) =>
    JSON.stringify({
      jsonrpc: '2.0',
      id: '6b1d',
      method: 'attach_port',
      params: {
        context: {
          request_id: 'req-1',
          global_request_id: null,
          auth_token: 'do-not-show',
          project_id: 'p',
          node: '1be26c0b',
          roles: ['admin'],
        },
        port: { ...portOf(device, port), name: '', status: 'DOWN', 'binding:vnic_type': 'baremetal', fixed_ips: [], device_id: 'f2b9f0de' },
        network: {
          id: 'n',
          name: 'tenant-a',
          network_type: 'vlan',
          segmentation_id: 300,
          physical_network: 'physnet1',
          mtu: 1500,
          shared: false,
        },
        mode: null,
        default_vlan: null,
      },
    });

  it('reads the call from a file', async () => {
    const file = join(folder.path, 'call.json');
    writeFileSync(file, body('sw-cisco_ios', 'Gi1/0/7'));
    const { status, out } = await run(['plan', '--request', file]);
    expect(status).toBe(0);
    expect(out).toContain('Attach GigabitEthernet1/0/7 to VLAN 300\n');
    expect(out).toContain('switchport access vlan 300');
    expect(out).not.toContain('do-not-show');
  });

  it('reads the call from standard input, and renders what only the call knows', async () => {
    const [planned] = await plansOf(['plan', '--request', '-'], body('sw-openvswitch', 'pf0vf7'));
    const typed = planned?.lines.find(({ when }) => when === 'change')?.sent;
    expect(typed).toContain('tag=300');
    expect(typed).toContain('52:54:00:12:34:56');
    expect(typed).toContain('f2b9f0de');
  });

  it('plans one device after the other when a network is for all of them', async () => {
    const call = { method: 'add_network', params: { network: { segmentation_id: 300, name: 'all', network_type: 'vlan' } } };
    const plans = await plansOf(['plan', '--request', '-'], JSON.stringify(call));
    expect(plans.map(planned => planned.platform).sort()).toEqual([...PLATFORMS].sort());
  });

  it('ends with 2 and one line when the call is not one', async () => {
    const [notJson, missing] = await Promise.all([run(['plan', '--request', '-'], '{'), run(['plan', '--request', '/nowhere.json'])]);
    expect(notJson.status).toBe(2);
    expect(notJson.err).toMatch(/^error: - is not JSON: .*\n"mercury plan --help" says how\.\n$/);
    expect(missing.status).toBe(2);
    expect(missing.err).toContain('error: there is no file /nowhere.json');
  });
});

describe('mercury plan of what may not be', () => {
  it('ends with 3 and says why: VLAN 1, no such port name, an unknown device, an MTU where there is none to set', async () => {
    const tries = await Promise.all([
      run(['plan', 'attach_port', 'sw-cisco_ios', 'Gi1/0/7', '--native', '1']),
      run(['plan', 'attach_port', 'sw-cisco_ios', 'Gi1/0/7; reload', '--native', '100']),
      run(['plan', 'detach_port', 'sw-cisco_iso', 'Gi1/0/7']),
      run(['plan', 'attach_port', 'sw-cisco_ios', 'Gi1/0/7', '--native', '100', '--mtu', '9000']),
    ]);
    expect(tries.map(({ status, out }) => ({ status, out }))).toEqual(tries.map(() => ({ status: 3, out: '' })));
    const [vlan, port, device, mtu] = tries.map(({ err }) => err);
    expect(vlan).toContain('refused: sw-cisco_ios: VLAN 1 is outside 2-1001,1006-4094');
    expect(port).toContain('is no port name of Cisco IOS');
    expect(device).toContain('did you mean sw-cisco_ios?');
    expect(mtu).toContain('cannot set the MTU of a port');
  });

  it('tells it to machines as JSON on standard output, with the same exit status', async () => {
    const { status, out, err } = await run(['plan', 'attach_port', 'sw-cisco_ios', 'Gi1/0/7', '--native', '1', '--json']);
    expect(status).toBe(3);
    expect(err).toBe('');
    expect(JSON.parse(out)).toMatchObject({ outcome: 'refused', error: { kind: 'not_valid' } });
  });

  it('ends with 2 and names file and line when the library is wrong, however good the request', async () => {
    const bad = join(folder.path, 'bad');
    mkdirSync(bad);
    writeFileSync(join(bad, 'a.yml'), 'devices:\n  sw: { platform: cisco_ois, address: x, credentials: y }\n');
    const { status, err } = await mercury(['plan', 'detach_port', 'sw', 'Gi1/0/7'], { env: { MERCURY_INVENTORY: bad }, cwd: ROOT });
    expect(status).toBe(2);
    expect(err).toMatch(/a\.yml:2: .*cisco_ois.*did you mean cisco_ios\?/);
  });
});
