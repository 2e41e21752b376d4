import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import bcrypt from 'bcryptjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Mercury } from '../harness.ts';
import { line, lines, writeUsers } from './digest-client.ts';
import { asks, attaches, Guarded, type Settings } from './guarded.ts';
import { toolsReady } from './ready.ts';
import { request, Wire } from './wire.ts';

const { ready, why } = toolsReady(['curl', 'python3-requests']);
if (!ready) console.error(`\n!!! LEFT OUT: HTTP Digest with curl and Python: ${why}\n`);

const run = promisify(execFile);
const PASSWORD = 'with:a colon, "quotes" and ö';

/* HTTP Digest as other people's clients speak it: curl, and the library that OpenStack's clients are made with. */
describe.skipIf(!ready)(ready ? 'HTTP Digest' : `HTTP Digest (left out: ${why})`, () => {
  let mercury: Mercury;
  let both: Guarded;
  let file: string;
  beforeAll(async () => {
    mercury = await Mercury.start({ devices: { leaf: 'cisco_ios' } });
    await mercury.onNetwork('add_network', 'leaf', 100, 'tenant');
    file = join(mercury.folder, 'htdigest');
    writeUsers(file, ['ironic', 'Jörg', 'a "b" \\ c'].map(user => lines(user, PASSWORD)).join(''));
    const users = join(mercury.folder, 'htpasswd');
    writeUsers(users, `ironic:${bcrypt.hashSync('basic one', 4)}\n`);
    both = await Guarded.start(mercury, { MERCURY_AUTH: 'basic, digest', MERCURY_DIGEST_USERS: file, MERCURY_USERS: users });
  });
  afterAll(async () => {
    await both[Symbol.asyncDispose]();
    await mercury[Symbol.asyncDispose]();
  });

  const withFile = (name: string, text: string, more: Settings = {}): Promise<Guarded> => {
    const path = join(mercury.folder, name);
    writeUsers(path, text);
    return Guarded.start(mercury, { MERCURY_AUTH: 'digest', MERCURY_DIGEST_USERS: path, ...more });
  };

  describe('what a 401 asks for', () => {
    const challenges = async (url: string): Promise<string[]> => {
      using wire = await Wire.open(url);
      wire.socket.write(request(asks()));
      const [head = ''] = (await wire.until(/\}\}$/)).split('\r\n\r\n');
      return head.split('\r\n').flatMap(text => /^WWW-Authenticate: (.*)$/i.exec(text)?.[1] ?? []);
    };
    const challenge = (algorithm: string) =>
      expect.stringMatching(
        new RegExp(`^Digest realm="Baremetal API", qop="auth", algorithm=${algorithm}, nonce="[-\\w]{48}", charset=UTF-8$`),
      );

    it('has one line for each scheme and algorithm, the better one first, and one nonce', async () => {
      const all = await challenges(both.url);
      expect(all).toEqual(['Basic realm="Baremetal API"', challenge('SHA-256'), challenge('MD5')]);
      expect(all[1]?.replace('SHA-256', 'MD5')).toBe(all[2]);
      expect((await challenges(both.url))[1]).not.toBe(all[1]);
    });

    it.each([
      ['of the one algorithm that all have', lines('a', 'x') + line('b', 'x'), ['SHA-256']],
      ['of the other', line('a', 'x', 'MD5') + lines('b', 'x'), ['MD5']],
      ['of both where no one will do for all', line('a', 'x', 'MD5') + line('b', 'x'), ['SHA-256', 'MD5']],
      ['of both where nobody may call', '', ['SHA-256', 'MD5']],
    ])('has lines %s', async (_, text, algorithms) => {
      await using guarded = await withFile('offered', text);
      expect(await challenges(guarded.url)).toEqual(algorithms.map(challenge));
    });
  });

  describe('curl', () => {
    const curl = async (url: string, ...args: readonly string[]): Promise<{ body: string; status: string; log: string }> => {
      const common = ['--silent', '--verbose', '--max-time', '60', '--data', asks(), '--write-out', '\n%{http_code}'];
      const { stdout, stderr } = await run('curl', [...common, ...args, url]);
      const end = stdout.lastIndexOf('\n');
      return { body: stdout.slice(0, end), status: stdout.slice(end + 1), log: stderr };
    };
    const good = { status: '200', body: expect.stringContaining('"result":true') };
    const bad = { status: '401', body: expect.stringContaining('Incorrect username or password') };

    it.each(['ironic', 'Jörg', 'a "b" \\ c'])('gets in with --digest, by SHA-256: %s', async user => {
      const heard = await curl(both.url, '--digest', '--user', `${user}:${PASSWORD}`);
      expect(heard).toMatchObject(good);
      expect(heard.log).toMatch(/> Authorization: Digest .*algorithm=SHA-256/);
    });

    it('gets in with --digest by MD5 where there is nothing better', async () => {
      await using guarded = await withFile('md5', line('ironic', PASSWORD, 'MD5'));
      const heard = await curl(guarded.url, '--digest', '--user', `ironic:${PASSWORD}`);
      expect(heard).toMatchObject(good);
      expect(heard.log).toMatch(/> Authorization: Digest .*algorithm=MD5/);
    });

    it('gets in with --basic where both are asked for, by the other file', async () => {
      expect(await curl(both.url, '--basic', '--user', 'ironic:basic one')).toMatchObject(good);
      expect(await curl(both.url, '--basic', '--user', `ironic:${PASSWORD}`)).toMatchObject(bad);
      expect(await curl(both.url, '--digest', '--user', 'ironic:basic one')).toMatchObject(bad);
    });

    it('takes Digest when it may choose', async () => {
      const heard = await curl(both.url, '--anyauth', '--user', `ironic:${PASSWORD}`);
      expect(heard).toMatchObject(good);
      expect(heard.log).toMatch(/> Authorization: Digest /);
      expect(heard.log).not.toMatch(/> Authorization: Basic /);
    });

    it('sends several calls over one connection', async () => {
      const { stdout, stderr } = await run('curl', [
        ...['--silent', '--verbose', '--digest', '--user', `ironic:${PASSWORD}`, '--data', asks(), '--write-out', '%{http_code}\n'],
        ...[both.url, both.url, both.url],
      ]);
      expect(stdout.match(/\}200$/gm)).toHaveLength(3);
      expect(stderr.match(/^\* Connected to /gm)).toHaveLength(1);
    });

    it('is not let in with a wrong password, an unknown user, or nothing', async () => {
      expect(await curl(both.url, '--digest', '--user', 'ironic:wrong')).toMatchObject(bad);
      expect(await curl(both.url, '--digest', '--user', `Ironic:${PASSWORD}`)).toMatchObject(bad);
      expect(await curl(both.url, '--digest', '--user', `nobody:${PASSWORD}`)).toMatchObject(bad);
      expect(await curl(both.url)).toMatchObject({ status: '401', body: expect.stringContaining('Authorization required') });
    });

    it('has a port changed, and the audit says who it was and how he came', async () => {
      const { stdout } = await run('curl', ['--silent', '--digest', '--user', `ironic:${PASSWORD}`, '--data', attaches(1), both.url]);
      expect(JSON.parse(stdout)).toMatchObject({ result: { outcome: 'applied' } });
      expect(both.audit.at(-1)).toMatchObject({ event: 'change', who: { name: 'ironic', address: '127.0.0.1', scheme: 'digest' } });
    });

    it('leaves no word in the log that would help anybody else', async () => {
      await curl(both.url, '--digest', '--user', 'ironic:Guess-nr-1');
      const written = both.log.join('') + JSON.stringify(both.audit);
      expect(written).toContain('"why":"user ironic"');
      for (const secret of ['quotes', 'Guess', 'basic one', 'response', lines('ironic', PASSWORD).slice(21, 40)])
        expect(written).not.toContain(secret);
      // That a client asks for the challenge first is no news.
      expect(both.log.filter(text => text.includes('Authorization required')).every(text => text.includes('"level":20'))).toBe(true);
    });
  });

  describe('requests, of Python', () => {
    const python = async (url: string, script: string): Promise<unknown> => {
      const head = [
        'import json, sys, requests',
        'from requests.auth import HTTPDigestAuth, HTTPBasicAuth',
        'url, body, password = sys.argv[1:]',
      ];
      const { stdout } = await run('/usr/bin/python3', ['-c', [...head, script].join('\n'), url, asks(), PASSWORD]);
      return JSON.parse(stdout);
    };

    it('gets in with HTTPDigestAuth, and asks for a challenge once', async () => {
      const script = `
session = requests.Session()
session.auth = HTTPDigestAuth('ironic', password)
answers = [session.post(url, data=body) for _ in range(4)]
print(json.dumps([[len(a.history), a.status_code, a.json().get('result')] for a in answers]))`;
      expect(await python(both.url, script)).toEqual([
        [1, 200, true],
        [0, 200, true],
        [0, 200, true],
        [0, 200, true],
      ]);
    });

    it.each(['SHA-256', 'MD5'] as const)('gets in where there is %s only', async algorithm => {
      await using guarded = await withFile('only', line('ironic', PASSWORD, algorithm));
      const script = `print(json.dumps(requests.post(url, data=body, auth=HTTPDigestAuth('ironic', password)).status_code))`;
      expect(await python(guarded.url, script)).toBe(200);
    });

    it('gets in with HTTPBasicAuth too, and with neither when the password is wrong', async () => {
      const script = `
schemes = [HTTPBasicAuth('ironic', 'basic one'), HTTPBasicAuth('ironic', password), HTTPDigestAuth('ironic', 'wrong')]
print(json.dumps([requests.post(url, data=body, auth=auth).status_code for auth in schemes]))`;
      expect(await python(both.url, script)).toEqual([200, 401, 401]);
    });

    it('is answered over 50 connections at once', async () => {
      const script = `
from concurrent.futures import ThreadPoolExecutor
session = requests.Session()
session.auth = HTTPDigestAuth('ironic', password)
session.mount('http://', requests.adapters.HTTPAdapter(pool_maxsize=50))
with ThreadPoolExecutor(50) as pool:
  answers = list(pool.map(lambda _: session.post(url, data=body).status_code, range(150)))
print(json.dumps(answers))`;
      expect(await python(both.url, script)).toEqual(Array.from({ length: 150 }, () => 200));
    });
  });
});
