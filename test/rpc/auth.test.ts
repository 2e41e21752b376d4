import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import bcrypt from 'bcryptjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Mercury } from '../harness.ts';
import { asks, attaches, basicAuth, Guarded } from './guarded.ts';
import { post, request, stateOf, Wire } from './wire.ts';

/* HTTP Basic as a stock conductor speaks it: who gets in, what the others are told, and that nothing is done for them. */

const LONG = `${'ä'.repeat(35)}xyz and much more`;
const PASSWORDS: Readonly<Record<string, string>> = {
  ironic: 'correct horse',
  colon: 'with:two:colons',
  umlaut: 'Zürich ☃ 東京',
  spaced: ' between blanks ',
  long: LONG,
  'a b': 'user with a blank',
  hollow: '',
};
/** A published test vector of bcrypt, not made by the library that reads it here. */
const VECTOR = 'vector:$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW';

let mercury: Mercury;
let guarded: Guarded;
let url: string;
beforeAll(async () => {
  mercury = await Mercury.start({ devices: { leaf: 'cisco_ios' } });
  await mercury.onNetwork('add_network', 'leaf', 100, 'tenant');
  const users = join(mercury.folder, 'htpasswd');
  const lines = Object.entries(PASSWORDS).map(([user, password]) => `${user}:${bcrypt.hashSync(password, 4)}`);
  const variants = ['2y', '2a', '2b'].map(variant => `v${variant}:${bcrypt.hashSync('any', 4).replace('$2b$', `$${variant}$`)}`);
  writeFileSync(users, [...lines, ...variants, VECTOR, ''].join('\n'));
  chmodSync(users, 0o640);
  guarded = await Guarded.start(mercury, { MERCURY_AUTH: 'basic', MERCURY_USERS: users });
  url = guarded.url;
});
afterAll(async () => {
  await guarded[Symbol.asyncDispose]();
  await mercury[Symbol.asyncDispose]();
});

const RIGHT = basicAuth('ironic', 'correct horse');
const CHALLENGE = 'Basic realm="Baremetal API"';
const refused = (message: string, code = 401) => ({ error: { message, code } });

describe('a user of the file', () => {
  it.each(Object.entries(PASSWORDS))('gets in with his password: %s', async (user, password) => {
    expect(await post(url, asks(), basicAuth(user, password))).toMatchObject({ status: 200, json: { result: true } });
  });

  it.each(['v2y', 'v2a', 'v2b'])('may have a hash of each of bcrypt’s variants: %s', async user => {
    expect((await post(url, asks(), basicAuth(user, 'any'))).status).toBe(200);
    expect((await post(url, asks(), basicAuth(user, 'Any'))).status).toBe(401);
  });

  it('may have a hash that other software made', async () => {
    expect((await post(url, asks(), basicAuth('vector', 'U*U'))).status).toBe(200);
    expect((await post(url, asks(), basicAuth('vector', 'U*U*'))).status).toBe(401);
  });

  it.each(['basic', 'BASIC', 'bAsIc '])('may write the name of the scheme in any case: %s', async scheme => {
    const { authorization } = RIGHT;
    expect((await post(url, asks(), { authorization: authorization.replace('Basic', scheme) })).status).toBe(200);
  });

  it('is the one whom the audit names', async () => {
    await post(url, attaches(1, { params: undefined }), RIGHT);
    expect(guarded.audit.at(-1)).toMatchObject({ event: 'refusal', who: { name: 'ironic', address: '127.0.0.1', scheme: 'basic' } });
  });
});

describe('a password', () => {
  it('counts in its first 72 bytes, as bcrypt has it', async () => {
    expect(Buffer.byteLength('ä'.repeat(35))).toBe(70);
    expect((await post(url, asks(), basicAuth('long', LONG.slice(0, 37)))).status).toBe(200);
    expect((await post(url, asks(), basicAuth('long', `${LONG.slice(0, 37)}quite another end`))).status).toBe(200);
    expect((await post(url, asks(), basicAuth('long', `${LONG.slice(0, 36)}!`))).status).toBe(401);
    expect((await post(url, asks(), basicAuth('long', LONG.slice(0, 36)))).status).toBe(401);
  });

  it('is compared as bytes: what looks alike in another encoding is another', async () => {
    const latin1 = Buffer.from('Zürich', 'latin1');
    for (const bytes of [latin1, Buffer.from('Zu\u0308rich ☃ 東京'), Buffer.from('\ufeffZürich ☃ 東京'), Buffer.from([0xff])])
      for (const user of ['umlaut', 'hollow']) expect((await post(url, asks(), basicAuth(user, bytes))).status).toBe(401);
  });

  it.each(['', 'correct horse ', ' correct horse', 'Correct horse', 'correct horse\n', 'correct horse\0', '*', 'correct'])(
    'is not taken when it differs at all: %j',
    async password => {
      expect((await post(url, asks(), basicAuth('ironic', password))).status).toBe(401);
    },
  );
});

