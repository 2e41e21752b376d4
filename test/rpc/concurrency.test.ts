import { afterEach, describe, expect, it } from 'vitest';
import type { LabOptions } from '../../server/lab/lab.ts';
import type { LabDevice } from '../../server/lab/ssh-server.ts';
import { Mercury, PLATFORMS, portOf, type Told } from '../harness.ts';
import { Beside } from './beside.ts';
import { post, type RpcReply, request, Wire } from './wire.ts';

/* Many calls at once: one change at a time per device, devices side by side, first come first served, and none of it forgotten. */

let mercury: Mercury;
const start = async (devices: Record<string, string>, lab: Omit<LabOptions, 'devices'> = {}, callTime = 60_000) => {
  mercury = await Mercury.start({ devices, lab, callTime });
};
afterEach(() => mercury[Symbol.asyncDispose]());
const device = (name: string): LabDevice => mercury.device(name);

/** What each session typed, when no session begins before the last has ended. */
function visits(typed: readonly string[], first: string): string[][] {
  const all: string[][] = [];
  for (const line of typed) {
    if (line === first) all.push([]);
    all.at(-1)?.push(line);
  }
  return all;
}
const FIRST: Readonly<Record<string, string>> = {
  cisco_ios: 'terminal length 0',
  arista_eos: 'terminal length 0',
  juniper_junos: 'set cli screen-length 0',
  dell_os10: 'terminal length 0',
};

describe.each([
  ['cisco_ios', 50],
  ['arista_eos', 15],
  ['juniper_junos', 15],
  ['dell_os10', 15],
])('calls at once for one %s: %i', (platform, count) => {
  it('all end right, in a few visits, on a device that takes one session at a time', async () => {
    await start({ leaf: platform }, { maxSessions: 1 }, 110_000);
    for (const vlan of [100, 200, 201, 300]) await mercury.onNetwork('add_network', 'leaf', vlan, `net-${vlan}`);
    const { ports } = device('leaf').device;
    const from = device('leaf').typed.length;
    const logins = device('leaf').logins;
    const calls = Array.from({ length: count }, (_, i) => {
      const port = ports[i % 10] ?? '';
      if (i < 10) return mercury.onPort('attach_port', 'leaf', port, { native_vlan: 100 });
      // Whatever order these arrive in, a port is on one of these networks afterwards.
      return mercury.onPort('attach_port', 'leaf', port, { native_vlan: [200, 201, 300][i % 3] });
    });
    const all = await Promise.all(calls);
    expect(all.filter(({ outcome }) => outcome !== 'applied' && outcome !== 'unchanged')).toEqual([]);
    const each = visits(device('leaf').typed.slice(from), FIRST[platform] ?? '');
    expect(each).toHaveLength(device('leaf').logins - logins);
    // Who comes while somebody logs in goes along; the first calls may be too early for that.
    expect(each.length).toBeLessThan(count / 3);
    // The last that was typed of each port is what it has.
    for (const port of ports.slice(0, 10)) {
      const last = mercury.audit.findLast(({ what }) => what.port === port);
      expect((await mercury.onPort('attach_port', 'leaf', port, { native_vlan: last?.what.native_vlan })).outcome).toBe('unchanged');
    }
    await expect.poll(() => device('leaf').sessions).toBe(0);
  });
});

