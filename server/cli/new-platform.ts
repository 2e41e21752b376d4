import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { lint } from '../engine/lint/lint.ts';
import { type NewFile, newPlatform, type Places } from '../kit/new-platform.ts';
import { paint, say, sayJson } from './paint.ts';
import { type CommonOptions, foldersOf, readConfig } from './setup.ts';
import { showComplaints } from './show.ts';
import { CASES } from './test.ts';

export interface NewPlatformOptions {
  readonly like: string;
  readonly dryRun?: boolean;
}

/** The exit status that says: written, and lint has something to say about it. */
const COMPLAINTS = 10;

/** Begins a platform as a copy of the one that is most like it, and says what is to be done next. */
export async function newPlatformCommand(name: string, options: CommonOptions & NewPlatformOptions): Promise<number> {
  const folders = foldersOf(options, readConfig(options));
  const { root } = folders;
  const places: Places = {
    root,
    playbooks: resolve(root, folders.playbooks),
    templates: resolve(root, folders.templates),
    cases: join(root, CASES),
  };
  const files = newPlatform(name, options.like, places);
  if (!options.dryRun) {
    for (const { path, text } of files) {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, text, { flag: 'wx' });
    }
  }
  if (options.json) sayJson({ platform: name, like: options.like, written: !options.dryRun, files: files.map(({ file }) => file) });
  else tell(name, options, files);
  if (options.dryRun) return 0;
  const { complaints, findings } = lint(folders);
  const own = new Set(files.map(({ file }) => file));
  const about = [...complaints, ...findings].filter(({ place }) => own.has(place.file));
  if (!options.json) showComplaints(about, false);
  return about.length > 0 ? COMPLAINTS : 0;
}

function tell(name: string, { like, dryRun }: NewPlatformOptions, files: readonly NewFile[]): void {
  say(`${dryRun ? 'Would be written' : 'Written'}, begun from ${paint('bold', like)}:`);
  for (const { file } of files) say(`  ${file}`);
  if (dryRun) return;
  const cases = files.some(({ file }) => file.startsWith(CASES));
  const steps = [
    `Go through playbooks/${name}/platform.yml, then each playbook: the remarks at the top say what to look at.`,
    `mercury new device NAME --platform ${name} --address ADDRESS, and "mercury plan" for every method and mode: read it as if you were to type it.`,
    ...(cases ? [`mercury test --platform ${name} --watch: the cases are played by the lab's ${like} for the time being.`] : []),
    `mercury record, on a real device and a port that nobody needs: cases can play what it says.`,
    'mercury lint, and mercury review for whoever is to read it.',
  ];
  say();
  say(paint('bold', 'Next'));
  for (const [nth, step] of steps.entries()) say(`  ${nth + 1}. ${step}`);
}
