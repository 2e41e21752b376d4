import type { Told } from '../harness.ts';
import { type Aim, type Class, type Course, runCourse } from './course.ts';
import { alone, type Group, portsOf } from './groups.ts';
import { askTogether } from './meeting.ts';
import { makeReady, movesOn } from './moves.ts';
import type { Range, Slot } from './range.ts';
import type { Met } from './report.ts';
import { Watch } from './state.ts';

/** A point at which a line was typed and did nothing yet, or did what it does and was not answered. */
type Point = Extract<Aim, { readonly part: unknown }>;

/** A group of changes that is held at a point, on a switch of its own, until it is let go or its connection is gone. */
export class Held {
  readonly slot: Slot;
  readonly course: Course;
  readonly point: Point;
  readonly watch: Watch;
  readonly savedBefore: string | undefined;
  /** What was found wrong with it. */
  readonly lies: string[] = [];
  readonly #there = Promise.withResolvers<void>();
  readonly #release = Promise.withResolvers<void>();

  private constructor(slot: Slot, course: Course, point: Point) {
    const { device } = slot;
    this.slot = slot;
    this.course = course;
    this.point = point;
    this.watch = new Watch(device, portsOf(course.group));
    if (course.group.fault) device.faults.plant(course.group.fault);
    this.savedBefore = device.device.saved?.();
    let nth = 0;
    device.tap = ({ part, hungUp }) => {
      if (part === 'typed') nth += 1;
      if (part === 'done') this.watch.look();
      if (nth !== point.nth || part !== point.part) return undefined;
      this.isThere = true;
      this.#there.resolve();
      return Promise.race([hungUp, this.#release.promise]);
    };
  }

  /** Makes the switch ready, on which the change will get so far and no further. */
  static async prepare(slot: Slot, course: Course, point: Point): Promise<Held> {
    const device = await slot.renew();
    makeReady(device.device, course.group.ready);
    return new Held(slot, course, point);
  }

  /** Whether the change got there. */
  isThere = false;

  get name(): string {
    const { part, nth } = this.point;
    return `${this.slot.platform} ${this.course.group.name}, ${part} of line ${nth} "${this.course.lines[nth - 1]}"`;
  }

  /** Settles when the change got there. */
  get there(): Promise<void> {
    return this.#there.promise;
  }

  release(): void {
    this.#release.resolve();
  }

  /** One answer for each change. */
  async ask(range: Range): Promise<Told[]> {
    return (await askTogether(range, this.slot, this.course.group)).map(({ told }) => told);
  }

  /** The same once more; what was left closed only an attach may open. */
  async askAgain(range: Range): Promise<Told[]> {
    const told = await this.ask(range);
    const { moves } = this.course.group;
    return Promise.all(
      told.map((one, nth) => {
        const reopen = one.kind === 'not_possible' ? moves[nth]?.reopen : undefined;
        return reopen ? range.service.tell(...reopen(this.slot.name)) : one;
      }),
    );
  }

  /** Ports that reached what was neither their own nor asked for. */
  exposures(): string[] {
    this.watch.look();
    return this.watch.exposures(this.course.reaches);
  }
}

/** Answers, as evidence. */
export const inShort = (told: readonly Told[]) => told.map(({ outcome, message }) => `${outcome} ${message}`.trim()).join('; ');

/** As rows of a table. */
export function metBy(held: readonly Held[]): Met[] {
  return held.map(({ slot, isThere, lies }) => ({ row: slot.platform, struck: isThere, lies }));
}

export interface Holding {
  readonly platforms: readonly string[];
  /** What is asked for on a platform. */
  readonly groups: (platform: string) => readonly Group[];
  /** How many points of each move, by what is done there. */
  readonly points: readonly (readonly [Class, number])[];
  readonly random: () => number;
}

/** Makes as many switches ready as are wanted, each for a change that will be held at another point. */
export async function holdMany(range: Range, { platforms, groups, points, random }: Holding): Promise<Held[]> {
  const held: Held[] = [];
  for (const platform of platforms) {
    const slots = range.slotsOf(platform);
    for (const group of groups(platform)) {
      const course = await runCourse(range, slots[0] as Slot, group);
      for (const point of pick(course, points, random)) held.push(await Held.prepare(slots.pop() as Slot, course, point));
    }
  }
  return held;
}

/** These changes, each by itself. */
export function eachOf(names: readonly string[]): Holding['groups'] {
  return platform =>
    movesOn(platform)
      .filter(({ name }) => names.includes(name))
      .map(alone);
}

function pick(course: Course, wanted: Holding['points'], random: () => number): Point[] {
  return wanted.flatMap(([where, count]) => {
    const points = (course.points.get(where) ?? []).filter(
      (aim): aim is Point => 'part' in aim && (aim.part === 'typed' || aim.part === 'done'),
    );
    return Array.from({ length: Math.min(count, points.length) }, () => points.splice(Math.floor(random() * points.length), 1)).flat();
  });
}
