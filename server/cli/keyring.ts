import { resolve } from 'node:path';
import type { Config } from '../config.ts';
import { nearest } from '../library/check.ts';
import type { Complaints } from '../library/complaints.ts';
import { CredentialsFile } from '../library/credentials.ts';
import type { Library } from '../library/library.ts';
import { makeLogger } from '../log.ts';
import { complain } from './paint.ts';

export type Warn = (sentence: string) => void;

/** Where warnings go: the log of the service, or the screen of whoever typed a command. */
export function warner(config: Config, isService: boolean): Warn {
  if (!isService) return sentence => complain(`warning: ${sentence}`);
  const log = makeLogger(config.log_level, 2, 'mercury');
  return sentence => log.warn(sentence);
}

/** `root` is what paths are relative to. @throws LibraryError when the credentials cannot be read, are open to others, or are wrong */
export function openKeyring(root: string, config: Config, warn: Warn): CredentialsFile {
  const { credentials, vault_password_file } = config;
  const vaultPasswordFile = vault_password_file === undefined ? undefined : resolve(root, vault_password_file);
  return new CredentialsFile(resolve(root, credentials), { vaultPasswordFile, warn });
}

/** Complains of every device, and every jump host on the way to one, that has no entry. */
export function checkEntries(library: Library, keyring: CredentialsFile, complaints: Complaints): void {
  for (const device of library.devices.values()) {
    for (const { name, credentials } of [device, ...(device.jumps ?? [])]) {
      if (keyring.names.includes(credentials)) continue;
      const near = nearest(credentials, keyring.names);
      const whose = name === device.name ? name : `${device.name}, jump host ${name}`;
      complaints.add(device.source, `${whose}: the credentials file has no entry ${credentials}${near ? `; did you mean ${near}?` : ''}`);
    }
  }
}

/** Weak algorithms are somebody's decision: one sentence says for which hosts it was made. */
export function warnOfLegacy(library: Library, warn: Warn): void {
  const hosts = [...library.devices.values()].flatMap(device => [device, ...(device.jumps ?? [])]);
  const weak = new Set(hosts.filter(({ sshProfile }) => sshProfile === 'legacy').map(({ name }) => name));
  if (weak.size > 0) warn(`ssh_profile legacy allows weak algorithms (SHA-1, 1024-bit groups, CBC) for ${[...weak].join(', ')}`);
}
