import type { Value, Values } from '../model.ts';

/** `{ mode: [trunk, hybrid] }`: every named value is one of those listed. Data, not an expression; decided before login. */
export function holds(when: Readonly<Record<string, readonly Value[]>>, values: Values): boolean {
  return Object.entries(when).every(([name, wanted]) => wanted.includes(values[name] ?? null));
}
