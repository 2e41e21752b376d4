import { ChangeError } from '../../errors.ts';
import type { Device } from '../../model.ts';

/** Keeps two Mercurys off one device: a backend is one file beside this one. */
export interface Locks {
  /**
   * The right to change a device, waited for until `deadline` (milliseconds since the epoch).
   * @throws ChangeError `busy`: somebody else held it all the time; `no_lock`: the backend is out of order, so nobody may change anything
   */
  take(device: Device, deadline: number): Promise<Lock>;
  /** Takes a lock of no device and gives it back, where that tells what is set wrong before the first change does. @throws Error that says what */
  prove?(): Promise<void>;
}

/** The right to change one device. Giving it up, at the end of the scope, never throws. */
export interface Lock extends AsyncDisposable {
  /** Asks the backend. @throws ChangeError `lock_lost`: it is not ours any more, or the backend does not answer */
  check(): Promise<void>;
  /** Whether it is certain, without the backend, that nobody else can have it yet: enough to take back what was typed, not to type more. */
  readonly outlasts: boolean;
}

/** Who has a lock, as it says itself. */
export interface Holder {
  readonly host: string;
  readonly pid: number;
  /** ISO 8601. */
  readonly since: string;
}

/**
 * The name of a device's lock. It is what SSH reaches, not what an inventory calls it: two inventories may have two names for one
 * switch, and two labs one name for two. Safe as a file name and in a key.
 */
export function lockName({ address, port }: Pick<Device, 'address' | 'port'>): string {
  return encodeURIComponent(`${address.toLowerCase()}_${port}`).replaceAll('~', '%7E');
}

export function busy(device: Device, holder: Holder | undefined): ChangeError {
  const who = holder ? `another Mercury (pid ${holder.pid} on ${holder.host}, since ${holder.since})` : 'somebody else';
  return new ChangeError('busy', `${device.name} is being changed by ${who}`);
}

export function noLock(device: Device, why: string, cause?: unknown): ChangeError {
  return new ChangeError('no_lock', `${device.name} cannot be locked against other changes: ${why}`, { cause });
}

export function lockLost(device: Device, why: string, cause?: unknown): ChangeError {
  return new ChangeError('lock_lost', `the lock of ${device.name} was lost: ${why}`, { cause });
}

/** A holder in what somebody wrote, or nothing when it says none. */
export function readHolder(text: string): (Holder & Readonly<Record<string, unknown>>) | undefined {
  try {
    const { host, pid, since, ...more } = JSON.parse(text) as Record<string, unknown>;
    return typeof host === 'string' && Number.isInteger(pid) && typeof since === 'string'
      ? { ...more, host, pid: pid as number, since }
      : undefined;
  } catch {
    return undefined;
  }
}
