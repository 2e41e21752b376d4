import { chmodSync, renameSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { LibraryError } from '../../server/library/complaints.ts';
import { CredentialsFile, type CredentialsOptions } from '../../server/library/credentials.ts';
import { masked } from '../../server/log.ts';
import { refusalOf } from '../ends.ts';
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

  /** Another file in its folder. */
  beside(name: string, text: string, mode = 0o644): string {
    return this.#disk.write(name, text, mode);
  }

  /** The complaints that reading it makes, as lines. */
  complaints(options: CredentialsOptions = {}): string[] {
    try {
      new CredentialsFile(this.path, options);
    } catch (thrown) {
      if (thrown instanceof LibraryError)
        return thrown.message.replaceAll(this.path, 'credentials.yml').replaceAll(dirname(this.path), '.').split('\n');
      throw thrown;
    }
    return [];
  }

  [Symbol.dispose](): void {
    this.#disk[Symbol.dispose]();
  }
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
    expect(refusalOf(() => file.get(name))).toMatchObject({ kind: 'login_refused', message: `the credentials file has no entry ${name}` });
  });

  it.each([0o644, 0o640, 0o604, 0o620, 0o660, 0o601])('is refused when others may open it: mode %o', mode => {
    using secrets = new Secrets(LAB);
    chmodSync(secrets.path, mode);
    expect(secrets.complaints()).toEqual([expect.stringContaining(`others may read it (mode ${mode.toString(8)}); chmod 600 it`)]);
  });

  it.each([
    ['no username', 'lab:\n  password: x\n', 'credentials.yml:2: lab.username is missing (Whom to log in as)'],
    ['neither password nor key', 'lab: { username: m }\n', 'credentials.yml:1: lab: needs a password, a private_key or an agent'],
    [
      'a key that is nearly a known one',
      'lab:\n  username: m\n  pasword: x\n',
      'credentials.yml:3: unknown key pasword; did you mean password?',
    ],
    [
      'a password that YAML reads as a number',
      'lab:\n  username: m\n  password: 12345\n',
      'credentials.yml:3: lab.password: must be text (in quotes if it looks like a number), { env: NAME }, { file: PATH } or !vault',
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
    expect(masked(secrets.complaints().join())).not.toContain('topsecret');
  });

  it.each([
    '!topsecret',
    '*topsecret',
    '&topsecret x',
    '%topsecret',
    '@topsecret',
    '!!topsecret',
    '!top!secret',
    '"topsecret',
    '{topsecret',
    '? topsecret',
  ])('tells no secret that wants quotes: %s', text => {
    using secrets = new Secrets(`lab:\n  username: m\n  password: ${text}\n  topsecret\n`);
    const complaints = secrets.complaints();
    expect(complaints).not.toEqual([]);
    expect(masked(complaints.join())).not.toMatch(/topsecret|top!secret/);
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
    expect(refusalOf(() => file.get('lab')).kind).toBe('login_refused');
  });
});

