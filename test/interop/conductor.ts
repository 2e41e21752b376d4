import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { ensurePackages, type Readiness } from '../debian.ts';

/** What Ironic's client returned, or raised: the class that Ironic's network interface would have to catch. */
export interface Told {
  readonly result?: Record<string, unknown>;
  readonly raised?: string;
  readonly message?: string;
  readonly code?: number | null;
}

/** The settings of the client's section of ironic.conf. */
export type Settings = Readonly<Record<string, string | number | boolean>>;

interface Made {
  readonly method: string;
  readonly kwargs: object;
  readonly request_id?: string;
  readonly cast?: boolean;
}

/** Whether Ironic's client can be run; with CI=true, where leaving tests out would go unseen, throws when it cannot. */
export function conductorReady(): Readiness {
  const readiness = ensurePackages(['python3-ironic']);
  if (!readiness.ready && process.env.CI === 'true') throw new Error(`no client of Ironic to test with: ${readiness.why}`);
  return readiness;
}

/** A conductor, as far as the wire knows: Debian's python3-ironic with the client that a conductor uses. */
export class Conductor implements AsyncDisposable {
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #folder: string;
  readonly #waiting = new Map<number, (told: Told) => void>();
  #made = 0;
  #errors = '';

  /** @param url of the service */
  constructor(url: string, settings: Settings = {}) {
    const { hostname, port, protocol } = new URL(url);
    this.#folder = mkdtempSync(join(tmpdir(), 'mercury-ironic-'));
    const file = join(this.#folder, 'ironic.conf');
    const section = { auth_strategy: 'noauth', port, use_ssl: protocol === 'https:', ...settings };
    const lines = Object.entries(section).map(([key, value]) => `${key} = ${value}`);
    writeFileSync(file, ['[DEFAULT]', '[json_rpc]', ...lines, ''].join('\n'));
    const script = join(import.meta.dirname, 'client.py');
    // Debian's own Python, whatever else is on the PATH. A certificate has no place in a proxy's way either.
    this.#child = spawn('/usr/bin/python3', [script, file, hostname], {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { PATH: '/usr/bin:/bin', HOME: this.#folder },
    });
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#errors += text;
    });
    createInterface(this.#child.stdout).on('line', line => {
      const { n, ...told } = JSON.parse(line) as Told & { n: number };
      this.#waiting.get(n)?.(told);
      this.#waiting.delete(n);
    });
    this.#child.once('close', () => {
      for (const tell of this.#waiting.values()) tell({ raised: 'the client ended', message: this.#errors });
    });
  }

  call(method: string, kwargs: object = {}, more: Partial<Made> = {}): Promise<Told> {
    this.#made += 1;
    const n = this.#made;
    const told = new Promise<Told>(resolve => this.#waiting.set(n, resolve));
    this.#child.stdin.write(`${JSON.stringify({ n, method, kwargs, ...more })}\n`);
    return told;
  }

  // What the stock network interface sends: every optional parameter, as null when unset.

  updatePort(switch_id: string | null, port_name: string | null, wanted: object = {}): Promise<Told> {
    const unset = { mode: 'access', native_vlan: null, allowed_vlans: null, lag_name: null, default_vlan: null };
    return this.call('update_port', { switch_id, port_name, description: `Ironic Port ${port_name}`, ...unset, ...wanted });
  }

  resetPort(switch_id: string | null, port_name: string | null, wanted: object = {}): Promise<Told> {
    return this.call('reset_port', { switch_id, port_name, native_vlan: null, allowed_vlans: null, default_vlan: null, ...wanted });
  }

  updateLag(switch_ids: readonly string[], lag_name: string, wanted: object = {}): Promise<Told> {
    const unset = { mode: 'access', native_vlan: null, aggregation_mode: 'lacp', allowed_vlans: null, default_vlan: null };
    return this.call('update_lag', { switch_ids, lag_name, description: `Ironic LAG ${lag_name}`, ...unset, ...wanted });
  }

  deleteLag(switch_ids: readonly string[], lag_name: string): Promise<Told> {
    return this.call('delete_lag', { switch_ids, lag_name });
  }

  getSwitches(): Promise<Told> {
    return this.call('get_switches');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = this.#child.exitCode === null ? once(this.#child, 'close') : undefined;
    this.#child.stdin.end();
    await closed;
    rmSync(this.#folder, { recursive: true });
  }
}
