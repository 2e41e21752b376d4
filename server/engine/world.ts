import type { Device, Dialect } from '../model.ts';
import { openTerminal } from '../terminal/open.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { Queue } from './queue.ts';

/** The effects that carrying out a plan needs. */
export interface World {
  readonly queue: Queue;
  /** Logs in to a device, ready to type. */
  open(device: Device, dialect: Dialect, deadline: number): Promise<Terminal>;
}

/** Who can say how to log in: the credentials file. */
export interface Keyring {
  get(name: string): Parameters<typeof openTerminal>[2];
}

export function realWorld(keyring: Keyring): World {
  return {
    queue: new Queue(),
    open: (device, dialect, deadline) => openTerminal(device, dialect, keyring.get(device.credentials), deadline),
  };
}
