import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LabDevice } from '../../server/lab/ssh-server.ts';
import type { CliSession } from '../../server/lab/switch.ts';
import { AristaEos } from '../../server/lab/switches/arista-eos.ts';
import type { Device, Values } from '../../server/model.ts';
import { Mercury, type Told } from '../harness.ts';

const user = { username: 'mercury', password: 'lab-password', enable: 'lab-enable' };

/** What is printed, line by line, for each command. */
function type(cli: CliSession, ...lines: string[]): string[] {
  return lines.map(line => cli.enter(line).text ?? '');
}

function typeAt(device: Pick<AristaEos, 'openCli'>, ...lines: string[]): string[] {
  const cli = device.openCli();
  cli.enter('enable').ask?.answer(user.enable);
  return type(cli, ...lines);
}

const CANNOT_CHANGE = '% Cannot change mode; remove all members and try again.';

describe('a Port-Channel of the lab EOS switch', () => {
  const newSwitch = () => new AristaEos('leaf-201', user);
  const show = (device: AristaEos, name: string) => typeAt(device, `show running-config interfaces ${name}`)[0]?.split('\n');

  it('is made by its first member, stays when the last one leaves, and is named in the prompt', () => {
    const device = newSwitch();
    expect(show(device, 'Port-Channel10')).toEqual(['']);
    typeAt(device, 'configure', 'interface Ethernet1', 'channel-group 10 mode active');
    expect(show(device, 'Port-Channel10')).toEqual(['interface Port-Channel10']);
    expect(show(device, 'Ethernet1')).toEqual(['interface Ethernet1', '   shutdown', '   channel-group 10 mode active']);
    typeAt(device, 'configure', 'interface Ethernet1', 'no channel-group');
    expect(show(device, 'Port-Channel10')).toEqual(['interface Port-Channel10']);
    const cli = device.openCli();
    cli.enter('enable').ask?.answer(user.enable);
    type(cli, 'configure session mercury-1', 'interface Port-Channel10');
    expect(cli.prompt()).toBe('leaf-201(config-s-mercur-if-Po10)#');
  });

  it('prints its own lines, and its members print theirs, which mean nothing meanwhile', () => {
    const device = newSwitch();
    const lag = ['switchport access vlan 100', 'mlag 10', 'port-channel lacp fallback timeout 5', 'port-channel lacp fallback static'];
    typeAt(device, 'configure', 'vlan 100', 'interface Port-Channel10', ...lag, 'spanning-tree portfast');
    typeAt(device, 'configure', 'interface Ethernet1', 'switchport access vlan 200', 'channel-group 10 mode active', 'no shutdown');
    expect(show(device, 'Port-Channel10')).toEqual([
      'interface Port-Channel10',
      '   switchport access vlan 100',
      '   port-channel lacp fallback static',
      '   port-channel lacp fallback timeout 5',
      '   mlag 10',
      '   spanning-tree portfast',
    ]);
    expect(show(device, 'Ethernet1')).toContain('   switchport access vlan 200');
    expect(typeAt(device, 'show vlan id 100', 'show vlan id 200').map(text => text.split('\n').at(-1)?.slice(49))).toEqual([
      'Et49/1, Po1000, Po10',
      'Et49/1, Po1000',
    ]);
  });

  it('has all its members in one mode, and the only one cannot change its own', () => {
    const device = newSwitch();
    typeAt(device, 'configure', 'interface Ethernet1', 'channel-group 10 mode on');
    const other = ['interface Ethernet2', 'channel-group 10 mode active', 'channel-group 10 mode on'];
    expect(typeAt(device, 'configure', 'interface Ethernet1', 'channel-group 10 mode active', ...other)).toEqual([
      '',
      '',
      CANNOT_CHANGE,
      '',
      CANNOT_CHANGE,
      '',
    ]);
    typeAt(device, 'configure', 'interface Ethernet1', 'no channel-group', 'interface Ethernet2', 'no channel-group 10');
    expect(typeAt(device, 'configure', 'interface Ethernet1', 'channel-group 10 mode active')).toEqual(['', '', '']);
  });

  it('is deleted without a word, and its members are on their own VLANs then', () => {
    const device = newSwitch();
    const before = device.running();
    typeAt(device, 'configure', 'interface Ethernet1', 'channel-group 10 mode active', 'no shutdown');
    expect(typeAt(device, 'configure', 'no interface Port-Channel10', 'no interface Port-Channel10')).toEqual(['', '', '']);
    expect(show(device, 'Ethernet1')).toEqual(['interface Ethernet1']);
    typeAt(device, 'configure', 'interface Ethernet1', 'shutdown');
    expect(device.running()).toBe(before);
  });

  it.each([
    ['interface Ethernet1', 'mlag 10'],
    ['interface Ethernet1', 'port-channel lacp fallback static'],
    ['interface Port-Channel10', 'channel-group 11 mode active'],
    ['interface Port-Channel10', 'mlag 2001'],
    ['interface Port-Channel10', 'port-channel lacp fallback timeout 301'],
    ['interface Ethernet1', 'channel-group 10 mode auto'],
    ['interface Ethernet1', 'channel-group 0 mode active'],
    ['configure', 'interface Port-Channel0'],
    ['configure', 'no interface Ethernet1'],
  ])('belongs where it belongs: %s refuses %s', (context, line) => {
    expect(typeAt(newSwitch(), 'configure', context, line).at(-1)).toBe('% Invalid input');
  });
});

