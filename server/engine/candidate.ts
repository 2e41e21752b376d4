import { ChangeError } from '../errors.ts';
import type { ChangePlan, Step, Transaction } from '../model.ts';
import { comeBack, halfWayTo, ONCE_MORE, soon } from './come-back.ts';
import { commit, confirm } from './commit.ts';
import { changedLines } from './diff.ts';
import { beforeOf, type Job, visitsOf } from './job.ts';
import { prefetch } from './prefetch.ts';
import type { Round } from './round.ts';
import type { Session } from './session.ts';
import { type Phase, unlessBusy, type Visit, wholeOf } from './visit.ts';

/** What became of a candidate that failed. `kept in part`: it is committed, nothing takes a commit back there, and some of it is as asked. */
export type Way = 'made after all' | 'kept in part' | 'as before' | 'unclear';

/** The changes of several calls on their way into one commit, which has the name of one of them. */
export class Candidate {
  /** Those of whom it is known that they are to blame, and for what. */
  readonly guilty = new Map<Job, unknown>();
  readonly #round: Round;
  readonly #lead: Visit;
  readonly #plan: ChangePlan;
  readonly #transaction: Transaction<Step>;
  readonly #forward: number;
  readonly #deadline: number;
  #jobs: readonly Job[];
  #phase: Phase = 'looking';

  /** @param plan the plan of the first, who leads, with the names that are everybody's */
  constructor(jobs: readonly [Job, ...Job[]], plan: ChangePlan & { readonly transaction: Transaction<Step> }, round: Round) {
    this.#jobs = jobs;
    this.#round = round;
    this.#lead = jobs[0].visit;
    this.#plan = plan;
    this.#transaction = plan.transaction;
    this.#forward = Math.min(...jobs.map(job => job.forward));
    this.#deadline = Math.min(...jobs.map(job => job.plan.request.deadline));
  }

  /** Those whose changes are in it. */
  get jobs(): readonly Job[] {
    return this.#jobs;
  }

  get innocent(): readonly Job[] {
    return this.jobs.filter(job => !this.guilty.has(job));
  }

  /** Types them, as many as there is time for, commits once, reads each back, and only then makes it permanent. */
  async make(): Promise<void> {
    const { hold, terminal } = this.#session;
    terminal.speak(this.#plan.dialect);
    await unlessBusy(this.#plan, this.#forward, async () => {
      await hold.check();
      await terminal.enter(this.#plan.configMode, this.#forward);
    });
    await this.#type();
    this.#reach('committing');
    // Each caller is shown what its own reads show, not what others changed.
    const { diff: _all, ...transaction } = this.#transaction;
    await this.#inCommon(() => commit(this.#lead, transaction, this.#forward));
    this.#reach('committed');
    await this.#readBack();
    await this.#inCommon(() => confirm(this.#lead, this.#transaction, this.#forward));
    this.#reach('kept');
  }

  async #type(): Promise<void> {
    this.#phase = 'typing';
    for (const [nth, job] of this.jobs.entries()) {
      if (nth > 0 && !this.#round.hasTimeBeside(nth)) return this.#leaveFrom(nth);
      job.visit.phase = 'typing';
      await this.#onBehalfOf(job, () => this.#round.typing(() => job.visit.type(job.plan.steps, this.#forward)));
    }
  }

  #leaveFrom(nth: number): void {
    this.#round.leave(this.#jobs.slice(nth));
    this.#jobs = this.#jobs.slice(0, nth);
  }

