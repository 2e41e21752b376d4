import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import { ChangeError, messageOf } from '../errors.ts';
import { learnSecrets } from '../log.ts';
import type { Credentials } from '../transport/hop.ts';
import { checkShape, nearest } from './check.ts';
import { Complaints, LibraryError } from './complaints.ts';
import { credentialsSchema, ENTRY_KEYS, type EntryShape, type TextShape } from './schema/credentials.ts';
import { Secrets } from './secrets.ts';
import { isVaulted, VAULT_TAGS } from './vault.ts';
import { parseYaml, type YamlFile } from './yaml.ts';

export interface CredentialsOptions {
  /** The file with the password of ansible-vault. */
  readonly vaultPasswordFile?: string | undefined;
  /** Told once of every change that is not taken. */
  readonly warn?: (sentence: string) => void;
}

/** The credentials file: outside the repository, readable by nobody else, read again when it, or what it names, changes. */
export class CredentialsFile {
  readonly #path: string;
  readonly #options: CredentialsOptions;
  #secrets: Secrets | undefined;
  #entries: Readonly<Record<string, Credentials>> = {};
  #told = '';

  /** @throws LibraryError when it cannot be read, is open to others, or is wrong */
  constructor(path: string, options: CredentialsOptions = {}) {
    this.#path = path;
    this.#options = options;
    this.#refresh();
  }

  get names(): readonly string[] {
    return Object.keys(this.#entries);
  }

  /** @throws ChangeError `login_refused` when there is no such entry; a file that became wrong keeps its last good content */
  get(name: string): Credentials {
    try {
      this.#refresh();
      this.#told = '';
    } catch (thrown) {
      if (!(thrown instanceof LibraryError)) throw thrown;
      this.#warn(thrown.message);
    }
    const found = Object.hasOwn(this.#entries, name) ? this.#entries[name] : undefined;
    if (!found) throw new ChangeError('login_refused', `the credentials file has no entry ${name}`);
    return found;
  }

  #refresh(): void {
    if (this.#secrets && !this.#secrets.changed) return;
    const secrets = new Secrets({ folder: dirname(this.#path), vaultPasswordFile: this.#options.vaultPasswordFile });
    const yaml = this.#read(secrets);
    hideStrangers(yaml.value);
    const entries = checkShape(credentialsSchema, yaml);
    this.#entries = resolved(entries, yaml, secrets);
    this.#secrets = secrets;
  }

  #read(secrets: Secrets): YamlFile {
    const refusal = (message: string) => new LibraryError([{ place: { file: this.#path, line: 0 }, message }]);
    const stat = statSync(this.#path, { throwIfNoEntry: false });
    if (!stat) throw refusal('there is no such credentials file; MERCURY_CREDENTIALS, or `credentials:` in mercury.yml, names another');
    if ((stat.mode & 0o077) !== 0) throw refusal(`others may read it (mode ${(stat.mode & 0o777).toString(8)}); chmod 600 it`);
    try {
      const text = secrets.file(this.#path);
      return parseYaml(isVaulted(text) ? secrets.open(text) : text, this.#path, VAULT_TAGS);
    } catch (thrown) {
      throw thrown instanceof LibraryError ? withoutWords(thrown) : refusal(messageOf(thrown));
    } finally {
      learnSecrets([secrets.password]);
    }
  }

  #warn(message: string): void {
    if (message === this.#told) return;
    this.#told = message;
    this.#options.warn?.(`a change of the credentials is not taken, what was there before stays in use: ${message}`);
  }
}

/** What is no YAML is likely a password without quotes: `!secret` is a tag, `*secret` an alias, and both would be told. */
function withoutWords({ complaints }: LibraryError): LibraryError {
  const hint = '; a text that begins with, or holds, one of ! & * @ % # : wants quotes';
  return new LibraryError(
    complaints.map(({ place, message }) => ({ place, message: message.replace(/!<.*|".*|(?<=characters): .*/s, '…') + hint })),
  );
}

/** A key that looks like none that there is may be the password itself, written a line too low. */
function hideStrangers(value: unknown): void {
  for (const entry of Object.values((value ?? {}) as object)) {
    if (typeof entry !== 'object' || entry === null) continue;
    learnSecrets(Object.keys(entry).filter(key => nearest(key, ENTRY_KEYS) === undefined));
  }
}

/** The entries with every text in its place, and all that is secret remembered. @throws LibraryError with all that is wrong */
function resolved(shapes: Readonly<Record<string, EntryShape>>, yaml: YamlFile, secrets: Secrets): Record<string, Credentials> {
  const complaints = new Complaints();
  const entries = Object.entries(shapes).map(([name, shape]): [string, Credentials] => {
    const text = (key: keyof EntryShape, value: TextShape | undefined): string | undefined => {
      if (value === undefined) return undefined;
      try {
        return secrets.textOf(value);
      } catch (thrown) {
        complaints.add(yaml.atKey([name, key]), `${name}.${key} ${messageOf(thrown)}`);
        return undefined;
      }
    };
    const { username, password, private_key, passphrase, agent, enable } = shape;
    const hidden = { password: text('password', password), passphrase: text('passphrase', passphrase), enable: text('enable', enable) };
    const key = text('private_key', private_key);
    learnSecrets([...Object.values(hidden), ...linesOfKey(key), secrets.password]);
    const all = { username: text('username', username) ?? '', private_key: key, agent, ...hidden };
    return [name, Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as unknown as Credentials];
  });
  complaints.throwIfAny();
  return Object.fromEntries(entries);
}

/** A key that stands in the file itself is secret line by line: nothing shows all of it at once. */
function linesOfKey(key: string | undefined): string[] {
  return key?.includes('\n') ? key.split(/\r?\n/).filter(line => line.length > 16 && !line.startsWith('-----')) : [];
}
