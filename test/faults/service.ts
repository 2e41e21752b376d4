import { cpSync, existsSync, globSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { dump } from 'js-yaml';
import { call } from '../../server/cli/call.ts';
import type { AuditLine } from '../../server/engine/audit.ts';
import { type Ended, Folder, MAIN, Running, until } from '../cli/run.ts';
import { ROOT, type Told } from '../harness.ts';
import type { Mode } from './modes.ts';

export interface ServiceOptions {
  /** Inventory entries by name. */
  readonly devices: Readonly<Record<string, object>>;
  /** Entries of the credentials file; devices that name none have `lab`. */
  readonly credentials: Readonly<Record<string, object>>;
  /** Milliseconds. */
  readonly callTime: number;
  readonly mode: Mode;
  /** More settings, as MERCURY_* variables; lock files lie in `locks` of our folder unless they say otherwise. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** Words before the command, given our folder. */
  readonly within?: ((folder: string) => readonly string[]) | undefined;
}

/** The real `mercury serve` in a process of its own, that can be killed and started again. */
export class Service implements AsyncDisposable {
  readonly folder = new Folder();
  readonly #env: Readonly<Record<string, string>>;
  readonly #within: readonly string[];
  #callTime: number;
  #running: Running | undefined;
  #url = '';
  readonly #audit: AuditLine[] = [];
  /** How far the output was read for it. */
  #read = 0;

  private constructor({ devices, credentials, callTime, mode, env = {}, within }: ServiceOptions) {
    const { path } = this.folder;
    mkdirSync(join(path, 'inventory'));
    writeFileSync(join(path, 'inventory', 'range.yml'), dump({ defaults: { credentials: 'lab' }, devices }));
    writeFileSync(join(path, 'credentials.yml'), dump(credentials), { mode: 0o600 });
    this.#callTime = callTime;
    this.#within = within?.(path) ?? [];
    const playbooks = join(path, 'playbooks');
    cpSync(join(ROOT, 'playbooks'), playbooks, { recursive: true });
    for (const file of mode.platform ? globSync(join(playbooks, '*', 'platform.yml')) : [])
      writeFileSync(file, mode.platform?.(readFileSync(file, 'utf8')) ?? '');
    this.#env = {
      MERCURY_PLAYBOOKS: playbooks,
      MERCURY_INVENTORY: join(path, 'inventory'),
      MERCURY_CREDENTIALS: join(path, 'credentials.yml'),
      MERCURY_PORT: '0',
      ...(env.MERCURY_LOCK === undefined ? { MERCURY_LOCK_DIR: join(path, 'locks') } : {}),
      ...mode.env,
      ...env,
    };
  }

  static async start(options: ServiceOptions): Promise<Service> {
    const service = new Service(options);
    await service.restart();
    return service;
  }

  /** Milliseconds. */
  get callTime(): number {
    return this.#callTime;
  }

  get pid(): number {
    return this.#running?.child.pid ?? 0;
  }

  /** Lock files that are there. */
  get locks(): readonly string[] {
    const locks = join(this.folder.path, 'locks');
    return existsSync(locks) ? readdirSync(locks) : [];
  }

  /** Settles when the lock of that name is gone: a visit may give it back a moment after it has answered. */
  async lets(lock: string): Promise<void> {
    await until(() => !this.locks.some(name => name.startsWith(`${lock}.`)), 'the lock is gone');
  }

  /** Starts it in place of the one before; it may give its calls another time. */
  async restart(callTime = this.#callTime): Promise<void> {
    await this.#running?.[Symbol.asyncDispose]();
    this.#callTime = callTime;
    this.#audit.length = 0;
    this.#read = 0;
    const [file = '', ...args] = [...this.#within, process.execPath, MAIN, 'serve'];
    this.#running = new Running(file, args, { env: { ...this.#env, MERCURY_CALL_TIME: `${callTime}ms` } });
    const [, url = ''] = await this.#running.prints(/"msg":"listening on (http:\/\/[^"]+)"/, 'err');
    this.#url = url;
  }

  /** What the process that runs, or ran last, has put down until now. */
  get audit(): readonly AuditLine[] {
    const { out = '' } = this.#running ?? {};
    const end = out.lastIndexOf('\n') + 1;
    const lines = out.slice(this.#read, end).split('\n');
    this.#audit.push(...lines.filter(line => line !== '').map(line => JSON.parse(line) as AuditLine));
    this.#read = end;
    return this.#audit;
  }

  /** Asks it to stop, and waits until it has. */
  async stop(): Promise<Ended> {
    if (!this.#running) throw new Error('it does not run');
    this.#running.signal('SIGTERM');
    return this.#running.ended;
  }

  /** In the middle of whatever it does. */
  async kill(): Promise<void> {
    this.#running?.signal('SIGKILL');
    await this.#running?.ended;
  }

  /** A call, its result or its error's data flattened into one shape. */
  async tell(method: string, params: object): Promise<Told> {
    const reply = await call(this.#url, method, params);
    return (
      'result' in reply
        ? { message: '', code: 0, ...(reply.result as object) }
        : { ...reply.error.data, message: reply.error.message, code: reply.error.code }
    ) as Told;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#running?.[Symbol.asyncDispose]();
    this.folder[Symbol.dispose]();
  }
}
