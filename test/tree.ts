import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Folder } from './cli/run.ts';
import { ROOT } from './shipped.ts';

/** A copy of some of what ships, to be edited; gone at the end of the scope. */
export class Copy extends Folder {
  /** `parts`: files and folders below the root; one that is not there is left out. */
  constructor(parts: readonly string[]) {
    super();
    for (const part of parts.filter(one => existsSync(join(ROOT, one))))
      cpSync(join(ROOT, part), join(this.path, part), { recursive: true });
  }

  read(file: string): string {
    return readFileSync(join(this.path, file), 'utf8');
  }

  write(file: string, text: string): void {
    mkdirSync(dirname(join(this.path, file)), { recursive: true });
    writeFileSync(join(this.path, file), text);
  }

  /** Puts one text in the place of another. @throws Error when that is not there */
  edit(file: string, from: string, to: string): void {
    const text = this.read(file);
    if (!text.includes(from)) throw new Error(`${file} has no ${JSON.stringify(from)}`);
    this.write(
      file,
      text.replace(from, () => to),
    );
  }
}
