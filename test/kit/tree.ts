import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Ended, Folder, mercury, type RunOptions } from '../cli/run.ts';
import { ROOT } from '../harness.ts';

/** A copy of what the network team has, for a `mercury --root` of its own; gone at the end of the scope. */
export class Tree implements Disposable {
  readonly #folder = new Folder();

  /** `cases`: the platforms whose cases are copied, too. */
  constructor(cases: readonly string[] = []) {
    const copied = ['playbooks', 'templates', 'inventory', ...cases.map(platform => join('test', 'cases', platform))];
    for (const part of copied) cpSync(join(ROOT, part), join(this.path, part), { recursive: true });
  }

  get path(): string {
    return this.#folder.path;
  }

  read(file: string): string {
    return readFileSync(join(this.path, file), 'utf8');
  }

  write(file: string, text: string): void {
    mkdirSync(dirname(join(this.path, file)), { recursive: true });
    writeFileSync(join(this.path, file), text);
  }

  /** Replaces a text that must be there. */
  edit(file: string, from: string, to: string): void {
    const text = this.read(file);
    if (!text.includes(from)) throw new Error(`${file} has no ${JSON.stringify(from)}`);
    this.write(
      file,
      text.replace(from, () => to),
    );
  }

  mercury(args: readonly string[], options: RunOptions = {}): Promise<Ended> {
    return mercury(['--root', this.path, ...args], { cwd: this.path, ...options });
  }

  [Symbol.dispose](): void {
    this.#folder[Symbol.dispose]();
  }
}
