import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { dump } from 'js-yaml';
import { type Lab, SWITCHES, startLab } from '../lab/lab.ts';
import { columns, paint, say, sayJson } from './paint.ts';
import type { CommonOptions } from './setup.ts';

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
  const { login, command, commit, save, sessions, firstPort } = options;
  await using lab = await startLab({
    devices: LAB_DEVICES,
    delays: { login, command, commit, save },
    maxSessions: sessions,
    ...(firstPort === undefined ? {} : { firstPort }),
  });
  if (options.write !== undefined) writeLabFiles(lab, options.write);
  if (options.json) sayJson(labAsJson(lab));
  else showLab(lab, options.write);
  await new Promise<void>(resolve => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve());
  });
  return 0;
}

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
  writeFileSync(join(folder, 'inventory', 'lab.yml'), dump(inventory));
  writeFileSync(join(folder, 'credentials.yml'), dump(credentials), { mode: 0o600 });
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
    `ssh ${device.openCli ? '' : '-T '}-p ${port} ${lab.user.username}@127.0.0.1`,
    `${device.ports[0]} … ${device.ports.at(-1)}`,
  ]);
  for (const row of columns(rows)) say(row);
  say();
  say(`password ${lab.user.password}, enable secret ${lab.user.enable}`);
  if (written === undefined)
    say(paint('dim', 'with --write DIR it leaves an inventory and credentials for serve and apply; Ctrl-C stops it'));
  else {
    say(`${join(written, 'inventory')} and ${join(written, 'credentials.yml')} are written; try:`);
    say(
      `  MERCURY_INVENTORY=${join(written, 'inventory')} MERCURY_CREDENTIALS=${join(written, 'credentials.yml')} npm run mercury -- serve`,
    );
  }
}
