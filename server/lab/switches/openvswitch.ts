import { span } from '../../vlans.ts';
import type { ExecResult, LabSwitch, LabUser } from '../switch.ts';
import { Database } from './openvswitch-database.ts';
import { ip, type NetDevice } from './openvswitch-link.ts';
import { CONFIGURED, show } from './openvswitch-ports.ts';
import { splitWords } from './openvswitch-shell.ts';
import { isMap } from './openvswitch-values.ts';
import { vsctl } from './openvswitch-vsctl.ts';

/*
 * A Linux box with Open vSwitch: the SmartNIC of a bare-metal server. Its ports are the representors of the server's functions,
 * network devices that no bridge holds until somebody plugs them. One command is one exec channel, as over real SSH.
 * Texts and exit codes of ovs-vsctl were recorded from Debian's Open vSwitch 3.1.0; those of sh are dash's.
 * The user is in the group that may open the database, and may use sudo without a password: only for `ip` does it matter.
 */

/** What mlx5 takes at most; asking for more changes nothing and is no error. */
const LARGEST_MTU = 9978;

export class OpenVswitch implements LabSwitch {
  readonly platform = 'openvswitch';
  readonly hostname: string;
  readonly user: LabUser;
  readonly ports = span(0, 11).map(i => `pf0vf${i}`);
  readonly uplinks = ['p0'];
  /** As below /sys/class/net. */
  readonly netdevs = new Map<string, NetDevice>();
  database = new Database();

  constructor(hostname: string, user: LabUser) {
    this.hostname = hostname;
    this.user = user;
    for (const name of ['lo', 'oob_net0', 'p0']) this.netdevs.set(name, { mtu: 1500, up: true });
    // The kernel makes every device DOWN, representors and the devices of bridges too [real], and nobody has brought these up yet.
    for (const name of ['br-int', 'ovsbr1', ...this.ports]) this.netdevs.set(name, { mtu: 1500, up: false });
    this.database.addBridge('br-int', { fail_mode: ['secure'] });
    this.database.addBridge('ovsbr1', {});
    this.database.addPort('ovsbr1', 'p0', ['p0']);
    // The uplink, and nobody's to attach.
    this.database.row('Port', 'p0')?.set('vlan_mode', ['trunk']).set('trunks', span(2, 1001));
    this.#reconfigure();
  }

  exec(command: string): ExecResult {
    const split = splitWords(command);
    return 'error' in split ? failed(split.error, 2) : this.#run(split.words, 'sh');
  }

  running(): string {
    return show(this.database, CONFIGURED).join('\n');
  }

  refusal(line: string): string {
    const words = line.trim().split(/\s+/);
    const command = words.slice(words.indexOf('ovs-vsctl') + 1).find(word => !word.startsWith('-'));
    return `ovs-vsctl: unknown command '${command ?? line}'; use --help for help`;
  }

  #run(words: readonly string[], by: 'sh' | 'sudo'): ExecResult {
    const [name, ...args] = words;
    if (name === undefined) return OK;
    if (name === 'sudo' && by === 'sh') return this.#run(args[0] === '-n' ? args.slice(1) : args, 'sudo');
    if (name === 'ovs-vsctl') return this.#vsctl(args);
    if (name === 'ip') return this.#ip(args, by === 'sudo');
    if (name === 'test') return this.#test(args);
    return by === 'sh' ? failed(`sh: 1: ${name}: not found`, 127) : failed(`sudo: ${name}: command not found`, 1);
  }

  /** Open vSwitch hears of it from the kernel; the real one takes some milliseconds. */
  #ip(args: readonly string[], root: boolean): ExecResult {
    const result = ip(args, this.netdevs, root);
    this.#reconfigure();
    return result;
  }

  #test(args: readonly string[]): ExecResult {
    const [operator, path] = args;
    if (args.length !== 2 || operator !== '-e' || path === undefined)
      return failed(`sh: 1: test: ${operator ?? ''}: unexpected operator`, 2);
    const device = /^\/sys\/class\/net\/([^/]+)$/.exec(path)?.[1];
    return { ...OK, status: device !== undefined && this.netdevs.has(device) ? 0 : 1 };
  }

  #vsctl(args: readonly string[]): ExecResult {
    const { database, ...result } = vsctl(args, () => new Database(this.database));
    if (!database) return result;
    this.database = database;
    // A device that does not come up is told on stderr; up to release 3.5 the exit status stays 0 all the same.
    return { ...result, stderr: result.stderr + this.#reconfigure() };
  }

  /** What ovs-vswitchd does about new and changed interfaces before ovs-vsctl returns. Answers its complaints. */
  #reconfigure(): string {
    let complaints = '';
    for (const [name, row] of this.database.rows('Interface')) {
      const device = this.netdevs.get(name);
      const known = (row.get('ofport') as readonly number[])[0];
      if (device && (known === undefined || known < 0)) row.set('ofport', [this.#nextOpenFlowPort(name)]).set('error', []);
      if (device) {
        const [wanted] = row.get('mtu_request') as readonly number[];
        if (wanted !== undefined && wanted <= LARGEST_MTU) device.mtu = wanted;
        const state = [device.up ? 'up' : 'down'];
        row.set('mtu', [device.mtu]).set('admin_state', state).set('link_state', state);
      } else if (known === undefined) {
        const error = `could not open network device ${name} (No such device)`;
        row.set('ofport', [-1]).set('error', [error]);
        complaints += `ovs-vsctl: Error detected while setting up '${name}': ${error}.  See ovs-vswitchd log for details.\n`;
        complaints += 'ovs-vsctl: The default log directory is "/var/log/openvswitch".\n';
      }
    }
    return complaints;
  }

  /** A bridge's own port is 65534; the others count from 1. */
  #nextOpenFlowPort(name: string): number {
    if (this.database.row('Bridge', name)) return 65534;
    const taken = [...this.database.rows('Interface').values()]
      .map(row => row.get('ofport'))
      .flatMap(datum => (datum && !isMap(datum) ? datum : []));
    return span(1, taken.length + 1).find(port => !taken.includes(port)) ?? 1;
  }
}

const OK: ExecResult = { stdout: '', stderr: '', status: 0 };

function failed(message: string, status: number): ExecResult {
  return { stdout: '', stderr: `${message}\n`, status };
}
