import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { ensurePackages, type Readiness } from '../debian.ts';
import { freePorts } from '../ports.ts';
import { run } from '../real/run.ts';

/** Whether Debian's etcd is here; with CI=true, where leaving tests out would go unseen, throws when it is not. */
export function etcdReady(): Readiness {
  const readiness = ensurePackages(['etcd-server', 'etcd-client']);
  if (!readiness.ready && process.env.CI === 'true') throw new Error(`no etcd to test with: ${readiness.why}`);
  return readiness;
}

/** A real etcd of one member on loopback, in a folder of its own. It can be killed and started again; `await using` ends it. */
export class Etcd implements AsyncDisposable {
  readonly endpoint: string;
  readonly folder = mkdtempSync(join(tmpdir(), 'mercury-etcd-'));
  readonly #args: readonly string[];
  #child: ChildProcess | undefined;

  private constructor(endpoint: string, args: readonly string[]) {
    this.endpoint = endpoint;
    // Leases of a second, so that nobody waits long for one to end: etcd grants none that is shorter than an election.
    const quick = ['--heartbeat-interval', '20', '--election-timeout', '200'];
    this.#args = ['--data-dir', join(this.folder, 'data'), ...quick, ...args];
  }

  static async start(scheme: 'http' | 'https' = 'http'): Promise<Etcd> {
    const client = await freePorts(2);
    const peer = client + 1;
    const urls = [`${scheme}://127.0.0.1:${client}`, `http://127.0.0.1:${peer}`] as const;
    const etcd = new Etcd(urls[0], [
      ...['--listen-client-urls', urls[0], '--advertise-client-urls', urls[0]],
      ...['--listen-peer-urls', urls[1], '--initial-advertise-peer-urls', urls[1], '--initial-cluster', `default=${urls[1]}`],
      ...(scheme === 'https' ? ['--auto-tls'] : []),
    ]);
    await etcd.begin();
    return etcd;
  }

  /** The certificate that it made for itself. */
  get certificate(): string {
    return join(this.folder, 'data', 'fixtures', 'client', 'cert.pem');
  }

  /** Starts it with what it had, and waits until it answers. */
  async begin(): Promise<void> {
    const child = spawn('etcd', this.#args, { stdio: ['ignore', 'ignore', 'pipe'], env: { PATH: process.env.PATH } });
    this.#child = child;
    const said: string[] = [];
    for await (const line of createInterface({ input: child.stderr })) {
      said.push(line);
      if (/ready to serve client requests|serving (?:insecure )?client (?:requests|traffic)/.test(line)) break;
    }
    if (child.exitCode !== null) throw new Error(`etcd ended with ${child.exitCode}:\n${said.join('\n')}`);
    child.stderr.resume();
  }

  async kill(): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  }

  /** What Debian's own client answers. */
  ctl(...words: string[]): Promise<string> {
    return run('timeout', ['60', 'etcdctl', '--endpoints', this.endpoint, ...words], { ETCDCTL_API: '3' });
  }

  /** Names of all keys there are. */
  async keys(): Promise<string[]> {
    return (await this.ctl('get', '', '--prefix', '--keys-only')).split('\n').filter(line => line !== '');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true });
  }
}
