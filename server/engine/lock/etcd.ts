import { hostname } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { ChangeError, messageOf } from '../../errors.ts';
import type { Device } from '../../model.ts';
import { type EtcdAccess, EtcdClient } from './etcd-client.ts';
import { busy, type Holder, type Lock, type Locks, lockLost, lockName, noLock, readHolder } from './lock.ts';
import { type Moment, now, since } from './moment.ts';

export interface EtcdSettings extends EtcdAccess {
  /** What the keys of all locks begin with. */
  readonly prefix: string;
  /** Seconds after which the lock of a Mercury that is gone, or cut off, is free. */
  readonly ttl?: number | undefined;
}

/** Milliseconds between two looks of one that waits: soon at first, then at leisure. */
const FIRST_LOOK = 20;
const LAST_LOOK = 300;
/** What etcd is given to answer even where less is left to wait: a lock that is held is no etcd that is out of order. Milliseconds. */
const ANSWER = 1000;
/** The share of a lease's time after which it counts as over where etcd cannot be asked. */
const SURE = 0.8;

/** A key with a lock in it, as etcd sends it. */
interface KeyValue {
  readonly key: string;
  readonly value?: string;
  readonly create_revision: string;
}

/**
 * Locks in etcd, for Mercurys on several machines. As `etcdctl lock` has it: each who wants one puts a key of its own under the lock's
 * name, bound to a lease, and the oldest key holds it. So they are served in the order they came, and a person can hold one by hand:
 * `etcdctl lock mercury/locks/192.0.2.201_22`.
 */
export class EtcdLocks implements Locks {
  readonly #client: EtcdClient;
  readonly #settings: EtcdSettings;

  constructor(settings: EtcdSettings) {
    this.#client = new EtcdClient(settings);
    this.#settings = settings;
  }

  async take(device: Device, deadline: number): Promise<Lock> {
    try {
      const lease = await Lease.grant(this.#client, this.#settings.ttl ?? 15, atLeast(deadline));
      try {
        return await this.#queueUp(device, lease, deadline);
      } catch (thrown) {
        await lease.revoke();
        throw thrown;
      }
    } catch (thrown) {
      if (thrown instanceof ChangeError) throw thrown;
      throw noLock(device, messageOf(thrown), thrown);
    }
  }

  async #queueUp(device: Device, lease: Lease, deadline: number): Promise<Lock> {
    const folder = `${this.#settings.prefix}${lockName(device)}/`;
    const key = encode(folder + BigInt(lease.id).toString(16));
    const holder: Holder = { host: hostname(), pid: process.pid, since: new Date().toISOString() };
    const revision = await this.#put(key, JSON.stringify({ device: device.name, ...holder }), lease, atLeast(deadline));
    for (let wait = FIRST_LOOK; ; wait = Math.min(wait * 2, LAST_LOOK)) {
      const waiting = await this.#under(folder, atLeast(deadline));
      if (!waiting.some(({ key: other }) => other === key)) throw new Error('the lease was lost while waiting');
      const [first] = waiting;
      if (first?.key === key) return new EtcdLock(this.#client, device, { key, revision, lease });
      if (Date.now() + wait >= deadline) throw busy(device, readHolder(decode(first?.value)));
      await pause(wait);
    }
  }

  /** Puts a key of ours and gives the revision that made it. Done twice, it is the same. */
  async #put(key: string, value: string, lease: Lease, deadline: number): Promise<string> {
    const look = { request_range: { key } };
    const answer = await this.#client.call(
      '/v3/kv/txn',
      {
        compare: [{ key, target: 'CREATE', result: 'EQUAL', create_revision: '0' }],
        success: [{ request_put: { key, value: encode(value), lease: lease.id } }, look],
        failure: [look],
      },
      deadline,
    );
    const [seen] = (answer.responses as { response_range?: { kvs?: KeyValue[] } }[]).flatMap(one => one.response_range?.kvs ?? []);
    if (!seen) throw new Error('etcd does not show the key that it took');
    return seen.create_revision;
  }

  /** All keys of one lock, the oldest first. */
  async #under(folder: string, deadline: number): Promise<readonly KeyValue[]> {
    // The last character is a slash; what follows it in order is 0.
    const range = { key: encode(folder), range_end: encode(`${folder.slice(0, -1)}0`), sort_target: 'CREATE', sort_order: 'ASCEND' };
    const { kvs } = await this.#client.call('/v3/kv/range', range, deadline);
    return (kvs ?? []) as KeyValue[];
  }
}

