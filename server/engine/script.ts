import type { ChangePlan, Dialect, GiveBack, Place, PlannedMode, Step, Transaction } from '../model.ts';
import { readPrefix, wayTo } from '../terminal/modes.ts';
import { typedLine } from '../terminal/terminal.ts';
import { readKey } from './check.ts';

/** When a line of a plan is typed. */
export type When = 'login' | 'before' | 'change' | 'commit' | 'after' | 'keep' | 'if it fails';

/** How each of these moments is called, in their order. */
export const MOMENTS: Readonly<Record<When, string>> = {
  login: 'Right after login',
  before: 'Asked first; if all of it holds, nothing more is typed',
  change: 'Typed',
  commit: 'Committed',
  after: 'Read back',
  keep: 'Kept',
  'if it fails': 'Typed only if it fails',
};

/** A platform's own steps, by the names that platform.yml has for them. */
export const PLATFORM_STEPS: Readonly<Record<string, string>> = {
  settled: 'See that no commit is on trial',
  diff: 'Show what would change',
  commit: 'Commit',
  confirm: 'Make the commit permanent',
  undo: 'Take the commit back',
  discard: 'Drop what is not committed',
  abandon: 'Drop what a lost session left behind',
  save: 'Save',
};

/** One line of a plan, in the order it is typed. */
export interface ScriptLine {
  readonly when: When;
  readonly task: string;
  readonly mode: string;
  readonly sent: string;
  readonly place: Place | undefined;
  /** Where the task stands that types it: its block may stand in a template. */
  readonly by?: Place;
  /** No line of ours: it stands for what the device itself printed before. */
  readonly quoted?: true;
}

/**
 * A plan as the lines that are typed when all goes well, then those that are typed when it does not. Pure.
 * A login that lands deeper than the first mode types less: it does not `enable` twice.
 */
export function script(plan: ChangePlan): ScriptLine[] {
  const writer = new Writer(plan);
  writer.login();
  if (plan.transaction?.settled && plan.steps.length > 0) writer.reads('before', [plan.transaction.settled]);
  writer.reads('before', [...plan.require, ...plan.verify, ...(plan.giveBack ? [plan.giveBack.read] : [])]);
  if (plan.steps.length > 0) {
    writer.enter('change', plan.configMode);
    writer.steps('change', plan.steps);
    writer.commit('commit', plan.transaction);
    writer.reads('after', plan.verify);
    if (plan.transaction?.confirm) writer.platformStep('keep', plan.transaction.confirm);
    if (plan.save) writer.platformStep('keep', plan.save);
  }
  return [...writer.lines, ...failing(plan)];
}

/** What is typed if a step fails: the platform's own undo, then the rescue. */
function failing(plan: ChangePlan): ScriptLine[] {
  if (plan.steps.length === 0) return [];
  const writer = new Writer(plan, plan.configMode);
  const { transaction, giveBack, rescue } = plan;
  if (transaction) writer.platformStep('if it fails', transaction.discard);
  if (transaction?.undo) writer.platformStep('if it fails', transaction.undo);
  if (giveBack) {
    writer.speak(giveBack.dialect);
    writer.steps('if it fails', giveBack.clear);
    writer.giveBack(giveBack);
    writer.commit('if it fails', giveBack.transaction);
  }
  if (rescue) {
    writer.speak(rescue.dialect);
    writer.steps('if it fails', rescue.steps);
    writer.commit('if it fails', rescue.transaction);
    writer.reads('if it fails', rescue.checks);
    if (rescue.transaction?.confirm) writer.platformStep('if it fails', rescue.transaction.confirm);
  }
  return writer.lines;
}

/** Walks the mode tree as the terminal will. */
class Writer {
  readonly lines: ScriptLine[] = [];
  at: string;
  #dialect: Dialect;

  constructor(plan: ChangePlan, at = rootOf(plan)) {
    this.#dialect = plan.dialect;
    this.at = at;
  }

  speak(dialect: Dialect): void {
    this.#dialect = dialect;
  }

  login(): void {
    for (const { text, place } of this.#dialect.onOpen) this.#add('login', 'Get the session ready', text, place);
  }

  /** The same read is made once. */
  reads(when: When, steps: readonly Step[]): void {
    const made = new Set<string>();
    for (const step of steps) {
      const key = readKey(step);
      if (made.has(key)) continue;
      made.add(key);
      this.steps(when, [step]);
    }
  }

  enter(when: When, mode: string): void {
    this.#go(mode, when);
  }

  steps(when: When, steps: readonly Step[]): void {
    for (const step of steps) {
      const prefix = readPrefix(this.at, step.mode, this.#dialect.modes);
      if (prefix === undefined) this.#go(step.mode, when);
      for (const line of step.lines) this.#add(when, step.task, typedLine(line, prefix), line.place, step.source);
    }
  }

  /** A platform's own step is typed in its mode itself, never through the prefix of a read. */
  platformStep(when: When, step: Step): void {
    this.#go(step.mode, when);
    this.steps(when, [step]);
    this.at = step.lands ?? this.at;
  }

  giveBack({ into, read, open }: GiveBack): void {
    const task = 'Give back what it had';
    this.steps('if it fails', [{ ...into, task }]);
    const sent = `(each line that "${read.lines.map(({ text }) => text).join('; ')}" printed before)`;
    this.lines.push({ when: 'if it fails', task, mode: this.at, sent, place: read.source, quoted: true });
    this.steps('if it fails', [{ ...open, task }]);
  }

  commit(when: When, transaction: Transaction<Step> | undefined): void {
    if (!transaction) return;
    if (transaction.diff) this.platformStep(when, transaction.diff);
    this.platformStep(when, transaction.commit);
  }

  #go(mode: string, when: When): void {
    if (mode === this.at) return;
    for (const { how, mode: node } of wayTo(this.at, mode, this.#dialect.modes)) {
      for (const line of how === 'enter' ? node.enter : node.leave)
        this.#add(when, `${how === 'enter' ? 'Enter' : 'Leave'} ${node.name}`, line.text, line.place);
      this.at = (how === 'enter' ? node.name : node.parent) ?? this.at;
    }
    this.at = mode;
  }

  #add(when: When, task: string, sent: string, place: Place, by = place): void {
    this.lines.push({ when, task, mode: this.at, sent, place, by });
  }
}

/** Where a login lands at the latest: the mode that has no parent. */
function rootOf(plan: ChangePlan): string {
  const root = [...plan.dialect.modes.values()].find((mode: PlannedMode) => mode.parent === undefined);
  return root?.name ?? plan.readMode;
}
