import { span } from '../../vlans.ts';
import type { ExecResult, LabSwitch, LabUser } from '../switch.ts';
import { reconfigure } from './openvswitch-daemon.ts';
import { Database } from './openvswitch-database.ts';
import { ip, type NetDevice } from './openvswitch-link.ts';
import { ofctl } from './openvswitch-ofctl.ts';
import { CONFIGURED, show } from './openvswitch-ports.ts';
import { splitWords } from './openvswitch-shell.ts';
import { vsctl } from './openvswitch-vsctl.ts';

/*
 * A Linux box with Open vSwitch: the SmartNIC of a bare-metal server. Its ports are the representors of the server's functions,
 * network devices that no bridge holds until somebody plugs them. One command is one exec channel, as over real SSH.
 * Texts and exit codes of ovs-vsctl were recorded from Debian's Open vSwitch 3.1.0; those of sh are dash's.
 * The user is in the group that may open the database, and may use sudo without a password: only for `ip` does it matter.
 */

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
    reconfigure(this.database, this.netdevs);
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
    if (name === 'ovs-ofctl') return this.#heard(ofctl(args, this.database, this.netdevs));
    if (name === 'ip') return this.#heard(ip(args, this.netdevs, by === 'sudo'));
    if (name === 'test') return this.#test(args);
    if (name === 'ls') return this.#ls(args);
    return by === 'sh' ? failed(`sh: 1: ${name}: not found`, 127) : failed(`sudo: ${name}: command not found`, 1);
  }

  /** Open vSwitch hears from the kernel what became of a device; the real one takes some milliseconds. */
  #heard(result: ExecResult): ExecResult {
    reconfigure(this.database, this.netdevs);
    return result;
  }

  #test(args: readonly string[]): ExecResult {
    const [operator, path] = args;
    if (args.length !== 2 || operator !== '-e' || path === undefined)
      return failed(`sh: 1: test: ${operator ?? ''}: unexpected operator`, 2);
    const device = /^\/sys\/class\/net\/([^/]+)$/.exec(path)?.[1];
    return { ...OK, status: device !== undefined && this.netdevs.has(device) ? 0 : 1 };
  }

  /** Without a terminal: one name a line. Of the file system there is this directory and no more. */
  #ls([path, ...more]: readonly string[]): ExecResult {
    if (path !== '/sys/class/net' || more.length > 0) return failed(`ls: cannot access '${path ?? '.'}': No such file or directory`, 2);
    return {
      ...OK,
      stdout: [...this.netdevs.keys()]
        .sort()
        .map(name => `${name}\n`)
        .join(''),
    };
  }

  #vsctl(args: readonly string[]): ExecResult {
    const { database, ...result } = vsctl(args, () => new Database(this.database));
    if (!database) return result;
    this.database = database;
    // A device that does not come up is told on stderr; up to release 3.5 the exit status stays 0 all the same.
    return { ...result, stderr: result.stderr + reconfigure(this.database, this.netdevs) };
  }
}

const OK: ExecResult = { stdout: '', stderr: '', status: 0 };

function failed(message: string, status: number): ExecResult {
  return { stdout: '', stderr: `${message}\n`, status };
}
