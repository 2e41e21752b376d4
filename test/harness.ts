import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { call, type Reply } from '../server/cli/call.ts';
import { writeLabFiles } from '../server/cli/lab.ts';
import { type Service, startService } from '../server/cli/serve.ts';
import type { AuditLine } from '../server/engine/audit.ts';
import type { Desk } from '../server/engine/change.ts';
import { FileLocks } from '../server/engine/lock/file.ts';
import { realWorld, type WorldOptions } from '../server/engine/world.ts';
import { type Lab, type LabOptions, SWITCHES, startLab } from '../server/lab/lab.ts';
import type { LabDevice } from '../server/lab/ssh-server.ts';
import { CredentialsFile } from '../server/library/credentials.ts';
import type { Library } from '../server/library/library.ts';
import { makeLogger } from '../server/log.ts';
import type { Outcome } from '../server/result.ts';
import { shippedWith } from './shipped.ts';

export { ROOT } from './shipped.ts';
/** Every platform that the lab can imitate: a new one is tested by being there. */
export const PLATFORMS: readonly string[] = Object.keys(SWITCHES);

/** A change result or the `data` of its error: what both have. */
export interface Told {
  readonly outcome: Outcome;
  readonly message: string;
  readonly code: number;
  readonly kind: string;
  readonly class: string;
  readonly request_id: string;
  readonly devices: readonly {
    readonly device: string;
    readonly outcome: Outcome;
    readonly diff: string;
    readonly saved: { readonly state: string; readonly why?: string };
    readonly commands: readonly { readonly task: string; readonly source: string; readonly sent: string; readonly received?: string }[];
  }[];
}

export interface MercuryOptions {
  /** Device name → platform. */
  readonly devices: Readonly<Record<string, string>>;
  readonly lab?: Omit<LabOptions, 'devices'>;
  /** Milliseconds. */
  readonly callTime?: number;
  readonly grace?: number;
  /** No session is kept and each visit saves, when left out. */
  readonly world?: WorldOptions;
  /** Each line waits for the one above it, whatever platform.yml says. */
  readonly lineByLine?: boolean;
}

/** A whole Mercury on lab switches, over real HTTP and real SSH. `await using` stops all of it. */
export class Mercury implements AsyncDisposable {
  readonly lab: Lab;
  readonly library: Library;
  readonly desk: Desk;
  readonly service: Service;
  readonly audit: AuditLine[];
  readonly folder: string;

  private constructor(parts: { lab: Lab; library: Library; desk: Desk; service: Service; audit: AuditLine[]; folder: string }) {
    this.lab = parts.lab;
    this.library = parts.library;
    this.desk = parts.desk;
    this.service = parts.service;
    this.audit = parts.audit;
    this.folder = parts.folder;
  }

  static async start(options: MercuryOptions): Promise<Mercury> {
    const folder = mkdtempSync(join(tmpdir(), 'mercury-test-'));
    const lab = await startLab({ ...options.lab, devices: options.devices });
    writeLabFiles(lab, folder);
    const read = shippedWith(join(folder, 'inventory'));
    const library = options.lineByLine ? lineByLine(read) : read;
    const audit: AuditLine[] = [];
    const world = realWorld(new CredentialsFile(join(folder, 'credentials.yml')), new FileLocks(join(folder, 'locks')), options.world);
    const desk: Desk = { library, world, audit: line => audit.push(line) };
    const config = { host: '127.0.0.1', port: 0, call_time: options.callTime ?? 60_000, grace: options.grace ?? 60_000 };
    const service = await startService(desk, config, makeLogger('silent', 2, 'test'));
    return new Mercury({ lab, library, desk, service, audit, folder });
  }

  device(name: string): LabDevice {
    return this.lab.device(name);
  }

  reply(method: string, params: object): Promise<Reply> {
    return call(this.service.url, method, params);
  }

  /** A call, its result or its error's data flattened into one shape. */
  async tell(method: string, params: object): Promise<Told> {
    const reply = await this.reply(method, params);
    return (
      'result' in reply
        ? { message: '', code: 0, ...(reply.result as object) }
        : { ...reply.error.data, message: reply.error.message, code: reply.error.code }
    ) as Told;
  }

  /** A call about one port of one device. */
  onPort(method: string, device: string, port: string, more: object = {}): Promise<Told> {
    return this.tell(method, { port: portOf(device, port), ...more });
  }

  /** A call about a network on one device. */
  onNetwork(method: string, device: string, vlan: number, name: string): Promise<Told> {
    return this.tell(method, { network: { segmentation_id: vlan, name, network_type: 'vlan' }, devices: [device] });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.service.stop();
    await this.lab[Symbol.asyncDispose]();
    rmSync(this.folder, { recursive: true });
  }
}

function lineByLine(library: Library): Library {
  const platforms = [...library.platforms].map(([name, { typeAhead, ...platform }]) => [name, platform] as const);
  return { ...library, platforms: new Map(platforms) };
}

/** A Neutron-style port wired to one switch port. */
export function portOf(device: string, port: string): object {
  return {
    id: 'b2a1c3d4-0000-4000-8000-00000000a001',
    address: '52:54:00:12:34:56',
    local_link_information: [{ switch_info: device, port_id: port }],
  };
}
