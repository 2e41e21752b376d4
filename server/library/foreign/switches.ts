import { nearest } from '../check.ts';
import type { Login, Placed } from './foreign.ts';
import type { Keys } from './ini.ts';
import type { Notes } from './notes.ts';

/** What the two services' files have in common: one section for each switch. */

/** Why a key is not carried over. */
export interface Remark {
  readonly say: string;
  /** Somebody has to do something about it. */
  readonly todo?: true;
}

/** How to log in. `enable`: the key that holds the enable secret. */
export function takeLogin(keys: Keys, enable: string, notes: Notes): Login {
  const username = keys.take('username');
  const password = keys.take('password');
  const key = keys.take('key_file');
  const passphrase = keys.take('passphrase');
  const secret = keys.take(enable);
  for (const value of [password, passphrase, secret]) {
    if (value?.text.includes('$'))
      notes.info(value.place, `${value.key} has a $ and is taken as it stands; nor does the service put anything in its place`);
    if (value?.text.includes('\n'))
      notes.todo(value.place, `${value.key} goes on in the next line, since that begins with a blank; see that it is meant`);
  }
  // Mercury would take such a text for what Ansible Vault made of another.
  const sealed = [username, password, key, passphrase, secret].flatMap(value =>
    value && /^\s*\$ANSIBLE_VAULT;/.test(value.text) ? [value.key] : [],
  );
  return {
    username: username?.text,
    password: password?.text,
    private_key: key?.text,
    passphrase: passphrase?.text,
    enable: secret?.text,
    lacks: [
      ...(username ? [] : ['a username']),
      ...(password || key ? [] : ['a password or a key_file']),
      ...sealed.map(name => `a ${name} in plain text`),
    ],
  };
}

/** Notes for all that is left of a section. `known`: every key that the service reads; `or`: what becomes of one that it does not. */
export function tellRest(
  keys: Keys,
  remarks: Readonly<Record<string, Remark>>,
  known: readonly string[],
  notes: Notes,
  or: (key: Placed) => Remark,
): void {
  for (const value of keys.rest) {
    const remark = Object.hasOwn(remarks, value.key) ? remarks[value.key] : undefined;
    const near = nearest(value.key, [...known, ...Object.keys(remarks)]);
    if (remark) notes[remark.todo ? 'todo' : 'info'](value.place, `${value.key}: ${remark.say}`);
    else if (near) notes.todo(value.place, `[${keys.section.name}]: nothing reads ${value.key}; is it meant to be ${near}?`);
    else {
      const { say, todo } = or(value);
      notes[todo ? 'todo' : 'info'](value.place, `${value.key}: ${say}`);
    }
  }
}
