import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dump } from 'js-yaml';
import type { LabCounts } from './lab-process.ts';
import type { Work } from './works.ts';

/** More switches than this share one process badly: its one thread would be what everybody waits for. */
const PER_PROCESS = 500;

interface LabFiles {
  readonly inventory: { readonly defaults: object; readonly devices: Readonly<Record<string, { readonly port: number }>> };
  readonly credentials: object;
  readonly ports: readonly [port: number, names: readonly string[]][];
}

/** A switch of the lab: its name in the inventory, its TCP port, its ports that are to be attached. */
export interface BenchSwitch {
  readonly name: string;
  readonly port: number;
  readonly ports: readonly string[];
}

/** Fresh switches for one contender, with an inventory and credentials for Mercury in a folder of their own. */
export class BenchLab implements AsyncDisposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'mercury-bench-'));
  readonly #processes: ChildProcess[] = [];
  readonly switches: BenchSwitch[] = [];

  static async start({ platform, switches, ports }: Work): Promise<BenchLab> {
    const lab = new BenchLab();
    for (let first = 1; first <= switches; first += PER_PROCESS) {
      const job = { platform, switches: Math.min(PER_PROCESS, switches - first + 1), ports, first };
      const child = fork(join(import.meta.dirname, 'lab-process.ts'), [JSON.stringify(job)], {
        stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      });
      lab.#processes.push(child);
      await once(child, 'message');
    }
    await lab.#write();
    return lab;
  }

  async #write(): Promise<void> {
    const files = (await this.#ask({ ask: 'files' })) as LabFiles[];
    const devices = Object.assign({}, ...files.map(({ inventory }) => inventory.devices)) as LabFiles['inventory']['devices'];
    const ports = new Map(files.flatMap(file => file.ports));
    for (const [name, { port }] of Object.entries(devices)) this.switches.push({ name, port, ports: ports.get(port) ?? [] });
    mkdirSync(join(this.folder, 'inventory'));
    writeFileSync(join(this.folder, 'inventory', 'lab.yml'), dump({ ...files[0]?.inventory, devices }));
    writeFileSync(join(this.folder, 'credentials.yml'), dump(files[0]?.credentials), { mode: 0o600 });
  }

  async counts(): Promise<LabCounts> {
    const all = (await this.#ask({ ask: 'counts' })) as LabCounts[];
    const sum = (key: keyof LabCounts) => all.reduce((total, one) => total + one[key], 0);
    return { sessions: sum('sessions'), saves: sum('saves'), commits: sum('commits'), right: sum('right') };
  }

  /** Waits until all of it would survive a reload. False when that did not come within so many milliseconds. */
  async kept(within: number): Promise<boolean> {
    return (await this.#ask({ ask: 'kept', within })).every(Boolean);
  }

  #ask(question: object): Promise<unknown[]> {
    return Promise.all(
      this.#processes.map(async child => {
        const answer = once(child, 'message');
        child.send(question);
        return (await answer)[0] as unknown;
      }),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.#processes) {
      const gone = once(child, 'exit');
      child.disconnect();
      await gone;
    }
    rmSync(this.folder, { recursive: true });
  }
}