describe('who is not in the file', () => {
  it.each([
    ['a user with a wrong password', 'ironic', 'wrong'],
    ['a user that nobody knows', 'nobody', 'correct horse'],
    ['a user in other letters', 'Ironic', 'correct horse'],
    ['a user with a blank more', 'ironic ', 'correct horse'],
    ['nobody at all', '', ''],
    ['__proto__', '__proto__', 'x'],
    ['constructor', 'constructor', 'x'],
  ])('is told the same, whoever he is: %s', async (_, user, password) => {
    const heard = await post(url, asks(), basicAuth(user, password));
    expect({ status: heard.status, json: heard.json }).toEqual({ status: 401, json: refused('Incorrect username or password') });
    expect(heard.headers.get('www-authenticate')).toBe(CHALLENGE);
    expect(heard.headers.get('content-type')).toMatch(/^application\/json/);
  });

  it('is asked for a password when he shows none', async () => {
    const heard = await post(url, asks());
    expect({ status: heard.status, json: heard.json }).toEqual({ status: 401, json: refused('Authorization required') });
    expect(heard.headers.get('www-authenticate')).toBe(CHALLENGE);
  });

  it.each([
    ['Bearer abc', 'Unsupported authorization type "Bearer"'],
    ['Digest username="ironic"', 'Unsupported authorization type "Digest"'],
    ['Basic', 'Could not parse Authorization header'],
    ['Basic   ', 'Could not parse Authorization header'],
    ['', 'Could not parse Authorization header'],
    ['Basic not*base64', 'Could not decode authorization token'],
    [`Basic ${Buffer.from('no colon').toString('base64')}`, 'Could not decode authorization token'],
    [`Basic ${Buffer.from('ironic:correct horse').toString('base64').slice(0, -1)}`, 'Could not decode authorization token'],
    [`Basic ${Buffer.from('ironic:correct horse').toString('base64')} more`, 'Could not decode authorization token'],
    [`Basic ${Buffer.from([0xff, 0x3a, 0x41]).toString('base64')}`, 'Could not decode authorization token'],
    [RIGHT.authorization.replace(' ', ','), 'Could not parse Authorization header'],
  ])('is told what is wrong with a header: %j', async (authorization, message) => {
    using wire = await Wire.open(url);
    wire.socket.write(request(asks(), `Authorization: ${authorization}`));
    const text = await wire.until(/\}\}$/);
    expect(text).toMatch(/^HTTP\/1\.1 400 /);
    expect(text).not.toMatch(/www-authenticate/i);
    expect(JSON.parse(text.slice(text.indexOf('\r\n\r\n')))).toEqual(refused(message, 400));
  });

  it('gets no word of his own back that is long', async () => {
    const { json } = await post(url, asks(), { authorization: `${'X'.repeat(8000)} y` });
    expect(json.error?.message.length).toBeLessThan(150);
  });
});

describe('authentication comes first', () => {
  it('before the method: 401 for GET, and 405 only for those who may ask', async () => {
    const get = await fetch(url);
    expect([get.status, get.headers.get('www-authenticate'), await get.json()]).toEqual([
      401,
      CHALLENGE,
      refused('Authorization required'),
    ]);
    expect((await fetch(url, { method: 'HEAD' })).status).toBe(401);
    expect((await fetch(url, { headers: basicAuth('ironic', 'wrong') })).status).toBe(401);
    expect((await fetch(url, { headers: RIGHT })).status).toBe(405);
  });

  it.each([
    ['is no JSON', '{'],
    ['is too deep', '['.repeat(100)],
    ['is too large', 'x'.repeat(2 * 1024 * 1024)],
  ])('before the body: one that %s', async (_, body) => {
    expect((await post(url, body)).status).toBe(401);
  });

  it('before the body has come', async () => {
    using wire = await Wire.open(url);
    wire.socket.write('POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 1000\r\n\r\n');
    expect(await wire.until(/\}\}$/)).toMatch(/^HTTP\/1\.1 401 /);
  });

  it('and nothing is done for whom it turns away, not even for a notification', async () => {
    const before = { ...stateOf(mercury.device('leaf')), audit: guarded.audit.length };
    const headers = [{}, basicAuth('ironic', 'wrong'), basicAuth('nobody', 'x'), { authorization: 'Bearer x' }];
    const all = await Promise.all(
      headers.flatMap(header => [post(url, attaches(2), header), post(url, attaches(3, { id: undefined }), header)]),
    );
    expect(all.map(({ status }) => status)).toEqual([401, 401, 401, 401, 401, 401, 400, 400]);
    expect({ ...stateOf(mercury.device('leaf')), audit: guarded.audit.length }).toEqual(before);
    // The same notification is carried out for one who may.
    expect(await post(url, attaches(3, { id: undefined }), RIGHT)).toMatchObject({ status: 204, text: '' });
    expect(guarded.audit.at(-1)).toMatchObject({ event: 'change', who: { name: 'ironic' }, how: { outcome: 'applied' } });
  });

  it('on each request of a connection anew', async () => {
    using wire = await Wire.open(url);
    wire.socket.write(
      request(asks(), `Authorization: ${RIGHT.authorization}`) + request(asks()) + request(asks(), `Authorization: ${RIGHT.authorization}`),
    );
    const text = await wire.until(/(?:HTTP[\s\S]*){3}\}$/);
    expect([...text.matchAll(/HTTP\/1\.1 (\d+) /g)].map(match => match[1])).toEqual(['200', '401', '200']);
  });
});

it('writes who was turned away into the log, and a password nowhere', async () => {
  const secrets = [...Object.values(PASSWORDS).filter(password => password !== ''), 'Guess-nr-1'];
  await post(url, attaches(4), basicAuth('ironic', 'Guess-nr-1'));
  await post(url, '{', RIGHT);
  await post(url, asks(), { authorization: `Bearer ${Buffer.from('ironic:correct horse').toString('base64')}` });
  const log = guarded.log.join('');
  expect(log).toContain('"why":"user ironic"');
  expect(log).toContain('"address":"127.0.0.1"');
  const written = log + JSON.stringify(guarded.audit);
  const forms = secrets.flatMap(secret => [
    secret,
    ...Object.keys(PASSWORDS).map(user => Buffer.from(`${user}:${secret}`).toString('base64')),
  ]);
  expect(forms.filter(form => written.includes(form.replace(/=+$/, '')))).toEqual([]);
});
