import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Linted, lint } from '../../server/engine/lint/lint.ts';
import { at } from '../../server/errors.ts';
import { Copy } from '../tree.ts';

/** The shipped files of one platform, and no device. */
export class Tree extends Copy {
  constructor(platform: string) {
    super([join('playbooks', platform), join('templates', platform)]);
    for (const folder of ['templates', 'inventory']) mkdirSync(join(this.path, folder), { recursive: true });
  }

  lint(): Linted {
    return lint({ root: this.path, playbooks: 'playbooks', templates: 'templates', inventory: 'inventory' });
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
}
