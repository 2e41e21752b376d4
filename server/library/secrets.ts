import { readFileSync, statSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { messageOf } from '../errors.ts';
import type { TextShape } from './schema/credentials.ts';
import { isVaulted, openVault, Vaulted } from './vault.ts';

/** Where texts that do not stand in the credentials file come from, and what was looked at on the way. */

export interface SecretsOptions {
  /** The folder that paths are relative to where systemd has given the service none. */
  readonly folder: string;
  /** The file with the password of ansible-vault. */
  readonly vaultPasswordFile: string | undefined;
}

export class Secrets {
  readonly #options: SecretsOptions;
  readonly #files = new Map<string, string>();
  readonly #variables = new Map<string, string | undefined>();
  #password: string | undefined;

  constructor(options: SecretsOptions) {
    this.#options = options;
  }

  /** The text itself. @throws Error with what is wrong, as a sentence about it; it holds no secret */
  textOf(shape: TextShape): string {
    if (typeof shape === 'string') return isVaulted(shape) ? this.open(shape) : shape;
    if (shape instanceof Vaulted) return this.open(shape.text);
    const text = 'env' in shape ? this.#variable(shape.env) : this.file(this.#pathOf(shape.file)).replace(/\r?\n$/, '');
    return isVaulted(text) ? this.open(text) : text;
  }

  /** The content of a file, which is watched from then on. */
  file(path: string): string {
    // Before it is read: a change in between is seen the next time.
    this.#files.set(path, stampOf(path));
    try {
      const stat = statSync(path);
      // Reading a pipe would wait for somebody who writes it.
      if (!stat.isFile()) throw new Error(`names ${path}, which is no file`);
      if ((stat.mode & 0o002) !== 0) throw new Error(`names ${path}, which anybody may write (mode ${(stat.mode & 0o777).toString(8)})`);
      return readFileSync(path, 'utf8');
    } catch (thrown) {
      const { code } = thrown as NodeJS.ErrnoException;
      if (code === undefined) throw thrown;
      throw new Error(code === 'ENOENT' ? `names ${path}, and there is no such file` : `names ${path}, which cannot be read (${code})`);
    }
  }

  /** What ansible-vault encrypted, in plain text. */
  open(text: string): string {
    return openVault(text, this.#vaultPassword());
  }

  /** Everything that is secret by itself, besides what `textOf` answered. */
  get password(): string | undefined {
    return this.#password;
  }

  /** Whether any of the files and variables has changed since it was looked at. */
  get changed(): boolean {
    return (
      [...this.#files].some(([path, stamp]) => stampOf(path) !== stamp) ||
      [...this.#variables].some(([name, value]) => process.env[name] !== value)
    );
  }

  #variable(name: string): string {
    const value = process.env[name];
    this.#variables.set(name, value);
    if (value === undefined) throw new Error(`names the variable ${name}, which is not set`);
    return value;
  }

  /** systemd's LoadCredential puts files into a folder of the service's own. */
  #pathOf(file: string): string {
    return isAbsolute(file) ? file : join(process.env.CREDENTIALS_DIRECTORY ?? this.#options.folder, file);
  }

  #vaultPassword(): string {
    this.#password ??= this.#readPassword();
    return this.#password;
  }

  #readPassword(): string {
    const path = this.#options.vaultPasswordFile;
    if (path === undefined)
      throw new Error(
        'is encrypted with ansible-vault: `vault_password_file:` in mercury.yml, or MERCURY_VAULT_PASSWORD_FILE, names the file with the password',
      );
    let text: string;
    try {
      text = this.file(path);
    } catch (thrown) {
      throw new Error(`cannot be opened: vault_password_file ${messageOf(thrown)}`);
    }
    // Ansible runs such a file and takes what it prints.
    if (text.startsWith('#!')) throw new Error(`cannot be opened: ${path} is a program; the vault password must stand in the file`);
    // As ansible-vault does.
    const password = text.trim();
    if (password === '') throw new Error(`cannot be opened: ${path} is empty`);
    return password;
  }
}

/** Another one for another content, even if somebody set its time back; a link counts as what it leads to. */
function stampOf(path: string): string {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat ? `${stat.ino} ${stat.size} ${stat.ctimeMs} ${stat.mode}` : 'none';
}