/** A promise of etcd's to keep our key for some seconds, renewed until it is given back. */
class Lease {
  readonly id: string;
  readonly #client: EtcdClient;
  readonly #seconds: number;
  readonly #timer: NodeJS.Timeout;
  /** When the last renewal that worked was asked for. */
  #asked: Moment;
  #renewing = false;
  /** etcd itself said that it is over. */
  gone = false;

  private constructor(client: EtcdClient, id: string, seconds: number, asked: Moment) {
    this.#client = client;
    this.id = id;
    this.#seconds = seconds;
    this.#asked = asked;
    this.#timer = setInterval(() => void this.#renew(), (seconds * 1000) / 3).unref();
  }

  static async grant(client: EtcdClient, seconds: number, deadline: number): Promise<Lease> {
    const asked = now();
    const { ID, TTL } = await client.call('/v3/lease/grant', { TTL: seconds }, deadline);
    return new Lease(client, String(ID), Number(TTL), asked);
  }

  /** Whether it cannot be over yet, whatever etcd would say. */
  get lasts(): boolean {
    return !this.gone && since(this.#asked) < this.#seconds * 1000 * SURE;
  }

  async #renew(): Promise<void> {
    if (this.#renewing) return;
    this.#renewing = true;
    const asked = now();
    try {
      const { result } = await this.#client.call('/v3/lease/keepalive', { ID: this.id });
      // A lease that is over is no error there: it has no time left.
      if (Number((result as { TTL?: string } | undefined)?.TTL ?? 0) > 0) this.#asked = asked;
      else this.gone = true;
    } catch {
      // It lasts until it does not; there is time for another try or two.
    }
    this.#renewing = false;
  }

  /** Gives it back, and with it the key. If etcd cannot be told, it runs out. */
  async revoke(): Promise<void> {
    clearInterval(this.#timer);
    await this.#client.call('/v3/lease/revoke', { ID: this.id }, Date.now() + 1000).catch(() => {});
  }
}

class EtcdLock implements Lock {
  readonly #client: EtcdClient;
  readonly #device: Device;
  readonly #key: string;
  readonly #revision: string;
  readonly #lease: Lease;
  #over = false;

  constructor(client: EtcdClient, device: Device, { key, revision, lease }: { key: string; revision: string; lease: Lease }) {
    this.#client = client;
    this.#device = device;
    this.#key = key;
    this.#revision = revision;
    this.#lease = lease;
  }

  /** The key is there and was never away: then it is still the oldest. */
  async check(): Promise<void> {
    const { kvs } = await this.#client.call('/v3/kv/range', { key: this.#key }).catch((thrown: unknown) => {
      throw lockLost(this.#device, messageOf(thrown), thrown);
    });
    if ((kvs as KeyValue[] | undefined)?.[0]?.create_revision === this.#revision) return;
    this.#lease.gone = true;
    throw lockLost(this.#device, 'etcd has given it up');
  }

  get outlasts(): boolean {
    return this.#lease.lasts;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#over) return;
    this.#over = true;
    await this.#lease.revoke();
  }
}

const atLeast = (deadline: number) => Math.max(deadline, Date.now() + ANSWER);
const encode = (text: string) => Buffer.from(text).toString('base64');
const decode = (base64: string | undefined) => Buffer.from(base64 ?? '', 'base64').toString();
