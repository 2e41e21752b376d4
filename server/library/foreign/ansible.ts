import { firstOf, LOGIN_NAMES, LoginReader, textOf, type Variables } from './ansible-login.ts';
import { AnsibleTree, type Host, type Variable } from './ansible-tree.ts';
import type { Found, Placed } from './foreign.ts';
import type { Notes } from './notes.ts';

const PLATFORM = ['ansible_network_os'];
const ADDRESS = ['ansible_host', 'ansible_ssh_host'];
const PORT = ['ansible_port', 'ansible_ssh_port'];
const CONNECTION = ['ansible_connection'];
const KNOWN = new Set([...PLATFORM, ...ADDRESS, ...PORT, ...CONNECTION, ...LOGIN_NAMES, 'ansible_group_priority']);
/** Ways to a device that are not SSH; their port is none of SSH's. */
const OTHER_WAYS = ['httpapi', 'netconf', 'local', 'grpc', 'gnmi'];
/** Options that may lead through a jump host. */
const JUMPS = ['ansible_ssh_common_args', 'ansible_ssh_extra_args', 'ansible_ssh_args', 'ansible_paramiko_proxy_command'];

/**
 * The network devices of an Ansible inventory in YAML: hosts with an ansible_network_os, wherever they have it from.
 * @throws LibraryError when it is no such inventory
 */
export function readAnsible(text: string, file: string, notes: Notes): Found[] {
  const tree = new AnsibleTree(text, file, notes);
  const logins = new LoginReader(notes);
  const isDevice = (host: Host) => firstOf(tree.variablesOf(host), PLATFORM) !== undefined;
  const devices = [...tree.hosts.values()].filter(isDevice);
  tellOthers(devices, tree, notes);
  return devices.map(host => {
    const { name, place } = host;
    const variables = tree.variablesOf(host);
    return {
      name,
      place,
      groups: groupsOf(host, tree),
      platform: textOf(variables, PLATFORM),
      address: addressOf(host, variables),
      port: portOf(name, variables, notes),
      login: logins.read(variables),
    };
  });
}

/** Where the platform comes from groups: those of its groups that say one. */
function groupsOf(host: Host, tree: AnsibleTree): Placed[] {
  if (firstOf(host.vars, PLATFORM)) return [];
  return tree.groupsOf(host).flatMap(({ name, vars }) => {
    const platform = textOf(vars, PLATFORM);
    return platform ? [{ ...platform, key: name }] : [];
  });
}

/** Without ansible_host, Ansible connects to the name. */
function addressOf({ name, place }: Host, variables: Variables): Placed {
  const address = textOf(variables, ADDRESS) ?? { key: 'name', text: name, place };
  return { ...address, text: address.text.replace(/\{\{ *inventory_hostname *\}\}/g, () => name) };
}

function portOf(name: string, variables: Variables, notes: Notes): Placed | undefined {
  const port = textOf(variables, PORT);
  const connection = textOf(variables, CONNECTION);
  const way = connection?.text.split('.').at(-1) ?? 'ssh';
  if (!connection || !OTHER_WAYS.includes(way)) return port;
  const lost = port ? '; its port is left out' : '';
  notes.todo(connection.place, `${name}: Ansible reaches it by ${way}, Mercury by SSH; see that it takes SSH${lost}`);
  return undefined;
}

/** What has no counterpart, told once for the whole file. */
function tellOthers(devices: readonly Host[], tree: AnsibleTree, notes: Notes): void {
  const others = [...tree.hosts.values()].filter(host => !devices.includes(host));
  tell(others, `without ${PLATFORM[0]}, so no switches, and left out`, notes);
  const variables = new Map<string, Variable>();
  for (const variable of devices.flatMap(host => [...tree.variablesOf(host).values()])) {
    const { key, place } = variable;
    if (JUMPS.includes(key)) notes.todo(place, `${key}: left out; Mercury connects to the device itself, without a jump host`);
    else if (!KNOWN.has(key) && !variables.has(key)) variables.set(key, variable);
  }
  const left = [...variables.values()].map(({ key, place }) => ({ name: key, place }));
  tell(left, 'variables that only Ansible has a use for are left out', notes);
  const groups = [...tree.groups.values()].filter(({ name, vars }) => !['all', 'ungrouped'].includes(name) && !firstOf(vars, PLATFORM));
  tell(groups, 'groups that say no platform are left out', notes);
}

/** A sentence about many, at the first of them; nobody reads more than a dozen names. */
function tell(named: readonly Pick<Host, 'name' | 'place'>[], what: string, notes: Notes, most = 12): void {
  const [first] = named;
  if (!first) return;
  const names = named.slice(0, named.length > most + 1 ? most : named.length).map(({ name }) => name);
  const more = named.length - names.length;
  notes.info(first.place, `${what}: ${names.join(', ')}${more > 0 ? ` and ${more} more` : ''}`);
}
