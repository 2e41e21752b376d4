import { type Aim, CLASSES, type Class, type Course } from './course.ts';
import { HARMS } from './proxy.ts';
import type { Fault } from './trial.ts';

/** Of as many of all places one is tried; 0: a sample. */
export const SWEEP = Number(process.env.FAULT_SWEEP ?? 0);

/** The same places in every run; FAULT_SEED=7 takes others, FAULT_SEED=any takes what nobody has chosen. */
export const SEED = seedOf(process.env.FAULT_SEED ?? '1');

function seedOf(text: string): number {
  return text === 'any' ? Math.floor(Math.random() * 1e9) : Number(text);
}

/** Numbers from 0 to 1, the same ones for the same seed. */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  // Mulberry32.
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** A fault, and the changes that meet it. */
export interface Meeting {
  readonly course: Course;
  readonly fault: Fault;
}

/** Faults of each change at places that nobody chose. */
const ANYWHERE = 2;

/** Every harm at every class of places, in one of the changes that have such a place; and in each change some more. */
export function sample(courses: readonly Course[], random: () => number): Meeting[] {
  const one = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const anywhere = ({ bytes }: Course, wire: number): Aim => {
    const direction = one(['up', 'down'] as const);
    return { wire, direction, byte: Math.floor(random() * bytes[direction]) };
  };
  const everywhere = CLASSES.flatMap(where => {
    const having = courses.filter(({ points }) => (points.get(where) ?? []).length > 0);
    return having.length === 0 ? [] : HARMS.map(harm => ({ where, harm, course: one(having) }));
  }).map(({ where, harm, course }): Meeting => {
    return { course, fault: { harm, where, aims: [one(course.points.get(where) ?? [])], afterwards: 'open' } };
  });
  const more = courses.flatMap((course): Meeting[] => {
    const point = () => {
      const where = one(classesWithPoints(course));
      return { where, aim: one(course.points.get(where) ?? []) };
    };
    const [gone, twice] = [point(), point()];
    const faults: Fault[] = [
      { harm: one(['rst', 'fin', 'stall']), where: gone.where, aims: [gone.aim], afterwards: one(['closed', 'deaf']) },
      { harm: one(['rst', 'fin']), where: twice.where, aims: [twice.aim, anywhere(course, 2)], afterwards: 'open' },
      ...Array.from(
        { length: ANYWHERE },
        (): Fault => ({ harm: one(HARMS), where: 'anywhere', aims: [anywhere(course, 1)], afterwards: 'open' }),
      ),
    ];
    return faults.map(fault => ({ course, fault }));
  });
  return [...everywhere, ...more];
}

/** Every harm at every point of every change, and the sample: for a long night. */
export function everything(courses: readonly Course[], random: () => number): Meeting[] {
  const all = courses.flatMap(course =>
    classesWithPoints(course).flatMap(where =>
      (course.points.get(where) ?? []).flatMap(aim =>
        HARMS.map((harm): Meeting => ({ course, fault: { harm, where, aims: [aim], afterwards: 'open' } })),
      ),
    ),
  );
  return [...all, ...sample(courses, random)];
}

function classesWithPoints(course: Course): Class[] {
  return CLASSES.filter(where => (course.points.get(where) ?? []).length > 0);
}

/** As a line of a report: enough to find the place, and to try it again. */
export function nameOf(platform: string, { course: { group, lines }, fault: { harm, aims, afterwards } }: Meeting): string {
  const places = aims.map(aim =>
    'byte' in aim
      ? `byte ${aim.byte} ${aim.direction} of connection ${aim.wire}`
      : `${aim.part} of line ${aim.nth}${aim.wire === 1 ? ` "${lines[aim.nth - 1] ?? ''}"` : ''}`,
  );
  return `${platform} ${group.name}: ${harm} at ${places.join(', then ')}${afterwards === 'open' ? '' : `, ${afterwards} afterwards`}`;
}
