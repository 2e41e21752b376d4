import * as z from 'zod';
import { LibraryError } from './complaints.ts';
import { helpFor } from './help.ts';
import type { YamlFile } from './yaml.ts';

/**
 * Holds a file against its schema.
 * @throws LibraryError with file and line for every complaint; an unknown key is told with the nearest known one
 */
export function checkShape<T>(schema: z.ZodType<T>, yaml: Pick<YamlFile, 'value' | 'at' | 'atKey'>): T {
  const result = schema.safeParse(yaml.value);
  if (result.success) return result.data;
  const json = z.toJSONSchema(schema, { unrepresentable: 'any', io: 'input' });
  const known = knownKeys(json);
  const issues = result.error.issues.flatMap(closest);
  const strange = new Set(issues.flatMap(issue => (issue.code === 'unrecognized_keys' ? [where(issue)] : [])));
  throw new LibraryError(
    issues.flatMap(issue => {
      if (issue.code === 'unrecognized_keys') {
        return issue.keys.map(key => ({ place: yaml.atKey([...issue.path, key]), message: unknownKey(key, known) }));
      }
      // What is said about the whole of a thing follows from the key in it that nobody knows.
      if (issue.code === 'custom' && strange.has(where(issue))) return [];
      return [{ place: issue.code === 'invalid_key' ? yaml.atKey(issue.path) : yaml.at(issue.path), message: told(issue, json) }];
    }),
  );
}

type Issue = z.core.$ZodIssue;

/** Where several forms are allowed and none fits: the complaints of the form that came closest, which lie deepest. */
function closest(issue: Issue): Issue[] {
  if (issue.code !== 'invalid_union') return [issue];
  const [best] = issue.errors.toSorted((a, b) => depthOf(b) - depthOf(a) || a.length - b.length);
  if (!best || depthOf(best) === 0) return [issue];
  return best.flatMap(inner => closest({ ...inner, path: [...issue.path, ...inner.path] }));
}

function depthOf(issues: readonly Issue[]): number {
  return Math.max(
    0,
    ...issues.map(issue => issue.path.length + (issue.code === 'invalid_union' ? Math.max(0, ...issue.errors.map(depthOf)) : 0)),
  );
}

const where = (issue: Issue) => issue.path.map(String).join('.');

function told(issue: Issue, json: unknown): string {
  const what = issue.code === 'invalid_key' ? (issue.issues[0]?.message ?? issue.message) : issue.message.replace(/^Invalid input: /, '');
  if (where(issue) === '') return what.endsWith('received null') ? 'the file is empty' : what;
  if (!what.endsWith('received undefined')) return `${where(issue)}: ${what}`;
  const help = helpFor(json, issue.path);
  return `${where(issue)} is missing${help ? ` (${help})` : ''}`;
}

function unknownKey(key: string, known: ReadonlySet<string>): string {
  const near = nearest(key, known);
  return near ? `unknown key ${key}; did you mean ${near}?` : `unknown key ${key}`;
}

/** Every property name anywhere in a JSON Schema. */
function knownKeys(json: unknown): Set<string> {
  const keys = new Set<string>();
  const walk = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return;
    if ('properties' in node && typeof node.properties === 'object' && node.properties) {
      for (const key of Object.keys(node.properties)) keys.add(key);
    }
    for (const child of Object.values(node)) walk(child);
  };
  walk(json);
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

/** Letters to change, add, drop, or swap with their neighbour. */
function editDistance(a: string, b: string): number {
  let last: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 0; i < a.length; i += 1) {
    const next = [i + 1];
    for (let j = 0; j < b.length; j += 1) {
      const swapped = i > 0 && j > 0 && a[i] === b[j - 1] && a[i - 1] === b[j] ? (last[j - 1] ?? 0) + 1 : Number.POSITIVE_INFINITY;
      next.push(Math.min((next[j] ?? 0) + 1, (row[j + 1] ?? 0) + 1, (row[j] ?? 0) + (a[i] === b[j] ? 0 : 1), swapped));
    }
    last = row;
    row = next;
  }
  return row[b.length] ?? 0;
}
