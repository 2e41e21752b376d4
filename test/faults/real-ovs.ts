import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { span, toRanges } from '../../server/vlans.ts';
import { type Daemon, descendantsOf, startDaemon } from '../real/daemon.ts';
import { type Ovs, startOvs } from '../real/ovs.ts';
import { run } from '../real/run.ts';
import { type Sshd, startSshd } from '../real/sshd.ts';
import { TcpProxy } from './proxy.ts';

/** A real Open vSwitch behind a real sshd behind our proxy, and a witness that sees every state of its ports. */
export class RealSwitch implements AsyncDisposable {
  readonly ovs: Ovs;
  readonly sshd: Sshd;
  readonly proxy: TcpProxy;
  readonly #monitor: Daemon;
  readonly #cleanup: AsyncDisposableStack;

  private constructor(parts: { ovs: Ovs; sshd: Sshd; proxy: TcpProxy; monitor: Daemon; cleanup: AsyncDisposableStack }) {
    this.ovs = parts.ovs;
    this.sshd = parts.sshd;
    this.proxy = parts.proxy;
    this.#monitor = parts.monitor;
    this.#cleanup = parts.cleanup;
  }

  static async start(): Promise<RealSwitch> {
    await using cleanup = new AsyncDisposableStack();
    const ovs = cleanup.use(await startOvs());
    const sshd = cleanup.use(await startSshd(ovs));
    const proxy = cleanup.use(await TcpProxy.start());
    proxy.reset(sshd.port);
    for (const { port } of ovs.servers) await run('ip', ['-n', ovs.namespace, 'link', 'set', 'dev', port, 'down']);
    // Prints every row of the table Port as it is, and then as it changes.
    const socket = `unix:${join(ovs.env.OVS_RUNDIR ?? '', 'db.sock')}`;
    const args = ['--format=json', 'monitor', socket, 'Open_vSwitch', 'Port', 'name,tag,trunks,vlan_mode'];
    const monitor = cleanup.use(await startDaemon({ command: 'ovsdb-client', args, ready: /"headings"/ }));
    return new RealSwitch({ ovs, sshd, proxy, monitor, cleanup: cleanup.move() });
  }

  get port(): string {
    return this.ovs.servers[0].port;
  }

  /** What is configured for the port: its rows, and whether the device is up. */
  async state(): Promise<string> {
    const { port } = this;
    const list = (table: string, columns: string) =>
      this.ovs.vsctl('--if-exists', '--format=list', `--columns=${columns}`, 'list', table, port).catch(() => 'none');
    const link = await run('ip', ['-n', this.ovs.namespace, '-o', 'link', 'show', port]);
    return [
      await list('Port', 'name,tag,trunks,vlan_mode,external_ids,lacp,bond_mode'),
      await list('Interface', 'name,external_ids,mtu_request'),
      /[<,]UP[,>]/.test(link) ? 'up' : 'down',
    ].join('\n');
  }

  /** What the port carried since it was asked last, each state once: `100`, `+ 200-201`, every VLAN as `+ 1-4094`. */
  carried(): Set<string> {
    const said = this.#monitor.log.slice(this.#heard);
    this.#heard = this.#monitor.log.length;
    const tables = said.split('\n').filter(line => line.startsWith('{'));
    return new Set(tables.flatMap(table => statesIn(JSON.parse(table) as Table, this.port)));
  }
  #heard = 0;

  /** What processes of logins that are still there, here and on the other switches, call themselves. */
  get logins(): string[] {
    return descendantsOf(process.pid)
      .map(commandOf)
      .filter(command => /^sshd(?:-session)?: (?!.*\[listener\])/.test(command));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#cleanup.disposeAsync();
  }
}

interface Table {
  readonly headings: readonly string[];
  readonly data: readonly (readonly unknown[])[];
}

function statesIn({ headings, data }: Table, port: string): string[] {
  return data.flatMap(row => {
    const cell = (name: string) => row[headings.indexOf(name)];
    if (cell('name') !== port || cell('action') === 'delete' || cell('action') === 'old') return [];
    const [tags, trunks] = [numbersIn(cell('tag')), numbersIn(cell('trunks'))];
    const mode = typeof cell('vlan_mode') === 'string' ? cell('vlan_mode') : tags.length > 0 ? 'access' : 'trunk';
    const tagged = mode === 'access' ? [] : trunks.length > 0 ? trunks : span(1, 4094);
    return [`${tags[0] ?? ''}${tagged.length > 0 ? ` + ${toRanges(tagged.filter(vlan => vlan !== tags[0]))}` : ''}`.trim()];
  });
}

/** A set of the OVSDB protocol: one value by itself, or `["set", [...]]`. */
function numbersIn(value: unknown): number[] {
  if (typeof value === 'number') return [value];
  const [, list] = Array.isArray(value) ? (value as [string, number[]]) : [];
  return Array.isArray(list) ? list : [];
}

/** Empty when the process is gone. */
function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
  } catch {
    return '';
  }
}
