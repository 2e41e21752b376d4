import { createHash } from 'node:crypto';
import ssh2 from 'ssh2';

/** A new SSH host key, and its fingerprint as OpenSSH prints it. */
export function makeHostKey(): { privateKey: string; fingerprint: string } {
  while (true) {
    const key = ssh2.utils.generateKeyPairSync('ed25519');
    const parsed = ssh2.utils.parseKey(key.public);
    // About one generated key in 256 is malformed (its first byte is lost): another is made then.
    if (parsed instanceof Error) continue;
    const fingerprint = `SHA256:${createHash('sha256').update(parsed.getPublicSSH()).digest('base64').replace(/=+$/, '')}`;
    return { privateKey: key.private, fingerprint };
  }
}
