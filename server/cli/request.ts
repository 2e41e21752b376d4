import { randomUUID } from 'node:crypto';
import { userInfo } from 'node:os';
import { ChangeError, messageOf } from '../errors.ts';
import { nearest } from '../library/check.ts';
import { findDevice, type Library } from '../library/library.ts';
import { type Caller, type ChangeRequest, type Method, PLAYBOOK_METHODS, type Values } from '../model.ts';
import { requestsOfCall } from '../rpc/calls.ts';
import { type WireCall, wireCall } from '../rpc/params.ts';
import { readRanges } from '../vlans.ts';
import { readInput } from './input.ts';
import { givenOf, OPTIONS_OF, type RequestOptions } from './words.ts';

/** The requests that the words or the file mean. @throws ChangeError bad_request, unknown_device */
export function requestsFrom(
  words: readonly (string | undefined)[],
  options: RequestOptions,
  library: Library,
  deadline: number,
): ChangeRequest[] {
  const info = { caller: localCaller(), deadline };
  if (options.request !== undefined) return fromCall(options.request, words, options, info, library);
  const [method, devices, port] = words;
  if (method === undefined) throw new ChangeError('bad_request', 'name a method and a device, or give --request FILE');
  const known = methodOf(method);
  const names = (devices ?? '')
    .split(',')
    .map(name => name.trim())
    .filter(name => name !== '');
  if (names.length === 0) throw new ChangeError('bad_request', `${method} needs a device: its name in the inventory`);
  const args = argsOf(known, port, options);
  return names.map(name => ({
    id: `mercury-${randomUUID()}`,
    method: known,
    device: deviceNamed(name, library),
    args: known === 'attach_lag' ? { ...args, mlag: names.length > 1 ? true : null } : args,
    caller: info.caller,
    why: {},
    dryRun: false,
    deadline,
  }));
}

function deviceNamed(name: string, library: Library): string {
  const device = findDevice(library, name);
  if (device) return device.name;
  const near = nearest(name, library.devices.keys());
  throw new ChangeError('unknown_device', `no device ${name} in the inventory${near ? `; did you mean ${near}?` : ''}`);
}

function methodOf(name: string): Method {
  const found = PLAYBOOK_METHODS.find(method => method === name);
  if (found) return found;
  const near = nearest(name, PLAYBOOK_METHODS);
  throw new ChangeError(
    'bad_request',
    `no method ${name}${near ? `; did you mean ${near}?` : `; there are ${PLAYBOOK_METHODS.join(', ')}`}`,
  );
}

function argsOf(method: Method, port: string | undefined, options: RequestOptions): Values {
  refuseStrangers(method, port, options);
  if (method === 'add_network' || method === 'delete_network') {
    return { vlan: required('--vlan', number('--vlan', options.vlan)), network_name: options.name ?? null };
  }
  if (port === undefined) throw new ChangeError('bad_request', `${method} needs a port`);
  if (method === 'is_port_supported' || method === 'delete_lag') return { port };
  if (method === 'detach_port') return { port, default_vlan: number('--default', options.default) };
  if (method === 'join_lag' && options.lag === undefined) throw new ChangeError('bad_request', 'join_lag needs --lag');
  const mode = options.mode ?? 'access';
  if (mode === 'access' && options.allowed !== undefined)
    throw new ChangeError('bad_request', '--allowed belongs to --mode trunk; an access port has one VLAN, its --native');
  return {
    port,
    mode,
    native_vlan: number('--native', options.native),
    allowed_vlans: vlans(options.allowed),
    default_vlan: number('--default', options.default),
    description: options.description ?? null,
    mtu: number('--mtu', options.mtu, [68, 16_000]),
    ...(OPTIONS_OF[method].includes('aggregation') ? { aggregation: options.aggregation ?? null } : {}),
    ...(options.lag === undefined ? {} : { lag: options.lag }),
  };
}

/** An option that would be ignored is a misunderstanding. */
function refuseStrangers(method: Method, port: string | undefined, options: RequestOptions): void {
  const stranger = givenOf(options).find(name => !OPTIONS_OF[method].includes(name));
  const known = OPTIONS_OF[method].map(name => `--${name}`).join(', ');
  if (stranger !== undefined)
    throw new ChangeError('bad_request', `${method} takes no --${stranger}; it takes ${known === '' ? 'no options' : known}`);
  if (port !== undefined && OPTIONS_OF[method].includes('vlan')) throw new ChangeError('bad_request', `${method} takes no port`);
}

function number(option: string, text: string | undefined, [least, most]: readonly [number, number] = [1, 4094]): number | null {
  if (text === undefined) return null;
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < least || value > most)
    throw new ChangeError('bad_request', `${option} ${text}: must be a number from ${least} to ${most}`);
  return value;
}

function vlans(text: string | undefined): number[] | null {
  if (text === undefined) return null;
  const ids = readRanges(text);
  if (!ids || ids.some(id => id < 1 || id > 4094))
    throw new ChangeError('bad_request', `--allowed ${text}: must be a list such as 200,210-219`);
  return ids;
}

function required(option: string, value: number | null): number {
  if (value === null) throw new ChangeError('bad_request', `${option} is needed`);
  return value;
}

function fromCall(
  file: string,
  words: readonly (string | undefined)[],
  options: RequestOptions,
  info: { caller: Caller; deadline: number },
  library: Library,
): ChangeRequest[] {
  if (words.some(word => word !== undefined) || givenOf(options).length > 1)
    throw new ChangeError('bad_request', '--request FILE says it all: leave out the other words and options');
  const call = readCall(file);
  try {
    return requestsOfCall(call, info, library);
  } catch (thrown) {
    if (!(thrown instanceof ChangeError) || thrown.kind !== 'bad_request') throw thrown;
    throw new ChangeError('bad_request', `${file}: ${thrown.message}`);
  }
}

/** One JSON-RPC call as it came over the wire. */
export function readCall(file: string): WireCall {
  let value: unknown;
  try {
    value = JSON.parse(readInput(file));
  } catch (thrown) {
    if (thrown instanceof ChangeError) throw thrown;
    throw new ChangeError('bad_request', `${file} is not JSON: ${messageOf(thrown)}`);
  }
  const call = wireCall.safeParse(value);
  if (!call.success) throw new ChangeError('bad_request', `${file} is not a JSON-RPC call: { "method": "…", "params": { … } }`);
  return call.data;
}

/** Who sits at this terminal. A container may run as a user that has no name. */
export function localCaller(): Caller {
  const address = { address: 'local', scheme: 'cli' };
  try {
    return { name: userInfo().username, ...address };
  } catch {
    return { name: `uid ${process.getuid?.() ?? 'unknown'}`, ...address };
  }
}
