import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LabDevice } from '../../server/lab/ssh-server.ts';
import { Mercury, PLATFORMS, ROOT, type Told } from '../harness.ts';
import { stateOf } from './wire.ts';

/* A dry run is the plan, and the plan is what is typed: for every method on every platform, line for line and in this order. */

let mercury: Mercury;
beforeAll(async () => {
  mercury = await Mercury.start({ devices: Object.fromEntries(PLATFORMS.map(platform => [platform, platform])) });
  for (const platform of PLATFORMS)
    for (const vlan of [100, 200, 201]) await mercury.onNetwork('add_network', platform, vlan, `net-${vlan}`);
});
afterAll(() => mercury[Symbol.asyncDispose]());

/** Each change has a short id of its own in the names it gives. */
const named = (line: string) => line.replace(/\bmercury-[A-Za-z0-9]+/, 'mercury-…');
const commands = (told: Told) => told.devices.flatMap(device => device.commands);
const whenOf = (task: string) => task.slice(0, task.indexOf(': '));
/** The lines of a plan that are typed when all goes well, less those that were not needed this time. */
const wellTyped = (told: Told, without: readonly string[] = []) =>
  commands(told)
    .filter(({ task }) => !['if it fails', ...without].includes(whenOf(task)))
    .map(({ sent }) => named(sent));

