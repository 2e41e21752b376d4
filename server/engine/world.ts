import type { Device, Dialect } from '../model.ts';
import { openTerminal, type Through } from '../terminal/open.ts';
import type { Terminal } from '../terminal/terminal.ts';
import type { Credentials, Hop } from '../transport/hop.ts';
import { Breaker } from './breaker.ts';
import type { Locks } from './lock/lock.ts';
import { NO_LOCKS } from './lock/none.ts';
import { Queue } from './queue.ts';

/** The effects that carrying out a plan needs. */
export interface World {
  readonly queue: Queue;
  /** Against other processes; the queue is this one's. */
  readonly locks: Locks;
  /** Logs in to a device, ready to type. `urgent`: to take back what was typed, even where there is little hope. */
  open(device: Device, dialect: Dialect, deadline: number, urgent?: boolean): Promise<Terminal>;
}

/** Who can say how to log in: the credentials file. */
export interface Keyring {
  get(name: string): Credentials;
}

export interface WorldOptions {
  /** How many changes may wait for one device; no limit when left out. */
  readonly queueAtMost?: number;
  readonly breaker?: Breaker;
  /** Milliseconds that a device, and each jump host before it, may take to take a connection. */
  readonly connectTime?: number;
  readonly through?: Through | undefined;
}

export function realWorld(keyring: Keyring, locks: Locks = NO_LOCKS, options: WorldOptions = {}): World {
  const { queueAtMost, breaker = new Breaker(), connectTime, through } = options;
  return {
    queue: new Queue({ atMost: queueAtMost, admit: device => breaker.admit(device) }),
    locks,
    open: (device, dialect, deadline, urgent) => {
      const open = async () =>
        openTerminal(device, dialect, keyring.get(device.credentials), deadline, hopsTo(device, keyring), connectTime, through);
      return breaker.login(device, open, urgent);
    },
  };
}

/** The hosts on the way to a device, and how to log in to each. */
export function hopsTo(device: Device, keyring: Keyring): Hop[] {
  return (device.jumps ?? []).map(host => ({ host, credentials: keyring.get(host.credentials) }));
}
