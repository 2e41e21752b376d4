import { existsSync, type FSWatcher, statSync, watch } from 'node:fs';
import { join } from 'node:path';
import { firstSignal } from './signals.ts';

/** An editor writes a file in several steps, a checkout writes many files: what comes within so many milliseconds is one change. */
const TOGETHER = 60;

/** Files below folders as they change, until a signal. */
export class Changes implements AsyncDisposable {
  readonly #watchers: FSWatcher[];
  readonly #stop = new AbortController();
  #changed = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #wake: () => void = () => {};

  /** Absolute paths of files and folders; one that is not there is passed over. */
  constructor(paths: readonly string[]) {
    this.#watchers = paths.filter(existsSync).map(path => {
      const folder = statSync(path).isDirectory();
      const watcher = watch(path, { recursive: folder }, (_event, name) => this.#hear(folder && name !== null ? join(path, name) : path));
      // A folder that is taken away is no reason to stop: its cases will be missed soon enough.
      return watcher.on('error', () => watcher.close());
    });
    void firstSignal().then(() => {
      this.#stop.abort();
      this.#wake();
    });
  }

  /** Aborted at the first signal. */
  get stopped(): AbortSignal {
    return this.#stop.signal;
  }

  /** What has changed since it was asked last, as soon as it is something and the disk is quiet; nothing when it is to stop. */
  async next(): Promise<ReadonlySet<string>> {
    while (!this.#stop.signal.aborted && (this.#changed.size === 0 || this.#timer !== undefined)) {
      await new Promise<void>(resolve => {
        this.#wake = resolve;
      });
    }
    const changed = this.#changed;
    this.#changed = new Set();
    return changed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.#timer);
    for (const watcher of this.#watchers) watcher.close();
  }

  #hear(path: string): void {
    // What an editor leaves beside a file while it writes.
    if (/(?:~|\.sw[a-p]|\.tmp)$|\/(?:\.#|4913$)/.test(path)) return;
    this.#changed.add(path);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#wake();
    }, TOGETHER);
  }
}
