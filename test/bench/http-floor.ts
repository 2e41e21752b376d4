import { type ChildProcess, execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import express from 'express';
import { cpuOf } from './service.ts';

/** The floor of W5: express alone. It reads a call, looks at nothing of it, and answers with a text that it was given. */
export class HttpFloor implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly url: string;

  private constructor(child: ChildProcess, url: string) {
    this.#child = child;
    this.url = url;
  }

  /** @param cpu the only processor it may use, when one is named */
  static async start(answer: string, cpu?: number): Promise<HttpFloor> {
    const child = fork(fileURLToPath(import.meta.url), [], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    child.send(answer);
    const [url] = (await once(child, 'message')) as [string];
    if (cpu !== undefined) execFileSync('taskset', ['-acp', String(cpu), String(child.pid)]);
    return new HttpFloor(child, url);
  }

  /** Seconds of CPU so far, of all its threads. */
  get cpu(): number {
    return cpuOf(this.#child.pid);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const gone = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    await gone;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.once('message', (answer: string) => {
    const app = express();
    app.use(express.raw({ type: () => true }));
    app.use((request, response) => {
      JSON.parse(String(request.body));
      response.type('application/json').send(answer);
    });
    const server = createServer(app).listen(0, '127.0.0.1', () =>
      process.send?.(`http://127.0.0.1:${(server.address() as AddressInfo).port}`),
    );
  });
}
