import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LabDevice } from '../../server/lab/ssh-server.ts';
import { Mercury, type Told } from '../harness.ts';

/* A port with several links: one request per link, in order; what this call did is undone when a later link fails. */

let mercury: Mercury;
const start = async (devices: Record<string, string>, callTime = 60_000) => {
  mercury = await Mercury.start({ devices, callTime });
  for (const name of Object.keys(devices)) await mercury.onNetwork('add_network', name, 100, 'tenant');
};
afterEach(() => mercury[Symbol.asyncDispose]());

const device = (name: string): LabDevice => mercury.device(name);
const running = (name: string) => device(name).device.running();
const linked = (...links: [string, string][]) => ({
  port: { local_link_information: links.map(([switch_info, port_id]) => ({ switch_info, port_id })) },
  native_vlan: 100,
});
const ended = (told: Told) => told.devices.map(({ device, outcome }) => `${device} ${outcome}`);

describe.each(['cisco_ios', 'arista_eos', 'juniper_junos', 'dell_os10', 'openvswitch'])('with its first link on %s', platform => {
  let first: [string, string];
  const second: [string, string] = ['second', 'Gi1/0/1'];
  beforeEach(async () => {
    await start({ first: platform, second: 'cisco_ios' });
    first = ['first', device('first').device.ports[0] ?? ''];
  });

  it('attaches both, in order, and detaches both', async () => {
    const before = [running('first'), running('second')];
    const told = await mercury.tell('attach_port', linked(first, second));
    expect(ended(told)).toEqual(['first applied', 'second applied']);
    expect(told.outcome).toBe('applied');
    expect((await mercury.tell('attach_port', linked(first, second))).outcome).toBe('unchanged');
    expect(ended(await mercury.tell('detach_port', linked(first, second)))).toEqual(['first applied', 'second applied']);
    expect([running('first'), running('second')]).toEqual(before);
  });

  it('detaches the first again when the second fails, and says how each ended', async () => {
    const before = [running('first'), running('second')];
    device('second').faults.plant({ on: /^switchport mode access/, does: 'refuse' });
    const told = await mercury.tell('attach_port', linked(first, second));
    expect(ended(told)).toEqual(['first rescued', expect.stringMatching(/^second (?:undone|rescued)$/)]);
    expect(told).toMatchObject({ outcome: 'rescued', kind: 'rejected', code: 500 });
    expect(told.message).toMatch(/^second \S+ refused "switchport mode access"/);
    expect(told.message).toContain('first ended rescued');
    expect([running('first'), running('second')]).toEqual(before);
    // Both can be attached afterwards: nothing is left in the way.
    expect((await mercury.tell('attach_port', linked(first, second))).outcome).toBe('applied');
  });
});

