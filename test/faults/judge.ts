import type { LabDevice } from '../../server/lab/ssh-server.ts';
import { reachedFrom } from '../exposure.ts';
import type { Told } from '../harness.ts';
import type { Course } from './course.ts';
import { isOnTrial, runningOn } from './state.ts';

/**
 * What was told and is not so: each a sentence, none if all of it is true. `savedBefore` is the startup configuration before the change.
 * `unknown` is true of every switch; whether it had to be told is another question.
 */
export function falsehoods(told: Told, course: Course, lab: LabDevice, savedBefore: string | undefined): string[] {
  const { device } = lab;
  const now = runningOn(lab);
  const closed = course.move.about.every(port => reachedFrom(port, lab) === 'closed');
  const truth: Readonly<Record<string, boolean>> = {
    unchanged: now === course.before && now === course.after,
    applied: now === course.after,
    refused: now === course.before,
    undone: now === course.before,
    rescued: closed,
    unknown: true,
  };
  const { outcome } = told;
  const nothingDone = outcome === 'refused' || outcome === 'undone';
  const saved = device.saved?.();
  const saidSaved = told.devices?.[0]?.saved.state === 'yes';
  const wrongs: readonly (readonly [boolean, string])[] = [
    [!truth[outcome], `the switch ${stateOf(now, course, closed)}`],
    [outcome !== 'unknown' && isOnTrial(lab), 'a commit is on trial'],
    [saidSaved && saved !== undefined && saved !== device.running(), 'it was told saved, and is not'],
    [nothingDone && saved !== savedBefore, 'something was saved'],
  ];
  return wrongs.flatMap(([wrong, what]) => (wrong ? [`it told ${outcome}, and ${what}`] : []));
}

function stateOf(now: string, { before, after }: Course, closed: boolean): string {
  if (now === before) return 'is as it was before';
  if (now === after) return 'is as it was asked to be';
  return closed ? 'has the port closed' : 'is neither as it was nor as asked';
}
