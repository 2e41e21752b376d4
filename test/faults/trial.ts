import type { LabDevice } from '../../server/lab/ssh-server.ts';
import type { Moment } from '../../server/lab/tap.ts';
import { until } from '../cli/run.ts';
import type { Told } from '../harness.ts';
import type { Aim, Class, Course } from './course.ts';
import { falsehoods } from './judge.ts';
import { makeReady } from './moves.ts';
import type { Afterwards, Harm } from './proxy.ts';
import type { Range, Slot } from './range.ts';
import { emptied, hurryTimers, runningOn, trialsOver, Watch } from './state.ts';

/** What is done to one change. */
export interface Fault {
  readonly harm: Harm;
  readonly where: Class;
  /** Where it strikes; if there are two, the second on the connection that Mercury comes back with. */
  readonly aims: readonly Aim[];
  /** What connections meet that are made after the first strike, until the call has ended. */
  readonly afterwards: Afterwards;
}

export interface Verdict {
  readonly outcome: string;
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

/** Has one change meet one fault, and compares what is told with what is so. */
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
    makeReady(device.device, course.move.ready);
    hurryTimers(device, range.service.callTime * TIMER_OVER_CALL);
    this.#watch = new Watch(device, course.move.about);
  }

  async run(): Promise<Verdict> {
    const savedBefore = this.#device.device.saved?.();
    const { told, strikes } = await this.#suffer();
    const evidence = `${told.outcome}: ${told.message}`;
    await emptied(this.#device).catch(() => this.#lies.push('a session was left'));
    await this.#range.service.lets(this.#slot.lock).catch(() => this.#lies.push('a lock was left'));
    this.#compare(told, savedBefore, strikes.happened);
    await this.#goOn(told);
    this.#watch.look();
    const { reaches } = this.#course;
    this.#lies.push(...this.#watch.exposures([reaches.before, reaches.after]));
    const [lies, doubts] = [this.#lies, this.#doubts].map(list => list.map(text => `${text} [${evidence}]`)) as [string[], string[]];
    return { outcome: told.outcome, struck: strikes.happened, lies, doubts };
  }

  /** The change, and the fault in it. Afterwards the network is well again. */
  async #suffer(): Promise<{ told: Told; strikes: Strikes }> {
    const { busy, service } = this.#range;
    const waits = WAITED_FOR.has(this.#fault.harm);
    const strikes = new Strikes(this.#slot, this.#device, this.#fault, this.#watch, () => waits && busy.leave());
    const started = Date.now();
    const told = await this.#ask();
    const took = Date.now() - started;
    strikes.end();
    if (strikes.happened && waits) await busy.enter();
    const { wires } = this.#slot.proxy;
    await Promise.all(wires.map(wire => wire.arrival));
    await until(() => !wires.some(({ isHeld }) => isHeld), 'it hung up').catch(() => this.#lies.push('a connection was left'));
    this.#slot.proxy.heal();
    if (took > service.callTime + SLACK) this.#doubts.push(`it answered after ${took} ms`);
    return { told, strikes };
  }

  #ask(call = this.#course.move.call): Promise<Told> {
    return this.#range.service.tell(...call(this.#slot.name));
  }

  /** What was told against what is so. */
  #compare(told: Told, savedBefore: string | undefined, struck: boolean): void {
    this.#watch.look();
    this.#lies.push(...falsehoods(told, this.#course, this.#device, savedBefore));
    if (told.outcome === 'unknown' && !(struck && this.#couldNotKnow(told))) this.#doubts.push('it could have known');
  }

  /**
   * The device was out of reach until the end, or the session that the network lost still stood there and held the device's own lock,
   * which nobody else may take from it.
   */
  #couldNotKnow({ message }: Told): boolean {
    const { afterwards, aims, harm } = this.#fault;
    if (afterwards !== 'open') return true;
    return WAITED_FOR.has(harm) && (aims.length > 1 || /lock/i.test(message));
  }

  /** What is on trial is taken back by the switch itself; then the same change goes as if nothing had been. */
  async #goOn({ outcome }: Told): Promise<void> {
    await trialsOver(this.#device).catch(() => this.#lies.push('a commit stayed on trial'));
    this.#watch.look();
    const { reopen } = this.#course.move;
    const first = await this.#askUntilHeard();
    const again = outcome === 'rescued' && first.kind === 'not_possible' && reopen ? await this.#ask(reopen) : first;
    // A rescue may do what was asked: it closes a port that was to be detached.
    const expected = { applied: /^unchanged$/, rescued: /^(?:applied|unchanged)$/, unknown: /^(?:applied|unchanged)$/ };
    if (!(expected[outcome as keyof typeof expected] ?? /^applied$/).test(again.outcome))
      this.#doubts.push(`asked again it told ${again.outcome} ${again.message}`);
    else if (runningOn(this.#device) !== this.#course.after) this.#lies.push('asked again it did not end as it should');
    await emptied(this.#device).catch(() => this.#lies.push('a session was left at the end'));
  }

  /** A device that did not answer for a while is not tried for some seconds. */
  async #askUntilHeard(): Promise<Told> {
    for (let tries = 0; ; tries += 1) {
      const told = await this.#ask();
      const wait = / it is (?:tried again in (\d+) s|being tried again)/.exec(told.message);
      if (!wait || tries > 3) return told;
      this.#range.busy.leave();
      await new Promise(resolve => setTimeout(resolve, Number(wait[1] ?? 1) * 1000));
      await this.#range.busy.enter();
    }
  }
}

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
