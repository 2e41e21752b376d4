import { execFileSync } from 'node:child_process';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ReviewOptions, reviewOf, statusOf } from '../../server/cli/review.ts';
import { asJson } from '../../server/review/json.ts';
import { Folder, mercury, type RunOptions } from '../cli/run.ts';
import { ROOT } from '../harness.ts';

/** What `mercury review --json` says, as far as tests ask. */
export interface Told {
  readonly same: boolean;
  readonly headline: string;
  readonly plans: number;
  readonly files: readonly { readonly file: string; readonly effect: string }[];
  readonly changes: readonly {
    readonly platform: string;
    readonly method: string;
    readonly effect: string;
    readonly aspects: readonly string[];
    readonly samples: readonly string[];
    readonly devices: readonly string[];
    readonly diff: readonly {
      readonly change: string;
      readonly part: string;
      readonly sent?: string;
      readonly told?: string;
      readonly source: string;
    }[];
  }[];
  readonly platforms: readonly { readonly name: string; readonly settings: readonly unknown[] }[];
  readonly devices: readonly { readonly name: string; readonly effect: string; readonly settings: readonly unknown[] }[];
  readonly rules: readonly { readonly effect: string; readonly text: string }[];
  readonly complaints: { readonly new: readonly { readonly message: string }[]; readonly gone: readonly { readonly message: string }[] };
  readonly notes: readonly string[];
}

/** A repository of a network team: what is shipped, committed once. `using` takes it away. */
export class Tree implements Disposable {
  readonly #own = new Folder();
  readonly path = this.#own.path;

  constructor() {
    for (const folder of ['playbooks', 'templates', 'inventory']) cpSync(join(ROOT, folder), join(this.path, folder), { recursive: true });
    this.git('init', '--quiet', '--initial-branch', 'main');
    this.commit('As it is shipped');
  }

  git(...words: string[]): string {
    const who = ['-c', 'user.name=Network Team', '-c', 'user.email=noc@example.net', '-c', 'commit.gpgsign=false'];
    return execFileSync('git', ['-C', this.path, ...who, ...words], { encoding: 'utf8' });
  }

  commit(subject: string): void {
    this.git('add', '--all');
    this.git('commit', '--quiet', '--message', subject);
  }

  read(file: string): string {
    return readFileSync(join(this.path, file), 'utf8');
  }

  write(file: string, text: string): void {
    writeFileSync(join(this.path, file), text);
  }

  /** Puts one text in the place of another, which must be there. */
  edit(file: string, from: string, to: string): void {
    const text = this.read(file);
    if (!text.includes(from)) throw new Error(`${file} has no ${from}`);
    this.write(
      file,
      text.replace(from, () => to),
    );
  }

  restore(): void {
    this.git('checkout', '--quiet', '.');
    this.git('clean', '--quiet', '--force', '-d');
  }

  run(words: readonly string[], options?: RunOptions) {
    return mercury(['--root', this.path, ...words], options);
  }

  review(options: Partial<ReviewOptions> = {}): Told & { readonly status: number } {
    const found = reviewOf({ root: this.path, base: 'HEAD', ...options });
    return { status: statusOf(found), ...(JSON.parse(JSON.stringify(asJson(found))) as Told) };
  }

  [Symbol.dispose](): void {
    this.#own[Symbol.dispose]();
  }
}
