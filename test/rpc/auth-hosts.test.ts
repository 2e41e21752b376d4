import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Mercury } from '../harness.ts';
import { asks, attaches, Guarded } from './guarded.ts';
import { post } from './wire.ts';

/* Where a service listens: addresses of both families, names, several of them. */

let mercury: Mercury;
beforeAll(async () => {
  mercury = await Mercury.start({ devices: { leaf: 'cisco_ios' } });
});
afterAll(() => mercury[Symbol.asyncDispose]());

const portOfUrl = (url: string) => Number(new URL(url).port);
/** Whether something takes connections there. */
const answers = (host: string, port: number) =>
  new Promise<boolean>(resolve => {
    const socket = connect({ host, port }, () => {
      socket.destroy();
      resolve(true);
    }).once('error', () => resolve(false));
  });

describe('a service listens', () => {
  it('on ::1, and the caller’s address is that', async () => {
    await using guarded = await Guarded.start(mercury, { MERCURY_HOST: '::1' });
    expect(guarded.url).toMatch(/^http:\/\/\[::1\]:\d+$/);
    expect((await post(guarded.url, asks())).json).toMatchObject({ result: true });
    await post(guarded.url, attaches(1, { params: undefined }));
    expect(guarded.audit.at(-1)?.who).toEqual({ name: 'anyone', address: '::1', scheme: 'none' });
    expect(await answers('127.0.0.1', portOfUrl(guarded.url))).toBe(false);
  });

  it('on both addresses of localhost, on the same port, whatever the resolver says', async () => {
    await using guarded = await Guarded.start(mercury, { MERCURY_HOST: 'localhost' });
    const port = portOfUrl(guarded.url);
    expect(guarded.service.urls).toEqual([`http://127.0.0.1:${port}`, `http://[::1]:${port}`]);
    for (const url of [...guarded.service.urls, `http://localhost:${port}`])
      expect((await post(url, asks())).json).toMatchObject({ result: true });
  });

  it('on a list of addresses, the first of which is its URL', async () => {
    await using guarded = await Guarded.start(mercury, { MERCURY_HOST: '127.0.0.2, ::1, 127.0.0.2' });
    const port = portOfUrl(guarded.url);
    expect(guarded.service.urls).toEqual([`http://127.0.0.2:${port}`, `http://[::1]:${port}`]);
    expect(await answers('127.0.0.1', port)).toBe(false);
  });

  it('on all of both families, where IPv4 is shown as IPv4', async () => {
    await using guarded = await Guarded.start(mercury, { MERCURY_HOST: '::', MERCURY_ANYONE_MAY_CALL: 'true' });
    const port = portOfUrl(guarded.url);
    await post(`http://127.0.0.1:${port}`, attaches(1, { params: undefined }));
    expect(guarded.audit.at(-1)?.who.address).toBe('127.0.0.1');
    await using beside = await Guarded.start(mercury, { MERCURY_HOST: '0.0.0.0, ::', MERCURY_ANYONE_MAY_CALL: 'true' });
    expect(beside.service.urls).toHaveLength(2);
    expect(await answers('::1', portOfUrl(beside.url))).toBe(true);
  });
});

describe('a service does not start', () => {
  it.each([
    ['whose second address is taken: a client of localhost would meet a stranger', 'localhost', 'EADDRINUSE'],
    ['one of whose addresses is not this machine’s', '127.0.0.1, 192.0.2.1', 'EADDRNOTAVAIL'],
    ['whose host is not known', '127.0.0.1, no-such-host.invalid', /ENOTFOUND|EAI_AGAIN/],
  ])('%s; it lets go of those that it had', async (_, host, code) => {
    const squatter = createServer().listen(0, '::1');
    await new Promise(resolve => squatter.once('listening', resolve));
    const { port } = squatter.address() as AddressInfo;
    const settings = { MERCURY_HOST: host, MERCURY_PORT: String(port), MERCURY_ANYONE_MAY_CALL: 'true' };
    await expect(Guarded.start(mercury, settings)).rejects.toMatchObject({ code: expect.stringMatching(code) });
    expect(await answers('127.0.0.1', port)).toBe(false);
    await new Promise(resolve => squatter.close(resolve));
  });
});
