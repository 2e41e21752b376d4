import type { Host } from '../model.ts';

/** How to log in to devices of one kind; read from a file outside the repository. No noun of a call ever holds them. */
export interface Credentials {
  readonly username: string;
  readonly password?: string | undefined;
  /** Path of a private key file, or the key itself. */
  readonly private_key?: string | undefined;
  readonly passphrase?: string | undefined;
  /** The socket of an ssh-agent; true: the one that SSH_AUTH_SOCK names. */
  readonly agent?: string | boolean | undefined;
  /** The enable secret, where the platform asks for one. */
  readonly enable?: string | undefined;
}

/** A host on the way to a device, and how to log in there. */
export interface Hop {
  readonly host: Host;
  readonly credentials: Credentials;
}

/** A host as messages about a device name it: `leaf-201 (192.0.2.201:22)`, `the jump host 192.0.2.9:22 of leaf-201`. */
export function nameOf(host: Host, device: string): string {
  const where = `${host.address}:${host.port}`;
  if (host.name === device) return `${device} (${where})`;
  return `the jump host ${host.name === host.address ? where : `${host.name} (${where})`} of ${device}`;
}
