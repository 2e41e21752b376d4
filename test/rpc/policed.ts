import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import bcrypt from 'bcryptjs';
import { dump, load } from 'js-yaml';
import { type Service, startService } from '../../server/cli/serve.ts';
import { readConfig } from '../../server/cli/setup.ts';
import type { AuditLine } from '../../server/engine/audit.ts';
import type { World } from '../../server/engine/world.ts';
import { type Library, loadLibrary } from '../../server/library/library.ts';
import { makeLogger } from '../../server/log.ts';
import { openEntrance } from '../../server/rpc/entrance.ts';
import { type Mercury, ROOT } from '../harness.ts';
import type { InventoryText } from './beside.ts';
import type { RpcReply } from './wire.ts';

export interface PolicedOptions {
  readonly policy?: string;
  /** Who may call; each has the name for a password. */
  readonly callers: readonly string[];
  readonly edit?: (inventory: InventoryText & { groups?: object }) => void;
  readonly world?: (real: World) => World;
}

/** A service on the lab of another, with callers that say who they are, a policy and a freeze file. */
export class Policed implements AsyncDisposable {
  readonly audit: AuditLine[] = [];
  readonly #folder: string;
  #service: Service | undefined;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  static async start(mercury: Mercury, { policy, callers, edit, world }: PolicedOptions): Promise<Policed> {
    const one = new Policed(mkdtempSync(join(mercury.folder, 'policed-')));
    const inventory = load(readFileSync(join(mercury.folder, 'inventory', 'lab.yml'), 'utf8')) as InventoryText;
    edit?.(inventory);
    one.write('devices.yml', dump(inventory));
    if (policy !== undefined) one.write('policy.yml', policy);
    const root = mkdtempSync(join(mercury.folder, 'root-'));
    const users = join(root, 'htpasswd');
    writeFileSync(users, callers.map(name => `${name}:${bcrypt.hashSync(name, 4)}\n`).join(''), { mode: 0o600 });
    const settings = { MERCURY_PORT: '0', MERCURY_CALL_TIME: '60s', MERCURY_GRACE: '60s', MERCURY_AUTH: 'basic', MERCURY_USERS: users };
    const config = readConfig({ root }, settings);
    const real = mercury.desk.world;
    const desk = { library: one.read(), world: world?.(real) ?? real, audit: (line: AuditLine) => void one.audit.push(line) };
    one.#service = await startService(desk, config, makeLogger('silent', 2, 'test'), openEntrance(config, root));
    return one;
  }

  get url(): string {
    return this.#service?.url ?? '';
  }

  /** As SIGHUP does. @throws LibraryError, and then the old one stays in use */
  reload(policy: string): void {
    this.write('policy.yml', policy);
    this.#service?.take(this.read());
  }

  /** Drops a freeze file in, or takes it out. */
  freeze(text: string | null): void {
    if (text === null) rmSync(join(this.#folder, 'freeze.yml'), { force: true });
    else this.write('freeze.yml', text);
  }

  async call(caller: string, method: string, params: object): Promise<RpcReply> {
    const authorization = `Basic ${Buffer.from(`${caller}:${caller}`).toString('base64')}`;
    const response = await fetch(this.url, {
      method: 'POST',
      headers: { authorization },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
    });
    return (await response.json()) as RpcReply;
  }

  private write(name: string, text: string): void {
    writeFileSync(join(this.#folder, name), text);
  }

  private read(): Library {
    const library = loadLibrary({
      root: this.#folder,
      playbooks: join(ROOT, 'playbooks'),
      templates: join(ROOT, 'templates'),
      inventory: '.',
    });
    return library;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#service?.stop();
  }
}

/** What was answered, in one line. */
export function toldBy({ result, error }: RpcReply): string {
  if (error) return `${error.code} ${String(error.data?.kind)} ${error.message}`;
  return String((result as { outcome?: string }).outcome);
}
