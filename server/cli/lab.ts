import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { dump } from 'js-yaml';
import { ChangeError, messageOf } from '../errors.ts';
import { type Lab, SWITCHES, startLab } from '../lab/lab.ts';
import { readInput } from './input.ts';
import { cannotListen } from './listen.ts';
import { columns, paint, say, sayJson } from './paint.ts';
import type { CommonOptions } from './setup.ts';
import { firstSignal } from './signals.ts';

export interface LabCommandOptions {
  /** Milliseconds. */
  readonly login: number;
  readonly command: number;
  readonly commit: number;
  readonly save: number;
  readonly sessions: number;
  readonly firstPort?: number;
  readonly write?: string;
}

/** Names that say what they are: one device of each vendor. */
export const LAB_DEVICES: Readonly<Record<string, string>> = Object.fromEntries(
  Object.keys(SWITCHES).map((platform, i) => [`lab-${platform.split('_').at(-1)}-${i + 1}`, platform]),
);

/** Runs the simulated switches until it is told to stop. */
export async function labCommand(options: CommonOptions & LabCommandOptions): Promise<number> {
  await using lab = await start(options);
  // Whoever reads the addresses may be quick.
  const told = firstSignal();
  if (options.write !== undefined) writeLab(lab, options.write);
  if (options.json) sayJson(labAsJson(lab));
  else showLab(lab, options.write);
  await told;
  return 0;
}

async function start({ login, command, commit, save, sessions, firstPort }: LabCommandOptions): Promise<Lab> {
  const most = 65_536 - Object.keys(LAB_DEVICES).length;
  if (firstPort !== undefined && (firstPort < 1 || firstPort > most))
    throw new ChangeError('bad_request', `--first-port ${firstPort}: must be from 1 to ${most}`);
  const ports = firstPort === undefined ? {} : { firstPort };
  const delays = { login, command, commit, save };
  return startLab({ devices: LAB_DEVICES, delays, maxSessions: sessions, ...ports }).catch((thrown: NodeJS.ErrnoException) => {
    throw cannotListen(`port ${firstPort ?? 'any'} and those after it`, thrown, '--first-port chooses others');
  });
}

/** @throws ChangeError bad_request when a file cannot be written, or is not the lab's to overwrite */
export function writeLab(lab: Lab, folder: string): void {
  for (const file of [inventoryOf(folder), credentialsOf(folder)]) {
    if (existsSync(file) && !readInput(file).startsWith(HEADER))
      throw new ChangeError('bad_request', `${file} is there and was not written by the lab: it is left alone`);
  }
  try {
    writeLabFiles(lab, folder);
  } catch (thrown) {
    throw new ChangeError('bad_request', `--write ${folder}: ${messageOf(thrown)}`);
  }
}

const HEADER = '# Written by "mercury lab --write", and written again when it next starts.\n';
const inventoryOf = (folder: string) => join(folder, 'inventory', 'lab.yml');
const credentialsOf = (folder: string) => join(folder, 'credentials.yml');

/** What a library needs to know of a lab: its inventory and its credentials, as the files' contents. */
export function labFiles(lab: Lab): { inventory: object; credentials: object } {
  const devices = [...lab.devices.values()].map(device => [
    device.name,
    {
      platform: device.platform,
      address: '127.0.0.1',
      port: device.port,
      host_keys: [device.fingerprint],
      uplinks: [...device.device.uplinks],
      physical_networks: ['physnet1'],
    },
  ]);
  const { username, password, enable } = lab.user;
  return {
    inventory: { defaults: { credentials: 'lab' }, devices: Object.fromEntries(devices) },
    credentials: { lab: { username, password, enable } },
  };
}

/** Writes inventory/lab.yml and credentials.yml below `folder`, so that serve, plan and apply can use the lab. */
export function writeLabFiles(lab: Lab, folder: string): void {
  const { inventory, credentials } = labFiles(lab);
  mkdirSync(join(folder, 'inventory'), { recursive: true });
  writeFileSync(inventoryOf(folder), HEADER + dump(inventory));
  // The mode counts only for a new file.
  rmSync(credentialsOf(folder), { force: true });
  writeFileSync(credentialsOf(folder), HEADER + dump(credentials), { mode: 0o600 });
}

function labAsJson(lab: Lab): object {
  const devices = [...lab.devices.values()].map(({ name, platform, port, fingerprint, device }) => ({
    name,
    platform,
    address: '127.0.0.1',
    port,
    fingerprint,
    ports: device.ports,
  }));
  return { user: lab.user, devices };
}

function showLab(lab: Lab, written: string | undefined): void {
  const rows = [...lab.devices.values()].map(({ name, platform, port, device }) => [
    paint('bold', name),
    platform,
    `${port}`,
    `${device.ports[0]} and ${device.ports.length - 1} more`,
  ]);
  for (const row of columns([['switch', 'platform', 'port', 'server-facing ports'].map(cell => paint('dim', cell)), ...rows])) say(row);
  say();
  const { username, password, enable } = lab.user;
  say(`Log in with  ssh -p PORT ${username}@127.0.0.1`);
  say(`password     ${password}   (enable secret ${enable})`);
  say();
  if (written === undefined) say('--write DIR leaves an inventory and credentials there, for the other sub-commands.');
  else {
    say(`${inventoryOf(written)} and`);
    say(`${credentialsOf(written)} are written. In another terminal:`);
    say(`  export MERCURY_INVENTORY=${resolve(written, 'inventory')}`);
    say(`  export MERCURY_CREDENTIALS=${resolve(credentialsOf(written))}`);
    const eos = [...lab.devices.values()].find(device => device.platform === 'arista_eos');
    say(`  npm run mercury -- apply attach_port ${eos?.name} ${eos?.device.ports[0]} --native 100`);
  }
  say(paint('dim', 'Ctrl-C stops the switches; what was configured on them is gone then.'));
}
