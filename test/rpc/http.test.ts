import { Agent, request as httpRequest } from 'node:http';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LabDevice } from '../../server/lab/ssh-server.ts';
import { Mercury, portOf } from '../harness.ts';
import { hold } from '../hold.ts';
import { worked } from '../worked.ts';
import { post, request, send, stateOf, Wire } from './wire.ts';

/* The HTTP under the JSON-RPC: verbs, sizes, depths, bodies that come slowly or never, connections that are used again. */

const MIB = 1024 * 1024;

let mercury: Mercury;
let url: string;
let device: LabDevice;
beforeAll(async () => {
  mercury = await Mercury.start({ devices: { leaf: 'cisco_ios' } });
  url = mercury.service.url;
  device = mercury.device('leaf');
  await mercury.onNetwork('add_network', 'leaf', 100, 'tenant');
});
afterAll(() => mercury[Symbol.asyncDispose]());

const asks = (more: object = {}) =>
  JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'is_link_valid', params: { port: portOf('leaf', 'Gi1/0/1') }, ...more });
const attaches = (nth: number) =>
  JSON.stringify({ jsonrpc: '2.0', id: nth, method: 'attach_port', params: { port: portOf('leaf', `Gi1/0/${nth}`), native_vlan: 100 } });
const attached = (nth: number) => new RegExp(`interface GigabitEthernet1/0/${nth}\\n(?: .*\\n)* switchport access vlan 100\\n`);

describe('an HTTP method other than POST', () => {
  it.each(['GET', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'])('is answered with 405: %s', async method => {
    const response = await fetch(url, { method, ...(method === 'PUT' || method === 'PATCH' ? { body: attaches(1) } : {}) });
    expect(response.status).toBe(405);
    expect(response.headers.get('content-type')).toMatch(/^application\/json/);
    expect(response.headers.get('allow')).toBe('POST');
    expect(await response.json()).toEqual({ error: { code: 405, message: 'Only POST method can be used' } });
  });

  it('is answered with 405 and no body: HEAD', async () => {
    const response = await fetch(url, { method: 'HEAD' });
    expect([response.status, await response.text()]).toEqual([405, '']);
  });
});

describe('what is not looked at', () => {
  it.each([
    'application/json',
    'application/json; charset=latin1',
    'text/plain',
    'multipart/form-data; boundary=x',
    'no type at all; ;',
    '',
  ])('is the Content-Type: %j', async type => {
    using wire = await Wire.open(url);
    wire.socket.write(request(asks(), ...(type === '' ? [] : [`Content-Type: ${type}`])));
    expect(await wire.until(/\}$/)).toContain('"result":true');
  });

  it.each(['/v1/rpc', '/?method=detach_port', '//', '/../../etc/passwd'])('is the path: %s', async path => {
    using wire = await Wire.open(url);
    wire.socket.write(request(asks()).replace('POST / ', `POST ${path} `));
    expect(await wire.until(/\}$/)).toContain('"result":true');
  });
});

describe('the size of a body', () => {
  const padded = (size: number) => {
    const bare = asks({ params: { port: portOf('leaf', 'Gi1/0/1'), context: { padding: '' } } });
    return bare.replace('"padding":""', `"padding":"${'x'.repeat(size - bare.length)}"`);
  };

  it('may be one MiB', async () => {
    expect((await post(url, padded(MIB))).json).toMatchObject({ id: 1, result: true });
  });

  it('may not be one byte more: 413, and nothing is done', async () => {
    const before = stateOf(device);
    const heard = await post(url, padded(MIB + 1));
    expect(heard.status).toBe(413);
    expect(heard.json).toMatchObject({ error: { code: 413, message: expect.stringContaining('1048576') } });
    expect(stateOf(device)).toEqual(before);
  });

  it('is held to when no length was announced', async () => {
    using wire = await Wire.open(url);
    wire.socket.write('POST / HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n');
    for (let sent = 0; sent <= MIB; sent += 65_536) wire.socket.write(`10000\r\n${' '.repeat(65_536)}\r\n`);
    wire.socket.write('0\r\n\r\n');
    expect(await wire.until(/\}$/)).toMatch(/^HTTP\/1\.1 413 /);
  });

  it('is held to after unpacking', async () => {
    const bomb = gzipSync(' '.repeat(64 * MIB));
    const heard = await post(url, new Uint8Array(bomb), { 'content-encoding': 'gzip' });
    expect(heard.status).toBe(413);
  });

  it('does not upset the server when it is a lie', async () => {
    using wire = await Wire.open(url);
    wire.socket.write(`POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 999999999999\r\n\r\n`);
    expect(await wire.until(/\}$/)).toMatch(/^HTTP\/1\.1 413 /);
    expect((await post(url, asks())).json).toMatchObject({ result: true });
  });
});

