import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import pino from 'pino';
import { type Service, startService } from '../../server/cli/serve.ts';
import { readConfig } from '../../server/cli/setup.ts';
import type { AuditLine } from '../../server/engine/audit.ts';
import { openEntrance } from '../../server/rpc/entrance.ts';
import { type Mercury, portOf } from '../harness.ts';

/** What an operator sets, as variables. */
export type Settings = Readonly<Record<`MERCURY_${string}`, string>>;

/** A service on the lab of another, with an entrance of its own; its log and audit are kept as they were written, nothing masked. */
export class Guarded implements AsyncDisposable {
  readonly service: Service;
  readonly audit: AuditLine[] = [];
  readonly log: string[] = [];

  private constructor(service: Service, audit: AuditLine[], log: string[]) {
    this.service = service;
    this.audit = audit;
    this.log = log;
  }

  get url(): string {
    return this.service.url;
  }

  static async start(mercury: Mercury, settings: Settings): Promise<Guarded> {
    const root = mkdtempSync(join(mercury.folder, 'guarded-'));
    const config = readConfig({ root }, { MERCURY_PORT: '0', MERCURY_CALL_TIME: '60s', MERCURY_GRACE: '60s', ...settings });
    const log: string[] = [];
    const sink = new Writable({
      write: (line, _encoding, done) => {
        log.push(String(line));
        done();
      },
    });
    const audit: AuditLine[] = [];
    const desk = { ...mercury.desk, audit: (line: AuditLine) => audit.push(line) };
    return new Guarded(await startService(desk, config, pino({ level: 'trace' }, sink), openEntrance(config, root)), audit, log);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.service.stop();
  }
}

export const basicAuth = (user: string, password: string | Uint8Array): { authorization: string } => ({
  authorization: `Basic ${Buffer.concat([Buffer.from(`${user}:`), Buffer.from(password as Uint8Array)]).toString('base64')}`,
});

/** A call that touches no device. */
export const asks = (more: object = {}): string =>
  JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'is_link_valid', params: { port: portOf('leaf', 'Gi1/0/1') }, ...more });

/** A call that changes one. */
export const attaches = (nth: number, more: object = {}): string =>
  JSON.stringify({
    jsonrpc: '2.0',
    id: nth,
    method: 'attach_port',
    params: { port: portOf('leaf', `Gi1/0/${nth}`), native_vlan: 100 },
    ...more,
  });