describe('a text that stands elsewhere', () => {
  afterEach(() => vi.unstubAllEnvs());

  it('is taken from a variable, which may change', () => {
    vi.stubEnv('LEAF_PASSWORD', 'from-a-variable');
    using secrets = new Secrets('lab: { username: { env: LEAF_USER }, password: { env: LEAF_PASSWORD } }\n');
    expect(secrets.complaints()).toEqual(['credentials.yml:1: lab.username names the variable LEAF_USER, which is not set']);
    vi.stubEnv('LEAF_USER', 'mercury');
    const file = new CredentialsFile(secrets.path);
    expect(file.get('lab')).toEqual({ username: 'mercury', password: 'from-a-variable' });
    expect(masked('from-a-variable')).toBe('********');
    vi.stubEnv('LEAF_PASSWORD', 'from-a-new-variable');
    expect(file.get('lab').password).toBe('from-a-new-variable');
    expect(masked('from-a-new-variable')).toBe('********');
  });

  it('is taken from a file beside the credentials, less the end of its line, and read again when that changes', () => {
    using secrets = new Secrets('lab: { username: m, password: { file: leaf/password } }\n');
    expect(secrets.complaints()).toEqual(['credentials.yml:1: lab.password names ./leaf/password, and there is no such file']);
    const path = secrets.beside('leaf/password', ' from a file \n\n');
    const file = new CredentialsFile(secrets.path);
    expect(file.get('lab').password).toBe(' from a file \n');
    expect(masked('from a file')).toBe('********');
    writeFileSync(path, 'changed\r\n');
    expect(file.get('lab').password).toBe('changed');
  });

  it('is read again when Kubernetes turns the link to another folder', () => {
    using secrets = new Secrets('lab: { username: m, password: { file: secret/..data/password } }\n');
    secrets.beside('secret/1/password', 'first-secret');
    secrets.beside('secret/2/password', 'other-secret');
    const link = join(dirname(secrets.path), 'secret', '..data');
    symlinkSync('1', link);
    const file = new CredentialsFile(secrets.path);
    expect(file.get('lab').password).toBe('first-secret');
    symlinkSync('2', `${link}_tmp`);
    renameSync(`${link}_tmp`, link);
    expect(file.get('lab').password).toBe('other-secret');
  });

  it('is looked for where systemd has put it, and at a whole path wherever that is', () => {
    using secrets = new Secrets('lab: { username: m, password: { file: leaf } }\n');
    using given = new Secrets('');
    given.beside('leaf', 'from-systemd');
    vi.stubEnv('CREDENTIALS_DIRECTORY', dirname(given.path));
    expect(new CredentialsFile(secrets.path).get('lab').password).toBe('from-systemd');
    const whole = secrets.beside('elsewhere', 'from-elsewhere');
    secrets.write(`lab: { username: m, password: { file: ${whole} } }\n`);
    expect(new CredentialsFile(secrets.path).get('lab').password).toBe('from-elsewhere');
  });

  it.each([
    [
      'a variable of the settings',
      '{ env: MERCURY_LEAF }',
      'lab.password.env: variables that begin with MERCURY_ are settings: call it otherwise',
    ],
    ['a variable that has no such name', '{ env: LEAF-PASSWORD }', 'lab.password.env: must be the name of a variable'],
    ['a folder', '{ file: . }', 'lab.password names ., which is no file'],
    ['a file that anybody may write', '{ file: open }', 'lab.password names ./open, which anybody may write (mode 666)'],
    [
      'two places',
      '{ file: open, env: LEAF }',
      'lab.password: must be text (in quotes if it looks like a number), { env: NAME }, { file: PATH } or !vault',
    ],
  ])('is complained about, with its line, where it is said to be in %s', (_what, place, complaint) => {
    using secrets = new Secrets(`lab:\n  username: m\n  password: ${place}\n`);
    chmodSync(secrets.beside('open', 'secret'), 0o666);
    expect(secrets.complaints()).toEqual([`credentials.yml:3: ${complaint}`]);
  });

  it('keeps its last good content while it is gone, and somebody is told, once', () => {
    using secrets = new Secrets('lab: { username: m, password: { file: leaf } }\n');
    const path = secrets.beside('leaf', 'good-secret');
    const warnings: string[] = [];
    const file = new CredentialsFile(secrets.path, { warn: sentence => warnings.push(sentence) });
    rmSync(path);
    expect(file.get('lab').password).toBe('good-secret');
    expect(file.get('lab').password).toBe('good-secret');
    expect(warnings).toEqual([
      `a change of the credentials is not taken, what was there before stays in use: ${secrets.path}:1: lab.password names ${path}, and there is no such file`,
    ]);
    secrets.beside('leaf', 'next-secret');
    expect(file.get('lab').password).toBe('next-secret');
    rmSync(path);
    file.get('lab');
    expect(warnings).toHaveLength(2);
  });
});

describe('an entry without a password', () => {
  it('may have the key itself in it, which is masked line by line', () => {
    const lines = ['b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAA', 'c2gtZWQyNTUxOQAAACD2'];
    const key = ['-----BEGIN OPENSSH PRIVATE KEY-----', ...lines, '-----END OPENSSH PRIVATE KEY-----', ''].join('\n');
    using secrets = new Secrets(`lab: { username: m, private_key: ${JSON.stringify(key)} }\n`);
    expect(new CredentialsFile(secrets.path).get('lab').private_key).toBe(key);
    expect(masked(`it says ${lines[0]}, and then ${lines[1]}`)).toBe('it says ********, and then ********');
  });

  it.each([
    ['true', true],
    ['/run/agent.sock', '/run/agent.sock'],
  ])('may log in with an agent: %s', (text, agent) => {
    using secrets = new Secrets(`lab: { username: m, agent: ${text} }\n`);
    expect(new CredentialsFile(secrets.path).get('lab')).toEqual({ username: 'm', agent });
  });

  it.each([
    ['agent: false', 'lab: needs a password, a private_key or an agent'],
    ['agent: 7', 'lab.agent: must be true, or the path of the agent’s socket'],
  ])('is refused for %s', (text, complaint) => {
    using secrets = new Secrets(`lab: { username: m, ${text} }\n`);
    expect(secrets.complaints()).toEqual([`credentials.yml:1: ${complaint}`]);
  });
});

