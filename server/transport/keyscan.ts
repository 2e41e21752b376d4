import type { Duplex } from 'node:stream';
import ssh2, { type Algorithms } from 'ssh2';
import { ChangeError } from '../errors.ts';
import type { Host } from '../model.ts';
import { algorithmsOf, algorithmsToSee, discordOf, keyTypesIn } from './algorithms.ts';
import { within } from './deadline.ts';
import { nameOf } from './hop.ts';
import { fingerprintOf, typeOf } from './host-keys.ts';
import { type Offer, readAlong } from './offer.ts';
import type { Way } from './way.ts';

/** A host key that somebody at an address shows; that it is the device's own is for a person to say. */
export interface ShownKey {
  readonly type: string;
  readonly fingerprint: string;
}

export interface Scan {
  readonly keys: readonly ShownKey[];
  /** Why nobody can log in with the host's profile, if that is so. */
  readonly discord: string | undefined;
}

/**
 * Looks at all host keys that a device has, one handshake for each; nobody logs in.
 * @throws ChangeError unreachable or timeout
 */
export async function scanHostKeys(host: Host, way: Way, deadline: number): Promise<Scan> {
  const where = nameOf(host, host.name);
  const look = async (algorithms: Algorithms) => shakeHands(await way.dial(host, deadline), algorithms, where, deadline);
  const first = await look(algorithmsOf('legacy'));
  const keys = new Map(first.key ? [[first.key.type, first.key]] : []);
  for (const type of first.offer ? keyTypesIn(first.offer) : []) {
    if (keys.has(type)) continue;
    const { key } = await look(algorithmsToSee(type));
    if (key) keys.set(key.type, key);
  }
  const discord = first.offer && discordOf(first.offer, host.sshProfile ?? 'modern');
  if (keys.size === 0) throw new ChangeError('unreachable', `${where} shows no host key: ${discord ?? first.why}`);
  return { keys: [...keys.values()], discord };
}

interface Look {
  readonly key?: ShownKey;
  readonly offer: Offer | undefined;
  /** How the handshake ended. */
  readonly why: string;
}

/** Goes as far as the host key, and hangs up. */
async function shakeHands(socket: Duplex, algorithms: Algorithms, where: string, deadline: number): Promise<Look> {
  const client = new ssh2.Client();
  const offer = readAlong(socket);
  let key: ShownKey | undefined;
  const ended = new Promise<Look>(resolve => {
    let why = 'it closed the connection';
    client.on('error', error => {
      why = error.message;
    });
    client.once('close', () => resolve({ ...(key ? { key } : {}), offer: offer(), why }));
  });
  const see = (blob: Buffer) => {
    key = { type: typeOf(blob), fingerprint: fingerprintOf(blob) };
    return false;
  };
  // The name is never sent: there is no login after a key that is not accepted.
  client.connect({ sock: socket, username: 'nobody', readyTimeout: 0, algorithms, hostVerifier: see });
  return within(ended, deadline, `see the host keys of ${where}`, () => socket.destroy());
}
