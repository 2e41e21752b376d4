import type { Told } from '../harness.ts';
import { type Aim, type Class, type Course, runCourse } from './course.ts';
import { makeReady, movesOn } from './moves.ts';
import type { Range, Slot } from './range.ts';
import type { Met } from './report.ts';
import { Watch } from './state.ts';

/** A point at which a line was typed and did nothing yet, or did what it does and was not answered. */
type Point = Extract<Aim, { readonly part: unknown }>;

/** A change that is held at a point, on a switch of its own, until it is let go or its connection is gone. */
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
    this.watch = new Watch(device, course.move.about);
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
    makeReady(device.device, course.move.ready);
    return new Held(slot, course, point);
  }

  /** Whether the change got there. */
  isThere = false;

  get name(): string {
    const { part, nth } = this.point;
    return `${this.slot.platform} ${this.course.move.name}, ${part} of line ${nth} "${this.course.lines[nth - 1]}"`;
  }

  /** Settles when the change got there. */
  get there(): Promise<void> {
    return this.#there.promise;
  }

  release(): void {
    this.#release.resolve();
  }

  ask(range: Range): Promise<Told> {
    return range.service.tell(...this.course.move.call(this.slot.name));
  }

  /** Ports that reached what was neither their own nor asked for. */
  exposures(): string[] {
    this.watch.look();
    const { before, after } = this.course.reaches;
    return this.watch.exposures([before, after]);
  }
}

/** As rows of a table. */
export function metBy(held: readonly Held[]): Met[] {
  return held.map(({ slot, isThere, lies }) => ({ row: slot.platform, struck: isThere, lies }));
}

export interface Holding {
  readonly platforms: readonly string[];
  readonly moves: readonly string[];
  /** How many points of each move, by what is done there. */
  readonly points: readonly (readonly [Class, number])[];
  readonly random: () => number;
}

/** Makes as many switches ready as are wanted, each for a change that will be held at another point. */
export async function holdMany(range: Range, { platforms, moves, points, random }: Holding): Promise<Held[]> {
  const held: Held[] = [];
  for (const platform of platforms) {
    const slots = range.slotsOf(platform);
    for (const move of movesOn(platform).filter(({ name }) => moves.includes(name))) {
      const course = await runCourse(range, slots[0] as Slot, move);
      for (const point of pick(course, points, random)) held.push(await Held.prepare(slots.pop() as Slot, course, point));
    }
  }
  return held;
}

function pick(course: Course, wanted: Holding['points'], random: () => number): Point[] {
  return wanted.flatMap(([where, count]) => {
    const points = (course.points.get(where) ?? []).filter(
      (aim): aim is Point => 'part' in aim && (aim.part === 'typed' || aim.part === 'done'),
    );
    return Array.from({ length: Math.min(count, points.length) }, () => points.splice(Math.floor(random() * points.length), 1)).flat();
  });
}
