import type { Algorithms, CipherAlgorithm, KexAlgorithm, MacAlgorithm, ServerHostKeyAlgorithm } from 'ssh2';
import type { Host } from '../model.ts';
import type { Offer } from './offer.ts';

/** The SSH algorithms that a host may use, and what to say to one that has no others. */

interface Lists {
  readonly kex: readonly KexAlgorithm[];
  readonly hostKey: readonly ServerHostKeyAlgorithm[];
  readonly cipher: readonly CipherAlgorithm[];
  readonly mac: readonly MacAlgorithm[];
}

const MODERN: Lists = {
  kex: [
    'curve25519-sha256',
    'curve25519-sha256@libssh.org',
    'ecdh-sha2-nistp256',
    'ecdh-sha2-nistp384',
    'ecdh-sha2-nistp521',
    'diffie-hellman-group14-sha256',
    'diffie-hellman-group16-sha512',
    'diffie-hellman-group15-sha512',
    'diffie-hellman-group17-sha512',
    'diffie-hellman-group18-sha512',
    // Node tests whether the device's own prime is one, which takes seconds of everybody's time.
    'diffie-hellman-group-exchange-sha256',
  ],
  hostKey: ['ssh-ed25519', 'ecdsa-sha2-nistp256', 'ecdsa-sha2-nistp384', 'ecdsa-sha2-nistp521', 'rsa-sha2-512', 'rsa-sha2-256'],
  cipher: [
    'aes128-gcm@openssh.com',
    'aes256-gcm@openssh.com',
    'aes128-ctr',
    'aes192-ctr',
    'aes256-ctr',
    'chacha20-poly1305@openssh.com' as CipherAlgorithm,
  ],
  mac: ['hmac-sha2-256-etm@openssh.com', 'hmac-sha2-512-etm@openssh.com', 'hmac-sha2-256', 'hmac-sha2-512'],
};

/** SHA-1, 1024-bit groups and CBC: never the first choice, and only where the inventory says so. */
const GIVEN_UP: Lists = {
  kex: ['diffie-hellman-group14-sha1', 'diffie-hellman-group-exchange-sha1', 'diffie-hellman-group1-sha1'],
  hostKey: ['ssh-rsa'],
  cipher: ['aes256-cbc', 'aes192-cbc', 'aes128-cbc', '3des-cbc'],
  mac: ['hmac-sha1-etm@openssh.com', 'hmac-sha1'],
};

const LEGACY: Lists = {
  kex: [...MODERN.kex, ...GIVEN_UP.kex],
  hostKey: [...MODERN.hostKey, ...GIVEN_UP.hostKey],
  cipher: [...MODERN.cipher, ...GIVEN_UP.cipher],
  mac: [...MODERN.mac, ...GIVEN_UP.mac],
};

type Profile = NonNullable<Host['sshProfile']>;
const PROFILES: Readonly<Record<Profile, Lists>> = { modern: MODERN, legacy: LEGACY };

/** An algorithm's key type: RSA has one, and several ways to sign with it. */
export const keyTypeOf = (algorithm: string) => (algorithm.startsWith('rsa-sha2-') ? 'ssh-rsa' : algorithm);

/** What a login offers. A device with several keys shows the first that both know: those of the types `first` go before others. */
export function algorithmsOf(profile: Profile, first: readonly string[] = []): Algorithms {
  const { kex, hostKey, cipher, mac } = PROFILES[profile];
  const known = (algorithm: string) => first.includes(keyTypeOf(algorithm));
  const serverHostKey = [...hostKey.filter(known), ...hostKey.filter(algorithm => !known(algorithm))];
  return { kex: [...kex], serverHostKey, cipher: [...cipher], hmac: [...mac] };
}

/** The same for one type of host key alone, with whatever else the device has: to look at its key, never to log in. */
export function algorithmsToSee(type: string): Algorithms {
  return { ...algorithmsOf('legacy'), serverHostKey: LEGACY.hostKey.filter(algorithm => keyTypeOf(algorithm) === type) };
}

/** Types of host keys that a device offers and that can be looked at. */
export function keyTypesIn(offer: Offer): string[] {
  return [...new Set(LEGACY.hostKey.filter(algorithm => offer.hostKey.includes(algorithm)).map(keyTypeOf))];
}

/** What stands between a device and a profile: nothing, or a sentence about what it offers and what would allow it. */
export function discordOf(offer: Offer, profile: Profile): string | undefined {
  const [what, offered] = lackIn(offer, PROFILES[profile]) ?? [];
  if (what === undefined || offered === undefined) return undefined;
  const words = `it offers no ${what} that is strong enough, only ${offered.length > 0 ? offered.join(', ') : 'none at all'}`;
  if (profile === 'legacy' || lackIn(offer, LEGACY)) return `${words}; \`ssh_profile: legacy\` has none of these either`;
  return `${words}; \`ssh_profile: legacy\` in the inventory would allow it`;
}

function lackIn(offer: Offer, lists: Lists): [what: string, offered: readonly string[]] | undefined {
  const lacks = (wanted: readonly string[], offered: readonly string[]) => !wanted.some(name => offered.includes(name));
  if (lacks(lists.kex, offer.kex)) return ['key exchange', offer.kex];
  if (lacks(lists.hostKey, offer.hostKey)) return ['kind of host key', offer.hostKey];
  const cipher = offer.ciphers.find(offered => lacks(lists.cipher, offered));
  if (cipher) return ['cipher', cipher];
  // A cipher that authenticates by itself needs no MAC beside it.
  const bare = offer.ciphers.some(offered => !isSealing(lists.cipher.find(name => offered.includes(name))));
  const mac = bare ? offer.macs.find(offered => lacks(lists.mac, offered)) : undefined;
  return mac && ['MAC', mac];
}

const isSealing = (cipher = '') => cipher.includes('-gcm') || cipher.startsWith('chacha20');
