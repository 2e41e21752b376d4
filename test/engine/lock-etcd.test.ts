import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { EtcdLocks, type EtcdSettings } from '../../server/engine/lock/etcd.ts';
import { until } from '../cli/run.ts';
import { failureOf, soon } from '../ends.ts';
import { Etcd, etcdReady } from './etcd.ts';
import { deviceAt, LockProcess, turnsIn } from './lock-process.ts';

const { ready, why } = etcdReady();
if (!ready) console.error(`\n!!! LEFT OUT: locks in etcd: ${why}\n`);

const device = deviceAt(22);

describe.skipIf(!ready)(ready ? 'a lock in etcd' : `a lock in etcd (left out: ${why})`, () => {
  let etcd: Etcd;
  beforeAll(async () => {
    etcd = await Etcd.start();
  });
  afterAll(() => etcd?.[Symbol.asyncDispose]());
  afterEach(async () => {
    const left = await etcd.keys();
    // What a test that failed still holds is nothing to the next.
    for (const lease of await leases()) await etcd.ctl('lease', 'revoke', lease);
    expect(left).toEqual([]);
  });

  const locks = (more: Partial<EtcdSettings> = {}) => new EtcdLocks({ endpoints: [etcd.endpoint], prefix: 'test/', ttl: 20, ...more });
  const leases = async () => (await etcd.ctl('lease', 'list')).split('\n').slice(1);

  it('says who holds it, keeps others out for as long as they wait, and leaves nothing behind', async () => {
    const lock = await locks().take(device, soon());
    await lock.check();
    const [key = ''] = await etcd.keys();
    expect(key).toMatch(/^test\/127\.0\.0\.1_22\/[0-9a-f]+$/);
    expect(JSON.parse(await etcd.ctl('get', key, '--print-value-only'))).toMatchObject({ device: 'sw', pid: process.pid });
    const refusal = await failureOf(locks().take(device, soon(2000)));
    expect(refusal).toMatchObject({ kind: 'busy', outcome: 'refused' });
    expect(refusal.message).toMatch(new RegExp(`^sw is being changed by another Mercury \\(pid ${process.pid} on \\S+, since 20\\S+Z\\)$`));
    // A share of a call's time is seldom whole milliseconds.
    await using _other = await locks().take(deviceAt(23), soon(60_000.5));
    await lock[Symbol.asyncDispose]();
    await lock[Symbol.asyncDispose]();
    expect(await leases()).toHaveLength(1);
  });

  it('is given in the order in which they asked', async () => {
    const first = await locks().take(device, soon());
    const order: number[] = [];
    const waiting: Promise<void>[] = [];
    for (const nth of [1, 2, 3]) {
      waiting.push(
        (async () => {
          await using _ = await locks().take(device, soon());
          order.push(nth);
        })(),
      );
      await untilSo(async () => (await etcd.keys()).length === nth + 1);
    }
    await first[Symbol.asyncDispose]();
    await Promise.all(waiting);
    expect(order).toEqual([1, 2, 3]);
  });

  it('lets one in at a time, of several processes that want it all the time', async () => {
    using folder = new Scratch();
    const orders = { endpoint: etcd.endpoint, device, log: join(folder.path, 'log') };
    await using one = await LockProcess.start(orders);
    await using two = await LockProcess.start(orders);
    expect(await Promise.all([one.does('contend 20'), two.does('contend 20')])).toEqual(['done', 'done']);
    expect(turnsIn(orders.log)).toHaveLength(40);
  });

  it('outlives its time as long as its holder lives, and ends when that is killed', async () => {
    await using holder = await LockProcess.start({ endpoint: etcd.endpoint, ttl: 3, device });
    expect(await holder.does('take')).toMatch(/^done/);
    expect((await failureOf(locks().take(device, soon(4800)))).kind).toBe('busy');
    await holder.kill();
    await using lock = await locks().take(device, soon());
    await lock.check();
  });

  it('is lost when its lease is, and nobody takes it for lasting', async () => {
    await using lock = await locks().take(device, soon());
    expect(lock.outlasts).toBe(true);
    const [lease = ''] = await leases();
    await etcd.ctl('lease', 'revoke', lease);
    expect(await failureOf(lock.check())).toMatchObject({ kind: 'lock_lost', message: 'the lock of sw was lost: etcd has given it up' });
    expect(lock.outlasts).toBe(false);
  });

  it('is lost when somebody else has it under the same name', async () => {
    await using lock = await locks().take(device, soon());
    const [key = ''] = await etcd.keys();
    await etcd.ctl('del', key);
    await etcd.ctl('put', key, 'x');
    expect((await failureOf(lock.check())).kind).toBe('lock_lost');
    await etcd.ctl('del', key);
  });

  it('is not certain while etcd is down, but cannot be another’s until its time is over; it is ours again when etcd is back', async () => {
    const lock = await locks().take(device, soon());
    await etcd.kill();
    const refusal = await failureOf(lock.check());
    expect(refusal).toMatchObject({ kind: 'lock_lost' });
    expect(refusal.message).toMatch(/^the lock of sw was lost: etcd does not answer \(http:\/\/127\.0\.0\.1:\d+: .*ECONNREFUSED/);
    expect(lock.outlasts).toBe(true);
    expect(await failureOf(locks().take(deviceAt(23), soon()))).toMatchObject({ kind: 'no_lock', outcome: 'refused' });
    await etcd.begin();
    await lock.check();
    await lock[Symbol.asyncDispose]();
    const short = await locks({ ttl: 1 }).take(device, soon());
    await etcd.kill();
    await until(() => !short.outlasts, 'its time is over');
    await short[Symbol.asyncDispose]();
    await etcd.begin();
    await untilSo(async () => (await etcd.keys()).length === 0);
  });

  it('is asked for elsewhere when an endpoint is down, or says nothing', async () => {
    const silent = createServer(() => {}).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as { port: number };
    const endpoints = ['http://127.0.0.1:1', etcd.endpoint];
    await using lock = await locks({ endpoints }).take(device, soon());
    await lock.check();
    const refusal = await failureOf(locks({ endpoints: [`http://127.0.0.1:${port}`] }).take(deviceAt(23), soon(1000)));
    expect(refusal.message).toMatch(
      /^sw cannot be locked against other changes: etcd does not answer \(http:\S+: no answer within \d+ ms\)$/,
    );
    silent.close();
  });

  it('can be held by a person, with etcd’s own client', async () => {
    const file = join(etcd.folder, 'go');
    const held = etcd.ctl('lock', 'test/127.0.0.1_22', '--', 'sh', '-c', `until [ -e ${file} ]; do sleep 0.05; done`);
    await untilSo(async () => (await etcd.keys()).length === 1);
    expect((await failureOf(locks().take(device, soon(2000)))).message).toBe('sw is being changed by somebody else');
    const waiting = locks().take(device, soon());
    writeFileSync(file, '');
    await held;
    await using _ = await waiting;
  });
});

describe.skipIf(!ready)(ready ? 'an etcd that lets not everybody in' : `an etcd that lets not everybody in (left out: ${why})`, () => {
  it('takes a user with a password, again after it forgot that it did, and nobody else', async () => {
    await using etcd = await Etcd.start();
    using folder = new Scratch();
    const passwordFile = join(folder.path, 'password');
    writeFileSync(passwordFile, 'root-secret\n');
    await etcd.ctl('user', 'add', 'root:root-secret');
    await etcd.ctl('user', 'grant-role', 'root', 'root');
    await etcd.ctl('user', 'add', 'mercury:its-secret');
    await etcd.ctl('role', 'add', 'locks');
    await etcd.ctl('role', 'grant-permission', 'locks', '--prefix=true', 'readwrite', 'test/');
    await etcd.ctl('user', 'grant-role', 'mercury', 'locks');
    await etcd.ctl('auth', 'enable');
    writeFileSync(passwordFile, 'its-secret\n');
    const access = { endpoints: [etcd.endpoint], prefix: 'test/', user: 'mercury', passwordFile };
    const locks = new EtcdLocks(access);
    await (await locks.take(device, soon()))[Symbol.asyncDispose]();
    await etcd.kill();
    await etcd.begin();
    await using lock = await locks.take(device, soon());
    await lock.check();
    const other = deviceAt(23);
    expect((await failureOf(new EtcdLocks({ ...access, prefix: 'elsewhere/' }).take(other, soon()))).message).toMatch(/permission denied/);
    expect((await failureOf(new EtcdLocks({ endpoints: [etcd.endpoint], prefix: 'test/' }).take(other, soon()))).kind).toBe('no_lock');
    writeFileSync(passwordFile, 'wrong');
    const refusal = await failureOf(new EtcdLocks(access).take(other, soon()));
    expect(refusal.message).toMatch(/authentication failed/);
    expect(refusal.message).not.toContain('wrong');
  });

  it('is believed over TLS when its authority is, and not otherwise', async () => {
    await using etcd = await Etcd.start('https');
    const access = { endpoints: [etcd.endpoint], prefix: 'test/' };
    await using lock = await new EtcdLocks({ ...access, ca: etcd.certificate }).take(device, soon());
    await lock.check();
    expect((await failureOf(new EtcdLocks(access).take(deviceAt(23), soon()))).message).toMatch(/self[- ]signed certificate/);
  });
});

async function untilSo(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await pause(20);
}

class Scratch implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), 'mercury-lock-'));
  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true });
  }
}
