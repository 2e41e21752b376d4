import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Config, configSchema } from '../config.ts';
import { requestOfLine } from '../engine/history.ts';
import type { LibraryFolders } from '../library/library.ts';
import { readYaml } from '../library/yaml.ts';
import type { Asked } from '../review/asked.ts';
import { asHtml } from '../review/html/report.ts';
import { asJson } from '../review/json.ts';
import { asMarkdown } from '../review/markdown.ts';
import { isSame, type Review, review } from '../review/review.ts';
import { Revision } from '../review/revision.ts';
import { readSamples } from '../review/sample-file.ts';
import { readSide } from '../review/side.ts';
import { readChanges } from './asked.ts';
import { writeOutput } from './input.ts';
import { sayJson } from './paint.ts';
import { type CommonOptions, foldersOf, readConfig } from './setup.ts';
import { showReview } from './show-review.ts';

export interface ReviewOptions extends CommonOptions {
  readonly base: string;
  readonly audit?: string;
  readonly samples?: string;
  readonly html?: string;
  readonly markdown?: string;
  /** Bytes of Markdown at most. */
  readonly length?: number;
}

/** Exit statuses that say: something would be otherwise; and: lint has complaints that it had not before. */
const CHANGES = 11;
const WRONG = 10;

/** The exact effect of edits to playbooks, templates and inventory since a revision. Touches no device, and reads no credentials. */
export async function reviewCommand(options: ReviewOptions): Promise<number> {
  const found = reviewOf(options);
  if (options.markdown !== undefined) writeOutput(options.markdown, asMarkdown(found, options.length));
  if (options.html !== undefined) writeOutput(options.html, asHtml(found));
  if (options.json) sayJson(asJson(found));
  else if (options.markdown !== '-' && options.html !== '-') showReview(found);
  return statusOf(found);
}

export function statusOf(found: Review): number {
  if (found.complaints.fresh.length > 0) return WRONG;
  return isSame(found) ? 0 : CHANGES;
}

/** Reads both sides and compares them. @throws ChangeError bad_request, LibraryError when a file of samples or settings is wrong */
export function reviewOf(options: ReviewOptions): Review {
  const root = resolve(options.root);
  const now = foldersOf(options, readConfig(options));
  using revision = new Revision(root, options.base);
  const before = readSide(layOut(revision, now, options));
  const asked = [...readSamples(resolve(root, options.samples ?? 'test/review'), root), ...(options.audit ? audited(options.audit) : [])];
  const base = `${revision.name} (${revision.commit.slice(0, 8)})`;
  return review(revision.commit.startsWith(revision.name) ? revision.commit.slice(0, 8) : base, before, readSide(now), asked);
}

const FOLDERS = ['playbooks', 'templates', 'inventory'] as const;

/** The folders as they were, by the settings of then, but for those that the environment names. */
function layOut(revision: Revision, now: LibraryFolders, options: ReviewOptions): LibraryFolders {
  const file = options.config ?? join(now.root, 'mercury.yml');
  revision.layOut(file);
  const settings = settingsOf(revision.at(file));
  const folders = FOLDERS.map(key => {
    const named = process.env[`MERCURY_${key.toUpperCase()}`] === undefined ? (settings[key] ?? configSchema.parse({})[key]) : now[key];
    revision.layOut(resolve(now.root, named));
    return [key, revision.at(resolve(now.root, named))] as const;
  });
  const then: LibraryFolders = { ...now, ...Object.fromEntries(folders), root: revision.root };
  for (const known of knownHosts(then.inventory)) revision.layOut(resolve(now.root, known), 'as it is');
  return then;
}

/** Only what says where the folders are: settings of then may not be settings of now. */
function settingsOf(file: string): Partial<Record<keyof Config, string>> {
  const value: unknown = existsSync(file) ? readYaml(file).value : {};
  const entries = Object.entries(typeof value === 'object' && value !== null ? value : {});
  return Object.fromEntries(entries.filter(([, text]) => typeof text === 'string'));
}

/** Files of host keys that an inventory names; they may stand anywhere. */
function knownHosts(inventory: string): string[] {
  if (!existsSync(inventory)) return [];
  const texts = readdirSync(inventory)
    .filter(name => /\.ya?ml$/.test(name))
    .map(name => readFileSync(join(inventory, name), 'utf8'));
  return texts.flatMap(text =>
    [...text.matchAll(/\bknown_hosts:\s*(?:"([^"]+)"|'([^']+)'|([^\s,}#]+))/g)].map(([, a, b, c]) => a ?? b ?? c ?? ''),
  );
}

/** One request of each kind that the audit has: what differs only in its numbers and names would be planned alike. */
function audited(file: string): Asked[] {
  const kinds = new Map(
    readChanges(file).map(change => {
      const request = requestOfLine(change);
      const { method, device, args, caller } = request;
      const said = Object.entries(args).map(([name, value]) => [name, name === 'mode' || name === 'aggregation' ? value : typeof value]);
      return [JSON.stringify([method, device, caller.scheme, caller.name, said.toSorted()]), request] as const;
    }),
  );
  return [...kinds.values()].map(request => {
    const about = request.args.port ?? (request.args.vlan === undefined ? '' : `VLAN ${String(request.args.vlan)}`);
    return { name: `${request.method} ${request.device} ${String(about)} of the audit`, isHeld: true, requests: () => [request] };
  });
}
