import type { LabDevice } from '../../server/lab/ssh-server.ts';
import { reachedFrom } from '../exposure.ts';
import type { Told } from '../harness.ts';
import { type Course, ownText } from './course.ts';
import { portsOf } from './groups.ts';
import type { Move } from './moves.ts';
import { configures, restOf } from './sections.ts';
import { isOnTrial, runningOn } from './state.ts';

/**
 * What was told and is not so: each a sentence, none if all of it is true. One answer for each move of the course; `savedBefore` is the
 * startup configuration before them. `unknown` is true of every switch; whether it had to be told is another question.
 */
export function falsehoods(told: readonly Told[], course: Course, lab: LabDevice, savedBefore: string | undefined): string[] {
  const judge = new Judge(told, course, lab, savedBefore);
  return [...course.changes.flatMap((_, nth) => judge.wrongsOf(nth)), ...judge.disturbed];
}

const NOTHING_DONE: ReadonlySet<string> = new Set(['refused', 'undone']);

class Judge {
  readonly #told: readonly Told[];
  readonly #course: Course;
  readonly #lab: LabDevice;
  readonly #savedBefore: string | undefined;
  readonly #now: string;

  constructor(told: readonly Told[], course: Course, lab: LabDevice, savedBefore: string | undefined) {
    this.#told = told;
    this.#course = course;
    this.#lab = lab;
    this.#savedBefore = savedBefore;
    this.#now = runningOn(lab);
  }

  /** What nobody asked for, where there are several changes; of one by itself all of the switch is looked at. */
  get disturbed(): string[] {
    const { group, before } = this.#course;
    const rest = (text: string) => restOf(text, portsOf(group));
    return group.moves.length === 1 || rest(this.#now) === rest(before) ? [] : ['something was changed that nobody asked for'];
  }

  wrongsOf(nth: number): string[] {
    const { move, after } = this.#changeAt(nth);
    // What one that came later made of the port is not this one's.
    if (this.#onSamePort(nth).some(other => other > nth && !this.#didNothing(other))) return [];
    const outcome = this.#outcomeOf(nth);
    const now = this.#own(move, this.#now);
    const asBefore = this.#isAsFound(nth, now);
    const truth: Readonly<Record<string, boolean>> = {
      unchanged: asBefore && now === after,
      applied: now === after,
      refused: asBefore,
      undone: asBefore,
      rescued: this.#isClosed(move),
      unknown: true,
    };
    const is = asBefore ? 'as it was before' : now === after ? 'as it was asked to be' : 'neither as it was nor as asked';
    const onTrial = isOnTrial(this.#lab) && this.#told.every(other => other.outcome !== 'unknown');
    const typed =
      outcome === 'refused' && this.#onSamePort(nth).every(other => this.#outcomeOf(other) === 'refused') && this.#isTyped(move);
    const wrongs: readonly (readonly [boolean, string])[] = [
      [!truth[outcome], this.#isClosed(move) ? 'the switch has the port closed' : `the switch is ${is}`],
      [onTrial, 'a commit is on trial'],
      [typed, 'something of it was typed'],
    ];
    const told = this.#told.length > 1 ? `${move.name} was told ${outcome}` : `it told ${outcome}`;
    return [...wrongs.flatMap(([wrong, what]) => (wrong ? [what] : [])), ...this.#savedWrongly(nth)].map(what => `${told}, and ${what}`);
  }

  /** Against the startup configuration, where there is one. */
  #savedWrongly(nth: number): string[] {
    const { device } = this.#lab;
    const saved = device.saved?.();
    if (saved === undefined) return [];
    const { move } = this.#changeAt(nth);
    const [kept, running, before] = [saved, device.running(), this.#savedBefore ?? ''].map(text => this.#own(move, text));
    if (this.#told[nth]?.devices?.[0]?.saved.state === 'yes' && kept !== running) return ['it was told saved, and is not'];
    // Others of the visit may have had all of the switch saved, and with it what this one had.
    const isOwn = kept === before || (this.#told.length > 1 && kept === running);
    const isFirst = this.#onSamePort(nth).every(other => other >= nth || this.#didNothing(other));
    return this.#didNothing(nth) && isFirst && !isOwn ? ['something was saved'] : [];
  }

  /** Whether the port is as the change found it: as the last before it that did something to the same port left it. */
  #isAsFound(nth: number, now: string): boolean {
    const [first = nth] = this.#onSamePort(nth);
    const earlier = this.#onSamePort(nth).findLast(other => other < nth && !this.#didNothing(other));
    if (earlier === undefined) return now === this.#changeAt(first).before;
    const left = this.#outcomeOf(earlier);
    const { move, after } = this.#changeAt(earlier);
    return left === 'unknown' || (left === 'rescued' ? this.#isClosed(move) : now === after);
  }

  #changeAt(nth: number) {
    const change = this.#course.changes[nth];
    if (!change) throw new Error(`there is no change ${nth}`);
    return change;
  }

  /** Changes of the same port, in order. */
  #onSamePort(nth: number): number[] {
    const [port] = this.#changeAt(nth).move.about;
    const { changes } = this.#course;
    return [...changes.keys()].filter(other => other === nth || (port !== undefined && changes[other]?.move.about[0] === port));
  }

  #outcomeOf(nth: number): string {
    return this.#told[nth]?.outcome ?? 'nothing';
  }

  #didNothing(nth: number): boolean {
    return NOTHING_DONE.has(this.#outcomeOf(nth));
  }

  #isClosed({ about }: Move): boolean {
    return about.every(port => reachedFrom(port, this.#lab) === 'closed');
  }

  #isTyped({ about }: Move): boolean {
    return this.#lab.typed.some(line => about.some(port => configures(line, port)));
  }

  #own(move: Move, text: string): string {
    return ownText(text, this.#course.group, move);
  }
}
