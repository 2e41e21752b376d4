import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LabDevice } from '../../server/lab/ssh-server.ts';
import { Mercury, portOf } from '../harness.ts';
import { IRONIC, post, request, send, stateOf, Wire } from './wire.ts';

/* The JSON-RPC envelope over real HTTP: what is no request, ids, notifications, errors of the protocol. */

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

const port = portOf('leaf', 'Gi1/0/1');
const asksNothing = { method: 'is_link_valid', params: { port } };

describe('a body that is not JSON', () => {
  it.each([
    ['an empty body', ''],
    ['blanks', '  \r\n '],
    ['an object cut short', '{"jsonrpc": "2.0", "id": 1, "method": "attach_port"'],
    ['single quotes', "{'jsonrpc': '2.0'}"],
    ['a trailing comma', '{"jsonrpc": "2.0",}'],
    ['NaN', 'NaN'],
    ['two objects', '{"jsonrpc":"2.0","id":1,"method":"rpc.discover"}{}'],
    ['a raw line break in a string', '{"jsonrpc":"2.0","id":1,"method":"a\nb"}'],
    ['a form', 'method=attach_port&port=Gi1/0/1'],
    ['invalid UTF-8', new Uint8Array([...Buffer.from('{"jsonrpc":"2.0","id":1,"method":"'), 0xc3, 0x28, ...Buffer.from('"}')])],
    ['UTF-16', new Uint8Array(Buffer.from(JSON.stringify({ jsonrpc: '2.0', id: 1, ...asksNothing }), 'utf16le'))],
    ['an overlong encoding of a quote', new Uint8Array([...Buffer.from('{"jsonrpc":"2.0","id":1,"method":'), 0xc0, 0xa2, 0x7d])],
  ])('is answered with -32700, id null and no data: %s', async (_, body) => {
    const before = stateOf(device);
    const heard = await post(url, body);
    expect(heard.status).toBe(200);
    expect(heard.headers.get('content-type')).toMatch(/^application\/json/);
    expect(heard.json).toEqual({ jsonrpc: '2.0', id: null, error: { code: -32700, message: 'Invalid JSON received by RPC server' } });
    expect(stateOf(device)).toEqual(before);
  });

  it('does not take a byte order mark for one', async () => {
    const body = new Uint8Array([0xef, 0xbb, 0xbf, ...Buffer.from(JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'rpc.discover' }))]);
    expect((await post(url, body)).json).toMatchObject({ id: 1, result: { openrpc: expect.any(String) } });
  });
});

describe('JSON that is no request', () => {
  const good = { jsonrpc: '2.0', id: 'req-1', ...asksNothing };
  it.each([
    ['a batch', [good, good], null],
    ['an empty batch', [], null],
    ['a string', 'attach_port', null],
    ['a number', 7, null],
    ['null', null, null],
    ['true', true, null],
    ['an empty object', {}, null],
    ['no jsonrpc', { ...good, jsonrpc: undefined }, 'req-1'],
    ['jsonrpc 1.0', { ...good, jsonrpc: '1.0' }, 'req-1'],
    ['jsonrpc as a number', { ...good, jsonrpc: 2 }, 'req-1'],
    ['no method', { ...good, method: undefined }, 'req-1'],
    ['an empty method', { ...good, method: '' }, 'req-1'],
    ['a method that is a number', { ...good, method: 7 }, 'req-1'],
    ['a method that is null', { ...good, method: null }, 'req-1'],
    ['a method that is a list', { ...good, method: ['attach_port'] }, 'req-1'],
    ['params as a list', { ...good, params: [port] }, 'req-1'],
    ['params as a string', { ...good, params: 'port' }, 'req-1'],
    ['params as a number', { ...good, params: 1 }, 'req-1'],
    ['params as null', { ...good, params: null }, 'req-1'],
    ['no id: it is answered, it is no notification', { ...good, id: undefined, method: '' }, null],
    ['a number as id', { ...good, id: 0, method: '' }, 0],
    ['an empty id', { ...good, id: '', jsonrpc: '3.0' }, ''],
    ['a float as id', { ...good, id: 1.5, params: [] }, 1.5],
    ['the sketch of the specification', { type: 'attach_port', payload: { context: {} } }, null],
  ])('is answered with -32600, its id and no data: %s', async (_, body, id) => {
    const before = stateOf(device);
    const heard = await post(url, JSON.stringify(body));
    expect(heard.status).toBe(200);
    const message = 'Invalid request object received by RPC server';
    expect(heard.json).toEqual({ jsonrpc: '2.0', id, error: { code: -32600, message } });
    expect(stateOf(device)).toEqual(before);
  });

  it('carries out none of the calls in a batch', async () => {
    const before = stateOf(device);
    const attach = { jsonrpc: '2.0', id: 1, method: 'attach_port', params: { port, native_vlan: 100 } };
    expect((await post(url, JSON.stringify([attach, attach]))).json.error?.code).toBe(-32600);
    expect(stateOf(device)).toEqual(before);
  });
});

describe('a method that is not there', () => {
  it.each([
    'prepare_host',
    'Attach_port',
    'attach_port ',
    ' attach_port',
    'attach-port',
    '__proto__',
    'constructor',
    'hasOwnProperty',
    'toString',
    '_x',
    '_attach_port',
    'init_host',
    'del_host',
    'target',
    'iter_nodes',
    'rpc.discover2',
    'rpc.',
    'attach_port\u0000',
    'аttach_port',
  ])('is answered with -32601 and no data: %j', async method => {
    const before = stateOf(device);
    const { status, json } = await send(url, method, { port, native_vlan: 100 });
    expect(status).toBe(200);
    expect(json).toEqual({ jsonrpc: '2.0', id: 1, error: { code: -32601, message: `Method ${method} was not found` } });
    expect(stateOf(device)).toEqual(before);
  });

  it('does not send a long name back whole', async () => {
    const { json } = await send(url, 'm'.repeat(100_000));
    expect(json.error?.code).toBe(-32601);
    expect(json.error?.message.length).toBeLessThan(200);
  });
});

