import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { LabDevice } from '../../server/lab/ssh-server.ts';
import { Mercury, portOf } from '../harness.ts';
import { Beside } from './beside.ts';
import { IRONIC, type RpcReply, send, stateOf } from './wire.ts';

/* One failure of each kind, made for real: its code, its class for Ironic, and a sentence an engineer can act on. */

let mercury: Mercury;
let beside: Beside;
let device: LabDevice;
beforeAll(async () => {
  mercury = await Mercury.start({ devices: { leaf: 'cisco_ios', gone: 'cisco_ios' } });
  device = mercury.device('leaf');
  await mercury.onNetwork('add_network', 'leaf', 100, 'tenant');
  await mercury.device('gone').close();
  beside = await Beside.start(mercury, {
    credentials: { wrong: { username: 'mercury', password: 'not-the-password' }, bare: { username: 'mercury', password: 'lab-password' } },
    edit: ({ devices }) => {
      devices.impostor = { ...devices.leaf, host_keys: [`SHA256:${'A'.repeat(43)}`] };
      devices.unpinned = { ...devices.leaf, host_keys: [] };
      devices.locked = { ...devices.leaf, credentials: 'wrong' };
      devices.nobody = { ...devices.leaf, credentials: 'missing' };
      devices.unprivileged = { ...devices.leaf, credentials: 'bare' };
    },
  });
});
afterAll(async () => {
  await beside[Symbol.asyncDispose]();
  await mercury[Symbol.asyncDispose]();
});
afterEach(() => device.faults.clear());

const attach = async (name: string, port = 'Gi1/0/1', more: object = {}): Promise<RpcReply> =>
  (await send(beside.url, 'attach_port', { port: portOf(name, port), native_vlan: 100, ...more })).json;

describe.each([
  ['unknown_device', 400, 'InvalidParameterValue', 'nowhere', {}, /no switch .* called nowhere/],
  ['not_valid', 400, 'InvalidParameterValue', 'leaf', { native_vlan: 1 }, /leaf: VLAN 1 is outside 2-1001/],
  ['not_valid', 400, 'InvalidParameterValue', 'leaf', { mode: 'trunk' }, /leaf: a trunk needs allowed_vlans/],
  ['unsupported', 400, 'InvalidParameterValue', 'leaf', { mtu: 9000 }, /leaf: .* cannot set the MTU/],
  ['unsupported', 400, 'InvalidParameterValue', 'leaf', { network: { network_type: 'geneve' } }, /leaf: .* carries no geneve/],
  ['unreachable', 503, 'NetworkError', 'gone', {}, /gone \(127\.0\.0\.1:\d+\) cannot be reached/],
  ['login_refused', 500, 'NetworkError', 'locked', {}, /locked .* refused the login of mercury/],
  ['login_refused', 500, 'NetworkError', 'nobody', {}, /no entry missing/],
  ['login_refused', 500, 'NetworkError', 'unprivileged', {}, /unprivileged asks for the secret of privileged_exec/],
  ['host_key', 500, 'NetworkError', 'impostor', {}, /impostor shows the host key SHA256:\S{43}: it is none of those/],
  ['host_key', 500, 'NetworkError', 'unpinned', {}, /unpinned shows the host key SHA256:\S{43}: the inventory has no host_keys/],
])('%s', (kind, code, klass, name, more, message) => {
  it(`is refused with code ${code} and ${klass}, and says what an engineer needs: ${message}`, async () => {
    const { running, saved } = stateOf(device) as Record<string, unknown>;
    const { error } = await attach(name, 'Gi1/0/1', more);
    expect(error).toMatchObject({ code, data: { kind, class: IRONIC + klass, outcome: 'refused' } });
    expect(error?.message).toMatch(message);
    expect(error?.data?.request_id).toMatch(/^mercury-[\da-f-]{36}$/);
    expect(stateOf(device)).toMatchObject({ running, saved });
  });
});

