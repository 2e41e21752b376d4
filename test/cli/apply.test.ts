import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { portOf } from '../harness.ts';
import { hold } from '../hold.ts';
import { Bench } from './run.ts';

const DEVICES = { 'sw-ios': 'cisco_ios', 'sw-eos': 'arista_eos', 'sw-os10': 'dell_os10' };
let bench: Bench;
beforeAll(async () => {
  bench = await Bench.start({ devices: DEVICES });
  const more = 'devices:\n  gone: { platform: cisco_ios, address: 127.0.0.1, port: 1, credentials: lab }\n';
  writeFileSync(join(bench.folder, 'inventory', 'more.yml'), more);
});
afterAll(() => bench[Symbol.asyncDispose]());
beforeEach(() => {
  for (const device of bench.lab.devices.values()) device.faults.clear();
});

describe('mercury apply', () => {
  it('shows under each task what was typed, where it was written, and what is different now', async () => {
    const { status, out, err } = await bench.run(['apply', 'attach_port', 'sw-ios', 'Gi1/0/1', '--native', '100']);
    expect(status).toBe(0);
    expect(out).toMatch(/^sw-ios attach_port: applied, saved {2}\d+\.\d s\n {2}Close GigabitEthernet1\/0\/1 while it changes\n/);
    expect(out).toMatch(/^ {4}switchport access vlan 100 +templates\/cisco_ios\/access\.hbs:\d+$/m);
    expect(out).toMatch(
      /^ {2}Save\n {4}write memory +playbooks\/cisco_ios\/platform\.yml:\d+\n {6}Building configuration\.\.\.\n {6}\[OK\]$/m,
    );
    const [, different] = out.split('  What is different now\n');
    expect(different?.match(/\+ switchport access vlan 100/g)).toHaveLength(1);
    // One audit line, on standard error.
    expect(
      err
        .trim()
        .split('\n')
        .map(line => JSON.parse(line)),
    ).toMatchObject([{ name: 'audit', who: { scheme: 'cli' }, how: { outcome: 'applied' } }]);
    expect(out + err).not.toMatch(/lab-password|lab-enable/);
  });

  it('gives machines one JSON object, in the shape that a call is answered with', async () => {
    const { status, out } = await bench.run([
      'apply',
      'add_network',
      'sw-ios,sw-eos,sw-os10',
      '--vlan',
      '300',
      '--name',
      'tenant',
      '--json',
    ]);
    expect(status).toBe(0);
    const answer = JSON.parse(out) as { outcome: string; devices: { device: string; outcome: string; commands: { sent: string }[] }[] };
    expect(answer.outcome).toBe('applied');
    expect(answer.devices.map(({ device, outcome }) => [device, outcome])).toEqual(Object.keys(DEVICES).map(device => [device, 'applied']));
    for (const { device, commands } of answer.devices) {
      const typed = bench.lab.device(device).typed;
      for (const { sent } of commands) expect(typed).toContain(sent);
    }
  });

  it('tells of each device when some of several fail, and ends as the worst of them says', async () => {
    const words = ['apply', 'add_network', 'sw-ios,gone,sw-eos', '--vlan', '310', '--name', 'tenant-b'];
    const { status, out, err } = await bench.run(words);
    expect(status).toBe(5);
    expect(out).toMatch(/^sw-ios add_network: applied, saved/m);
    expect(out).toMatch(/^sw-eos add_network: applied, saved/m);
    expect(err).toMatch(/^refused: gone \(127\.0\.0\.1:1\) cannot be reached/m);
    const again = await bench.run([...words, '--json']);
    expect(again.status).toBe(5);
    expect(JSON.parse(again.out)).toMatchObject({
      error: { kind: 'unreachable' },
      outcome: 'refused',
      devices: [
        { device: 'sw-ios', outcome: 'unchanged' },
        { device: 'sw-eos', outcome: 'unchanged' },
      ],
    });
  });

  it('carries out a call’s links in order, and takes the first back when the second fails', async () => {
    const before = bench.lab.device('sw-eos').device.running();
    const port = {
      ...portOf('sw-eos', 'Ethernet2'),
      local_link_information: [
        { switch_info: 'sw-eos', port_id: 'Ethernet2' },
        { switch_info: 'gone', port_id: 'Gi1/0/2' },
      ],
    };
    const input = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'attach_port', params: { port, native_vlan: 300 } });
    const { status, out, err } = await bench.run(['apply', '--request', '-'], { input });
    expect(status).toBe(7);
    expect(err).toContain('sw-eos ended rescued');
    expect(out).toMatch(/^sw-eos attach_port: rescued/m);
    expect(bench.lab.device('sw-eos').device.running()).toBe(before);
  });

  it('only plans a call that says dry_run', async () => {
    const { logins } = bench.lab.device('sw-ios');
    const input = JSON.stringify({ method: 'detach_port', params: { port: portOf('sw-ios', 'Gi1/0/1'), dry_run: true } });
    const { status, out } = await bench.run(['apply', '--request', '-'], { input });
    expect(status).toBe(0);
    expect(out).toMatch(/^sw-ios detach_port: planned\n\nRight after login\n/);
    expect(out).toContain('\nTyped only if it fails\n');
    expect(bench.lab.device('sw-ios').logins).toBe(logins);
  });

  it('does not leave a change half-way when it is interrupted, hung up on, or nobody reads its output', async () => {
    await using slow = await Bench.start({ devices: { 'sw-1': 'cisco_ios' } });
    const { there, letGo } = hold(slow.lab.device('sw-1'), 'typed', /^configure terminal$/);
    const running = slow.start(['apply', 'attach_port', 'sw-1', 'Gi1/0/1', '--native', '100']);
    await using _ = running;
    await there;
    running.child.stdout?.destroy();
    for (const signal of ['SIGINT', 'SIGHUP', 'SIGTERM', 'SIGINT'] as const) running.signal(signal);
    await running.prints(/SIGINT: a change/, 'err');
    letGo();
    const { status, signal, err } = await running.ended;
    expect({ status, signal }).toEqual({ status: 0, signal: null });
    expect(err).toContain('SIGINT: a change is not left half-way; this ends when the device is done');
    expect(slow.lab.device('sw-1').typed.at(-1)).toBe('write memory');
    expect(slow.lab.device('sw-1').device.saved?.()).toContain('switchport access vlan 100');
  });

  it('begins nothing new on other devices after it was interrupted', async () => {
    const names = Array.from({ length: 20 }, (_, i) => `sw-${i + 1}`);
    await using many = await Bench.start({ devices: Object.fromEntries(names.map(name => [name, 'cisco_ios'])) });
    const held = names.map(name => hold(many.lab.device(name), 'typed', /^configure terminal$/));
    const running = many.start(['apply', 'add_network', names.join(','), '--vlan', '100', '--name', 'a']);
    await using _ = running;
    await Promise.all(held.slice(0, 16).map(({ there }) => there));
    running.signal('SIGINT');
    await running.prints(/SIGINT: finishing/, 'err');
    for (const { letGo } of held) letGo();
    const { status, err } = await running.ended;
    expect(status).toBe(5);
    expect(err).toContain('SIGINT: finishing what has begun, beginning nothing new');
    const begun = names.filter(name => many.lab.device(name).logins > 0);
    expect(begun).toHaveLength(16);
    for (const name of begun) expect(many.lab.device(name).device.running()).toContain('vlan 100');
    expect(err).toContain('sw-20: stopped before anything was typed there');
  });
});
