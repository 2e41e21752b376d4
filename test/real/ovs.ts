import { basename, join } from 'node:path';
import { startDaemon } from './daemon.ts';
import { temporaryDirectory } from './directory.ts';
import { makeNamespace, type Namespace, sweepNamespaces } from './namespace.ts';
import { run } from './run.ts';
import { plugServer, type Server } from './server.ts';

type Environment = Readonly<Record<string, string>>;

// The name Debian's package gives it.
const SCHEMA = '/usr/share/openvswitch/vswitch.ovsschema';
// Said by both daemons once they serve: by ovsdb-server when its sockets listen [its source], by ovs-vswitchd after its first look at the
// database [observed]. Whether it made the bridge is asked separately.
const SERVES = /\(Open vSwitch\) \d/;
const QUIETLY = ['-vsyslog:off', '-vconsole:info'];

/** A real Open vSwitch with an empty bridge, and two servers wired to it. `await using ovs = await startOvs()` takes all of it away again. */
export class Ovs implements AsyncDisposable {
  readonly bridge: string;
  /** What makes any `ovs-vsctl` talk to this switch and no other. */
  readonly env: Environment;
  /** The name of the network the switch lives in. */
  readonly namespace: string;
  readonly servers: readonly [Server, Server];
  readonly #cleanup: AsyncDisposableStack;

  constructor(bridge: string, env: Environment, host: Namespace, servers: readonly [Server, Server], cleanup: AsyncDisposableStack) {
    this.bridge = bridge;
    this.env = env;
    this.namespace = host.name;
    this.servers = servers;
    this.#cleanup = cleanup;
  }

  /** The test's own look at the truth. */
  vsctl(...args: string[]): Promise<string> {
    return run('ovs-vsctl', ['--timeout=60', ...args], this.env);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#cleanup.disposeAsync();
  }
}

/**
 * Starts the switch in a network namespace of its own: a userspace datapath makes links called `ovs-netdev` and, as the bridge is, `br-int`,
 * so two of them, or one beside a switch that this machine really uses, would fight over the names.
 */
export async function startOvs({ bridge = 'br-int' } = {}): Promise<Ovs> {
  await using cleanup = new AsyncDisposableStack();
  await sweepNamespaces();
  const directory = await temporaryDirectory('ovs', cleanup);
  const unique = basename(directory).split('-').at(-1) as string;
  const env = { OVS_RUNDIR: directory, OVS_DBDIR: directory, OVS_LOGDIR: directory, OVS_SYSCONFDIR: directory };
  const host = cleanup.use(await makeNamespace(`${unique}-switch`));

  await startDatabase(directory, env, cleanup);
  await startSwitch(host, env, cleanup);
  await addBridge(bridge, env);

  const plug = (name: string, port: string, address: string) =>
    plugServer({ name: `${unique}-${name}`, switchHost: host, port, address }, cleanup);
  // Named as on a BlueField: the representors of the first two functions.
  const servers = [await plug('server1', 'pf0hpf', '192.0.2.1'), await plug('server2', 'pf1hpf', '192.0.2.2')] as const;
  return new Ovs(bridge, env, host, servers, cleanup.move());
}

async function startDatabase(directory: string, env: Environment, cleanup: AsyncDisposableStack): Promise<void> {
  const database = join(directory, 'conf.db');
  await run('ovsdb-tool', ['create', database, SCHEMA], env);
  const args = [database, `--remote=punix:${join(directory, 'db.sock')}`, '--pidfile', ...QUIETLY];
  cleanup.use(await startDaemon({ command: 'ovsdb-server', args, env, ready: SERVES }));
  await run('ovs-vsctl', ['--timeout=60', '--no-wait', 'init'], env);
}

async function startSwitch(host: Namespace, env: Environment, cleanup: AsyncDisposableStack): Promise<void> {
  // Without --disable-system it would also serve, and tidy up, a datapath of the kernel's.
  const args = ['netns', 'exec', host.name, 'ovs-vswitchd', '--disable-system', '--disable-system-route', '--pidfile', ...QUIETLY];
  cleanup.use(await startDaemon({ command: 'ip', args, env, ready: SERVES }));
}

/** ovs-vsctl waits until ovs-vswitchd has done its part, yet does not tell whether that succeeded. */
async function addBridge(bridge: string, env: Environment): Promise<void> {
  await run('ovs-vsctl', ['--timeout=60', 'add-br', bridge, '--', 'set', 'Bridge', bridge, 'datapath_type=netdev'], env);
  const made = await run('ovs-vsctl', ['--timeout=60', 'get', 'Interface', bridge, 'ofport', 'error'], env);
  if (!/^\d+\n/.test(made)) throw new Error(`Open vSwitch did not make the bridge ${bridge}: ${made.replaceAll('\n', ' ')}`);
}
