import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writesOf } from '../by-hand.ts';
import { Bench } from './run.ts';

const DEVICES = { ios: 'cisco_ios', eos: 'arista_eos', junos: 'juniper_junos', os10: 'dell_os10', ovs: 'openvswitch' };
const PORTS = { ios: 'Gi1/0/1', eos: 'Et1', junos: 'xe-0/0/1', os10: 'ethernet1/1/1', ovs: 'pf0vf0' };
let bench: Bench;
beforeAll(async () => {
  bench = await Bench.start({ devices: DEVICES });
  const more = 'devices:\n  gone: { platform: cisco_ios, address: 127.0.0.1, port: 1, credentials: lab }\n';
  writeFileSync(join(bench.folder, 'inventory', 'more.yml'), more);
});
afterAll(() => bench[Symbol.asyncDispose]());

/** One request with a link to each device. */
const everywhere = (method: string, more: object) =>
  JSON.stringify({
    method,
    params: {
      port: { local_link_information: Object.entries(PORTS).map(([switch_info, port_id]) => ({ switch_info, port_id })) },
      ...more,
    },
  });

interface Answer {
  readonly device: string;
  readonly holds: boolean | null;
  readonly misses?: readonly string[];
  readonly error?: { readonly kind: string; readonly message: string };
}

describe('mercury verify', () => {
  it('says on every platform that a fresh port is detached and not attached, and only reads', async () => {
    const before = [...bench.lab.devices.values()].map(device => device.device.running());
    const detached = await bench.run(['verify', '--request', '-'], { input: everywhere('detach_port', {}) });
    expect(detached.err).toBe('');
    expect(detached.status).toBe(0);
    expect(
      detached.out
        .trim()
        .split('\n')
        .map(line => line.replace(/ .*: /, ' ')),
    ).toEqual(Object.keys(DEVICES).map(name => `${name} holds`));

    const attached = await bench.run(['verify', '--request', '-', '--json'], { input: everywhere('attach_port', { native_vlan: 100 }) });
    expect(attached.status).toBe(9);
    const answers = JSON.parse(attached.out) as Answer[];
    expect(answers.map(({ device, holds }) => [device, holds])).toEqual(Object.keys(DEVICES).map(name => [name, false]));
    for (const { device, misses } of answers) expect(misses, device).not.toEqual([]);

    for (const device of bench.lab.devices.values()) {
      expect(device.typed.length).toBeGreaterThan(3);
      expect(writesOf(device)).toEqual([]);
    }
    expect([...bench.lab.devices.values()].map(device => device.device.running())).toEqual(before);
  });

  it('says 0 after apply and 9 about other VLANs, with what it saw instead', async () => {
    const words = ['attach_port', 'eos', 'Et2', '--mode', 'trunk', '--native', '100', '--allowed', '200,201'];
    expect(await bench.run(['apply', ...words])).toMatchObject({ status: 0 });
    const [same, other] = await Promise.all([
      bench.run(['verify', ...words]),
      bench.run(['verify', 'attach_port', 'eos', 'Et2', '--mode', 'trunk', '--native', '100', '--allowed', '200']),
    ]);
    expect(same).toMatchObject({ status: 0, out: 'eos Attach Ethernet2 to VLAN 100,200-201: holds\n' });
    expect(other.status).toBe(9);
    expect(other.out).toMatch(
      /^eos Attach Ethernet2 to VLAN 100,200: does not hold\n {2}.*its VLANs are 100,200-201 where they should be 100,200 \(/,
    );
  });

  it('says 9 in the device’s own words about a port that it does not have', async () => {
    const { status, out } = await bench.run(['verify', 'detach_port', 'ios', 'Gi1/0/44']);
    expect(status).toBe(9);
    expect(out).toContain('does not hold');
    expect(out).toContain('% Invalid input detected');
  });

  it('says 5 when the device cannot be reached', async () => {
    const { status, out, err } = await bench.run(['verify', 'detach_port', 'gone', 'Gi1/0/1']);
    expect(status).toBe(5);
    expect(out).toBe('');
    expect(err).toMatch(/^refused: gone \(127\.0\.0\.1:1\) cannot be reached: /);
  });

  it('tells what the others hold although one of them cannot be reached, and ends with 5', async () => {
    const { status, out } = await bench.run(['verify', 'detach_port', 'ios,gone', 'Gi1/0/1', '--json']);
    expect(status).toBe(5);
    const [ios, gone] = JSON.parse(out) as Answer[];
    expect(ios).toMatchObject({ device: 'ios', holds: true, misses: [] });
    expect(gone).toMatchObject({ device: 'gone', holds: null, error: { kind: 'unreachable' } });
    const human = await bench.run(['verify', 'detach_port', 'ios,gone', 'Gi1/0/1']);
    expect(human.status).toBe(5);
    expect(human.out).toMatch(
      /^ios Detach GigabitEthernet1\/0\/1: holds\ngone Detach GigabitEthernet1\/0\/1: cannot be asked\n {2}gone \(127/,
    );
  });
});