describe('an encoding', () => {
  it('may be gzip', async () => {
    expect((await post(url, new Uint8Array(gzipSync(asks())), { 'content-encoding': 'gzip' })).json).toMatchObject({ result: true });
  });

  it.each([
    ['one that nobody knows', asks(), 'rot13'],
    ['gzip that is none', asks(), 'gzip'],
  ])('is refused without a stack trace: %s', async (_, body, encoding) => {
    const heard = await post(url, body, { 'content-encoding': encoding });
    expect(heard.status).toBeGreaterThanOrEqual(400);
    expect(heard.status).toBeLessThan(500);
    expect(heard.text).not.toMatch(/node_modules|\.ts:|\.js:|at /);
  });
});

describe('the depth of a body', () => {
  const nested = (levels: number) => `${'['.repeat(levels - 3)}${']'.repeat(levels - 3)}`;
  const deep = (levels: number) =>
    asks({ params: { port: portOf('leaf', 'Gi1/0/1'), context: { x: 0 } } }).replace('"x":0', `"x":${nested(levels)}`);

  it('may be 25 levels', async () => {
    expect((await post(url, deep(25))).json).toMatchObject({ result: true });
  });

  it('may not be 26: 400', async () => {
    const before = stateOf(device);
    const heard = await post(url, deep(26));
    expect(heard.status).toBe(400);
    expect(heard.json).toMatchObject({ error: { code: 400, message: expect.stringContaining('nested too deeply') } });
    expect(stateOf(device)).toEqual(before);
  });

  it('may be anything inside a string', async () => {
    const context = { x: `${'['.repeat(1000)}\\"${'{'.repeat(1000)}` };
    expect((await send(url, 'is_link_valid', { port: portOf('leaf', 'Gi1/0/1'), context })).json).toMatchObject({ result: true });
  });

  it.each(['['.repeat(MIB), '{"a":'.repeat(200_000)])('is seen before anything is built, with little work', async body => {
    const work = await worked(async () => expect((await post(url, body)).status).toBe(400));
    expect(work).toBeLessThan(1000);
  });
});

describe('a body that comes in pieces', () => {
  it('is taken when it is chunked', async () => {
    using wire = await Wire.open(url);
    wire.socket.write('POST / HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n');
    for (const character of asks({ id: 'req-ü' })) wire.socket.write(`${Buffer.byteLength(character).toString(16)}\r\n${character}\r\n`);
    wire.socket.write('0\r\n\r\n');
    expect(await wire.until(/\}$/)).toContain('"id":"req-ü","result":true');
  });

  it('is not begun before it is whole, and nothing is done when the rest never comes', async () => {
    const before = { ...stateOf(device), audit: mercury.audit.length };
    const body = attaches(2);
    {
      using wire = await Wire.open(url);
      // All but the last byte: what came is a whole object but for its brace.
      wire.socket.write(request(body).slice(0, -1));
      // The server answers others meanwhile.
      expect((await post(url, asks())).json).toMatchObject({ result: true });
      expect(wire.text).toBe('');
    }
    expect((await post(url, asks())).json).toMatchObject({ result: true });
    expect({ ...stateOf(device), audit: mercury.audit.length }).toEqual(before);
  });

  it('is nothing when a chunked one is cut off', async () => {
    const before = { ...stateOf(device), audit: mercury.audit.length };
    const body = attaches(2);
    {
      using wire = await Wire.open(url);
      // The object is whole, the message is not: its last chunk is missing.
      wire.socket.write(`POST / HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n${body}\r\n`);
      expect((await post(url, asks())).json).toMatchObject({ result: true });
      wire.socket.end();
      expect(await wire.until(/never/)).not.toMatch(/^HTTP\/1\.1 2/);
    }
    expect({ ...stateOf(device), audit: mercury.audit.length }).toEqual(before);
  });

  it('may wait for 100 Continue', async () => {
    const outgoing = httpRequest(url, { method: 'POST', headers: { expect: '100-continue' } });
    const text = await new Promise<string>((resolve, reject) => {
      outgoing.once('error', reject);
      outgoing.once('continue', () => outgoing.end(asks()));
      outgoing.once('response', response => response.setEncoding('utf8').once('data', resolve));
      outgoing.flushHeaders();
    });
    expect(text).toContain('"result":true');
  });
});