describe('what ansible-vault has encrypted', () => {
  /** By ansible-vault of ansible-core 2.14, with the password `correct horse`: `with a label`. */
  const SEALED = `$ANSIBLE_VAULT;1.2;AES256;prod
64356131666562643431336131646462313161663362623865393662323839666665346632396336
3239366563353962386563313233353166363738636434370a636132353633306530316435373230
66326339313838376131653536313263363363653666313662313131623064663435656461623535
3737386135663363360a363263316365396133333566356438353264646338343862363834313431
3130
`;
  const indented = (text: string, by: string) => text.trim().replaceAll('\n', `\n${by}`);
  const FILE = `lab:\n  username: m\n  password: !vault |\n    ${indented(SEALED, '    ')}\n  enable: plain-enable\n`;

  it('is opened by the password in a file, whatever blanks that ends in, and masked with it', () => {
    using secrets = new Secrets(FILE);
    const vaultPasswordFile = secrets.beside('vault-password', 'correct horse \n\n', 0o600);
    const file = new CredentialsFile(secrets.path, { vaultPasswordFile });
    expect(file.get('lab')).toEqual({ username: 'm', password: 'with a label', enable: 'plain-enable' });
    expect(masked('with a label, correct horse, plain-enable')).toBe('********, ********, ********');
  });

  it('may be a whole file, a file that is named, or a variable', () => {
    using secrets = new Secrets('lab: { username: m, password: { file: sealed } }\n');
    const vaultPasswordFile = secrets.beside('vault-password', 'correct horse');
    secrets.beside('sealed', SEALED);
    expect(new CredentialsFile(secrets.path, { vaultPasswordFile }).get('lab').password).toBe('with a label');
    secrets.write(`$ANSIBLE_VAULT;1.1;AES256
64643639333236393761373038306537393830333666383466393433633937303530353331326436
6330623335613933616535653863343138326133656136610a653433313036653137666163343963
63353164616531366637643434373862613562333766323238323939633834633665666431343233
6438346364343639320a643661643534313433323639396533656532373664373662396230613937
31323239663361633339313034646366666336333632633039616635323365633366363164363233
63656366626164346133393337653836396562373132336664373538663566396430376334393738
613131646330343934356363303162343335
`);
    expect(new CredentialsFile(secrets.path, { vaultPasswordFile }).get('lab')).toEqual({ username: 'm', password: 'whole-file-secret' });
  });

  it('is read again when the vault password changes', () => {
    using secrets = new Secrets(FILE);
    const vaultPasswordFile = secrets.beside('vault-password', 'correct horse');
    const warnings: string[] = [];
    const file = new CredentialsFile(secrets.path, { vaultPasswordFile, warn: sentence => warnings.push(sentence) });
    secrets.beside('vault-password', 'wrong horse');
    expect(file.get('lab').password).toBe('with a label');
    expect(warnings).toEqual([
      expect.stringContaining('lab.password is not opened by the vault password (it was made for the vault id prod)'),
    ]);
  });

  it('is complained about, with its line, where it cannot be opened', () => {
    using secrets = new Secrets(FILE);
    const of = (name: string, text: string) => secrets.complaints({ vaultPasswordFile: secrets.beside(name, text) });
    expect(secrets.complaints()).toEqual([
      expect.stringMatching(
        /^credentials\.yml:3: lab\.password is encrypted with ansible-vault: `vault_password_file:` in mercury\.yml, or MERC/,
      ),
    ]);
    expect(of('one', 'wrong horse')).toEqual([
      'credentials.yml:3: lab.password is not opened by the vault password (it was made for the vault id prod)',
    ]);
    expect(of('two', '\n')).toEqual(['credentials.yml:3: lab.password cannot be opened: ./two is empty']);
    expect(of('three', '#!/bin/sh\necho x\n')).toEqual([
      'credentials.yml:3: lab.password cannot be opened: ./three is a program; the vault password must stand in the file',
    ]);
    expect(secrets.complaints({ vaultPasswordFile: '/nowhere/password' })).toEqual([
      'credentials.yml:3: lab.password cannot be opened: vault_password_file names /nowhere/password, and there is no such file',
    ]);
    secrets.write(SEALED);
    expect(of('one', 'wrong horse')).toEqual([expect.stringMatching(/^credentials\.yml: is not opened by the vault password/)]);
  });

  it('is refused for a tag that nobody knows', () => {
    using secrets = new Secrets(FILE.replace('!vault', '!volt'));
    expect(secrets.complaints()).toEqual([
      expect.stringMatching(/^credentials\.yml:3: not YAML: unknown scalar tag …; a text that begins with/),
    ]);
  });
});
