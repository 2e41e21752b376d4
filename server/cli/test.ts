import { join, resolve } from 'node:path';
import { at, ChangeError } from '../errors.ts';
import { affectedBy, type Watched } from '../kit/affected.ts';
import { type Case, readCases } from '../kit/cases.ts';
import { junit } from '../kit/junit.ts';
import { runCases, type Tell, type Verdict } from '../kit/run.ts';
import { nearest } from '../library/check.ts';
import { Complaints, LibraryError } from '../library/complaints.ts';
import { type Library, lintLibrary } from '../library/library.ts';
import { complain, paint, say, sayBelow, sayJson } from './paint.ts';
import { Progress } from './progress.ts';
import { type CommonOptions, foldersOf, readConfig } from './setup.ts';
import { showComplaints } from './show.ts';
import { Changes } from './watch.ts';

export interface TestOptions {
  readonly platform?: string;
  readonly watch?: boolean;
  readonly format?: 'text' | 'json' | 'junit';
}

/** The exit status that says: all of it was run, and something failed. */
const FAILED = 10;
/** Where a network team keeps its cases. */
export const CASES = join('test', 'cases');

/** Runs the network team's cases, and again whatever a change bears on if it is to watch. */
export async function testCommand(paths: readonly string[], options: CommonOptions & TestOptions): Promise<number> {
  const format = options.json ? 'json' : (options.format ?? 'text');
  if (options.watch && format !== 'text') throw new ChangeError('bad_request', '--watch tells a person: leave out the other format');
  const site = new Site(paths, options);
  if (options.watch) return watch(site);
  const { cases, library } = site.read();
  const verdicts = await run(cases, library, format === 'text');
  if (format === 'json') sayJson(asJson(verdicts));
  if (format === 'junit') say(junit(verdicts));
  return verdicts.every(passed) ? 0 : FAILED;
}

/** The files that are run: read anew each time. */
class Site {
  readonly folders: Watched;
  readonly paths: readonly string[];
  readonly #options: CommonOptions & TestOptions;

  constructor(paths: readonly string[], options: CommonOptions & TestOptions) {
    const root = resolve(options.root);
    const { playbooks, templates } = foldersOf(options, readConfig(options));
    this.folders = { root, playbooks: resolve(root, playbooks), templates: resolve(root, templates) };
    // What a person names is relative to where they are.
    this.paths = paths.length > 0 ? paths.map(path => resolve(path)) : [join(root, CASES)];
    this.#options = options;
  }

  /** @throws LibraryError with every complaint about the library and the cases */
  read(): { cases: Case[]; library: Library } {
    const complaints = new Complaints();
    const { library, complaints: found } = lintLibrary(foldersOf(this.#options, readConfig(this.#options)));
    for (const { place, message } of found) complaints.add(place, message);
    const all = readCases(this.paths, this.folders.root, complaints);
    complaints.throwIfAny();
    const { platform } = this.#options;
    const cases = platform === undefined ? all : all.filter(one => one.platform === platform);
    if (cases.length === 0) throw nothing(all, platform);
    return { cases, library };
  }
}

function nothing(all: readonly Case[], platform: string | undefined): ChangeError {
  const near = nearest(platform ?? '', new Set(all.map(one => one.platform)));
  const which = platform === undefined ? 'there are no cases' : `there are no cases of ${platform}${near ? `; did you mean ${near}?` : ''}`;
  return new ChangeError('bad_request', `${which}: a case stands in ${CASES}/PLATFORM/*.yml`);
}

async function run(cases: readonly Case[], library: Library, aloud: boolean, stop?: AbortSignal): Promise<Verdict[]> {
  if (!aloud) return runCases(cases, library, {}, stop);
  const progress = new Progress(cases.length);
  const ended = new Map<Case, Verdict>();
  const waiting = [...cases];
  const tell: Tell = {
    begins: one => progress.begins(`${one.platform}: ${one.name}`),
    ended: verdict => {
      ended.set(verdict.case, verdict);
      // Told in the order of the files, whichever ended first.
      progress.ended(!passed(verdict), () => {
        for (let next = ended.get(waiting[0] as Case); next; next = ended.get(waiting[0] as Case)) {
          showVerdict(next);
          waiting.shift();
        }
      });
    },
  };
  const verdicts = await runCases(cases, library, tell, stop);
  progress.done();
  const failed = verdicts.filter(verdict => !passed(verdict)).length;
  const counts = [paint('green', `${verdicts.length - failed} passed`), ...(failed > 0 ? [paint('red', `${failed} failed`)] : [])];
  say(`${counts.join(', ')} in ${progress.elapsed}`);
  return verdicts;
}

const passed = ({ misses }: Verdict) => misses.length === 0;

/** On a terminal the line of progress counts what passes; elsewhere each case has a line. */
function showVerdict(verdict: Verdict): void {
  const { name, platform, place } = verdict.case;
  if (passed(verdict) && process.stdout.isTTY) return;
  const mark = passed(verdict) ? paint('green', 'ok    ') : paint('red', 'FAILED');
  say(`${mark}  ${platform}: ${name}  ${paint('dim', at(place))}`);
  for (const miss of verdict.misses) {
    sayBelow(`${at(miss.place)}: ${miss.message}`, '    ');
    // A difference keeps its shape; a sentence is broken between words.
    for (const line of miss.lines) {
      if (/^[-+ ]/.test(line))
        say(`      ${line.startsWith('-') ? paint('red', line) : line.startsWith('+') ? paint('green', line) : line}`);
      else sayBelow(line, '      ');
    }
  }
}

function asJson(verdicts: readonly Verdict[]): object {
  return {
    passed: verdicts.filter(passed).length,
    failed: verdicts.filter(verdict => !passed(verdict)).length,
    cases: verdicts.map(({ case: one, misses, took }) => ({
      name: one.name,
      platform: one.platform,
      ...one.place,
      passed: misses.length === 0,
      took: Math.round(took),
      misses: misses.map(({ place, message, lines }) => ({ ...place, message, lines })),
    })),
  };
}

async function watch(site: Site): Promise<number> {
  const { root, playbooks, templates } = site.folders;
  await using changes = new Changes([playbooks, templates, ...site.paths]);
  let changed: ReadonlySet<string> | undefined;
  while (!changes.stopped.aborted) {
    try {
      const { cases, library } = site.read();
      const wanted = changed === undefined ? cases : affectedBy(changed, cases, site.folders);
      if (wanted.length === 0) say(paint('dim', 'No case depends on that.'));
      else await run(wanted, library, true, changes.stopped);
      changed = new Set();
    } catch (thrown) {
      if (thrown instanceof LibraryError) showComplaints(thrown.complaints, false);
      else if (thrown instanceof ChangeError) complain(thrown.message);
      else throw thrown;
    }
    say(paint('dim', 'Waiting for a change below the playbooks, the templates and the cases; Ctrl-C ends.'));
    const more = await changes.next();
    // What could not be read is still to be run.
    if (changed) changed = new Set([...changed, ...more]);
    for (const path of more) say(paint('bold', `${path.startsWith(root) ? path.slice(root.length + 1) : path} has changed`));
  }
  return 0;
}
