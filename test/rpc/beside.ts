import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { dump, load } from 'js-yaml';
import { type Service, startService } from '../../server/cli/serve.ts';
import type { AuditLine } from '../../server/engine/audit.ts';
import { FileLocks } from '../../server/engine/lock/file.ts';
import { realWorld, type World } from '../../server/engine/world.ts';
import { CredentialsFile } from '../../server/library/credentials.ts';
import { makeLogger } from '../../server/log.ts';
import type { Mercury } from '../harness.ts';
import { shippedWith } from '../shipped.ts';

export interface InventoryText {
  devices: Record<string, Record<string, unknown>>;
}

export interface BesideOptions {
  /** Changes the lab's own inventory before it is read. */
  readonly edit?: (inventory: InventoryText) => void;
  /** More entries for the credentials file. */
  readonly credentials?: Readonly<Record<string, object>>;
  readonly world?: (real: World) => World;
  /** Milliseconds. */
  readonly callTime?: number;
}

/** A second service on the lab of the first, with an inventory and credentials of its own. */
export class Beside implements AsyncDisposable {
  readonly service: Service;
  readonly audit: AuditLine[];

  private constructor(service: Service, audit: AuditLine[]) {
    this.service = service;
    this.audit = audit;
  }

  get url(): string {
    return this.service.url;
  }

  static async start(mercury: Mercury, options: BesideOptions): Promise<Beside> {
    const folder = mkdtempSync(join(mercury.folder, 'beside-'));
    const inventory = load(readFileSync(join(mercury.folder, 'inventory', 'lab.yml'), 'utf8')) as InventoryText;
    options.edit?.(inventory);
    writeFileSync(join(folder, 'inventory.yml'), dump(inventory));
    const entries = load(readFileSync(join(mercury.folder, 'credentials.yml'), 'utf8')) as object;
    const secrets = join(mkdtempSync(join(mercury.folder, 'secrets-')), 'credentials.yml');
    writeFileSync(secrets, dump({ ...entries, ...options.credentials }), { mode: 0o600 });
    const library = shippedWith(folder);
    const real = realWorld(new CredentialsFile(secrets), new FileLocks(join(mercury.folder, 'locks')));
    const audit: AuditLine[] = [];
    const desk = { library, world: options.world?.(real) ?? real, audit: (line: AuditLine) => audit.push(line) };
    const config = { host: '127.0.0.1', port: 0, call_time: options.callTime ?? 60_000, grace: 60_000 };
    return new Beside(await startService(desk, config, makeLogger('silent', 2, 'test')), audit);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.service.stop();
  }
}
