import { chmodSync, renameSync, rmSync, statSync, utimesSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ChangeError } from '../../server/errors.ts';
import { LibraryError } from '../../server/library/complaints.ts';
import { CredentialsFile } from '../../server/library/credentials.ts';
import { masked } from '../../server/log.ts';
import { LibraryOnDisk } from './files.ts';

const LAB = 'lab: { username: mercury, password: first-password }\n';

/** A folder with a credentials file in it; `using` removes it. */
class Secrets implements Disposable {
  readonly #disk = new LibraryOnDisk();
  readonly path: string;

  constructor(text: string, mode = 0o600) {
    this.path = this.#disk.write('credentials.yml', text, mode);
  }

  write(text: string, mode = 0o600): void {
    this.#disk.write('credentials.yml', text, mode);
  }

  /** The complaints that reading it makes, as lines. */
  complaints(): string[] {
    try {
      new CredentialsFile(this.path);
    } catch (thrown) {
      if (thrown instanceof LibraryError) return thrown.message.replaceAll(this.path, 'credentials.yml').split('\n');
      throw thrown;
    }
    return [];
  }

  [Symbol.dispose](): void {
    this.#disk[Symbol.dispose]();
  }
}

/** What is thrown where `kind` of ChangeError is expected. */
function refusal(work: () => unknown): ChangeError {
  try {
    work();
  } catch (thrown) {
    if (thrown instanceof ChangeError) return thrown;
    throw thrown;
  }
  throw new Error('nothing was refused');
}

describe('a credentials file', () => {
  it('says how to log in, entry by entry', () => {
    using secrets = new Secrets(`${LAB}dc: { username: m, private_key: /etc/mercury/id, passphrase: open-sesame, enable: 'let:me:in' }\n`);
    const file = new CredentialsFile(secrets.path);
    expect(file.names).toEqual(['lab', 'dc']);
    expect(file.get('dc')).toEqual({ username: 'm', private_key: '/etc/mercury/id', passphrase: 'open-sesame', enable: 'let:me:in' });
  });

  it('has every secret in it masked from then on', () => {
    using secrets = new Secrets('lab: { username: m, password: "p4ss/w0rd+1", enable: en4ble-me, passphrase: sesame-street }\n');
    new CredentialsFile(secrets.path);
    const said = masked('p4ss/w0rd+1 en4ble-me sesame-street cDRzcy93MHJkKzE= p4ss%2Fw0rd%2B1');
    expect(said).toBe('******** ******** ******** ********= ********');
  });

  it.each(['other', 'constructor', '__proto__', ''])('refuses the login when it has no entry %j', name => {
    using secrets = new Secrets(LAB);
    const file = new CredentialsFile(secrets.path);
    expect(refusal(() => file.get(name))).toMatchObject({ kind: 'login_refused', message: `the credentials file has no entry ${name}` });
  });

  it.each([0o644, 0o640, 0o604, 0o620, 0o660, 0o601])('is refused when others may open it: mode %o', mode => {
    using secrets = new Secrets(LAB);
    chmodSync(secrets.path, mode);
    expect(secrets.complaints()).toEqual([expect.stringContaining(`others may read it (mode ${mode.toString(8)}); chmod 600 it`)]);
  });

  it.each([
    ['no username', 'lab:\n  password: x\n', 'credentials.yml:2: lab.username is missing'],
    ['neither password nor key', 'lab: { username: m }\n', 'credentials.yml:1: lab: needs a password or a private_key'],
    [
      'a key that is nearly a known one',
      'lab:\n  username: m\n  pasword: x\n',
      'credentials.yml:3: unknown key pasword; did you mean password?',
    ],
    [
      'a password that YAML reads as a number',
      'lab:\n  username: m\n  password: 12345\n',
      'credentials.yml:3: lab.password: expected string, received number',
    ],
    [
      'a name with a slash',
      'a/b: { username: m, password: x }\n',
      'credentials.yml:1: a/b: a name has only letters, digits, dots, dashes and underscores',
    ],
    ['no YAML', 'lab: {\n', expect.stringMatching(/^credentials\.yml:2: not YAML: /)],
    ['nothing', '', 'credentials.yml:1: the file is empty'],
  ])('is refused with file and line for %s', (_what, text, complaint) => {
    using secrets = new Secrets(text);
    expect(secrets.complaints()).toEqual([complaint]);
  });

  it('tells no secret in a complaint', () => {
    using secrets = new Secrets('lab: { username: m, password: [topsecret] }\nb: "topsecret\n');
    expect(secrets.complaints().join()).not.toContain('topsecret');
    secrets.write('lab: { username: m, password: [topsecret], topsecret }\n');
    expect(secrets.complaints()).toHaveLength(2);
  });

  it('is refused when it is not there', () => {
    using secrets = new Secrets(LAB);
    rmSync(secrets.path);
    expect(secrets.complaints()).toEqual([expect.stringContaining('there is no such credentials file')]);
  });
});

describe('a credentials file that changes', () => {
  it('is read again', () => {
    using secrets = new Secrets(LAB);
    const file = new CredentialsFile(secrets.path);
    secrets.write('lab: { username: mercury, password: second-password }\nnew: { username: n, password: third-password }\n');
    expect(file.get('lab').password).toBe('second-password');
    expect(file.get('new').username).toBe('n');
    expect(masked('second-password')).toBe('********');
  });

  it('is read again when it was replaced by one with the same time of change', () => {
    using secrets = new Secrets(LAB);
    const file = new CredentialsFile(secrets.path);
    const { atime, mtime } = statSync(secrets.path);
    using other = new Secrets(LAB.replace('first', 'other'));
    utimesSync(other.path, atime, mtime);
    renameSync(other.path, secrets.path);
    expect(file.get('lab').password).toBe('other-password');
  });

  it.each([
    ['wrong', (secrets: Secrets) => secrets.write('lab: {\n')],
    ['open to others', (secrets: Secrets) => chmodSync(secrets.path, 0o644)],
    ['gone', (secrets: Secrets) => rmSync(secrets.path)],
  ])('keeps its last good content while it is %s', (_what, spoil) => {
    using secrets = new Secrets(LAB);
    const file = new CredentialsFile(secrets.path);
    spoil(secrets);
    expect(file.get('lab').password).toBe('first-password');
    rmSync(secrets.path, { force: true });
    secrets.write('lab: { username: mercury, password: mended-password }\n');
    expect(file.get('lab').password).toBe('mended-password');
  });

  it('refuses the login of an entry that was taken out', () => {
    using secrets = new Secrets(LAB);
    const file = new CredentialsFile(secrets.path);
    secrets.write('other: { username: n, password: another-password }\n');
    expect(refusal(() => file.get('lab')).kind).toBe('login_refused');
  });
});
