import type { Step } from '../model.ts';
import { readKey } from './check.ts';
import type { Visit } from './visit.ts';

/**
 * Makes the reads of several changes at one go, where the platform lets them be typed ahead, and puts them with those that need not be made
 * again. What is refused, or fails, is left out: whoever needs it asks for it, and is told why.
 */
export async function prefetch(
  visits: readonly Visit[],
  stepsOf: (visit: Visit) => readonly Step[],
  deadline: number,
  reads: Map<string, string>,
): Promise<void> {
  const [first] = visits;
  if (!first?.plan.dialect.typeAhead || visits.length < 2) return;
  const { readMode } = first.plan;
  const wanted = new Map(visits.flatMap(stepsOf).map(step => [readKey(step), step]));
  const simple = [...wanted].filter(
    ([key, { mode, lines, tolerate, answer }]) =>
      !reads.has(key) && mode === readMode && lines.length === 1 && tolerate.length === 0 && answer.length === 0,
  );
  const lines = simple.flatMap(([, step]) => step.lines);
  const keys = simple.map(([key]) => key);
  const heard: string[] = [];
  try {
    await first.terminal.run({ mode: readMode, lines, tolerate: [], answer: [], ahead: true }, deadline, ({ received }) =>
      heard.push(received),
    );
  } catch {
    return;
  }
  for (const [nth, key] of keys.entries()) reads.set(key, heard[nth] ?? '');
}
