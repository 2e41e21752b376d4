import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import pino from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startService } from '../../server/cli/serve.ts';
import { LibraryError } from '../../server/library/complaints.ts';
import { digest } from '../../server/rpc/auth/digest.ts';
import { Nonces } from '../../server/rpc/auth/nonces.ts';
import { Mercury } from '../harness.ts';
import { worked } from '../worked.ts';
import { digestAuth, freshNonce, isStale, line, lines, nonceIn, type Showing, writeUsers } from './digest-client.ts';
import { asks, attaches, Guarded } from './guarded.ts';
import { type Heard, post, request, stateOf, Wire } from './wire.ts';

/* HTTP Digest by hand: replays, old nonces, headers that no client sends, and the user file. */

let mercury: Mercury;
let guarded: Guarded;
let file: string;
let url: string;
beforeAll(async () => {
  mercury = await Mercury.start({ devices: { leaf: 'cisco_ios' } });
  await mercury.onNetwork('add_network', 'leaf', 100, 'tenant');
  file = join(mercury.folder, 'htdigest');
  writeUsers(file, lines('ironic', 'sesame') + line('modern', 'sesame'));
  guarded = await Guarded.start(mercury, { MERCURY_AUTH: 'digest', MERCURY_DIGEST_USERS: file });
  url = guarded.url;
});
afterAll(async () => {
  await guarded[Symbol.asyncDispose]();
  await mercury[Symbol.asyncDispose]();
});

const show = async (more: Partial<Showing> = {}, body = asks(), to = url): Promise<Heard> =>
  post(to, body, digestAuth({ user: 'ironic', password: 'sesame', nonce: more.nonce ?? (await freshNonce(to)), ...more }));
const told = ({ status, json }: Heard) => [status, json.error?.message ?? json.result];
const WRONG = [401, 'Incorrect username or password'];

describe('a replay', () => {
  it('is refused and does nothing, and a client that means it is told to take another nonce', async () => {
    const nonce = await freshNonce(url);
    const header = digestAuth({ user: 'ironic', password: 'sesame', nonce });
    expect(await post(url, attaches(1), header)).toMatchObject({ status: 200, json: { result: { outcome: 'applied' } } });
    const before = { ...stateOf(mercury.device('leaf')), audit: guarded.audit.length };
    // The response says nothing about the body: it would be anybody's.
    const again = await post(url, attaches(2), header);
    expect([told(again), isStale(again)]).toEqual([[401, 'The nonce has been used with this count'], true]);
    expect((await post(url, attaches(2, { id: undefined }), header)).status).toBe(401);
    expect({ ...stateOf(mercury.device('leaf')), audit: guarded.audit.length }).toEqual(before);
    expect(nonceIn(again)).not.toBe(nonce);
    expect((await show({ nonce: nonceIn(again) })).status).toBe(200);
    expect(guarded.log.join('')).toMatch(/"level":40.*"why":"user ironic".*used with this count/);
  });

  it('is let in once of 50 that come at once, whatever connection they take', async () => {
    const nonce = await freshNonce(url);
    const statuses = await Promise.all(Array.from({ length: 50 }, () => show({ nonce })));
    expect(statuses.map(({ status }) => status).toSorted()).toEqual([200, ...Array.from({ length: 49 }, () => 401)]);
  });

  it('is no request that others have overtaken: 50 counts of one nonce, the last one first', async () => {
    const nonce = await freshNonce(url);
    const counts = Array.from({ length: 50 }, (_, i) => 50 - i);
    const [highest, ...rest] = counts;
    expect((await show({ nonce, count: highest ?? 0 })).status).toBe(200);
    expect(await Promise.all(rest.map(async count => (await show({ nonce, count })).status))).toEqual(rest.map(() => 200));
    expect(await Promise.all(counts.map(async count => isStale(await show({ nonce, count }))))).toEqual(counts.map(() => true));
  });

  it('of what was wrong uses no count up', async () => {
    const nonce = await freshNonce(url);
    expect(told(await show({ nonce, password: 'wrong' }))).toEqual(WRONG);
    expect((await show({ nonce })).status).toBe(200);
  });
});

