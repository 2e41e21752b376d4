import { appendFileSync, readdirSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { EtcdLocks } from '../../server/engine/lock/etcd.ts';
import { FileLocks } from '../../server/engine/lock/file.ts';
import type { Orders } from './lock-process.ts';

/*
 * A process that holds locks, for tests that kill it: lock-process.ts starts it. For each line of its standard input it answers with one.
 * `take` takes the lock, `give` gives it back, `contend N` does both N times and writes `begin` and `end` into a common log in between.
 */

const { folder, pace, endpoint, ttl, device, log } = JSON.parse(process.argv[2] ?? '') as Orders;
const locks = folder === undefined ? new EtcdLocks({ endpoints: [endpoint ?? ''], prefix: 'test/', ttl }) : new FileLocks(folder, pace);
const held: AsyncDisposable[] = [];
const take = () => locks.take(device, Date.now() + 30_000);
const note = (what: string) => appendFileSync(log ?? '', `${what} ${process.pid}\n`);

const ORDERS: Readonly<Record<string, (times: number) => Promise<unknown>>> = {
  take: async () => held.push(await take()),
  give: async () => held.pop()?.[Symbol.asyncDispose](),
  list: async () => readdirSync(folder ?? '').join(' '),
  contend: async times => {
    for (let i = 0; i < times; i += 1) {
      await using lock = await take();
      note('begin');
      await pause(10);
      await lock.check();
      note('end');
    }
  },
};

process.stdout.write('ready\n');
for await (const line of createInterface({ input: process.stdin })) {
  const [order = '', times = '1'] = line.split(' ');
  try {
    process.stdout.write(`done ${(await ORDERS[order]?.(Number(times))) ?? ''}\n`);
  } catch (thrown) {
    process.stdout.write(`${(thrown as Error).message}\n`);
  }
}
process.exit();
