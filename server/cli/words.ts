import { type Command, InvalidArgumentError, Option } from 'commander';
import { type Method, PLAYBOOK_METHODS } from '../model.ts';

/** How plan, apply and verify are told what to do: words on the command line, or a JSON-RPC call as it came over the wire. */
export interface RequestOptions {
  readonly mode?: string;
  readonly native?: string;
  readonly allowed?: string;
  readonly default?: string;
  readonly description?: string;
  readonly mtu?: string;
  readonly lag?: string;
  readonly aggregation?: string;
  readonly vlan?: string;
  readonly name?: string;
  readonly request?: string;
}

/** Options that a method has a meaning for; any other would be ignored, and is refused instead. */
export const OPTIONS_OF: Readonly<Record<Method, readonly (keyof RequestOptions)[]>> = {
  attach_port: ['mode', 'native', 'allowed', 'default', 'description', 'mtu'],
  update_port: ['mode', 'native', 'allowed', 'default', 'description', 'mtu'],
  attach_lag: ['mode', 'native', 'allowed', 'default', 'description', 'mtu', 'aggregation'],
  join_lag: ['lag', 'mode', 'native', 'allowed', 'default', 'description', 'mtu', 'aggregation'],
  delete_lag: [],
  detach_port: ['default'],
  add_network: ['vlan', 'name'],
  delete_network: ['vlan', 'name'],
  is_port_supported: [],
};

const NAMES = [...new Set(Object.values(OPTIONS_OF).flat()), 'request'] as const;

/** Those that were given. */
export function givenOf(options: RequestOptions): (keyof RequestOptions)[] {
  return NAMES.filter(name => options[name] !== undefined);
}

export function withRequestOptions(command: Command): Command {
  return command
    .argument('[method]', `one of ${PLAYBOOK_METHODS.join(', ')}`)
    .argument('[devices]', 'inventory names, with commas')
    .argument('[port]', 'the port or the LAG, for methods that have one')
    .addOption(new Option('--mode <mode>', 'what the port becomes; access when left out').choices(['access', 'trunk', 'hybrid']))
    .option('--native <vlan>', 'the untagged VLAN')
    .option('--allowed <vlans>', 'the tagged VLANs of a trunk: 200,210-219')
    .option('--default <vlan>', 'the VLAN that a detached port is left on; without it the port is closed')
    .option('--description <text>', 'the port’s description')
    .option('--mtu <bytes>', 'the port’s MTU')
    .option('--lag <name>', 'join_lag: the LAG that the port becomes a member of')
    .addOption(new Option('--aggregation <how>', 'how a LAG is aggregated').choices(['lacp', 'static']))
    .option('--vlan <vlan>', 'add_network, delete_network: the VLAN')
    .option('--name <name>', 'add_network, delete_network: the network’s name')
    .option('--request <file>', 'a JSON-RPC call in a file, instead of all these; - reads standard input');
}

/** How `new platform` and `new device` are told what to begin. */
export function withPlatformOptions(command: Command): Command {
  return command
    .description('copy playbooks, templates and cases of the platform that is most like it')
    .argument('<name>', 'as Netmiko and Ansible call it')
    .requiredOption('--like <platform>', 'the one to begin from')
    .option('--dry-run', 'only say what would be written');
}

export function withDeviceOptions(command: Command): Command {
  return command
    .description('add a device to the inventory; what stands there stays as it is')
    .argument('<name>', 'its name in the inventory')
    .requiredOption('--address <address>', 'IPv4, IPv6 or host name')
    .option('--platform <platform>', 'needed unless a group of it says so')
    .option('--port <port>', 'the port of SSH, where it is not 22', number)
    .option('--group <name>', 'a group of the inventory; may be given several times', several, [])
    .option('--credentials <entry>', 'an entry of the credentials file')
    .option('--uplink <port>', 'a port that nobody may change; may be given several times', several, [])
    .option('--switch-id <mac>', 'a MAC by which Ironic knows it; may be given several times', several, [])
    .option('--file <file>', 'of the inventory, where there are several')
    .option('--dry-run', 'only say what would be written');
}

/** An option that may be given several times. */
export function several(text: string, before: readonly string[]): readonly string[] {
  return [...before, text];
}

export function number(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('It must be a whole number.');
  return Number(text);
}
