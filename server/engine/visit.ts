import { setTimeout as pause } from 'node:timers/promises';
import { at, ChangeError } from '../errors.ts';
import type { ChangePlan, Step } from '../model.ts';
import type { Exchange, StepResult } from '../result.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { missesOf, readKey } from './check.ts';
import type { Hold } from './lock/hold.ts';
import type { Session } from './session.ts';

/** How far a change has come on the device: what a failure means, and what takes it back, depends on it. */
export type Phase = 'looking' | 'typing' | 'committing' | 'committed' | 'taken back' | 'kept';

/** What reading a list of checks found. */
export interface Look {
  readonly holds: boolean;
  /** What does not hold, one sentence each. */
  readonly misses: readonly string[];
  /** The output of each read by its key, in order: what several checks read together is one text. */
  readonly texts: ReadonlyMap<string, string>;
}

/** All that was read, as one text. */
export const wholeOf = ({ texts }: Look): string => [...texts.values()].join('\n');

/** How a list of checks is read. */
interface Looking {
  /** What has been read already, and is not read again. */
  readonly reads?: Map<string, string>;
  /** What may become true after a while is waited for. */
  readonly patient?: boolean;
}

/** One change on one device: how far it came, and what was typed for it until now. */
export class Visit {
  readonly plan: ChangePlan;
  readonly session: Session;
  phase: Phase = 'looking';
  readonly typed: StepResult[] = [];
  diff = '';
  /** What the device printed before anything was typed, to be given back; only where the plan can. */
  printed = '';
  /** Keys of the reads that other changes of the visit make too: they show what is theirs as well. */
  shared: ReadonlySet<string> = new Set();

  #saves: number | undefined;

  constructor(plan: ChangePlan, session: Session) {
    this.plan = plan;
    this.session = session;
  }

  get terminal(): Terminal {
    return this.session.terminal;
  }

  get hold(): Hold {
    return this.session.hold;
  }

  /** Whether somebody saved the device when something of this change may have been in force: a reload would bring that back. */
  get mayBeSaved(): boolean {
    return this.#saves !== undefined && this.session.saves > this.#saves;
  }

  /** Reads a list of checks; the same read is made once. */
  async look(steps: readonly Step[], deadline: number, { reads = new Map(), patient = true }: Looking = {}): Promise<Look> {
    const texts = new Map<string, string>();
    const misses: string[] = [];
    for (const step of steps) {
      const found = await this.#read(step, reads, deadline, patient ? step.retry?.times : 1);
      texts.set(readKey(step), found.text);
      misses.push(...found.misses.map(miss => `${step.task}: ${miss} (${at(step.source)})`));
    }
    return { holds: misses.length === 0, misses, texts };
  }

  /** Whether a look shows what this change did, and only this. */
  canTell({ texts }: Look): boolean {
    return texts.size === 0 || [...texts.keys()].some(key => !this.shared.has(key));
  }

  /** What a look shows of this change, as far as that can be told from what others do; else all of it. */
  shownBy(look: Look): string {
    if (!this.canTell(look)) return wholeOf(look);
    const own = [...look.texts].filter(([key]) => !this.shared.has(key));
    return own.map(([, text]) => text).join('\n');
  }

  /** Two looks that saw the same state. */
  areSame(one: Look, other: Look): boolean {
    return this.shownBy(one) === this.shownBy(other) && one.misses.join('\n') === other.misses.join('\n');
  }

  /** Types steps that change something, and remembers them. */
  async type(steps: readonly Step[], deadline: number): Promise<void> {
    this.#saves ??= this.session.saves;
    for (const [nth, step] of steps.entries()) {
      // A read between two lines may be tried again; what configures is typed once.
      const isRead = step.mode === this.plan.readMode && this.plan.readMode !== this.plan.configMode;
      const more = nth < steps.length - 1 && step.expect.length + step.reject.length === 0;
      const misses = isRead
        ? (await this.#read(step, new Map(), deadline, step.retry?.times)).misses
        : missesOf(step, await this.#typeStep(step, deadline, more));
      if (misses.length > 0)
        throw new ChangeError('not_as_asked', `${this.plan.device.name}: ${step.task}: ${misses.join('; ')} (${at(step.source)})`);
    }
  }

  /** Types one step, if nobody else may type now, and answers with all that the device said to it. */
  async #typeStep(step: Step, deadline: number, more: boolean): Promise<string> {
    await this.hold.check();
    const exchanges: Exchange[] = [];
    this.typed.push({ task: step.task, source: step.source, exchanges });
    await this.terminal.run(step, deadline, exchange => exchanges.push(exchange), more);
    return exchanges.map(({ received }) => received).join('\n');
  }

  /** Types a platform's own step (commit, discard, …) and holds it to what it must show. */
  async platformStep(step: Step, deadline: number): Promise<string> {
    const exchanges: Exchange[] = [];
    await this.terminal.enter(step.mode, deadline);
    this.typed.push({ task: step.task, source: step.source, exchanges });
    await this.terminal.run(step, deadline, exchange => exchanges.push(exchange));
    const output = exchanges.map(({ received }) => received).join('\n');
    const misses = missesOf(step, output);
    if (misses.length > 0) {
      const said = output.trim();
      throw new ChangeError(
        'rejected',
        `${this.plan.device.name}: ${step.task} was not confirmed: ${misses.join('; ')}${said === '' ? '' : `; it said: ${said}`}`,
        { said },
      );
    }
    if (step.lands !== undefined && !this.terminal.landed(step.lands)) {
      throw new ChangeError(
        'rejected',
        `${this.plan.device.name} did not take ${step.task} (${at(step.source)}): it should have got to ${step.lands}`,
      );
    }
    return output;
  }

  async #read(step: Step, memo: Map<string, string>, deadline: number, times = 1): Promise<{ text: string; misses: string[] }> {
    for (let attempt = 1; ; attempt += 1) {
      const text = await this.#output(step, attempt === 1 ? memo : new Map(), deadline);
      const misses = missesOf(step, text);
      if (misses.length === 0 || attempt >= times || Date.now() + (step.retry?.delay ?? 0) >= deadline) return { text, misses };
      await pause(step.retry?.delay);
    }
  }

  async #output(step: Step, memo: Map<string, string>, deadline: number): Promise<string> {
    const key = readKey(step);
    const known = memo.get(key);
    if (known !== undefined) return known;
    const exchanges = await this.terminal.run(step, deadline).catch((thrown: unknown) => {
      if (!(thrown instanceof ChangeError) || thrown.kind !== 'rejected') throw thrown;
      throw new ChangeError('rejected', `${step.task}: ${thrown.message}`, { said: thrown.said, cause: thrown });
    });
    const text = exchanges.map(({ received }) => received).join('\n');
    memo.set(key, text);
    return text;
  }
}

/** Tries again, with jitter, as long as somebody else holds the device's configuration and there is time. */
export async function unlessBusy<T>(plan: ChangePlan, deadline: number, work: () => Promise<T>): Promise<T> {
  const busy = plan.transaction?.busy;
  while (true) {
    try {
      return await work();
    } catch (thrown) {
      if (busy === undefined || !(thrown instanceof ChangeError) || !busy.test(thrown.said)) throw thrown;
      const wait = 500 + Math.random() * 1000;
      if (Date.now() + wait >= deadline)
        throw new ChangeError('busy', `${plan.device.name}: somebody else holds its configuration: ${thrown.message}`, { cause: thrown });
      await pause(wait);
    }
  }
}
