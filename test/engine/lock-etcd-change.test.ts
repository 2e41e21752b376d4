import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { call } from '../../server/cli/call.ts';
import { EtcdLocks } from '../../server/engine/lock/etcd.ts';
import type { Lock } from '../../server/engine/lock/lock.ts';
import type { Device } from '../../server/model.ts';
import { soon } from '../ends.ts';
import { reachedFrom } from '../exposure.ts';
import { Mercury, portOf } from '../harness.ts';
import { Beside } from '../rpc/beside.ts';
import { Etcd, etcdReady } from './etcd.ts';
import { beforeLine } from './lock-process.ts';

const { ready, why } = etcdReady();

/* Whole changes on lab switches, with their lock in a real etcd that dies, comes back, or gives the lock to somebody else. */

describe.skipIf(!ready)(ready ? 'a change whose lock is in etcd' : `a change whose lock is in etcd (left out: ${why})`, () => {
  let etcd: Etcd;
  let mercury: Mercury;
  let beside: Beside;
  beforeAll(async () => {
    etcd = await Etcd.start();
    mercury = await Mercury.start({
      devices: { ios: 'cisco_ios', eos: 'arista_eos', junos: 'juniper_junos' },
      lab: { delays: { commit: 400 } },
    });
    const locks = new EtcdLocks({ endpoints: [etcd.endpoint], prefix: 'test/', ttl: 20 });
    beside = await Beside.start(mercury, { world: real => ({ ...real, locks }), callTime: 60_000 });
    await Promise.all(['ios', 'eos', 'junos'].map(name => mercury.onNetwork('add_network', name, 100, 'net')));
  });
  afterAll(async () => {
    await beside?.[Symbol.asyncDispose]();
    await mercury?.[Symbol.asyncDispose]();
    await etcd?.[Symbol.asyncDispose]();
  });
  afterEach(async () => {
    await etcd.kill();
    await etcd.begin();
    // What could not be given back would run out.
    for (const lease of await leases()) await etcd.ctl('lease', 'revoke', lease);
    expect(await etcd.keys()).toEqual([]);
    const changed = [...mercury.lab.devices.values()].filter(({ name }) => reached(name) !== 'closed');
    for (const { typed } of mercury.lab.devices.values()) Reflect.deleteProperty(typed, 'push');
    await Promise.all(changed.map(({ name }) => mercury.onPort('detach_port', name, portOn(name))));
  });

  const leases = async () => (await etcd.ctl('lease', 'list')).split('\n').slice(1);
  const portOn = (name: string) => mercury.device(name).device.ports[0] ?? '';
  const reached = (name: string) => reachedFrom(portOn(name), mercury.device(name));
  const attach = async (name: string) => {
    const reply = await call(beside.url, 'attach_port', { port: portOf(name, portOn(name)), native_vlan: 100 });
    return 'result' in reply ? (reply.result as { outcome: string }) : { ...reply.error.data, message: reply.error.message };
  };
  const whenTyped = (name: string, line: RegExp, happens: () => void) =>
    beforeLine(mercury.device(name), typed => line.test(typed), happens);

  it('is made, and leaves no key and no lease', async () => {
    expect(await Promise.all(['ios', 'eos', 'junos'].map(attach))).toMatchObject(Array(3).fill({ outcome: 'applied' }));
    expect(await etcd.keys()).toEqual([]);
    expect(await leases()).toEqual([]);
  });

  it('is refused before login when etcd is down', async () => {
    const { logins } = mercury.device('ios');
    await etcd.kill();
    expect(await attach('ios')).toMatchObject({ outcome: 'refused', kind: 'no_lock', class: 'ironic.common.exception.NetworkError' });
    expect(mercury.device('ios').logins).toBe(logins);
  });

  it('goes no further when etcd dies in the middle, and closes the port while the lock cannot be another’s', async () => {
    whenTyped('ios', /^switchport mode access/, () => void etcd.kill());
    const told = await attach('ios');
    expect(told).toMatchObject({ outcome: 'rescued', kind: 'lock_lost' });
    expect(told).toHaveProperty(
      'message',
      expect.stringMatching(/the lock of ios was lost: etcd does not answer \(.*It was left in the safe/),
    );
    expect(reached('ios')).toBe('closed');
  });

  it.each([
    ['eos', /^commit timer/],
    ['junos', /^commit confirmed/],
  ])('on %s is not confirmed when etcd dies during the commit, and is taken back', async (name, commit) => {
    const before = mercury.device(name).device.running();
    whenTyped(name, commit, () => void etcd.kill());
    expect(await attach(name)).toMatchObject({ outcome: 'undone', kind: 'lock_lost' });
    expect(mercury.device(name).device.running()).toBe(before);
  });

  it('is made when etcd starts again in time', async () => {
    const device = mercury.device('junos');
    // The switch answers when etcd is back, and not before.
    device.tap = async ({ part, line }) => {
      if (part !== 'done' || !/^commit confirmed/.test(line)) return;
      device.tap = undefined;
      await etcd.kill();
      await etcd.begin();
    };
    expect(await attach('junos')).toMatchObject({ outcome: 'applied' });
    expect(reached('junos')).toBe('100');
  });

  it('is not touched any more when its lease is over and somebody else has the lock', async () => {
    const { device, typed } = mercury.device('junos');
    const target = mercury.library.devices.get(device.hostname) as Device;
    const others = new EtcdLocks({ endpoints: [etcd.endpoint], prefix: 'test/' });
    let theirs: Promise<Lock> | undefined;
    whenTyped('junos', /^commit confirmed/, () => {
      theirs = leases()
        .then(([lease = '']) => etcd.ctl('lease', 'revoke', lease))
        .then(() => others.take(target, soon()));
    });
    const told = await attach('junos');
    await using lock = await (theirs as unknown as Promise<Lock>);
    await lock.check();
    expect(told).toMatchObject({ outcome: 'unknown', kind: 'lock_lost' });
    expect(told).toHaveProperty(
      'message',
      expect.stringMatching(/nothing more is typed, and junos is being changed by another Mercury \(pid \d+/),
    );
    // On trial, and not confirmed: the switch takes it back by itself.
    const after = typed.slice(typed.lastIndexOf('commit confirmed 2') + 1);
    expect(after).not.toEqual([]);
    expect(after.filter(line => /^(?:commit|set|delete|rollback)/.test(line))).toEqual([]);
  });
});
