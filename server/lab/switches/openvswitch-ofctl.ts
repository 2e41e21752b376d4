import type { ExecResult } from '../switch.ts';
import type { Database } from './openvswitch-database.ts';
import type { NetDevice } from './openvswitch-link.ts';
import { isMap } from './openvswitch-values.ts';

const VERSIONS = ['OpenFlow10', 'OpenFlow11', 'OpenFlow12', 'OpenFlow13', 'OpenFlow14', 'OpenFlow15'];
/** What is wrong with an option's value. */
const OPTIONS: Readonly<Record<string, (value: string) => string | undefined>> = {
  '--timeout': value => (/^\d+$/.test(value) ? undefined : `value ${value} on -t or --timeout is invalid`),
  '--protocols': value => {
    const strange = value.split(',').find(version => !VERSIONS.includes(version));
    return strange === undefined ? undefined : `Unknown OpenFlow version: "${strange}"`;
  },
};

/**
 * `ovs-ofctl [--timeout=N] [--protocols=LIST] mod-port BRIDGE PORT up|down`, and no more of it: it talks to the bridge, not to the
 * database, and knows the bridge's own ports alone. Texts and statuses were recorded from Debian's Open vSwitch 3.1.0.
 */
export function ofctl(words: readonly string[], database: Database, netdevs: ReadonlyMap<string, NetDevice>): ExecResult {
  const args = [...words];
  for (let option = args[0]; option?.startsWith('-'); option = args[0]) {
    const [name = '', value] = option.split('=', 2);
    const wrong = OPTIONS[name];
    if (!wrong) return failed(`unrecognized option '${option}'`);
    if (value === undefined) return failed(`option '${name}' requires an argument`);
    const why = wrong(value);
    if (why !== undefined) return failed(why);
    args.shift();
  }
  const [command, bridge = '', port = '', change = ''] = args;
  if (command === undefined) return failed('missing command name; use --help for help');
  if (command !== 'mod-port') return failed(`unknown command '${command}'; use --help for help`);
  if (args.length < 4) return failed("'mod-port' command requires at least 3 arguments");
  if (args.length > 4) return failed("'mod-port' command takes at most 3 arguments");
  return modifyPort({ bridge, port, change }, database, netdevs);
}

function modifyPort(
  { bridge, port, change }: { bridge: string; port: string; change: string },
  database: Database,
  netdevs: ReadonlyMap<string, NetDevice>,
): ExecResult {
  if (change !== 'up' && change !== 'down') return failed(`unknown mod-port command '${change}'`);
  if (!database.row('Bridge', bridge)) return failed(`${bridge} is not a bridge or a socket`);
  const device = netdevs.get(port);
  const holder = port === bridge ? bridge : database.bridgeOf(database.portOf(port) ?? '');
  const number = database.row('Interface', port)?.get('ofport');
  const open = number !== undefined && !isMap(number) && Number(number[0]) > 0;
  if (!device || holder !== bridge || !open) return failed(`${bridge}: couldn't find port \`${port}'`);
  device.up = change === 'up';
  return { stdout: '', stderr: '', status: 0 };
}

function failed(message: string): ExecResult {
  return { stdout: '', stderr: `ovs-ofctl: ${message}\n`, status: 1 };
}
