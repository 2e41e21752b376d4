import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { call } from '../../server/cli/call.ts';
import { EtcdLocks } from '../../server/engine/lock/etcd.ts';
import type { Lock } from '../../server/engine/lock/lock.ts';
import type { JuniperJunos } from '../../server/lab/switches/juniper-junos.ts';
import type { Device } from '../../server/model.ts';
import { soon } from '../ends.ts';
import { reachedFrom } from '../exposure.ts';
import { Mercury, portOf } from '../harness.ts';
import { Beside } from '../rpc/beside.ts';
import { Etcd, etcdReady } from './etcd.ts';

const { ready, why } = etcdReady();

/* Whole changes on lab switches, with their lock in a real etcd that dies, comes back, or gives the lock to somebody else. */

describe.skipIf(!ready)(ready ? 'a change whose lock is in etcd' : `a change whose lock is in etcd (left out: ${why})`, () => {
  let etcd: Etcd;
  let mercury: Mercury;
  let beside: Beside;
  let locks: EtcdLocks;
  beforeAll(async () => {
    etcd = await Etcd.start();
    mercury = await Mercury.start({ devices: { ios: 'cisco_ios', eos: 'arista_eos', junos: 'juniper_junos' } });
    locks = new EtcdLocks({ endpoints: [etcd.endpoint], prefix: 'test/', ttl: 20 });
    beside = await Beside.start(mercury, { world: real => ({ ...real, locks }) });
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
    await Promise.all(changed.map(({ name }) => mercury.onPort('detach_port', name, portOn(name))));
  });

  const leases = async () => (await etcd.ctl('lease', 'list')).split('\n').slice(1);
  const portOn = (name: string) => mercury.device(name).device.ports[0] ?? '';
  const reached = (name: string) => reachedFrom(portOn(name), mercury.device(name));
  const attach = async (name: string, at = beside) => {
    const reply = await call(at.url, 'attach_port', { port: portOf(name, portOn(name)), native_vlan: 100 });
    return 'result' in reply ? (reply.result as { outcome: string }) : { ...reply.error.data, message: reply.error.message };
  };
  /** Has something happen when such a line has been typed; the switch goes on when it has happened. */
  const whenTyped = (name: string, pattern: RegExp, happens: () => Promise<unknown>) => {
    const device = mercury.device(name);
    device.tap = async ({ part, line }) => {
      if (part !== 'typed' || !pattern.test(line)) return;
      device.tap = undefined;
      await happens();
    };
  };

  it('is made, and leaves no key and no lease', async () => {
    expect(await Promise.all(['ios', 'eos', 'junos'].map(name => attach(name)))).toMatchObject(Array(3).fill({ outcome: 'applied' }));
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
    whenTyped('ios', /^switchport mode access/, () => etcd.kill());
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
    whenTyped(name, commit, () => etcd.kill());
    expect(await attach(name)).toMatchObject({ outcome: 'undone', kind: 'lock_lost' });
    expect(mercury.device(name).device.running()).toBe(before);
  });

  it('is made when etcd starts again in time', async () => {
    whenTyped('junos', /^commit confirmed/, async () => {
      await etcd.kill();
      await etcd.begin();
    });
    expect(await attach('junos')).toMatchObject({ outcome: 'applied' });
    expect(reached('junos')).toBe('100');
  });

  it('is not touched any more when its lease is over and somebody else has the lock', async () => {
    const { typed } = mercury.device('junos');
    const device = mercury.device('junos').device as JuniperJunos;
    const before = device.running();
    device.timerScale = 0.05; // two minutes in 6 s
    const target = mercury.library.devices.get(device.hostname) as Device;
    const others = new EtcdLocks({ endpoints: [etcd.endpoint], prefix: 'test/' });
    let theirs: Lock | undefined;
    whenTyped('junos', /^commit confirmed/, async () => {
      const [lease = ''] = await leases();
      await etcd.ctl('lease', 'revoke', lease);
      theirs = await others.take(target, soon());
    });
    // It would come back to the switch, if it could, until the end of the call.
    await using hasty = await Beside.start(mercury, { world: real => ({ ...real, locks }), callTime: 12_000 });
    const told = await attach('junos', hasty);
    await theirs?.check();
    await theirs?.[Symbol.asyncDispose]();
    expect(told).toMatchObject({ outcome: 'unknown', kind: 'lock_lost' });
    expect(told).toHaveProperty(
      'message',
      expect.stringMatching(/nothing more is typed, and junos is being changed by another Mercury \(pid \d+/),
    );
    const after = typed.slice(typed.lastIndexOf('commit confirmed 2') + 1);
    expect(after).not.toEqual([]);
    expect(after.filter(line => /^(?:commit|set|delete|rollback)/.test(line))).toEqual([]);
    // It was on trial, and is not confirmed: the switch takes it back by itself.
    await expect.poll(() => device.running()).toBe(before);
  });
});
