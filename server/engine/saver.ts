import { messageOf } from '../errors.ts';
import type { ChangePlan } from '../model.ts';
import type { Saved } from '../result.ts';
import { saveNow } from './commit.ts';
import { Hold } from './lock/hold.ts';
import type { Locks } from './lock/lock.ts';
import type { Turn } from './queue.ts';
import { type Access, Session } from './session.ts';
import { settled } from './settled.ts';
import { Visit } from './visit.ts';

/** What became of one try to save a device. */
export interface SaveReport {
  readonly device: string;
  readonly platform: string;
  /** Ids of the requests whose changes it keeps. */
  readonly requests: readonly string[];
  /** Which try it was, from 1. */
  readonly tries: number;
  /** Milliseconds that the oldest of the changes has waited. */
  readonly waited: number;
  /** Why it is not saved. */
  readonly failure?: string;
  /** Milliseconds until it is tried again; when it failed and this is not there, nobody tries again. */
  readonly again?: number;
}

export interface SaverOptions {
  /** Milliseconds without a change on a device after which it is saved. */
  readonly quiet: number;
  /** Milliseconds that a change waits at most, however many follow it. */
  readonly atMost: number;
  readonly report: (report: SaveReport) => void;
}

/** What a visit of its own takes. */
interface Means extends Access {
  readonly queue: { turn(device: string, deadline: number, urgent: boolean): Promise<Turn<unknown>> };
  readonly locks: Locks;
}

/** Changes of one device that a reload of it would undo. */
interface Pending {
  /** The newest: its words save all. */
  plan: ChangePlan;
  readonly requests: string[];
  /** By a clock that nobody can set, in milliseconds. */
  readonly since: number;
  tries: number;
  timer?: NodeJS.Timeout;
}

/** Milliseconds that one save may take, its place in the queue and a login included: some switches write for most of a minute. */
const SAVE_TIME = 120_000;
/** Milliseconds until a save that failed is tried again, by the number of tries; after the last nobody tries until the next change. */
const AGAIN = [5000, 15_000, 60_000, 300_000];

/** Saves a device once for many changes, when it has been left alone for a while. Whoever asked for a change does not wait for it. */
export class Saver {
  readonly #means: Means;
  readonly #options: SaverOptions;
  readonly #pending = new Map<string, Pending>();
  /** Those that wait for their turn, or type. */
  readonly #saving = new Map<Pending, Promise<void>>();
  #closing = false;

  constructor(means: Means, options: SaverOptions) {
    this.#means = means;
    this.#options = options;
  }

  /** Devices with changes that are not saved yet. */
  get devices(): readonly string[] {
    return [...new Set([...this.#pending.keys(), ...[...this.#saving.keys()].map(({ plan }) => plan.device.name)])];
  }

  /** The change of this plan is in force, and will be saved. */
  later(plan: ChangePlan): Saved {
    const now = performance.now();
    const pending = this.#pending.get(plan.device.name) ?? { plan, requests: [], since: now, tries: 0 };
    this.#pending.set(plan.device.name, pending);
    pending.plan = plan;
    pending.requests.push(plan.request.id);
    const { quiet, atMost } = this.#options;
    this.#schedule(pending, Math.max(0, Math.min(quiet, pending.since + atMost - now)));
    return { state: 'pending' };
  }

  /** Saves all that waits, now; what fails is not tried again. */
  async close(): Promise<void> {
    this.#closing = true;
    for (const pending of this.#pending.values()) this.#start(pending);
    while (this.#saving.size > 0) await Promise.all(this.#saving.values());
  }

  #schedule(pending: Pending, wait: number): void {
    clearTimeout(pending.timer);
    pending.timer = setTimeout(() => this.#start(pending), wait);
    // A service that ends closes its saver.
    pending.timer.unref();
  }

  #start(pending: Pending): void {
    clearTimeout(pending.timer);
    if (this.#saving.has(pending)) return;
    this.#saving.set(
      pending,
      this.#save(pending).finally(() => this.#saving.delete(pending)),
    );
  }

  async #save(pending: Pending): Promise<void> {
    pending.tries += 1;
    try {
      await this.#visit(pending);
      this.#tell(pending);
    } catch (thrown) {
      this.#failed(pending, messageOf(thrown));
    }
  }

  /** A visit like any other: its turn, the lock, a session. What was changed until then is saved with it. */
  async #visit(pending: Pending): Promise<void> {
    const { device } = pending.plan;
    const deadline = Date.now() + SAVE_TIME;
    using _turn = await this.#means.queue.turn(device.name, deadline, true);
    clearTimeout(pending.timer);
    await using hold = await Hold.take(this.#means.locks, device, deadline);
    await using session = await Session.open(pending.plan, this.#means, hold, deadline);
    session.terminal.speak(pending.plan.dialect);
    const visit = new Visit(pending.plan, session);
    // What is on trial would come again with a reload; nobody else waits for it behind us.
    await settled(visit, Date.now(), new Map(), deadline);
    if (this.#pending.get(device.name) === pending) this.#pending.delete(device.name);
    const saved = await saveNow(visit, deadline);
    if (saved.state !== 'no') return;
    session.doubt();
    throw new Error(saved.why);
  }

  #failed(pending: Pending, failure: string): void {
    const { name } = pending.plan.device;
    const again = this.#closing ? undefined : AGAIN[pending.tries - 1];
    this.#tell(pending, { failure, ...(again === undefined ? {} : { again }) });
    const newer = this.#pending.get(name);
    if (newer !== undefined && newer !== pending) newer.requests.unshift(...pending.requests);
    else if (again === undefined) this.#pending.delete(name);
    else {
      this.#pending.set(name, pending);
      this.#schedule(pending, again);
    }
  }

  #tell({ plan, requests, tries, since }: Pending, more: Pick<SaveReport, 'failure' | 'again'> = {}): void {
    const { device, dialect } = plan;
    const waited = Math.round(performance.now() - since);
    this.#options.report({ device: device.name, platform: dialect.platform, requests: [...requests], tries, waited, ...more });
  }
}
