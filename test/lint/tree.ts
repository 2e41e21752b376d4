import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type Linted, lint } from '../../server/engine/lint/lint.ts';
import { at } from '../../server/errors.ts';
import type { LibraryFolders } from '../../server/library/library.ts';
import { ROOT } from '../harness.ts';

/** The shipped files of one platform in a folder of their own, to be edited. `using` removes it. */
export class Tree implements Disposable {
  readonly root = mkdtempSync(join(tmpdir(), 'mercury-lint-'));

  constructor(platform: string) {
    for (const folder of ['playbooks', 'templates']) {
      mkdirSync(join(this.root, folder));
      const shipped = join(ROOT, folder, platform);
      if (existsSync(shipped)) cpSync(shipped, join(this.root, folder, platform), { recursive: true });
    }
    mkdirSync(join(this.root, 'inventory'));
  }

  get folders(): LibraryFolders {
    return { root: this.root, playbooks: 'playbooks', templates: 'templates', inventory: 'inventory' };
  }

  read(file: string): string {
    return readFileSync(join(this.root, file), 'utf8');
  }

  write(file: string, text: string): void {
    mkdirSync(dirname(join(this.root, file)), { recursive: true });
    writeFileSync(join(this.root, file), text);
  }

  /** @throws Error when there is nothing to replace */
  edit(file: string, piece: string, by: string): void {
    const text = this.read(file);
    if (!text.includes(piece)) throw new Error(`${file} has no ${piece}`);
    this.write(
      file,
      text.replace(piece, () => by),
    );
  }

  lint(): Linted {
    return lint(this.folders);
  }

  /** `file:line rule` of each finding; complaints are findings too. */
  told(): string[] {
    const { complaints, findings } = this.lint();
    return [
      ...complaints.map(({ place, message }) => `${at(place)} ${message}`),
      ...findings.map(({ place, rule }) => `${at(place)} ${rule}`),
    ];
  }

  /** `file:line` of the first line that holds the fragment; of several, of the last one after those before it. */
  lineOf(file: string, ...fragments: readonly string[]): string {
    const lines = this.read(file).split('\n');
    let found = -1;
    for (const fragment of fragments) {
      found = lines.findIndex((text, i) => i > found && text.includes(fragment));
      if (found < 0) throw new Error(`${file} has no ${fragment}`);
    }
    return `${file}:${found + 1}`;
  }

  [Symbol.dispose](): void {
    rmSync(this.root, { recursive: true });
  }
}