describe('a connection', () => {
  it('is used again by a client that keeps it', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const ports = new Set<number | undefined>();
    for (let i = 0; i < 5; i += 1) {
      const text = await new Promise<string>((resolve, reject) => {
        const outgoing = httpRequest(url, { method: 'POST', agent }, response => {
          ports.add(response.socket.localPort);
          let all = '';
          response.setEncoding('utf8').on('data', piece => {
            all += piece;
          });
          response.once('end', () => resolve(all));
        });
        outgoing.once('error', reject);
        outgoing.end(asks({ id: i }));
      });
      expect(JSON.parse(text)).toEqual({ jsonrpc: '2.0', id: i, result: true });
    }
    agent.destroy();
    expect(ports.size).toBe(1);
  });

  it('is kept at least ten seconds, and the server says so', async () => {
    const { headers } = await post(url, asks(), { connection: 'keep-alive' });
    expect(Number(/timeout=(\d+)/.exec(headers.get('keep-alive') ?? '')?.[1])).toBeGreaterThanOrEqual(10);
  });

  it('stays fit after errors of every sort', async () => {
    using wire = await Wire.open(url);
    const bad = ['', '{', '[]', '7', asks({ method: 'no_such' }), asks({ id: null }), '['.repeat(30)];
    for (const body of bad) wire.socket.write(request(body));
    wire.socket.write(request(asks({ id: 'last' })));
    const text = await wire.until(/"last".*\}$/);
    expect(text).toContain('{"jsonrpc":"2.0","id":"last","result":true}');
    expect(text.match(/HTTP\/1\.1 \d{3} /g)).toHaveLength(bad.length + 1);
  });

  it('may hang up while its change runs: the change goes on to its end and is audited', async () => {
    const before = mercury.audit.length;
    const { there, letGo } = hold(device, 'login', /^$/);
    {
      using wire = await Wire.open(url);
      wire.socket.write(request(attaches(3)));
      await there;
    }
    letGo();
    await mercury.desk.world.queue.idle();
    await expect.poll(() => mercury.audit.length).toBe(before + 1);
    expect(mercury.audit.at(-1)).toMatchObject({ event: 'change', how: { outcome: 'applied' } });
    expect(device.device.running()).toMatch(attached(3));
  });

  it('speaks of no software and no stack', async () => {
    const { headers } = await post(url, asks());
    expect([...headers.keys()].filter(name => /^(?:x-powered-by|server|etag)$/.test(name))).toEqual([]);
    using wire = await Wire.open(url);
    wire.socket.write('NONSENSE\r\n\r\n');
    expect(await wire.until(/never/)).toMatch(/^HTTP\/1\.1 400 /);
  });
});

describe('when the service stops', () => {
  it('ends the running call in truth, refuses new ones with 503, and does not wait for bodies that never come', async () => {
    await using own = await Mercury.start({ devices: { leaf: 'cisco_ios' } });
    await own.onNetwork('add_network', 'leaf', 100, 'tenant');
    using half = await Wire.open(own.service.url);
    half.socket.write(request(attaches(9)).slice(0, 80));
    const { there, letGo } = hold(own.device('leaf'), 'typed', /^interface GigabitEthernet1\/0\/1$/);
    const running = post(own.service.url, attaches(1));
    await there;
    const stopped = own.service.stop();
    const typed = own.device('leaf').typed.length;
    const late = await post(own.service.url, attaches(2));
    expect(late.status).toBe(503);
    expect(late.json.error).toMatchObject({
      code: 503,
      data: { kind: 'shutting_down', outcome: 'refused', class: 'ironic.common.exception.NetworkError' },
    });
    letGo();
    expect((await running).json).toMatchObject({ result: { outcome: 'applied' } });
    expect(await stopped).toBe(true);
    expect(own.device('leaf').typed.slice(typed).join('\n')).not.toContain('1/0/2');
    expect(own.device('leaf').device.running()).not.toMatch(attached(2));
  });
});
