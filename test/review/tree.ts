import { execFileSync } from 'node:child_process';
import { type ReviewOptions, reviewOf, statusOf } from '../../server/cli/review.ts';
import { asJson } from '../../server/review/json.ts';
import { mercury, type RunOptions } from '../cli/run.ts';
import { Copy } from '../tree.ts';

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

/** A repository of a network team: what is shipped, committed once. */
export class Tree extends Copy {
  constructor() {
    super(['playbooks', 'templates', 'inventory']);
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
}
