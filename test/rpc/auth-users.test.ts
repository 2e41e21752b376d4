import { chmodSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import bcrypt from 'bcryptjs';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { LibraryError } from '../../server/library/complaints.ts';
import { basic } from '../../server/rpc/auth/basic.ts';
import { Mercury } from '../harness.ts';
import { asks, basicAuth, Guarded } from './guarded.ts';
import { post } from './wire.ts';

/* The user file: what a service does not start with, and what an edit does while it runs. */

let mercury: Mercury;
let users: string;
beforeAll(async () => {
  mercury = await Mercury.start({ devices: { leaf: 'cisco_ios' } });
  users = join(mercury.folder, 'htpasswd');
});
afterAll(() => mercury[Symbol.asyncDispose]());
beforeEach(() => rmSync(users, { recursive: true, force: true }));

const entry = (user: string, password: string, cost = 4) => `${user}:${bcrypt.hashSync(password, cost)}\n`;
const write = (text: string, mode = 0o640) => {
  writeFileSync(users, text);
  chmodSync(users, mode);
};

/** What a service says that does not start with this file. */
function complaints(): string[] {
  try {
    basic(users);
  } catch (thrown) {
    if (!(thrown instanceof LibraryError)) throw thrown;
    return thrown.message.split('\n').map(line => line.replace(`${mercury.folder}/`, ''));
  }
  return [];
}

describe('a service does not start with a user file', () => {
  it('that is not there, or is no file', () => {
    expect(complaints()).toEqual(['htpasswd: there is no such file; MERCURY_USERS, or `users:` in mercury.yml, names another']);
    mkdirSync(users);
    expect(complaints()).toEqual(['htpasswd: is no file']);
  });

  it.each([0o660, 0o602, 0o666])('that others may write: mode %o', mode => {
    write(entry('ironic', 'x'), mode);
    expect(complaints()).toEqual([`htpasswd: others may write it (mode ${mode.toString(8)}); chmod go-w it`]);
  });

  it.each([
    ['MD5', '$apr1$TestSalt$q7TnVrNjhqiWlSgSaxhvL.'],
    ['SHA', '{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g='],
    ['SHA-512', '$6$TestSalt$abcdefgh'],
    ['plain text', 'sesame'],
    ['nothing', ''],
    ['a bcrypt that is cut', bcrypt.hashSync('x', 4).slice(0, -1)],
    ['a bcrypt with something behind it', `${bcrypt.hashSync('x', 4)}:more`],
    ['a broken variant of bcrypt', bcrypt.hashSync('x', 4).replace('$2b$', '$2x$')],
  ])('that holds %s in place of a bcrypt hash, and does not print it', (_, hash) => {
    write(`${entry('ironic', 'x')}\nsomeone:${hash}\n`);
    expect(complaints()).toEqual(['htpasswd:3: the password of someone is no bcrypt hash; "htpasswd -B" makes one']);
  });

  it.each(['03', '17', '31'])('whose bcrypt cost is out of reason: %s', cost => {
    write(`\nslow:${bcrypt.hashSync('x', 4).replace('$04$', `$${cost}$`)}\n`);
    expect(complaints()).toEqual([`htpasswd:2: the bcrypt cost of slow is ${Number(cost)}; it must be from 4 to 16`]);
  });

  it('that is wrong in several lines: each is told', () => {
    write('one:x\ntwo:y\n:z\n');
    expect(complaints().map(text => text.split(': ')[0])).toEqual(['htpasswd:1', 'htpasswd:2', 'htpasswd:3']);
  });
});

describe('a user file', () => {
  it('may have blank lines, lines without a colon, comments, and lines of Windows', async () => {
    write(`\n   \r\nno colon here\n# ironic:not this one\n#gone:${bcrypt.hashSync('x', 4)}\n${entry('ironic', 'x').replace('\n', '\r\n')}`);
    await using guarded = await Guarded.start(mercury, { MERCURY_AUTH: 'basic', MERCURY_USERS: users });
    expect((await post(guarded.url, asks(), basicAuth('ironic', 'x'))).status).toBe(200);
    // Whom somebody took out with a # must not get in under that name.
    for (const user of ['gone', '#gone', 'no colon here', ''])
      expect((await post(guarded.url, asks(), basicAuth(user, 'x'))).status).toBe(401);
  });

  it('decides by the first line of a user', async () => {
    write(entry('ironic', 'first') + entry('ironic', 'second'));
    await using guarded = await Guarded.start(mercury, { MERCURY_AUTH: 'basic', MERCURY_USERS: users });
    expect((await post(guarded.url, asks(), basicAuth('ironic', 'first'))).status).toBe(200);
    expect((await post(guarded.url, asks(), basicAuth('ironic', 'second'))).status).toBe(401);
  });

  it('may be empty, and lets nobody in then', async () => {
    write('');
    await using guarded = await Guarded.start(mercury, { MERCURY_AUTH: 'basic', MERCURY_USERS: users });
    for (const header of [{}, basicAuth('', ''), basicAuth('ironic', 'x')])
      expect((await post(guarded.url, asks(), header)).status).toBe(401);
  });
});

describe('an edit of the user file', () => {
  let guarded: Guarded;
  const tries = (user: string, password: string) => post(guarded.url, asks(), basicAuth(user, password)).then(({ status }) => status);
  beforeEach(async () => {
    write(entry('ironic', 'old') + entry('other', 'other'));
    guarded = await Guarded.start(mercury, { MERCURY_AUTH: 'basic', MERCURY_USERS: users });
    return () => guarded[Symbol.asyncDispose]();
  });

  it('counts for the very next call: a password, a new user, one who is gone; also when another file takes its place', async () => {
    expect(await tries('ironic', 'old')).toBe(200);
    write(entry('ironic', 'new') + entry('newcomer', 'x'));
    expect([
      await tries('ironic', 'old'),
      await tries('ironic', 'new'),
      await tries('newcomer', 'x'),
      await tries('other', 'other'),
    ]).toEqual([401, 200, 200, 401]);
    writeFileSync(`${users}.new`, entry('ironic', 'old'), { mode: 0o640 });
    renameSync(`${users}.new`, users);
    expect([await tries('ironic', 'old'), await tries('ironic', 'new')]).toEqual([200, 401]);
  });

  it('that spoils a line answers 500 for that user, serves the others, and names the line in the log', async () => {
    write(`${entry('other', 'other')}ironic:sesame-in-plain\n`);
    const heard = await post(guarded.url, asks(), basicAuth('ironic', 'old'));
    expect(heard.status).toBe(500);
    expect(heard.json).toEqual({ error: { code: 500, message: expect.stringMatching(/^Invalid configuration file\. /) } });
    expect(heard.headers.get('www-authenticate')).toBeNull();
    expect(heard.text).not.toContain(users);
    expect([await tries('other', 'other'), await tries('nobody', 'x')]).toEqual([200, 401]);
    const log = guarded.log.join('');
    expect(log).toContain(`${users}:2: the password of ironic is no bcrypt hash`);
    expect(log + heard.text).not.toContain('sesame');
    write(entry('ironic', 'old'));
    expect(await tries('ironic', 'old')).toBe(200);
  });

  it.each([
    ['takes it away', () => rmSync(users), 'there is no such file'],
    ['lets others write it', () => chmodSync(users, 0o666), 'others may write it (mode 666)'],
  ])('that %s answers 500 for everybody, known passwords too, until it is mended', async (_, spoil, complaint) => {
    expect(await tries('ironic', 'old')).toBe(200);
    spoil();
    expect([await tries('ironic', 'old'), await tries('nobody', 'x')]).toEqual([500, 500]);
    expect(guarded.log.join('')).toContain(`${users}: ${complaint}`);
    // Who shows no password learns nothing of it.
    expect((await post(guarded.url, asks())).status).toBe(401);
    write(entry('ironic', 'old'));
    expect(await tries('ironic', 'old')).toBe(200);
  });
});
