import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { call, type Reply } from '../../server/cli/call.ts';
import { hold } from '../hold.ts';
import { Bench, type Running } from './run.ts';

/** A Junos commit takes as long as we like; the change is half-way when it begins. */
const start = () => Bench.start({ devices: { 'sw-1': 'juniper_junos', 'sw-2': 'juniper_junos' } });

const network = (vlan: number) => ({ network: { name: `net-${vlan}`, segmentation_id: vlan, network_type: 'vlan' }, devices: ['sw-1'] });

async function serve(bench: Bench, env: Record<string, string> = {}): Promise<{ service: Running; url: string }> {
  const service = bench.start(['serve'], { env: { MERCURY_PORT: '0', ...env } });
  const [, url = ''] = await service.prints(/"msg":"listening on (http:\/\/[^"]+)"/, 'err');
  return { service, url };
}

/** A call whose change on sw-1 is half-way now, until it may go on. */
async function halfWay(
  bench: Bench,
  url: string,
  method = 'add_network',
  params: object = network(100),
): Promise<{ answer: Promise<Reply>; goOn: () => void }> {
  const { there, letGo } = hold(bench.lab.device('sw-1'), 'typed', /^commit confirmed 2$/);
  const answer = call(url, method, params);
  // Whether the caller is still there at the end is for the test to say.
  answer.catch(() => {});
  await there;
  return { answer, goOn: letGo };
}

const finishing = (service: Running, signal: string) => service.prints(new RegExp(`"msg":"${signal}: finishing what runs`), 'err');

describe('mercury serve, told to stop while a change runs', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)('by %s, gives it its true answer, refuses new calls with 503 and ends with 0', async signal => {
    await using bench = await start();
    const { service, url } = await serve(bench);
    await using _ = service;
    const { answer, goOn } = await halfWay(bench, url);
    service.signal(signal);
    await finishing(service, signal);
    const body = JSON.stringify({ jsonrpc: '2.0', id: 7, method: 'add_network', params: { ...network(200), devices: ['sw-2'] } });
    const refused = await fetch(url, { method: 'POST', body });
    expect(refused.status).toBe(503);
    expect(await refused.json()).toMatchObject({
      jsonrpc: '2.0',
      id: 7,
      error: { code: 503, data: { kind: 'shutting_down', outcome: 'refused', class: 'ironic.common.exception.NetworkError' } },
    });
    goOn();
    expect(await answer).toMatchObject({ result: { outcome: 'applied', devices: [{ device: 'sw-1', outcome: 'applied' }] } });
    expect(await service.ended).toMatchObject({ status: 0, signal: null });
    expect(bench.lab.device('sw-1').device.running()).toContain('vlan-id 100');
    expect(bench.lab.device('sw-2').typed).toEqual([]);
    expect(service.out).toMatch(/"event":"change".*"outcome":"applied"/);
    expect(service.err).toContain('"msg":"stopped"');

    const again = await serve(bench, { MERCURY_PORT: new URL(url).port });
    await using __ = again.service;
    expect(again.url).toBe(url);
    expect(await call(url, 'get_allowed_network_types', {})).toMatchObject({ result: expect.arrayContaining(['vlan']) });
    again.service.signal(signal);
    expect(await again.service.ended).toMatchObject({ status: 0 });
  });

  it('twice, as npm and an impatient operator do, still gives it its true answer', async () => {
    await using bench = await start();
    const { service, url } = await serve(bench);
    await using _ = service;
    const { answer, goOn } = await halfWay(bench, url);
    service.signal('SIGINT');
    await finishing(service, 'SIGINT');
    service.signal('SIGINT');
    await service.prints(/"msg":"SIGINT: already stopping"/, 'err');
    goOn();
    expect(await answer).toMatchObject({ result: { outcome: 'applied' } });
    expect(await service.ended).toMatchObject({ status: 0, signal: null });
  });

  it('also finishes what waits in the queue of the same device, and the second link of a call', async () => {
    await using bench = await start();
    const { service, url } = await serve(bench);
    await using _ = service;
    const link = (device: string) => ({ switch_info: device, port_id: 'xe-0/0/1' });
    await call(url, 'add_network', { ...network(100), devices: ['sw-1', 'sw-2'] });
    bench.lab.device('sw-1').typed.length = 0;
    const port = { local_link_information: [link('sw-1'), link('sw-2')] };
    const { answer, goOn } = await halfWay(bench, url, 'attach_port', { port, native_vlan: 100 });
    const waiting = call(url, 'add_network', network(300));
    // The answer to a later call shows that the one before it was taken in.
    await call(url, 'is_link_valid', { port });
    service.signal('SIGTERM');
    await finishing(service, 'SIGTERM');
    goOn();
    expect(await answer).toMatchObject({
      result: { outcome: 'applied', devices: [{ device: 'sw-1' }, { device: 'sw-2', outcome: 'applied' }] },
    });
    expect(await waiting).toMatchObject({ result: { outcome: 'applied' } });
    expect(await service.ended).toMatchObject({ status: 0 });
  });

  it('ends with 1 after the grace time when the change takes longer, and claims nothing about it', async () => {
    await using bench = await start();
    const { service, url } = await serve(bench, { MERCURY_GRACE: '200ms' });
    await using _ = service;
    const { answer } = await halfWay(bench, url);
    service.signal('SIGTERM');
    expect(await service.ended).toMatchObject({ status: 1, signal: null });
    expect(service.err).toMatch(
      /"running":1,"devices":\["sw-1"\],"unsaved":\[\],"msg":"stopped after the grace time, with changes still running/,
    );
    expect(service.out).toBe('');
    await expect(answer).rejects.toThrow(/no service at/);
  });

  it('ends with 0 although a client keeps a half-sent request open', async () => {
    await using bench = await start();
    const { service, url } = await serve(bench);
    await using _ = service;
    const client = connect(Number(new URL(url).port), '127.0.0.1');
    await once(client, 'connect');
    client.on('error', () => {}).write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"jsonrpc"');
    expect(await call(url, 'get_allowed_network_types', {})).toHaveProperty('result');
    service.signal('SIGTERM');
    expect(await service.ended).toMatchObject({ status: 0 });
    client.destroy();
  });
});