describe.each(PLATFORMS)('%s', platform => {
  const device = (): LabDevice => mercury.device(platform);
  const onPort = (nth: number, more: object = {}) => ({
    port: {
      id: 'b2a1c3d4-0000-4000-8000-00000000a001',
      address: '52:54:00:12:34:56',
      local_link_information: [{ switch_info: platform, port_id: device().device.ports[nth] }],
    },
    context: { node: 'c0ffee00-0000-4000-8000-000000000042' },
    ...more,
  });
  const trunk = { mode: 'trunk', native_vlan: 100, allowed_vlans: [200, 201] };
  const network = { network: { segmentation_id: 333, name: 'tenant-b', network_type: 'vlan' }, devices: [platform] };

  it.each<[string, string, () => object]>([
    ['attaches an access port', 'attach_port', () => onPort(0, { native_vlan: 100, description: 'node 42' })],
    ['changes it to a trunk', 'update_port', () => onPort(0, trunk)],
    ['changes it to a trunk without a native VLAN', 'update_port', () => onPort(0, { ...trunk, native_vlan: null })],
    ['detaches it to a default VLAN', 'detach_port', () => onPort(0, { default_vlan: 200 })],
    ['detaches it', 'detach_port', () => onPort(0)],
    ['attaches a trunk', 'attach_port', () => onPort(1, trunk)],
    ['creates a network', 'add_network', () => network],
    ['deletes it', 'delete_network', () => network],
  ])('types what the dry run said when it %s', async (_, method, params) => {
    const before = stateOf(device());
    const planned = await mercury.tell(method, { ...params(), dry_run: true });
    expect(planned.outcome).toBe('planned');
    expect(planned.devices).toMatchObject([{ device: platform, outcome: 'planned', diff: '' }]);
    expect(stateOf(device())).toEqual(before);
    // Nobody answered anything.
    expect(commands(planned).filter(command => 'received' in command)).toEqual([]);

    const from = device().typed.length;
    const { outcome, devices } = await mercury.tell(method, params());
    const typed = device().typed.slice(from).map(named);
    // A Linux bridge has no object for a VLAN: a network is there as soon as a port carries it.
    expect(outcome).toBe(platform === 'openvswitch' && method.endsWith('network') ? 'unchanged' : 'applied');
    const asked = outcome === 'unchanged' ? ['change', 'commit', 'after', 'keep'] : [];
    expect(typed).toEqual(wellTyped(planned, asked));
    // What the answer says was typed is a part of it, in the same order and with the same places.
    const told = devices.flatMap(one => one.commands).map(({ sent, source }) => `${named(sent)} ${source}`);
    const said = commands(planned)
      .filter(({ task }) => ['change', 'commit', 'keep'].includes(whenOf(task)))
      .map(({ sent, source }) => `${named(sent)} ${source}`);
    expect(said).toEqual(expect.arrayContaining(told));

    const again = device().typed.length;
    expect((await mercury.tell(method, params())).outcome).toBe('unchanged');
    expect(device().typed.slice(again).map(named)).toEqual(wellTyped(planned, ['change', 'commit', 'after', 'keep']));
  });

  it('says of every line where it was written, and it stands there', async () => {
    const planned = await mercury.tell('attach_port', onPort(2, { ...trunk, description: 'node 42', dry_run: true }));
    expect(commands(planned).length).toBeGreaterThan(5);
    for (const { source, sent } of commands(planned)) {
      const [file = '', line] = source.split(':');
      expect(existsSync(join(ROOT, file)), source).toBe(true);
      const written = readFileSync(join(ROOT, file), 'utf8').split('\n')[Number(line) - 1] ?? '';
      // The first word of the line stands there, whatever its values became; folded blocks and shared modes begin at their own line.
      const word = sent.replace(/^(?:do|run|sudo -n) /, '').split(' ')[0] ?? '';
      expect(`${written}\n${readFileSync(join(ROOT, file), 'utf8').split('\n')[Number(line)] ?? ''}`, `${source} ${sent}`).toContain(word);
    }
  });

  it('says what would be typed if it failed: the lines that a real failure then types are among them', async () => {
    const params = onPort(3, { native_vlan: 100 });
    const planned = await mercury.tell('attach_port', { ...params, dry_run: true });
    const failing = commands(planned).filter(({ task }) => whenOf(task) === 'if it fails');
    expect(failing.length).toBeGreaterThan(0);
    const allowed = new Set(commands(planned).map(({ sent }) => named(sent)));
    device().faults.plant({ on: platform === 'openvswitch' ? /add-port/ : / 100\b/, does: 'refuse' });
    const from = device().typed.length;
    const told = await mercury.tell('attach_port', params);
    device().faults.clear();
    expect(['undone', 'rescued']).toContain(told.outcome);
    expect(
      device()
        .typed.slice(from)
        .map(named)
        .filter(line => !allowed.has(line)),
    ).toEqual([]);
  });

  it('plans the read-only question as well, and types it so', async () => {
    const before = stateOf(device());
    const planned = await mercury.tell('is_port_supported', { ...onPort(4), context: null, dry_run: true });
    expect(planned.outcome).toBe('planned');
    expect(stateOf(device())).toEqual(before);
    const from = device().typed.length;
    expect(await mercury.reply('is_port_supported', onPort(4))).toMatchObject({ result: true });
    expect(device().typed.slice(from)).toEqual(wellTyped(planned));
  });

  it('answers the two questions that touch no device as ever', async () => {
    const before = stateOf(device());
    expect(await mercury.reply('is_link_valid', { ...onPort(4), dry_run: true })).toMatchObject({ result: true });
    expect(await mercury.reply('get_allowed_network_types', { port: onPort(4).port, dry_run: true })).toMatchObject({ result: ['vlan'] });
    expect(stateOf(device())).toEqual(before);
  });

  it('refuses in a dry run what it refuses, with the same words', async () => {
    for (const params of [
      onPort(4, { native_vlan: 1 }),
      onPort(4, { mode: 'trunk' }),
      onPort(4, { mode: 'hybrid', native_vlan: null, allowed_vlans: [200] }),
    ]) {
      const [dry, real] = [await mercury.tell('attach_port', { ...params, dry_run: true }), await mercury.tell('attach_port', params)];
      expect(dry).toMatchObject({ outcome: 'refused', kind: real.kind, code: real.code, message: real.message });
    }
  });
});

it('takes dry_run false and null for a real run', async () => {
  const port = { local_link_information: [{ switch_info: 'cisco_ios', port_id: 'Gi1/0/9' }] };
  expect((await mercury.tell('attach_port', { port, native_vlan: 100, dry_run: false })).outcome).toBe('applied');
  expect((await mercury.tell('detach_port', { port, dry_run: null })).outcome).toBe('applied');
});

it('plans for a device that is out of reach', async () => {
  await using other = await Mercury.start({ devices: { gone: 'juniper_junos' } });
  await other.device('gone').close();
  const planned = await other.onPort('attach_port', 'gone', 'xe-0/0/1', { native_vlan: 100, dry_run: true });
  expect(planned.outcome).toBe('planned');
  expect(commands(planned).map(({ sent }) => sent)).toContain('commit confirmed 2');
});