describe('20 switches at once', () => {
  it('are changed side by side, and all end right', async () => {
    const names = Array.from({ length: 20 }, (_, i) => `leaf-${i}`);
    await start(Object.fromEntries(names.map((name, i) => [name, PLATFORMS[i % PLATFORMS.length] ?? ''])), { delays: { login: 100 } });
    const added = await mercury.tell('add_network', { network: { segmentation_id: 100, name: 'tenant' } });
    expect(added.devices.map(({ device }) => device)).toEqual(names);
    const started = Date.now();
    const attach = (name: string) => mercury.onPort('attach_port', name, device(name).device.ports[3] ?? '', { native_vlan: 100 });
    const all = await Promise.all(names.map(attach));
    const elapsed = Date.now() - started;
    expect(all.map(({ outcome }) => outcome)).toEqual(names.map(() => 'applied'));
    // One after the other, the time of all would be the sum of theirs.
    const each = all.map(told => (told as unknown as { devices: { timings: { total: number } }[] }).devices[0]?.timings.total ?? 0);
    expect(each.reduce((sum, time) => sum + time, 0)).toBeGreaterThan(3 * elapsed);
    const again = await Promise.all(names.map(attach));
    expect(again.map(({ outcome }) => outcome)).toEqual(names.map(() => 'unchanged'));
  });

  it('do not wait for one that hangs', async () => {
    await start({ slow: 'cisco_ios', quick: 'cisco_ios' });
    for (const name of ['slow', 'quick']) await mercury.onNetwork('add_network', name, 100, 'tenant');
    device('slow').faults.plant({ on: /^show running-config/, does: 'stall' });
    const slow = mercury.onPort('attach_port', 'slow', 'Gi1/0/1', { native_vlan: 100 });
    await expect.poll(() => device('slow').typed.at(-1)).toMatch(/^show running-config/);
    expect((await mercury.onPort('attach_port', 'quick', 'Gi1/0/1', { native_vlan: 100 })).outcome).toBe('applied');
    expect(mercury.desk.world.queue.size).toBe(1);
    device('slow').dropAll();
    expect(await slow).toMatchObject({ outcome: 'refused', kind: 'session_lost' });
  });
});