describe('a LAG of arista_eos', () => {
  let mercury: Mercury;
  let device: LabDevice;
  /** The running configuration with the networks there, every port detached, and no LAG but the uplink. */
  let detached: string;
  const LAG = 'Port-Channel10';
  const [first, second] = ['Ethernet1', 'Ethernet2'];

  beforeEach(async () => {
    mercury = await Mercury.start({ devices: { sw: 'arista_eos' } });
    device = mercury.device('sw');
    for (const vlan of [100, 200, 201, 300]) await mercury.onNetwork('add_network', 'sw', vlan, `net-${vlan}`);
    detached = running();
  });
  afterEach(async () => {
    device.faults.clear();
    await mercury[Symbol.asyncDispose]();
  });

  const running = () => device.device.running();
  const byHand = (...lines: string[]) => typeAt(device.device as AristaEos, 'configure', ...lines);
  const access = { mode: 'access', native_vlan: 100, allowed_vlans: [], default_vlan: null };
  const trunk = { mode: 'trunk', native_vlan: 200, allowed_vlans: [201, 300], default_vlan: null };
  const attach = (more: object = {}) =>
    mercury.tell('update_lag', {
      switch_ids: ['sw'],
      lag_name: LAG,
      description: 'the LAG of node 42',
      aggregation_mode: 'lacp',
      ...access,
      ...more,
    });
  const join = (port: string, more: object = {}) =>
    mercury.tell('update_port', {
      switch_id: 'sw',
      port_name: port,
      description: 'node 42',
      lag_name: LAG,
      'rpc.version': '1.0',
      context: {},
      ...access,
      ...more,
    });
  const reset = (port: string, more: object = {}) =>
    mercury.tell('reset_port', { switch_id: 'sw', port_name: port, native_vlan: 100, allowed_vlans: [], default_vlan: null, ...more });
  const remove = () => mercury.tell('delete_lag', { switch_ids: ['sw'], lag_name: LAG });
  const section = (name: string) => {
    const [, lines] = new RegExp(`^interface ${name}\n((?:   .*\n)*)`, 'm').exec(running()) ?? [];
    return lines?.split('\n').flatMap(line => line.trim() || []);
  };
  const sent = (told: Told) => told.devices.flatMap(one => one.commands.map(command => command.sent));
  const unchanged = (told: Told) => {
    expect(told.outcome).toBe('unchanged');
    expect(sent(told)).toEqual([]);
  };

  const SERVING = [
    'switchport access vlan 100',
    'port-channel lacp fallback static',
    'port-channel lacp fallback timeout 5',
    'spanning-tree portfast',
  ];
  const MEMBER = ['description node 42', 'channel-group 10 mode active'];

  it('comes and goes with its members, and leaves nothing behind', async () => {
    const attached = await attach();
    expect(attached).toMatchObject({ outcome: 'applied', devices: [{ device: 'sw', saved: { state: 'yes' } }] });
    expect(attached.devices[0]?.diff).toContain('+interface Port-Channel10\n+   description the LAG of node 42\n');
    expect(section(LAG)).toEqual(['description the LAG of node 42', ...SERVING]);
    expect(await join(first)).toMatchObject({ outcome: 'applied' });
    expect(await join(second)).toMatchObject({ outcome: 'applied' });
    expect([section(first), section(second)]).toEqual([MEMBER, MEMBER]);
    const both = running();
    unchanged(await attach());
    unchanged(await join(first));
    unchanged(await join(second));
    expect(running()).toBe(both);
    expect(await reset(first)).toMatchObject({ outcome: 'applied' });
    expect(section(first)).toEqual(['shutdown']);
    expect([section(LAG), section(second)]).toEqual([['description the LAG of node 42', ...SERVING], MEMBER]);
    unchanged(await reset(first));
    expect(await reset(second)).toMatchObject({ outcome: 'applied' });
    expect(await remove()).toMatchObject({ outcome: 'applied' });
    expect(running()).toBe(detached);
    unchanged(await remove());
  });

  it('ends in the same state whether it is attached or joined first', async () => {
    await attach(trunk);
    await join(first, trunk);
    const attachedFirst = running();
    await reset(first);
    await remove();
    expect(await join(first, trunk)).toMatchObject({ outcome: 'applied' });
    expect(section(LAG)).toEqual([
      'switchport trunk native vlan 200',
      'switchport trunk allowed vlan 200-201,300',
      'switchport mode trunk',
      ...SERVING.slice(1),
    ]);
    expect(await attach(trunk)).toMatchObject({ outcome: 'applied' });
    expect(running()).toBe(attachedFirst);
  });

  it.each([
    ['hybrid', { mode: 'hybrid', native_vlan: 200, allowed_vlans: [201] }],
    ['trunk without a native VLAN', { mode: 'trunk', native_vlan: null, allowed_vlans: [201] }],
  ])('may be a %s, and change under its members, who keep what they have', async (_, wanted) => {
    await join(first);
    const member = section(first);
    expect(await attach(wanted)).toMatchObject({ outcome: 'applied' });
    unchanged(await attach(wanted));
    unchanged(await join(first, wanted));
    expect(section(LAG)).not.toContain('switchport access vlan 100');
    expect(section(LAG)).toContain('switchport mode trunk');
    expect(section(first)).toEqual(member);
    expect(await join(first)).toMatchObject({ outcome: 'applied' });
    expect(section(LAG)).toEqual(['description the LAG of node 42', ...SERVING]);
  });

  it('takes a port that serves alone off its own VLANs when it joins', async () => {
    await mercury.onPort('attach_port', 'sw', first, trunk);
    expect(await join(first)).toMatchObject({ outcome: 'applied' });
    expect(section(first)).toEqual(MEMBER);
    await reset(first);
    await remove();
    expect(running()).toBe(detached);
  });

  it('is static where that is asked, without waiting for LACP', async () => {
    await attach({ aggregation_mode: 'static' });
    expect(section(LAG)).toEqual(['description the LAG of node 42', 'switchport access vlan 100', 'spanning-tree portfast']);
    expect(await join(first, { aggregation_mode: 'static' })).toMatchObject({ outcome: 'applied' });
    expect(section(first)).toEqual(['description node 42', 'channel-group 10 mode on']);
    unchanged(await join(first, { aggregation_mode: 'static' }));
    unchanged(await attach({ aggregation_mode: 'static' }));
  });

  it('waits for LACP as the inventory says, but never falls back to VLANs that its members have of their own', async () => {
    const site = (vars: Values) => {
      const devices = mercury.library.devices as Map<string, Device>;
      devices.set('sw', { ...(devices.get('sw') as Device), vars });
    };
    site({ lacp_fallback_timeout: 90 });
    await attach();
    expect(section(LAG)).toContain('port-channel lacp fallback static');
    expect(section(LAG)?.join()).not.toContain('timeout');
    unchanged(await attach());
    site({ lacp_fallback: false });
    unchanged(await attach());
    byHand('interface Port-Channel10', 'port-channel lacp fallback individual');
    for (const told of [await attach(), await join(first)]) {
      expect(told).toMatchObject({ outcome: 'refused', kind: 'not_possible' });
      expect(told.message).toContain('without LACP the members of Port-Channel10 fall back to VLANs of their own');
    }
    site({});
    expect(await attach()).toMatchObject({ outcome: 'applied' });
    expect(section(LAG)).toEqual(['description the LAG of node 42', ...SERVING]);
    site({ lacp_fallback: false });
    await remove();
    expect(await join(first)).toMatchObject({ outcome: 'applied' });
    expect(section(LAG)).toEqual(['switchport access vlan 100', 'spanning-tree portfast']);
  });

  it('refuses another aggregation than its members run', async () => {
    await join(first);
    const before = running();
    const told = await attach({ aggregation_mode: 'static', native_vlan: 300 });
    expect(told).toMatchObject({ outcome: 'refused', kind: 'not_possible' });
    expect(told.message).toContain('Port-Channel10 has members that do not run static; reset them first');
    expect(await join(second, { aggregation_mode: 'static' })).toMatchObject({ outcome: 'refused', kind: 'not_possible' });
    expect(await join(first, { aggregation_mode: 'static' })).toMatchObject({ outcome: 'refused', kind: 'not_possible' });
    expect(running()).toBe(before);
    await reset(first);
    expect(await join(first, { aggregation_mode: 'static' })).toMatchObject({ outcome: 'applied' });
  });

  it('refuses a member of another LAG, and a port or a LAG that routes', async () => {
    await join(first, { lag_name: 'Port-Channel20' });
    const told = await join(first);
    expect(told).toMatchObject({ outcome: 'refused', kind: 'not_possible' });
    expect(told.message).toContain('Ethernet1 is a member of another LAG');
    // 1 is no 10, and 10 is no 100.
    await join(second, { lag_name: 'Port-Channel100' });
    expect(await join(second)).toMatchObject({ outcome: 'refused' });
    byHand('interface Ethernet3', 'no switchport');
    expect((await join('Ethernet3')).message).toContain('Ethernet3 is a routed port');
    byHand('interface Port-Channel10', 'description core', 'no switchport');
    expect((await attach()).message).toContain('Port-Channel10 is a routed interface');
    expect((await join('Ethernet4')).message).toContain('Port-Channel10 is a routed interface');
    expect((await remove()).message).toContain('Port-Channel10 is a routed interface');
    expect(section('Ethernet4')).toEqual(['shutdown']);
  });

  it('is not deleted while it has members, who are named', async () => {
    await join(first);
    await join(second);
    await join('Ethernet3', { lag_name: 'Port-Channel100' });
    const before = running();
    const told = await remove();
    expect(told).toMatchObject({ outcome: 'refused', kind: 'not_possible' });
    expect(told.message).toMatch(/Port-Channel10 still has members, to be reset first: Ethernet1, Ethernet2 \(/);
    expect(running()).toBe(before);
  });

  it('is shut and off every VLAN when it is reset itself, and keeps its members', async () => {
    await join(first);
    const member = section(first);
    expect(await reset(LAG)).toMatchObject({ outcome: 'applied' });
    expect(section(LAG)).toEqual(['shutdown', 'port-channel lacp fallback static', 'port-channel lacp fallback timeout 5']);
    expect(section(first)).toEqual(member);
    unchanged(await reset(LAG));
    expect(await reset(LAG, { default_vlan: 300 })).toMatchObject({ outcome: 'applied' });
    expect(section(LAG)?.[0]).toBe('switchport access vlan 300');
    expect(await join(first)).toMatchObject({ outcome: 'applied' });
    expect(section(LAG)).toEqual(SERVING);
    expect(await reset('Port-Channel11')).toMatchObject({ outcome: 'refused' });
  });

  it('goes by its short name too', async () => {
    expect(await attach({ lag_name: 'po10' })).toMatchObject({ outcome: 'applied' });
    unchanged(await attach());
  });

  it('leaves a member that is reset to a default VLAN open there', async () => {
    await join(first);
    expect(await reset(first, { default_vlan: 300 })).toMatchObject({ outcome: 'applied' });
    expect(section(first)).toEqual(['switchport access vlan 300']);
  });

  it('refuses to attach a member by itself', async () => {
    await join(first);
    expect((await join(first, { lag_name: null })).message).toContain('Ethernet1 is a member of a LAG; attach the LAG instead');
    const told = await mercury.onPort('update_port', 'sw', first, { native_vlan: 300 });
    expect(told.message).toContain('Ethernet1 is a member of a LAG; change the LAG instead');
    expect(section(first)).toEqual(MEMBER);
  });

  it('leaves uplinks alone: the LAG, and its members', async () => {
    const logins = device.logins;
    for (const told of [
      await attach({ lag_name: 'Port-Channel1000' }),
      await join(first, { lag_name: 'po1000' }),
      await mercury.tell('delete_lag', { switch_ids: ['sw'], lag_name: 'Port-Channel1000' }),
      await reset('Port-Channel1000'),
    ])
      expect(told).toMatchObject({ outcome: 'refused', kind: 'not_permitted' });
    expect(device.logins).toBe(logins);
    expect((await reset('Ethernet50/1')).message).toContain('Ethernet50/1 is a member of an uplink');
    expect(await join('Ethernet50/1')).toMatchObject({ outcome: 'refused' });
    expect(running()).toBe(detached);
  });

  it('is one with that of the MLAG peer when the call names both', async () => {
    await using pair = await Mercury.start({ devices: { a: 'arista_eos', b: 'arista_eos' } });
    const both = { switch_ids: ['a', 'b'], lag_name: LAG, description: null, aggregation_mode: 'lacp', ...access };
    expect(await pair.tell('update_lag', both)).toMatchObject({ outcome: 'applied' });
    expect(await pair.tell('update_lag', both)).toMatchObject({ outcome: 'unchanged' });
    for (const name of ['a', 'b']) expect(pair.device(name).device.running()).toContain('   mlag 10\n');
    await using _ = { [Symbol.asyncDispose]: async () => pair.device('b').faults.clear() };
    pair.device('b').faults.plant({ on: /^mlag 20/, does: 'refuse' });
    const told = await pair.tell('update_lag', { ...both, lag_name: 'Port-Channel20' });
    expect(told.outcome).not.toBe('applied');
    for (const name of ['a', 'b']) expect(pair.device(name).device.running()).not.toContain('Port-Channel20');
  });

  it.each([
    [/^switchport access vlan 100/, 'refuse'],
    [/^switchport access vlan 100/, 'ignore'],
    [/^port-channel lacp fallback static/, 'ignore'],
    [/^port-channel lacp fallback timeout/, 'ignore'],
    [/^commit timer/, 'refuse'],
    [/^switchport mode access/, 'cut'],
  ] as const)('is not there after an attach that failed (%s, %s)', async (on, does) => {
    device.faults.plant({ on, does });
    const told = await attach();
    expect(['undone', 'rescued']).toContain(told.outcome);
    expect(running()).toBe(detached);
  });

  it.each([
    [/^channel-group/, 'refuse'],
    [/^channel-group/, 'ignore'],
    [/^no shutdown/, 'ignore'],
    [/^commit timer/, 'cutAfter'],
  ] as const)('has no half of a member after a join that failed (%s, %s)', async (on, does) => {
    await mercury.onPort('attach_port', 'sw', second, { native_vlan: 300 });
    await attach();
    const before = section(LAG);
    device.faults.plant({ on, does });
    const told = await join(second, { native_vlan: 201 });
    if (told.outcome === 'applied') return expect(section(second)).toEqual(MEMBER);
    expect(told.outcome).toBe('rescued');
    expect(section(second)).toEqual(['shutdown']);
    expect(section(LAG)).toEqual(before);
  });

  it('keeps serving when a change of it is refused', async () => {
    await attach();
    await join(first);
    const before = running();
    device.faults.plant({ on: /^switchport mode trunk/, does: 'refuse' });
    expect((await attach(trunk)).outcome).toBe('undone');
    expect(running()).toBe(before);
  });

  it('keeps its member when that cannot be taken out', async () => {
    await join(first);
    const before = running();
    device.faults.plant({ on: /^no channel-group/, does: 'ignore' });
    expect((await reset(first)).outcome).toBe('undone');
    expect(running()).toBe(before);
  });

  it('holds a network that only it uses', async () => {
    await attach();
    const told = await mercury.onNetwork('delete_network', 'sw', 100, 'net-100');
    expect(told).toMatchObject({ outcome: 'refused', kind: 'not_possible' });
    expect(told.message).toContain('Port-Channel10');
  });

  it('is supported, be it there or not; its members are not', async () => {
    const asked = (name: string) =>
      mercury.reply('is_port_supported', { port: { local_link_information: [{ switch_info: 'sw', port_id: name }] } });
    expect(await asked(LAG)).toMatchObject({ result: true });
    await join(first);
    expect(await asked(LAG)).toMatchObject({ result: true });
    expect(await asked(first)).toMatchObject({ result: false });
    byHand('interface Port-Channel10', 'no switchport');
    expect(await asked(LAG)).toMatchObject({ result: false });
  });
});