  /** Takes all of it back by the platform's own means, and reads from the device whether that is true. Never throws. */
  async takeBack(): Promise<Way> {
    const phase = this.#phase;
    if (phase === 'looking') return 'unclear';
    let way: Way = 'unclear';
    while (true) {
      try {
        way = await this.#takeBack(phase);
        break;
      } catch {
        if (this.#session.terminal.alive || Date.now() + ONCE_MORE >= this.#deadline) break;
      }
    }
    if (way === 'kept in part') for (const job of this.innocent) job.visit.phase = 'kept';
    else this.#reach(way === 'made after all' ? 'kept' : 'taken back');
    return way;
  }

  async #takeBack(phase: Phase): Promise<Way> {
    const { undo, discard, abandon } = this.#transaction;
    const session = this.#session;
    const lost = !session.terminal.alive;
    const whole = phase !== 'typing';
    if (lost) await comeBack(this.#lead, this.#plan.dialect, [abandon], this.#deadline);
    else if (phase === 'typing' || phase === 'committing')
      await this.#inCommon(() => this.#lead.platformStep(discard, soon(this.#deadline)));
    const lock = await session.hold.regain(halfWayTo(this.#deadline));
    let now = await this.#lookAgain();
    if (whole && now.missing.length === 0 && (lost || lock === 'taken again')) {
      if (lost || phase === 'committed') await this.#inCommon(() => confirm(this.#lead, this.#transaction, this.#deadline));
      return 'made after all';
    }
    // An undo that follows no commit of ours would take back somebody else's.
    if (undo && whole && lock === 'kept' && !now.asBefore) {
      await unlessBusy(this.#plan, this.#deadline, () => this.#inCommon(() => this.#lead.platformStep(undo, this.#deadline)));
      now = await this.#lookAgain();
    }
    // What was half sent is not sent again on another session.
    if (now.asBefore) return lost ? 'unclear' : 'as before';
    const fromNowOn = !undo && phase === 'committed' && lock === 'kept' && this.guilty.size > 0;
    return fromNowOn && now.missing.every(job => this.guilty.has(job)) ? 'kept in part' : 'unclear';
  }

  async #readBack(): Promise<void> {
    const reads = new Map<string, string>();
    await prefetch(visitsOf(this.jobs), ({ plan }) => plan.verify, this.#forward, reads);
    for (const job of this.jobs) {
      const { plan, visit } = job;
      const after = await this.#onBehalfOf(job, () => visit.look(plan.verify, this.#forward, { reads }));
      visit.diff = changedLines(visit.shownBy(beforeOf(job)), visit.shownBy(after));
      if (!after.holds) this.guilty.set(job, notAsAsked(plan, after.misses));
    }
    for (const failure of this.guilty.values()) throw failure;
  }

  async #lookAgain(): Promise<{ missing: Job[]; asBefore: boolean }> {
    const reads = new Map<string, string>();
    await prefetch(visitsOf(this.jobs), ({ plan }) => plan.verify, soon(this.#deadline), reads);
    const missing: Job[] = [];
    let asBefore = true;
    for (const job of this.jobs) {
      const now = await job.visit.look(job.plan.verify, soon(this.#deadline), { reads, patient: false });
      if (!now.holds) missing.push(job);
      asBefore &&= wholeOf(now) === wholeOf(beforeOf(job));
    }
    return { missing, asBefore };
  }

  /** What the device refuses here is the fault of this one. */
  async #onBehalfOf<T>(job: Job, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (thrown) {
      if (this.#session.terminal.alive) this.guilty.set(job, thrown);
      throw thrown;
    }
  }

  /** What is typed once for all of them is told to each. */
  async #inCommon<T>(work: () => Promise<T>): Promise<T> {
    const from = this.#lead.typed.length;
    try {
      return await work();
    } finally {
      const typed = this.#lead.typed.slice(from);
      for (const { visit } of this.jobs) if (visit !== this.#lead) visit.typed.push(...typed);
    }
  }

  get #session(): Session {
    return this.#round.session;
  }

  #reach(phase: Phase): void {
    this.#phase = phase;
    for (const { visit } of this.jobs) visit.phase = phase;
  }
}

export function notAsAsked({ device }: ChangePlan, misses: readonly string[]): ChangeError {
  return new ChangeError('not_as_asked', `${device.name} is not as asked after the change: ${misses.join('; ')}`);
}
