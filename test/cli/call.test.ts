import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Mercury, portOf } from '../harness.ts';
import { type Ended, mercury as run } from './run.ts';

let mercury: Mercury;
beforeAll(async () => {
  mercury = await Mercury.start({ devices: { ios: 'cisco_ios', eos: 'arista_eos' } });
});
afterAll(() => mercury[Symbol.asyncDispose]());
beforeEach(() => {
  for (const device of mercury.lab.devices.values()) device.faults.clear();
});

const call = (args: readonly string[], input = ''): Promise<Ended> => run(['call', ...args, '--url', mercury.service.url], { input });
const attach = (device: string, port: string, vlan: number) => JSON.stringify({ port: portOf(device, port), native_vlan: vlan });

describe('mercury call', () => {
  it('prints the result as JSON and ends with 0', async () => {
    const { status, out, err } = await call(['attach_port', attach('ios', 'Gi1/0/1', 100)]);
    expect({ status, err }).toEqual({ status: 0, err: '' });
    expect(JSON.parse(out)).toMatchObject({
      outcome: 'applied',
      devices: [{ device: 'ios', outcome: 'applied' }],
      request_id: expect.any(String),
    });
  });

  it('takes params from a file, from standard input, or none', async () => {
    const file = join(mercury.folder, 'params.json');
    writeFileSync(file, attach('ios', 'Gi1/0/2', 100));
    const [fromFile, fromInput, none] = await Promise.all([
      call(['is_link_valid', `@${file}`]),
      call(['is_port_supported', '-'], JSON.stringify({ port: portOf('ios', 'Gi1/0/99'), explain: true })),
      call(['get_allowed_network_types']),
    ]);
    expect(fromFile).toMatchObject({ status: 0, out: 'true\n' });
    expect(fromInput.status).toBe(0);
    expect(JSON.parse(fromInput.out)).toMatchObject({ valid: false, reasons: [expect.stringContaining('Invalid input')] });
    expect(JSON.parse(none.out)).toContain('vlan');
  });

  it('asks for the plan only with --dry-run', async () => {
    const { logins } = mercury.device('eos');
    const { status, out } = await call(['attach_port', attach('eos', 'Et1', 100), '--dry-run']);
    expect(status).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ outcome: 'planned', devices: [{ saved: { state: 'not needed' } }] });
    expect(mercury.device('eos').logins).toBe(logins);
  });

  it('prints the error as JSON, a sentence on standard error, and ends as its kind and outcome say', async () => {
    mercury.device('eos').faults.plant({ on: /^spanning-tree portfast/, does: 'refuse' });
    mercury.device('ios').faults.plant({ on: /^switchport nonegotiate/, does: 'refuse' });
    const tries = await Promise.all([
      call(['attach_port', '{"port": {}, "native_vlan": "x"}']),
      call(['attach_port', attach('ios', 'Gi1/0/3', 1)]),
      call(['attach_port', attach('ios', 'Gi1/0/99', 100)]),
      call(['attach_port', attach('eos', 'Et3', 100)]),
      call(['attach_port', attach('ios', 'Gi1/0/4', 100)]),
    ]);
    expect(tries.map(({ status }) => status)).toEqual([2, 3, 4, 6, 7]);
    const [shape, refused, , undone, rescued] = tries;
    expect(JSON.parse(shape?.out ?? '')).toMatchObject({ code: -32602, data: { kind: 'bad_request' } });
    expect(refused?.err).toBe('refused: ios: VLAN 1 is outside 2-1001,1006-4094\n');
    expect(JSON.parse(undone?.out ?? '')).toMatchObject({
      code: 500,
      data: { outcome: 'undone', class: 'ironic.common.exception.NetworkError' },
    });
    expect(rescued?.err).toMatch(/^rescued: ios GigabitEthernet1\/0\/4 refused "switchport nonegotiate"/);
  });

  it('ends with 2 when the service does not know the method', async () => {
    const { status, out, err } = await call(['atach_port', '{}']);
    expect(status).toBe(2);
    expect(JSON.parse(out)).toMatchObject({ code: -32601 });
    expect(err).toMatch(/^error: Method atach_port was not found/);
  });

  it.each([
    [['attach_port', '{"port"'], 'params are not JSON: '],
    [['attach_port', '[1]'], 'params must be a JSON object'],
    [['attach_port', 'null'], 'params must be a JSON object'],
    [['attach_port', '@/nowhere.json'], 'there is no file /nowhere.json'],
  ])('%j is wrong usage: 2, and nothing is sent', async (args, message) => {
    const { status, out, err } = await call(args);
    expect({ status, out }).toEqual({ status: 2, out: '' });
    expect(err).toContain(`error: ${message}`);
    expect(err).toContain('"mercury call --help" says how.');
  });
});

describe('mercury call where there is no such service', () => {
  it('ends with 5 and says how to start one', async () => {
    const closed = createServer().listen(0, '127.0.0.1');
    await new Promise(resolve => closed.once('listening', resolve));
    const url = `http://127.0.0.1:${(closed.address() as AddressInfo).port}`;
    await new Promise(resolve => closed.close(resolve));
    const [human, json] = await Promise.all([
      run(['call', 'rpc.discover', '--url', url]),
      run(['call', 'rpc.discover', '--url', url, '--json']),
    ]);
    expect(human.status).toBe(5);
    expect(human.err).toMatch(new RegExp(`^error: no service at ${url}: .*ECONNREFUSED.*\\nStart it with "mercury serve"`));
    expect(json.status).toBe(5);
    expect(JSON.parse(json.out)).toMatchObject({ error: { kind: 'unreachable' } });
  });

  it('ends with 2 when the URL is none', async () => {
    expect(await run(['call', 'rpc.discover', '--url', 'localhost'])).toMatchObject({
      status: 2,
      err: expect.stringContaining('must be a URL such as http://'),
    });
  });

  it('ends with 1 when something else answers', async () => {
    const other = createServer((_request, response) => response.end('<html>It works!</html>')).listen(0, '127.0.0.1');
    await new Promise(resolve => other.once('listening', resolve));
    const url = `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
    const { status, err } = await run(['call', 'rpc.discover', '--url', url]);
    await new Promise(resolve => other.close(resolve));
    expect(status).toBe(1);
    expect(err).toContain('answered HTTP 200 and no JSON-RPC: <html>It works!</html>');
  });
});
