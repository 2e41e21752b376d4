import { join } from 'node:path';
import { type Ended, mercury, type RunOptions } from '../cli/run.ts';
import { Copy } from '../tree.ts';

/** A copy of what the network team has, for a `mercury --root` of its own. */
export class Tree extends Copy {
  /** `cases`: the platforms whose cases are copied, too. */
  constructor(cases: readonly string[] = []) {
    super(['playbooks', 'templates', 'inventory', ...cases.map(platform => join('test', 'cases', platform))]);
  }

  mercury(args: readonly string[], options: RunOptions = {}): Promise<Ended> {
    return mercury(['--root', this.path, ...args], { cwd: this.path, ...options });
  }
}
