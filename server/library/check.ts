import * as z from 'zod';
import { LibraryError } from './complaints.ts';
import type { YamlFile } from './yaml.ts';

/**
 * Holds a file against its schema.
 * @throws LibraryError with file and line for every complaint; an unknown key is told with the nearest known one
 */
export function checkShape<T>(schema: z.ZodType<T>, yaml: YamlFile): T {
  const result = schema.safeParse(yaml.value);
  if (result.success) return result.data;
  const known = knownKeys(schema);
  throw new LibraryError(
    result.error.issues.flatMap(issue =>
      issue.code === 'unrecognized_keys'
        ? issue.keys.map(key => ({ place: yaml.atKey([...issue.path, key]), message: unknownKey(key, known) }))
        : [{ place: yaml.at(issue.path), message: told(issue) }],
    ),
  );
}

function told(issue: z.core.$ZodIssue): string {
  const where = issue.path.map(String).join('.');
  const what = issue.message.replace(/^Invalid input: /, '');
  return where === '' ? what : `${where}: ${what}`;
}

function unknownKey(key: string, known: ReadonlySet<string>): string {
  const near = nearest(key, known);
  return near ? `unknown key ${key}; did you mean ${near}?` : `unknown key ${key}`;
}

/** Every property name anywhere in a schema. */
function knownKeys(schema: z.ZodType): Set<string> {
  const keys = new Set<string>();
  const walk = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return;
    if ('properties' in node && typeof node.properties === 'object' && node.properties) {
      for (const key of Object.keys(node.properties)) keys.add(key);
    }
    for (const child of Object.values(node)) walk(child);
  };
  walk(z.toJSONSchema(schema, { unrepresentable: 'any', io: 'input' }));
  return keys;
}

/** The candidate that differs least, if it differs in at most a third of its letters. */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  let best: { word: string; distance: number } | undefined;
  for (const candidate of candidates) {
    const distance = editDistance(word, candidate);
    if (distance <= Math.max(1, Math.floor(candidate.length / 3)) && distance < (best?.distance ?? Number.POSITIVE_INFINITY)) {
      best = { word: candidate, distance };
    }
  }
  return best?.word;
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (const [i, letter] of [...a].entries()) {
    const next = [i + 1];
    for (let j = 0; j < b.length; j += 1) {
      next.push(Math.min((next[j] ?? 0) + 1, (row[j + 1] ?? 0) + 1, (row[j] ?? 0) + (letter === b[j] ? 0 : 1)));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
