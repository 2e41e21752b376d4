import type { Login } from './foreign.ts';
import { Naming } from './naming.ts';

/**
 * Names the entries of the credentials file. Devices with the same login share an entry, named after the user; an entry of one device has
 * the device's name. Answers the entries, and each device's entry.
 */
export function shareLogins(logins: ReadonlyMap<string, Login>): {
  readonly entries: ReadonlyMap<string, Login>;
  readonly entryOf: ReadonlyMap<string, string>;
} {
  const devicesOf = new Map<string, string[]>();
  for (const [device, login] of logins) {
    const same = identity(login);
    devicesOf.set(same, [...(devicesOf.get(same) ?? []), device]);
  }
  const naming = new Naming();
  const entries = new Map<string, Login>();
  const entryOf = new Map<string, string>();
  // One device's entry first: the device's name is free then.
  for (const [first = '', ...others] of [...devicesOf.values()].sort((a, b) => Math.min(a.length, 2) - Math.min(b.length, 2))) {
    const login = logins.get(first);
    if (!login) continue;
    const name = naming.give(others.length === 0 ? first : (login.username ?? 'switches'), 'switches');
    entries.set(name, login);
    for (const device of [first, ...others]) entryOf.set(device, name);
  }
  return { entries, entryOf };
}

function identity({ username, password, private_key, passphrase, enable, lacks }: Login): string {
  return JSON.stringify([username, password, private_key, passphrase, enable, lacks]);
}
