import { statSync } from 'node:fs';
import { ChangeError } from '../errors.ts';
import { learnSecrets } from '../log.ts';
import type { Credentials } from '../model.ts';
import { checkShape } from './check.ts';
import { LibraryError } from './complaints.ts';
import { credentialsSchema } from './schema/inventory.ts';
import { readYaml } from './yaml.ts';

/** The credentials file: outside the repository, readable by nobody else, read again when it changes. */
export class CredentialsFile {
  readonly #path: string;
  #read = 0;
  #entries: Readonly<Record<string, Credentials>> = {};

  /** @throws LibraryError when it cannot be read, is open to others, or is wrong */
  constructor(path: string) {
    this.#path = path;
    this.#refresh();
  }

  get names(): readonly string[] {
    return Object.keys(this.#entries);
  }

  /** @throws ChangeError `login_refused` when there is no such entry; a file that became wrong keeps its last good content */
  get(name: string): Credentials {
    try {
      this.#refresh();
    } catch (thrown) {
      if (!(thrown instanceof LibraryError)) throw thrown;
    }
    const found = Object.hasOwn(this.#entries, name) ? this.#entries[name] : undefined;
    if (!found) throw new ChangeError('login_refused', `the credentials file has no entry ${name}`);
    return found;
  }

  #refresh(): void {
    const stat = statSync(this.#path, { throwIfNoEntry: false });
    const place = { file: this.#path, line: 0 };
    if (!stat) {
      const message = 'there is no such credentials file; MERCURY_CREDENTIALS, or `credentials:` in mercury.yml, names another';
      throw new LibraryError([{ place, message }]);
    }
    if (stat.ctimeMs === this.#read) return;
    if ((stat.mode & 0o077) !== 0) {
      throw new LibraryError([{ place, message: `others may read it (mode ${(stat.mode & 0o777).toString(8)}); chmod 600 it` }]);
    }
    this.#entries = checkShape(credentialsSchema, readYaml(this.#path));
    this.#read = stat.ctimeMs;
    for (const { password, passphrase, enable } of Object.values(this.#entries)) learnSecrets([password, passphrase, enable]);
  }
}
