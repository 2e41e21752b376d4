import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Fault } from '../../server/lab/faults.ts';
import { Bench, type Ended } from './run.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await Bench.start({ devices: { ios: 'cisco_ios', eos: 'arista_eos' } });
  writeFileSync(
    join(bench.folder, 'inventory', 'others.yml'),
    `devices:
  gone: { platform: cisco_ios, address: 127.0.0.1, port: 1, credentials: lab }
  stranger: { platform: cisco_ios, address: 127.0.0.1, port: ${bench.lab.device('ios').port}, credentials: lab, host_keys: [] }
  locked: { platform: cisco_ios, address: 127.0.0.1, port: ${bench.lab.device('ios').port}, credentials: missing, host_keys: any }
`,
  );
});
afterAll(() => bench[Symbol.asyncDispose]());
beforeEach(() => {
  for (const device of bench.lab.devices.values()) device.faults.clear();
});

const PORT = { ios: 'GigabitEthernet1/0/1', eos: 'Ethernet1' };
const attach = (device: 'ios' | 'eos', vlan: string) => bench.run(['apply', 'attach_port', device, PORT[device], '--native', vlan]);
const plant = (device: string, fault: Fault) => bench.lab.device(device).faults.plant(fault);

/** The person's two lines: what happened, and what to do next. */
function said({ err }: Ended): string[] {
  return err.split('\n').filter(line => line !== '' && !line.startsWith('{"level"'));
}

describe('the exit status of mercury apply', () => {
  it('is 0 when it is applied, and when it was so already', async () => {
    const first = await attach('ios', '100');
    expect(first).toMatchObject({ status: 0 });
    expect(first.out).toMatch(/^ios attach_port: applied, saved {2}\d+\.\d s\n/);
    const second = await attach('ios', '100');
    expect(second).toMatchObject({ status: 0 });
    expect(second.out).toMatch(/^ios attach_port: unchanged, it was so already/);
  });

  it('is 2 when the words are wrong, and it says where help is', async () => {
    const ended = await bench.run(['apply', 'attach_port', 'ios']);
    expect(ended.status).toBe(2);
    expect(said(ended)).toEqual(['error: attach_port needs a port', '"mercury apply --help" says how.']);
  });

  it('is 3 when mercury refuses it, and nobody logs in', async () => {
    const { logins } = bench.lab.device('ios');
    const ended = await attach('ios', '1');
    expect(ended.status).toBe(3);
    expect(said(ended)[0]).toBe('refused: ios: VLAN 1 is outside 2-1001,1006-4094');
    expect(bench.lab.device('ios').logins).toBe(logins);
  });

  it('is 4 when the device refuses it before anything was changed', async () => {
    const before = bench.lab.device('ios').device.running();
    const ended = await bench.run(['apply', 'attach_port', 'ios', 'GigabitEthernet1/0/48', '--native', '100']);
    expect(ended.status).toBe(4);
    expect(said(ended)[0]).toMatch(/^refused: .*show running-config interface GigabitEthernet1\/0\/48.*% Invalid input/);
    expect(said(ended)[1]).toMatch(/^Nothing was changed\. See whether the device has what that line names/);
    expect(bench.lab.device('ios').device.running()).toBe(before);
  });

  it('is 4 when the host key is not pinned or there are no credentials, and it says which entry to look at', async () => {
    const [stranger, locked] = await Promise.all(
      ['stranger', 'locked'].map(device => bench.run(['apply', 'detach_port', device, PORT.ios])),
    );
    expect(stranger?.status).toBe(4);
    expect(stranger?.err).toContain(`stranger shows the host key ${bench.lab.device('ios').fingerprint}`);
    expect(stranger?.err).toContain('put it into host_keys in the inventory');
    expect(locked?.status).toBe(4);
    expect(locked?.err).toContain('the credentials file has no entry missing');
  });

  it('is 5 when the device cannot be reached', async () => {
    const ended = await bench.run(['apply', 'detach_port', 'gone', PORT.ios]);
    expect(ended.status).toBe(5);
    expect(said(ended)[0]).toMatch(/^refused: gone \(127\.0\.0\.1:1\) cannot be reached: /);
    expect(said(ended)[1]).toMatch(/^Nothing was changed\. See whether the device is up/);
  });

  it('is 6 when it failed and all of it was taken back', async () => {
    const before = bench.lab.device('eos').device.running();
    plant('eos', { on: /^spanning-tree portfast/, does: 'refuse' });
    const ended = await attach('eos', '100');
    expect(ended.status).toBe(6);
    expect(said(ended)[0]).toMatch(/^undone: eos \S+ refused "spanning-tree portfast".*All of it was taken back/);
    expect(said(ended)[1]).toBe('Nothing has changed. Mend the cause, then run it again.');
    expect(bench.lab.device('eos').device.running()).toBe(before);
  });

  it('is 7 when it failed and the port was left in the safe state, and it shows what was typed', async () => {
    await bench.run(['apply', 'detach_port', 'ios', PORT.ios]);
    plant('ios', { on: /^switchport nonegotiate/, does: 'refuse', says: '% Failed to allocate hardware resources' });
    const ended = await attach('ios', '100');
    expect(ended.status).toBe(7);
    expect(ended.out).toMatch(/^ios attach_port: rescued/);
    expect(ended.out).toContain('      % Failed to allocate hardware resources\n');
    expect(said(ended)[0]).toMatch(
      /^rescued: ios \S+ refused "switchport nonegotiate".*It was left in the safe state of playbooks\/cisco_ios\/detach_port\.yml/,
    );
    expect(bench.lab.device('ios').device.running()).toMatch(/interface GigabitEthernet1\/0\/1\n switchport mode access\n shutdown\n/);
  });

  it('is 8 when nobody knows what became of it, and it says to look', async () => {
    plant('ios', { on: /^switchport nonegotiate/, does: 'refuse' });
    plant('ios', { on: /^no spanning-tree portfast/, does: 'refuse', times: 9 });
    const ended = await attach('ios', '200');
    expect(ended.status).toBe(8);
    expect(said(ended)[0]).toMatch(/^unknown: .*What state the device is in is not known/);
    expect(said(ended)[1]).toMatch(/^Look at the device before anything else/);
  });
});

describe('the exit status of mercury', () => {
  it('verify is 9 when the device does not hold what is asked', async () => {
    expect(await bench.run(['verify', 'attach_port', 'eos', PORT.eos, '--native', '444'])).toMatchObject({ status: 9 });
  });

  it('lint is 10 when there are complaints', async () => {
    writeFileSync(join(bench.folder, 'bad.yml'), 'devices: {}\n');
    expect(await bench.run(['lint'], { env: { MERCURY_INVENTORY: bench.folder } })).toMatchObject({ status: 10 });
  });
});
