import { createHash } from 'node:crypto';
import { at, ChangeError } from '../errors.ts';
import type { Host } from '../model.ts';

/** As OpenSSH prints it. */
export function fingerprintOf(key: Buffer): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;
}

/** The type that a key in SSH's own form names itself: `ssh-ed25519`. */
export function typeOf(key: Buffer): string {
  if (key.length < 4) return '';
  return key.toString('latin1', 4, 4 + key.readUInt32BE(0));
}

/** As many pinned keys as a refusal names. */
const MOST = 4;

/** Pinned host keys: strict, and a refusal names the fingerprints that were seen and awaited, so that a person can compare them. */
export class HostKeys {
  refusal: ChangeError | undefined;
  readonly #host: Host;
  readonly #where: string;

  constructor(host: Host, where: string) {
    this.#host = host;
    this.#where = where;
  }

  accepts(key: Buffer): boolean {
    const seen = fingerprintOf(key);
    const why = this.#objection(seen);
    if (why === undefined) return true;
    this.refusal = new ChangeError('host_key', `${this.#where} shows the host key ${seen}${why}`);
    return false;
  }

  #objection(seen: string): string | undefined {
    const { hostKeys, knownHosts } = this.#host;
    const revoked = knownHosts?.revoked.get(seen);
    if (revoked) return `, which ${at(revoked)} has revoked`;
    if (hostKeys === 'any' || hostKeys.includes(seen)) return undefined;
    if (hostKeys.length === 0) return `: the inventory has no host_keys for it${knownHosts?.why ? `, and ${knownHosts.why}` : ''}`;
    const others = hostKeys.length > MOST ? ` and ${hostKeys.length - MOST} more` : '';
    const home = knownHosts && knownHosts.types.length > 0 ? `the inventory or ${knownHosts.file}` : 'the inventory';
    return `: it is none of those in ${home} (${hostKeys.slice(0, MOST).join(', ')}${others})`;
  }
}