describe('a nonce that is not good any more', () => {
  it('is told as stale when it is old, to one who knows the password only', async () => {
    let now = 0;
    const schemes = [digest(file, new Nonces(() => now))];
    const config = { host: '127.0.0.1', port: 0, call_time: 20_000, grace: 5000 };
    const service = await startService(mercury.desk, config, pino({ level: 'silent' }), { schemes });
    try {
      const nonce = await freshNonce(service.url);
      expect((await show({ nonce }, asks(), service.url)).status).toBe(200);
      now += 5 * 60_000 + 1;
      const old = await show({ nonce, count: 2 }, asks(), service.url);
      expect([told(old), isStale(old)]).toEqual([[401, 'The nonce is too old'], true]);
      const guess = await show({ nonce, count: 2, password: 'wrong' }, asks(), service.url);
      expect([told(guess), isStale(guess)]).toEqual([WRONG, false]);
      expect((await show({ nonce: nonceIn(old) }, asks(), service.url)).status).toBe(200);
    } finally {
      await service.stop();
    }
  });

  it.each(['of another service', 'made up'])('is one %s, too', async which => {
    await using other = await Guarded.start(mercury, { MERCURY_AUTH: 'digest', MERCURY_DIGEST_USERS: file });
    const nonce = which === 'made up' ? 'dcd98b7102dd2f0e8b11d0f600bfb0c093' : await freshNonce(other.url);
    expect(isStale(await show({ nonce }))).toBe(true);
  });
});