describe('a failure that the device makes', () => {
  it('not_possible: what the device itself shows rules the change out', async () => {
    const { error } = await attach('leaf', 'Gi1/0/2');
    expect(error).toBeUndefined();
    device.faults.plant({
      on: /^show running-config interface GigabitEthernet1\/0\/3/,
      does: 'refuse',
      says: 'interface GigabitEthernet1/0/3\n no switchport\nend',
    });
    expect((await attach('leaf', 'Gi1/0/3')).error).toMatchObject({
      code: 400,
      message: expect.stringContaining('GigabitEthernet1/0/3 is a routed port'),
      data: { kind: 'not_possible', outcome: 'refused', class: `${IRONIC}InvalidParameterValue` },
    });
  });

  it('rejected: the message names the switch, the line, its file and line number, and the device’s own words', async () => {
    device.faults.plant({ on: /^switchport mode access/, does: 'refuse', says: '% Error: out of ideas' });
    const { error } = await attach('leaf', 'Gi1/0/4');
    expect(error).toMatchObject({ code: 500, data: { kind: 'rejected', class: `${IRONIC}NetworkError` } });
    expect(error?.message).toMatch(
      /^leaf GigabitEthernet\S+ refused "switchport mode access" \(templates\/cisco_ios\/access\.hbs:\d+\): % Error: out of ideas/,
    );
    expect(['undone', 'rescued']).toContain(error?.data?.outcome);
  });

  it('not_as_asked: the device took the line and did nothing', async () => {
    device.faults.plant({ on: /^switchport access vlan 100/, does: 'ignore' });
    const { error } = await attach('leaf', 'Gi1/0/5');
    expect(error).toMatchObject({ code: 500, data: { kind: 'not_as_asked', class: `${IRONIC}NetworkError` } });
    expect(error?.message).toContain('GigabitEthernet1/0/5');
  });

  it('session_lost: the connection dropped in the middle', async () => {
    device.faults.plant({ on: /^switchport mode access/, does: 'cut' });
    expect((await attach('leaf', 'Gi1/0/6')).error).toMatchObject({
      code: 500,
      data: { kind: 'session_lost', class: `${IRONIC}NetworkError` },
    });
  });

  it('timeout: the device never answers a read, and nothing was typed to change it', async () => {
    await using hasty = await Beside.start(mercury, { callTime: 5000 });
    device.faults.plant({ on: /^show running-config interface/, does: 'stall', times: 9 });
    const before = device.device.running();
    const { error } = (await send(hasty.url, 'attach_port', { port: portOf('leaf', 'Gi1/0/7'), native_vlan: 100 })).json;
    expect(error).toMatchObject({ code: 503, data: { kind: 'timeout', outcome: 'refused', class: `${IRONIC}NetworkError` } });
    expect(error?.message).toMatch(/leaf after "show running-config interface GigabitEthernet1\/0\/7"/);
    expect(device.device.running()).toBe(before);
  });

  it('leaves no session behind, whatever it was', async () => {
    await expect.poll(() => device.sessions).toBe(0);
  });
});

it('internal: an error that nobody expected says no more than that, and where to look', async () => {
  await using broken = await Beside.start(mercury, {
    world: real => ({
      ...real,
      open: () => {
        throw new TypeError('the secret is lab-password in /etc/mercury');
      },
    }),
  });
  const { json } = await send(broken.url, 'attach_port', { port: portOf('leaf', 'Gi1/0/8'), native_vlan: 100 });
  expect(json.error).toMatchObject({ code: 500, data: { kind: 'internal', outcome: 'unknown', class: `${IRONIC}NetworkError` } });
  expect(json.error?.message).toMatch(/^internal error; the log says more under mercury-[\da-f-]{36}$/);
  // And the device's queue goes on.
  expect((await attach('leaf', 'Gi1/0/8')).result).toMatchObject({ outcome: 'applied' });
});
