import { dump } from 'js-yaml';
import { hopsTo } from '../engine/world.ts';
import { ChangeError, MEANINGS } from '../errors.ts';
import { findDevice, type Library, loadLibrary } from '../library/library.ts';
import type { Device } from '../model.ts';
import { type Scan, scanHostKeys } from '../transport/keyscan.ts';
import { Way } from '../transport/way.ts';
import { openKeyring, warner } from './keyring.ts';
import { complain, say, sayJson } from './paint.ts';
import { type CommonOptions, foldersOf, readConfig } from './setup.ts';

export interface KeyscanOptions {
  readonly all?: boolean;
}

/** As many devices are looked at side by side. */
const AT_ONCE = 8;

/** What one device showed. `failure`: nothing. */
interface Look {
  readonly device: Device;
  readonly scan?: Scan;
  readonly failure?: ChangeError;
}

/** Shows the host keys that stand at the devices' addresses, as a piece of inventory to be reviewed. It writes nothing and logs in to no device. */
export async function keyscanCommand(names: readonly string[], options: CommonOptions & KeyscanOptions): Promise<number> {
  const config = readConfig(options);
  const library = loadLibrary(foldersOf(options, config));
  const devices = chosen(names, options.all ?? false, library);
  const deadline = Date.now() + config.call_time;
  // Only a jump host is logged in to: without one nobody needs credentials.
  const keyring = devices.some(({ jumps = [] }) => jumps.length > 0) ? openKeyring(options.root, config, warner(config, false)) : undefined;
  const looks = await inTurns(devices, async device => {
    try {
      await using way = await Way.open(device.name, keyring ? hopsTo(device, keyring) : [], deadline, config.connect_time);
      return { device, scan: await scanHostKeys(device, way, deadline) };
    } catch (thrown) {
      if (!(thrown instanceof ChangeError)) throw thrown;
      return { device, failure: thrown };
    }
  });
  if (options.json) sayJson(looks.map(lookAsJson));
  else show(looks);
  const failure = looks.find(look => look.failure)?.failure;
  if (failure) return MEANINGS[failure.kind].exit;
  return looks.some(isStranger) ? MEANINGS.host_key.exit : 0;
}

function chosen(names: readonly string[], all: boolean, library: Library): readonly Device[] {
  if (all === names.length > 0)
    throw new ChangeError('bad_request', all ? 'name devices, or say --all, but not both' : 'name devices, or say --all');
  if (all) return [...library.devices.values()];
  return names.map(name => {
    const device = findDevice(library, name);
    if (!device) throw new ChangeError('unknown_device', `no device in the inventory is called ${name}`);
    return device;
  });
}

async function inTurns(devices: readonly Device[], look: (device: Device) => Promise<Look>): Promise<Look[]> {
  const looks: Look[] = [];
  const waiting = [...devices.entries()];
  const worker = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) looks[next[0]] = await look(next[1]);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return looks;
}

/** Shows other keys than those it should: replaced, or not the device at all. */
function isStranger({ device: { hostKeys }, scan }: Look): boolean {
  return (
    hostKeys !== 'any' && hostKeys.length > 0 && scan !== undefined && !scan.keys.some(({ fingerprint }) => hostKeys.includes(fingerprint))
  );
}

function lookAsJson(look: Look): object {
  const { device, scan, failure } = look;
  const about = { device: device.name, address: device.address, port: device.port };
  if (failure) return { ...about, error: { kind: failure.kind, message: failure.message } };
  const keys = scan?.keys.map(key => ({ ...key, pinned: isPinned(device, key.fingerprint) }));
  return { ...about, keys, stranger: isStranger(look), ...(scan?.discord ? { discord: scan.discord } : {}) };
}

function isPinned({ hostKeys }: Device, fingerprint: string): boolean {
  return hostKeys !== 'any' && hostKeys.includes(fingerprint);
}

function show(looks: readonly Look[]): void {
  const seen = looks.filter(({ scan }) => scan);
  if (seen.length > 0) {
    say('# What stands at these addresses now, whoever it is. Compare each key with what the device’s console shows');
    say('# before it goes into the inventory.');
    say('devices:');
  }
  for (const look of seen) showOne(look);
  for (const { failure } of looks) if (failure) complain(failure.message);
}

function showOne(look: Look): void {
  const { device, scan } = look;
  say(`  ${dump(device.name).trim()}:  # ${device.address}:${device.port}`);
  if (isStranger(look)) say('    # NONE of these keys is in the inventory, which has others. Do not take them over before you know why.');
  if (scan?.discord) say(`    # Nobody can log in yet: ${scan.discord}.`);
  say('    host_keys:');
  for (const { type, fingerprint } of scan?.keys ?? [])
    say(`      - ${fingerprint}  # ${type}${isPinned(device, fingerprint) ? ', in the inventory already' : ''}`);
}