describe('with both links on one kind of switch', () => {
  beforeEach(() => start({ a: 'cisco_ios', b: 'cisco_ios' }));

  it('leaves alone the first link when it was as asked before the call', async () => {
    await mercury.onPort('attach_port', 'a', 'Gi1/0/1', { native_vlan: 100 });
    const before = running('a');
    device('b').faults.plant({ on: /^switchport mode access/, does: 'refuse' });
    const told = await mercury.tell('attach_port', linked(['a', 'Gi1/0/1'], ['b', 'Gi1/0/1']));
    expect(ended(told)[0]).toBe('a unchanged');
    expect(running('a')).toBe(before);
  });

  it.each<[string, [string, string]]>([
    ['an unknown switch', ['nowhere', 'Gi1/0/1']],
    ['a port name that is none', ['b', 'Gi1/0/1; reload']],
    ['an uplink', ['b', 'Te1/1/1']],
  ])('touches neither when the second link names %s', async (_, bad) => {
    const before = [running('a'), running('b')];
    const { logins } = device('a');
    const told = await mercury.tell('attach_port', linked(['a', 'Gi1/0/1'], bad));
    expect(told).toMatchObject({ outcome: 'refused', code: 400 });
    expect([running('a'), running('b')]).toEqual(before);
    expect(device('a').logins).toBe(logins);
  });

  it('touches no device when one of a network’s devices cannot take it', async () => {
    await mercury[Symbol.asyncDispose]();
    await start({ a: 'cisco_ios', b: 'dell_os10' });
    const before = [device('a').logins, device('b').logins];
    // 4094 is fine on one and belongs to VLT on the other.
    const told = await mercury.tell('add_network', { network: { segmentation_id: 4094 }, devices: ['a', 'b'] });
    expect(told).toMatchObject({ outcome: 'refused', code: 400, kind: 'not_valid' });
    expect(told.message).toContain('b: VLAN 4094 is outside');
    expect([device('a').logins, device('b').logins]).toEqual(before);
  });

  it('plans every link in a dry run', async () => {
    const told = await mercury.tell('attach_port', { ...linked(['a', 'Gi1/0/1'], ['b', 'Gi1/0/2']), dry_run: true });
    expect(ended(told)).toEqual(['a planned', 'b planned']);
  });

  it('takes three back in reverse, last first', async () => {
    device('b').faults.plant({ on: /^interface GigabitEthernet1\/0\/9/, does: 'refuse' });
    const links: [string, string][] = [
      ['a', 'Gi1/0/1'],
      ['b', 'Gi1/0/2'],
      ['a', 'Gi1/0/3'],
      ['b', 'Gi1/0/9'],
    ];
    const told = await mercury.tell('attach_port', linked(...links));
    expect(ended(told).slice(0, 3)).toEqual(['a rescued', 'b rescued', 'a rescued']);
    const detached = mercury.audit.filter(({ what }) => what.method === 'detach_port').map(({ what }) => `${what.device} ${what.port}`);
    expect(detached).toEqual(['a Gi1/0/3', 'b Gi1/0/2', 'a Gi1/0/1']);
  });

  it('says unknown of a link that it could not take back', async () => {
    device('b').faults.plant({ on: /^switchport mode access/, does: 'refuse' });
    device('a').faults.plant({ on: /^no switchport access vlan/, does: 'cut', times: 99 });
    const told = await mercury.tell('attach_port', linked(['a', 'Gi1/0/1'], ['b', 'Gi1/0/1']));
    expect(told.outcome).toBe('unknown');
    expect(told.message).toContain('a ended unknown');
  });

  it('keeps time to take the first back when the second hangs until the end', async () => {
    await mercury[Symbol.asyncDispose]();
    const callTime = 10_000;
    await start({ a: 'cisco_ios', b: 'cisco_ios' }, callTime);
    const before = running('a');
    device('b').faults.plant({ on: /^switchport mode access/, does: 'stall' });
    const started = Date.now();
    const asked = mercury.tell('attach_port', linked(['a', 'Gi1/0/1'], ['b', 'Gi1/0/1']));
    await expect.poll(() => device('b').typed.at(-1)).toBe('switchport mode access');
    // Nor does it answer anybody who comes back to see.
    device('b').faults.plant({ on: /^terminal/, does: 'stall', times: 99 });
    const told = await asked;
    expect(Date.now() - started).toBeLessThan(2 * callTime);
    expect(ended(told)).toEqual(['a rescued', 'b unknown']);
    expect(told.outcome).toBe('unknown');
    expect(running('a')).toBe(before);
  });

  it('does not call a change refused when one of its links was changed', async () => {
    for (const name of ['a', 'b']) await mercury.onPort('attach_port', name, 'Gi1/0/1', { native_vlan: 100 });
    await mercury.onNetwork('add_network', 'a', 200, 'other');
    device('b').faults.plant({ on: /^show running-config/, does: 'refuse', says: ' channel-group 1 mode active', times: 9 });
    const told = await mercury.tell('update_port', { ...linked(['a', 'Gi1/0/1'], ['b', 'Gi1/0/1']), native_vlan: 200 });
    expect(told.message).toContain('b');
    expect(ended(told)[0]).toBe('a applied');
    expect(told).toMatchObject({ outcome: 'unknown', kind: 'not_possible' });
  });
});