describe('a response', () => {
  it('is good by either algorithm that the user has a hash of, and MD5 when it names none', async () => {
    expect((await show()).status).toBe(200);
    expect((await show({ algorithm: 'MD5' })).status).toBe(200);
    expect((await show({ algorithm: 'MD5', say: { algorithm: undefined } })).status).toBe(200);
    expect((await show({ user: 'modern' })).status).toBe(200);
  });

  it.each<[string, Partial<Showing>]>([
    ['with another password', { password: 'Sesame' }],
    ['by a user that nobody knows', { user: 'nobody' }],
    ['by a user in other letters', { user: 'Ironic' }],
    ['by a user with a blank more', { user: 'ironic ' }],
    ['by nobody', { user: '' }],
    ['by __proto__', { user: '__proto__' }],
    ['by an algorithm that the user has no hash of', { user: 'modern', algorithm: 'MD5' }],
    ['for another method', { method: 'GET' }],
    ['for another realm', { say: { realm: '"Other API"' } }],
    ['for another nonce', { say: { nonce: '"dcd98b7102dd2f0e8b11d0f600bfb0c093"' } }],
    ['for another count', { say: { nc: '00000002' } }],
    ['for another cnonce', { say: { cnonce: '"x"' } }],
    ['for another user', { user: 'modern', say: { username: '"ironic"' } }],
    ['that is of another length inside', { say: { response: `"${'0'.repeat(64)}"` } }],
  ])('is wrong %s, and told like any other', async (_, more) => {
    const heard = await show(more);
    expect([told(heard), isStale(heard)]).toEqual([WRONG, false]);
    expect(heard.headers.get('www-authenticate')).toMatch(/^Digest .*algorithm=SHA-256, nonce=/);
  });

  it.each<[string, Partial<Showing>, string]>([
    ['for another path', { uri: '/other' }, 'The uri of the Authorization header is not that of the request'],
    ['whose uri says more', { uri: '/', say: { uri: '"/?x=1"' } }, 'The uri of the Authorization header is not that of the request'],
    ['with auth-int', { say: { qop: 'auth-int' } }, 'The qop must be auth'],
    ['without qop, as of old', { say: { qop: undefined } }, 'The Authorization header has no qop'],
    ['by an algorithm that is none', { say: { algorithm: 'SHA-512-256' } }, 'The algorithm must be SHA-256 or MD5'],
    ['by a session’s algorithm', { say: { algorithm: 'SHA-256-sess' } }, 'The algorithm must be SHA-256 or MD5'],
    ['with count nought', { count: 0 }, 'The nc must be eight hexadecimal digits, from 00000001'],
    ['with a short count', { say: { nc: '1' } }, 'The nc must be eight hexadecimal digits, from 00000001'],
    ['with no hexadecimal count', { say: { nc: '0000000x' } }, 'The nc must be eight hexadecimal digits, from 00000001'],
    ['of the wrong length', { say: { algorithm: 'MD5' } }, 'The response must be 32 hexadecimal digits'],
    ['of other letters', { say: { response: `"${'g'.repeat(64)}"` } }, 'The response must be 64 hexadecimal digits'],
    ['with a hashed name', { say: { userhash: 'true' } }, 'The username must not be hashed'],
    ['with two names', { say: { 'username*': "UTF-8''ironic" } }, 'The Authorization header has two usernames'],
    [
      'with a name in another notation',
      { say: { username: undefined, 'username*': "UTF-8''%ff" } },
      'The username* must be UTF-8 with percent signs',
    ],
    ['without a name', { say: { username: undefined } }, 'The Authorization header has no username'],
    ['without a nonce', { say: { nonce: undefined } }, 'The Authorization header has no nonce'],
    ['without a cnonce', { say: { cnonce: undefined } }, 'The Authorization header has no cnonce'],
    ['without a response', { say: { response: undefined } }, 'The Authorization header has no response'],
    ['without a realm', { say: { realm: undefined } }, 'The Authorization header has no realm'],
    ['with something twice', { say: { NC: '00000001' } }, 'Could not parse Authorization header'],
    ['with a quote that does not end', { say: { opaque: '"' } }, 'Could not parse Authorization header'],
    ['with something that is no parameter', { say: { opaque: 'a b' } }, 'Could not parse Authorization header'],
  ])('is none %s', async (_, more, message) => {
    const heard = await show(more);
    expect(told(heard)).toEqual([400, message]);
    expect(heard.headers.get('www-authenticate')).toBeNull();
  });

  it('may be written in other ways: quotes, blanks, empty elements, capitals, an extended name, unknown parameters', async () => {
    const say = {
      algorithm: '"sha-256"',
      qop: '"auth"',
      opaque: '"a, \\"b\\" = c"',
      later: 'x',
      username: undefined,
      'username*': "UTF-8'en'iron%69c",
    };
    const { authorization } = digestAuth({ user: 'ironic', password: 'sesame', nonce: await freshNonce(url), say });
    const written = authorization.replace('Digest ', 'dIgEsT  , ,').replaceAll(', ', ' ,\t').replace('response=', 'RESPONSE = ');
    expect((await post(url, asks(), { authorization: written })).status).toBe(200);
  });

  it('is for the path that was asked for, whatever it is', async () => {
    const heard = await show({ uri: '/v1?x=1' }, asks(), new URL('/v1?x=1', url).href);
    expect(heard.status).toBe(200);
  });

  it('is for the method of the request: only who may call is told that GET is none', async () => {
    const get = async (method: string) => {
      const headers = digestAuth({ user: 'ironic', password: 'sesame', nonce: await freshNonce(url), method });
      return (await fetch(url, { headers })).status;
    };
    expect([await get('GET'), await get('POST')]).toEqual([405, 401]);
  });

  it('may be as long as a header gets, and is little work to read', async () => {
    const fillers = ['a=b,'.repeat(3500), `x="${'\\"'.repeat(6500)}`, ','.repeat(14_000), ' '.repeat(14_000), `a${'='.repeat(14_000)}`];
    const read = async (filler: string) => {
      using wire = await Wire.open(url);
      wire.socket.write(request(asks(), `Authorization: Digest z=1,${filler}`));
      expect(await wire.until(/\}\}$/)).toMatch(/^HTTP\/1\.1 400 /);
    };
    expect(await worked(() => Promise.all(fillers.map(read)))).toBeLessThan(5000);
  });
});

