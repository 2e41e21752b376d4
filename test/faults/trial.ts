import type { LabDevice } from '../../server/lab/ssh-server.ts';
import type { Moment } from '../../server/lab/tap.ts';
import { until } from '../cli/run.ts';
import type { Told } from '../harness.ts';
import { type Aim, type Change, type Class, type Course, ownText } from './course.ts';
import { portsOf } from './groups.ts';
import { falsehoods } from './judge.ts';
import { askTogether, type Heard } from './meeting.ts';
import { type Move, makeReady } from './moves.ts';
import type { Afterwards, Harm } from './proxy.ts';
import type { Range, Slot } from './range.ts';
import { emptied, hurryTimers, isOnTrial, runningOn, trialsOver, Watch } from './state.ts';

/** What the network does to a group of changes. */
export interface Fault {
  readonly harm: Harm;
  readonly where: Class;
  /** Where it strikes; if there are two, the second on the connection that Mercury comes back with. */
  readonly aims: readonly Aim[];
  /** What connections meet that are made after the first strike, until the call has ended. */
  readonly afterwards: Afterwards;
}

export interface Verdict {
  /** Whether the fault happened: a change may end before it gets to a byte. */
  readonly struck: boolean;
  /** Each a sentence: what was told and is not so, or was left behind. */
  readonly lies: readonly string[];
  /** What may be due to a machine that had no time for us: an answer that came late, or `unknown` from a device that could be reached. */
  readonly doubts: readonly string[];
}

/** Milliseconds that an answer may come later than its call's time: two processes share their cores with others. */
const SLACK = 2000;
/** The lab's timers of two minutes end as soon after a call's time as they would in earnest. */
const TIMER_OVER_CALL = 120 / 110;
/** While a network stands still, who waits for it keeps no processor busy. */
const WAITED_FOR: ReadonlySet<Harm> = new Set(['stall', 'late']);
/** Where what takes back what a switch refused may be committed. */
const IN_TAKING_BACK: ReadonlySet<Class> = new Set(['commit', 'after commit', 'confirm', 'taking back', 'anywhere']);

/** Has a group meet one fault, and compares what is told with what is so. */
export async function tryFault(range: Range, slot: Slot, course: Course, fault: Fault): Promise<Verdict> {
  const { busy } = range;
  await busy.enter();
  try {
    return await new Trial(range, slot, course, fault, await slot.renew()).run();
  } finally {
    busy.leave();
  }
}

class Trial {
  readonly #range: Range;
  readonly #slot: Slot;
  readonly #course: Course;
  readonly #fault: Fault;
  readonly #device: LabDevice;
  readonly #watch: Watch;
  readonly #lies: string[] = [];
  readonly #doubts: string[] = [];

  constructor(range: Range, slot: Slot, course: Course, fault: Fault, device: LabDevice) {
    this.#range = range;
    this.#slot = slot;
    this.#course = course;
    this.#fault = fault;
    this.#device = device;
    const { group } = course;
    makeReady(device.device, group.ready);
    if (group.fault) device.faults.plant(group.fault);
    hurryTimers(device, range.service.callTime * TIMER_OVER_CALL);
    this.#watch = new Watch(device, portsOf(group));
  }