describe('the queue of a device', () => {
  const body = (nth: number, more: object = {}) =>
    JSON.stringify({
      jsonrpc: '2.0',
      id: nth,
      method: 'attach_port',
      params: { port: portOf('leaf', `Gi1/0/${nth}`), native_vlan: 100, ...more },
    });

  it('serves calls in the order they came', async () => {
    await start({ leaf: 'cisco_ios' });
    await mercury.onNetwork('add_network', 'leaf', 100, 'tenant');
    const order = [7, 3, 11, 1, 9, 5, 2, 12, 10, 4];
    // One connection, all requests at once: their order on the wire is the order of their coming.
    using wire = await Wire.open(mercury.service.url);
    wire.socket.write(order.map(nth => request(body(nth))).join(''));
    await wire.until(new RegExp(`"id":${order.at(-1)},"result".*\\}$`));
    const opened = device('leaf').typed.flatMap(line => /^interface GigabitEthernet1\/0\/(\d+)$/.exec(line)?.[1] ?? []);
    expect(opened.filter((port, i) => port !== opened[i - 1])).toEqual(order.map(String));
    expect(mercury.audit.filter(({ what }) => what.method === 'attach_port').map(({ what }) => what.port)).toEqual(
      order.map(nth => `Gi1/0/${nth}`),
    );
  });

  it('lets questions, dry runs and refusals by', async () => {
    await start({ leaf: 'cisco_ios' });
    device('leaf').faults.plant({ on: /^show running-config/, does: 'stall' });
    const held = mercury.onPort('attach_port', 'leaf', 'Gi1/0/1', { native_vlan: 100 });
    await expect.poll(() => device('leaf').typed.at(-1)).toMatch(/^show running-config/);
    expect((await mercury.onPort('attach_port', 'leaf', 'Gi1/0/2', { native_vlan: 100, dry_run: true })).outcome).toBe('planned');
    expect((await mercury.onPort('attach_port', 'leaf', 'Gi1/0/2', { native_vlan: 1 })).outcome).toBe('refused');
    expect(await mercury.reply('is_link_valid', { port: portOf('leaf', 'Gi1/0/2') })).toMatchObject({ result: true });
    expect(mercury.desk.world.queue.size).toBe(1);
    device('leaf').dropAll();
    expect((await held).outcome).toBe('refused');
  });

  it('turns away who cannot start in time: busy, nothing typed, and those behind are not forgotten', async () => {
    await start({ leaf: 'cisco_ios' });
    await mercury.onNetwork('add_network', 'leaf', 100, 'tenant');
    // Others with less time wait in the same queue.
    await using hurried = await Beside.start(mercury, { callTime: 1000, world: () => mercury.desk.world });
    await using late = await Beside.start(mercury, { callTime: 10_000, world: () => mercury.desk.world });
    await using unhurried = await Beside.start(mercury, { world: () => mercury.desk.world });
    device('leaf').faults.plant({ on: /^switchport mode access/, does: 'stall' });
    const first = mercury.onPort('attach_port', 'leaf', 'Gi1/0/1', { native_vlan: 100 });
    await expect.poll(() => device('leaf').typed.at(-1)).toBe('switchport mode access');
    const typed = device('leaf').typed.length;
    const busy = [2, 3].map(nth => post(hurried.url, body(nth)));
    const asked = post(
      hurried.url,
      JSON.stringify({ jsonrpc: '2.0', id: 4, method: 'is_port_supported', params: { port: portOf('leaf', 'Gi1/0/4') } }),
    );
    const patient = post(unhurried.url, body(5));
    const started = Date.now();
    const tooLate = post(late.url, body(6)).then(({ json }) => ({ json, after: Date.now() - started }));
    for (const { status, json } of await Promise.all([...busy, asked])) {
      expect(status).toBe(200);
      expect(json.error).toMatchObject({
        code: 503,
        data: { kind: 'busy', outcome: 'refused', class: 'ironic.common.exception.NetworkError' },
      });
      expect(json.error?.message).toMatch(/^leaf is busy with other changes \(\d in its queue\); nothing was typed$/);
    }
    expect(device('leaf').typed.length).toBe(typed);
    expect(hurried.audit).toMatchObject([2, 3].map(nth => ({ event: 'refusal', what: { port: `Gi1/0/${nth}` }, how: { kind: 'busy' } })));
    // A turn that came when half of its time was gone would leave too little to finish in.
    expect(await tooLate).toMatchObject({ json: { error: { data: { kind: 'busy', outcome: 'refused' } } } });
    expect((await tooLate).after).toBeLessThan(6800);
    device('leaf').dropAll();
    expect((await first).outcome).toBe('rescued');
    expect((await patient).json).toMatchObject({ id: 5, result: { outcome: 'applied' } });
    expect(device('leaf').typed.join('\n')).not.toMatch(/1\/0\/[2346]/);
    expect(mercury.desk.world.queue.size).toBe(0);
  });

  it('serves changes of one port in order too: what was asked last is what is there', async () => {
    await start({ leaf: 'cisco_ios' });
    for (const vlan of [100, 200]) await mercury.onNetwork('add_network', 'leaf', vlan, `net-${vlan}`);
    const asked: [number, string, object][] = [
      [1, 'attach_port', { native_vlan: 100 }],
      [2, 'update_port', { native_vlan: 200 }],
      [3, 'detach_port', {}],
      [4, 'attach_port', { mode: 'trunk', native_vlan: null, allowed_vlans: [100, 200] }],
      [5, 'attach_port', { native_vlan: 200 }],
    ];
    using wire = await Wire.open(mercury.service.url);
    const bodies = asked.map(([id, method, more]) =>
      JSON.stringify({ jsonrpc: '2.0', id, method, params: { port: portOf('leaf', 'Gi1/0/1'), ...more } }),
    );
    wire.socket.write(bodies.map(text => request(text)).join(''));
    const text = await wire.until(/"id":5,"result".*\}$/);
    const replies = [...text.matchAll(/\{"jsonrpc".*?\}(?=HTTP|$)/gs)].map(([json]) => JSON.parse(json) as RpcReply);
    expect(replies.map(({ id, result }) => [id, (result as Told).outcome])).toEqual(asked.map(([id]) => [id, 'applied']));
    expect((await mercury.onPort('attach_port', 'leaf', 'Gi1/0/1', { native_vlan: 200 })).outcome).toBe('unchanged');
  });
});