describe('an id', () => {
  const ids: unknown[][] = [
    7,
    0,
    -1,
    1.5,
    -0.25,
    9_007_199_254_740_991,
    '',
    '7',
    ' ',
    'req-0f5e8a52-2f8f-4f5c-9d0c-0c9f0d5b1a11',
    'ид\u202e"\\\n',
    true,
    false,
    [1],
    { a: 1 },
  ].map(id => [id]);
  it.each(ids)('comes back as it was with a result: %j', async id => {
    const heard = await send(url, 'is_link_valid', { port }, { id });
    expect(heard.status).toBe(200);
    expect(heard.json).toEqual({ jsonrpc: '2.0', id, result: true });
  });

  it.each(ids)('comes back as it was with an error: %j', async id => {
    expect((await send(url, 'is_link_valid', { port: 7 }, { id })).json).toMatchObject({ id, error: { code: -32602 } });
    expect((await send(url, 'no_such', {}, { id })).json).toMatchObject({ id, error: { code: -32601 } });
    expect((await send(url, 'attach_port', { port }, { id })).json).toMatchObject({ id, error: { code: 400 } });
  });

  it('may be an empty string in a call that changes a device, and the caller still learns what became of it', async () => {
    const heard = await send(url, 'attach_port', { port: portOf('leaf', 'Gi1/0/2'), native_vlan: 100 }, { id: '' });
    expect(heard.json).toMatchObject({ id: '', result: { outcome: 'applied' } });
  });

  it('may repeat: each call is carried out and answered by itself', async () => {
    const calls = [3, 4].map(nth =>
      send(url, 'attach_port', { port: portOf('leaf', `Gi1/0/${nth}`), native_vlan: 100 }, { id: 'req-same' }),
    );
    for (const { json } of await Promise.all(calls)) expect(json).toMatchObject({ id: 'req-same', result: { outcome: 'applied' } });
    expect(device.device.running()).toMatch(/interface GigabitEthernet1\/0\/3\n(?: .*\n)* switchport access vlan 100\n/);
    expect(device.device.running()).toMatch(/interface GigabitEthernet1\/0\/4\n(?: .*\n)* switchport access vlan 100\n/);
  });
});

describe('a notification', () => {
  it.each([
    ['without id', { id: undefined }, 5],
    ['with id null', { id: null }, 6],
  ])('%s is carried out before it is answered with 204 and no body', async (_, more, nth) => {
    const before = device.device.running();
    const heard = await send(url, 'attach_port', { port: portOf('leaf', `Gi1/0/${nth}`), native_vlan: 100 }, more);
    expect(heard).toMatchObject({ status: 204, text: '' });
    expect(device.device.running()).not.toBe(before);
  });

  it.each([
    ['an unknown method', { method: 'no_such' }],
    ['params of the wrong shape', { method: 'attach_port', params: { port: 7 } }],
    ['an unknown switch', { method: 'attach_port', params: { port: portOf('nowhere', 'Gi1/0/1'), native_vlan: 100 } }],
    ['a refusal', { method: 'attach_port', params: { port, native_vlan: 1 } }],
    ['a question', asksNothing],
  ])('is answered with 204 and no body whatever becomes of it: %s', async (_, call) => {
    const before = stateOf(device);
    expect(await post(url, JSON.stringify({ jsonrpc: '2.0', ...call }))).toMatchObject({ status: 204, text: '' });
    expect(stateOf(device)).toEqual(before);
  });

  it('leaves the connection fit for the next call', async () => {
    using wire = await Wire.open(url);
    wire.socket.write(request(JSON.stringify({ jsonrpc: '2.0', method: 'no_such' })));
    const first = await wire.until(/\r\n\r\n/);
    expect(first).toMatch(/^HTTP\/1\.1 204 /);
    expect(first).not.toMatch(/content-length|transfer-encoding/i);
    expect(first.endsWith('\r\n\r\n')).toBe(true);
    wire.socket.write(request(JSON.stringify({ jsonrpc: '2.0', id: 'second', ...asksNothing })));
    expect(await wire.until(/\}$/)).toContain('{"jsonrpc":"2.0","id":"second","result":true}');
  });
});

describe('a call that carries rpc.version', () => {
  const versioned = { port, 'rpc.version': '1.0' };
  const klass = `${IRONIC}InvalidParameterValue`;
  it.each([
    ['no such method', 'no_such', versioned, {}, -32601],
    ['a member that is unknown', 'attach_port', versioned, {}, -32602],
    ['no request', '', versioned, {}, -32600],
    ['the wrong jsonrpc', 'attach_port', versioned, { jsonrpc: '1.0' }, -32600],
  ])('gets a class with the protocol’s errors, so that Ironic shows the message: %s', async (_, method, params, more, code) => {
    const { json } = await send(url, method, params, more);
    expect(json.error).toMatchObject({ code, data: { class: klass } });
    expect(json.error?.message).not.toBe('');
  });

  it('gets none without it: a class is what a stock client rebuilds an exception from', async () => {
    const { json } = await send(url, 'attach_port', { port: 7 });
    expect(json.error?.code).toBe(-32602);
    expect(json.error?.data).not.toHaveProperty('class');
  });
});
