import { createHash } from 'node:crypto';
import { ChangeError } from '../errors.ts';
import type { Device, Dialect } from '../model.ts';
import { openTerminal, type Through } from '../terminal/open.ts';
import type { Credentials, Hop } from '../transport/hop.ts';
import { Breaker } from './breaker.ts';
import type { Job } from './job.ts';
import type { Locks } from './lock/lock.ts';
import { NO_LOCKS } from './lock/none.ts';
import { Pacer } from './pacer.ts';
import { Queue } from './queue.ts';
import { Saver, type SaverOptions } from './saver.ts';
import type { Access } from './session.ts';
import { Sessions } from './sessions.ts';

/** The effects that carrying out a plan needs. */
export interface World extends Access {
  readonly queue: Queue<Job>;
  /** Against other processes; the queue is this one's. */
  readonly locks: Locks;
  /** Where saving is put off. */
  readonly saver?: Saver;
  /** Changes that one visit to a device may carry out. */
  readonly atOnce: number;
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
  /** Changes that one visit to a device may carry out; 64 when left out. */
  readonly atOnce?: number;
  /** Milliseconds that a session is kept idle; none is kept when left out. */
  readonly idle?: number;
  /** Each visit saves what it changed when left out. */
  readonly saving?: SaverOptions | undefined;
}

/** More would make a commit that fails cost more than it saves. */
const AT_ONCE = 64;

export function realWorld(keyring: Keyring, locks: Locks = NO_LOCKS, options: WorldOptions = {}): World {
  const { queueAtMost, breaker = new Breaker(), idle = 0, connectTime, through, ...more } = options;
  const login: World['open'] = (device, dialect, deadline, urgent) => {
    const open = async () =>
      openTerminal(device, dialect, keyring.get(device.credentials), deadline, hopsTo(device, keyring), connectTime, through);
    return breaker.login(device, open, urgent);
  };
  return worldWith(login, {
    ...more,
    locks,
    queue: new Queue({ atMost: queueAtMost, admit: device => breaker.admit(device) }),
    sessions: new Sessions({ idle, identityOf: (device, dialect) => identityOf(device, dialect, keyring) }),
  });
}

type Parts = Partial<Pick<World, 'queue' | 'locks' | 'pacer' | 'sessions' | 'atOnce'>> & Pick<WorldOptions, 'saving'>;

/** A world of which little is said: nobody else is about, no session is kept, each visit saves. */
export function worldWith(open: World['open'], parts: Parts = {}): World {
  const { saving, ...given } = parts;
  const sessions = new Sessions({ idle: 0, identityOf: () => undefined });
  const world: World = { queue: new Queue<Job>(), locks: NO_LOCKS, pacer: new Pacer(), sessions, atOnce: AT_ONCE, open, ...given };
  return saving ? Object.assign(world, { saver: new Saver(world, saving) }) : world;
}

/** Saves what waits to be saved, and logs out everywhere. Nothing may be asked of the world any more. */
export async function closeWorld({ saver, sessions }: World): Promise<void> {
  await saver?.close();
  await sessions.close();
}

/** The hosts on the way to a device, and how to log in to each. */
export function hopsTo(device: Device, keyring: Keyring): Hop[] {
  return (device.jumps ?? []).map(host => ({ host, credentials: keyring.get(host.credentials) }));
}

/** All that a login depends on, told apart and not told. */
function identityOf(device: Device, { platform, session, onOpen }: Dialect, keyring: Keyring): string | undefined {
  try {
    const hosts = [device, ...(device.jumps ?? [])].map(({ address, port, credentials, hostKeys, knownHosts, sshProfile }) => [
      [address, port, hostKeys, [...(knownHosts?.revoked.keys() ?? [])], sshProfile],
      keyring.get(credentials),
    ]);
    const whole = JSON.stringify([hosts, platform, session, onOpen.map(({ text }) => text)]);
    return createHash('sha256').update(whole).digest('base64');
  } catch (thrown) {
    if (thrown instanceof ChangeError) return undefined;
    throw thrown;
  }
}