describe('the user file', () => {
  const complaints = (text: string, mode = 0o640): string[] => {
    const path = join(mkdtempSync(join(mercury.folder, 'users-')), 'htdigest');
    if (text !== 'none') writeUsers(path, text);
    if (text !== 'none') chmodSync(path, mode);
    try {
      digest(path);
    } catch (thrown) {
      if (!(thrown instanceof LibraryError)) throw thrown;
      return thrown.message.split('\n').map(message => message.replace(path, 'htdigest'));
    }
    return [];
  };

  it.each([
    ['is not there', 'none', 0, 'htdigest: there is no such file; MERCURY_DIGEST_USERS, or `digest_users:` in mercury.yml, names another'],
    ['others may write', line('a', 'x'), 0o620, 'htdigest: others may write it (mode 620); chmod go-w it'],
    ['others may read: a hash is as good as a password', line('a', 'x'), 0o644, 'htdigest: others may read it (mode 644); chmod 640 it'],
    ['has a line of htpasswd', 'a:$2b$04$abc\n', 0o640, 'htdigest:1: the line of a is not user:realm:hash, as "htdigest" writes it'],
    ['is for another realm', line('a', 'x', 'MD5', 'Other API'), 0o640, 'htdigest:1: the realm of a must be Baremetal API'],
    ['holds a password', 'a:Baremetal API:s3same\n', 0o640, 'htdigest:1: the hash of a is neither MD5 nor SHA-256 in hexadecimal'],
    ['holds a hash that is cut', line('a', 'x').slice(0, -2), 0o640, 'htdigest:1: the hash of a is neither MD5 nor SHA-256 in hexadecimal'],
    ['holds nobody’s hash', line('', 'x'), 0o640, 'htdigest:1: there is no user before the colon'],
  ])('does not let a service start that %s', (_, text, mode, complaint) => {
    expect(complaints(text, mode)).toEqual([complaint]);
  });

  it('tells of each user that cannot be used', () => {
    expect(complaints(`a:b\n${line('good', 'x')}\nc:d:e\n`).map(text => text.split(': ')[0])).toEqual(['htdigest:1', 'htdigest:4']);
  });

  it('may have comments, blank lines, capitals, lines of Windows; the first line of each algorithm decides', async () => {
    const path = join(mercury.folder, 'odd');
    const odd = `# ${line('gone', 'x')}\nno colon\n${line('ironic', 'sesame')
      .toUpperCase()
      .replace(/^IRONIC:BAREMETAL/, 'ironic:Baremetal')}`;
    writeUsers(path, `${odd.replaceAll('\n', '\r\n')}${line('ironic', 'second')}${line('ironic', 'third', 'MD5')}`);
    await using other = await Guarded.start(mercury, { MERCURY_AUTH: 'digest', MERCURY_DIGEST_USERS: path });
    const tries = async (more: Partial<Showing>) => (await show(more, asks(), other.url)).status;
    expect([await tries({}), await tries({ password: 'second' }), await tries({ password: 'third', algorithm: 'MD5' })]).toEqual([
      200, 401, 200,
    ]);
    expect(await tries({ user: '# gone', password: 'x' })).toBe(401);
  });

  it('counts as it is at the very next call: a new password, a new user, one who is gone', async () => {
    const path = join(mercury.folder, 'edited');
    writeUsers(path, lines('ironic', 'old'));
    await using other = await Guarded.start(mercury, { MERCURY_AUTH: 'digest', MERCURY_DIGEST_USERS: path });
    const tries = async (user: string, password: string) => (await show({ user, password }, asks(), other.url)).status;
    const nonce = await freshNonce(other.url);
    expect((await show({ nonce, password: 'old' }, asks(), other.url)).status).toBe(200);
    writeUsers(path, lines('ironic', 'new') + line('newcomer', 'x'));
    expect((await show({ nonce, count: 2, password: 'old' }, asks(), other.url)).status).toBe(401);
    expect([await tries('ironic', 'new'), await tries('newcomer', 'x')]).toEqual([200, 200]);
    writeUsers(path, line('newcomer', 'x'));
    expect(await tries('ironic', 'new')).toBe(401);
  });

  it('that becomes wrong answers 500 for that user, and for everybody when it is open to others, and the log says why', async () => {
    const path = join(mercury.folder, 'spoilt');
    writeUsers(path, lines('ironic', 'sesame') + lines('other', 'sesame'));
    await using bad = await Guarded.start(mercury, { MERCURY_AUTH: 'digest', MERCURY_DIGEST_USERS: path });
    const tries = (user: string) => show({ user }, asks(), bad.url);
    writeUsers(path, `${lines('other', 'sesame')}ironic:Baremetal API:s3same-in-plain\n`);
    const spoilt = await tries('ironic');
    expect(spoilt).toMatchObject({ status: 500, json: { error: { message: expect.stringMatching(/^Invalid configuration file\. /) } } });
    expect((await tries('other')).status).toBe(200);
    chmodSync(path, 0o644);
    expect([(await tries('ironic')).status, (await tries('other')).status]).toEqual([500, 500]);
    rmSync(path);
    // Who shows nothing learns nothing of it.
    expect((await post(bad.url, asks())).status).toBe(401);
    expect((await tries('other')).status).toBe(500);
    const log = bad.log.join('');
    expect(log).toContain(`${path}:3: the hash of ironic is neither`);
    expect(log).toContain('others may read it (mode 644)');
    expect(log + spoilt.text).not.toContain('s3same');
  });
});