  async run(): Promise<Verdict> {
    const savedBefore = this.#device.device.saved?.();
    const { told, strikes } = await this.#suffer();
    const evidence = told.map(({ outcome, message }, nth) => `${this.#course.changes[nth]?.move.name} ${outcome}: ${message}`).join('; ');
    await emptied(this.#device).catch(() => this.#lies.push('a session was left'));
    await this.#range.service.lets(this.#slot.lock).catch(() => this.#lies.push('a lock was left'));
    this.#compare(told, savedBefore, strikes.happened);
    const again = await this.#goOn(told, savedBefore);
    await this.#seeSaved(told, again);
    this.#watch.look();
    this.#lies.push(...this.#watch.exposures(this.#course.reaches));
    const [lies, doubts] = [this.#lies, this.#doubts].map(list => list.map(text => `${text} [${evidence}]`)) as [string[], string[]];
    return { struck: strikes.happened, lies, doubts };
  }

  /** The changes, and the fault in them. Afterwards the network is well again. */
  async #suffer(): Promise<{ told: Told[]; strikes: Strikes }> {
    const { busy, service } = this.#range;
    const waits = WAITED_FOR.has(this.#fault.harm);
    const strikes = new Strikes(this.#slot, this.#device, this.#fault, this.#watch, () => waits && busy.leave());
    const heard = await askTogether(this.#range, this.#slot, this.#course.group);
    strikes.end();
    if (strikes.happened && waits) await busy.enter();
    const { wires } = this.#slot.proxy;
    await Promise.all(wires.map(wire => wire.arrival));
    await until(() => !wires.some(({ isHeld }) => isHeld), 'it hung up').catch(() => this.#lies.push('a connection was left'));
    this.#slot.proxy.heal();
    const longest = Math.max(...heard.map(({ took }) => took));
    if (longest > service.callTime + SLACK) this.#doubts.push(`it answered after ${longest} ms`);
    return { told: heard.map(({ told }: Heard) => told), strikes };
  }

  #ask(call: Move['call']): Promise<Told> {
    return this.#range.service.tell(...call(this.#slot.name));
  }

  /** What was told against what is so. */
  #compare(told: readonly Told[], savedBefore: string | undefined, struck: boolean): void {
    this.#watch.look();
    this.#lies.push(...falsehoods(told, this.#course, this.#device, savedBefore));
    if (told.some(({ outcome }) => outcome === 'unknown') && !(struck && this.#couldNotKnow(told)))
      this.#doubts.push('it could have known');
  }

  /**
   * The device was out of reach until the end, or the session that the network lost still stood there and held the device's own lock,
   * which nobody else may take from it, or a commit that takes something back was never answered: that may take all the time there is.
   */
  #couldNotKnow(told: readonly Told[]): boolean {
    const { afterwards, aims, harm, where } = this.#fault;
    if (afterwards !== 'open') return true;
    const takesBack = aims.length > 1 || (this.#course.group.fault !== undefined && IN_TAKING_BACK.has(where));
    return WAITED_FOR.has(harm) && (takesBack || told.some(({ message }) => /lock/i.test(message)));
  }

  /** What is on trial is taken back by the switch itself; then the same changes go as if nothing had been. */
  async #goOn(told: readonly Told[], savedBefore: string | undefined): Promise<ReadonlyMap<number, Told>> {
    const { changes, after } = this.#course;
    const wasOnTrial = isOnTrial(this.#device);
    await trialsOver(this.#device).catch(() => this.#lies.push('a commit stayed on trial'));
    // Of those that somebody knew all about it must be so still.
    if (wasOnTrial) this.#lies.push(...falsehoods(told, this.#course, this.#device, savedBefore).map(lie => `${lie}, after the trial`));
    this.#watch.look();
    this.#device.faults.clear();
    const lasting = [...changes.entries()].filter(
      ([nth, { move }]) => !changes.slice(nth + 1).some(later => isOnSamePort(later.move, move)),
    );
    const again = await Promise.all(lasting.map(async ([nth, change]) => [nth, await this.#again(change, told[nth] as Told)] as const));
    const well = again.every(([, { ends }]) => ends);
    if (well && runningOn(this.#device) !== after) this.#lies.push('asked again it did not end as it should');
    await emptied(this.#device).catch(() => this.#lies.push('a session was left at the end'));
    return new Map(again.map(([nth, one]) => [nth, one.told]));
  }

  /** What was told to be saved later is. */
  async #seeSaved(told: readonly Told[], again: ReadonlyMap<number, Told>): Promise<void> {
    const { changes, group } = this.#course;
    const { device } = this.#device;
    for (const [nth, last] of again) {
      const isDue = [told[nth], last].some(one => one?.devices?.[0]?.saved.state === 'pending');
      const own = (text: string) => ownText(text, group, (changes[nth] as Change).move);
      const isSaved = () => own(device.saved?.() ?? '') === own(device.running());
      if (isDue)
        await until(isSaved, 'it is saved').catch(() => this.#lies.push(`${changes[nth]?.move.name} was to be saved, and never was`));
    }
  }

  /** What is told then, and whether it ends as it must. */
  async #again({ move, before, after }: Change, { outcome }: Told): Promise<{ told: Told; ends: boolean }> {
    const first = await this.#askUntilHeard(move.call);
    const again = outcome === 'rescued' && first.kind === 'not_possible' && move.reopen ? await this.#ask(move.reopen) : first;
    // A rescue may do what was asked: it closes a port that was to be detached.
    const either = /^(?:applied|unchanged)$/;
    const expected = { applied: /^unchanged$/, unchanged: /^unchanged$/, rescued: either, unknown: either };
    const usual = before === after ? /^unchanged$/ : /^applied$/;
    const ends = (expected[outcome as keyof typeof expected] ?? usual).test(again.outcome);
    if (!ends) this.#doubts.push(`${move.name} asked again told ${again.outcome} ${again.message}`);
    return { told: again, ends };
  }

  /** A device that did not answer for a while is not tried for some seconds. */
  async #askUntilHeard(call: Move['call']): Promise<Told> {
    for (let tries = 0; ; tries += 1) {
      const told = await this.#ask(call);
      const wait = / it is (?:tried again in (\d+) s|being tried again)/.exec(told.message);
      if (!wait || tries > 3) return told;
      this.#range.busy.leave();
      await new Promise(resolve => setTimeout(resolve, Number(wait[1] ?? 1) * 1000));
      await this.#range.busy.enter();
    }
  }
}

const isOnSamePort = (one: Move, other: Move) => one !== other && one.about[0] !== undefined && one.about[0] === other.about[0];

/** Waits for the points of a fault, and does it. */
class Strikes {
  readonly #slot: Slot;
  readonly #device: LabDevice;
  readonly #fault: Fault;
  readonly #watch: Watch;
  readonly #onStrike: () => void;
  /** Lines begun on each connection. */
  readonly #lines = new Map<number, number>();
  happened = false;
  #over = false;

  constructor(slot: Slot, device: LabDevice, fault: Fault, watch: Watch, onStrike: () => void) {
    this.#slot = slot;
    this.#device = device;
    this.#fault = fault;
    this.#watch = watch;
    this.#onStrike = onStrike;
    slot.proxy.onWire = (wire, nth) => {
      for (const aim of fault.aims) {
        if ('byte' in aim && aim.wire === nth) wire.at(aim.direction, aim.byte, () => this.#strike(() => wire.strike(fault.harm)));
      }
    };
    device.tap = moment => this.#hear(moment);
  }

  end(): void {
    this.#over = true;
    this.#slot.proxy.onWire = () => {};
  }

  async #hear({ part, peer, sent, hungUp }: Moment): Promise<void> {
    if (part === 'done') this.#watch.look();
    const wire = this.#slot.proxy.wire(peer);
    if (!wire || this.#over) return;
    const begins = part === 'echo' || (part === 'typed' && this.#device.device.exec !== undefined);
    if (begins) this.#lines.set(peer, (this.#lines.get(peer) ?? 0) + 1);
    const nth = this.#lines.get(peer) ?? 0;
    const number = this.#slot.proxy.wires.indexOf(wire) + 1;
    const hit = this.#fault.aims.some(aim => 'part' in aim && aim.wire === number && aim.nth === nth && aim.part === part);
    if (!hit) return;
    // Whatever the device said until now gets to the other end first.
    await wire.carried('down', sent);
    this.#strike(() => wire.strike(this.#fault.harm));
    // A device reads no more of a line whose connection is gone.
    if (this.#fault.harm === 'rst' || this.#fault.harm === 'fin') await hungUp;
  }

  #strike(harm: () => void): void {
    if (this.#over) return;
    if (!this.happened) this.#onStrike();
    this.happened = true;
    this.#slot.proxy.afterwards = this.#fault.afterwards;
    harm();
  }
}
