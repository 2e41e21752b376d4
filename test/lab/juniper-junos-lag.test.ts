import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { change } from '../../server/engine/change.ts';
import type { LabDevice } from '../../server/lab/ssh-server.ts';
import { JuniperJunos } from '../../server/lab/switches/juniper-junos.ts';
import { Mercury } from '../harness.ts';

const USER = { username: 'mercury', password: 'lab-password', enable: 'lab-enable' };
const [FIRST, SECOND, THIRD] = ['xe-0/0/1', 'xe-0/0/2', 'xe-0/0/3'];
const MEMBER = [`delete interfaces ${FIRST} unit 0`, `set interfaces ${FIRST} ether-options 802.3ad ae0`];
const SWITCHED = 'set interfaces ae0 unit 0 family ethernet-switching';

/** One user of a switch, who types lines and is given the last answer. */
function login(device = new JuniperJunos('sw', USER)) {
  const session = device.openCli();
  const say = (...lines: string[]) => lines.map(line => session.enter(line).text ?? '').at(-1) ?? '';
  return { device, say };
}

describe('an aggregate of Junos', () => {
  it('is committed without members, and comes to be with the first of them', () => {
    const { say } = login();
    expect(say('configure exclusive', SWITCHED, 'commit')).toContain('commit complete');
    expect(say('run show interfaces ae0 terse')).toBe('error: device ae0 not found');
    expect(say(...MEMBER, `delete interfaces ${FIRST} disable`, 'commit')).toContain('commit complete');
    expect(say('run show interfaces ae0 terse')).toMatch(/^ae0 +up +up\nae0\.0 +up +up +eth-switch$/m);
    expect(say(`run show interfaces ${FIRST} terse`)).toMatch(/^xe-0\/0\/1 +up +up\nxe-0\/0\/1\.0 +up +up +aenet +--> ae0\.0$/m);
    say('set vlans a vlan-id 10', `${SWITCHED} vlan members 10`, 'commit');
    expect(say('run show vlans a')).toMatch(/^ +ae0\.0\*$/m);
    expect(say('set interfaces ae0 disable', 'commit', 'run show interfaces terse')).toMatch(/^ae0 +down +down$/m);
    expect(say('run show vlans a')).toMatch(/^ +ae0\.0$/m);
  });

  it('does not come to be beyond the device-count, and the commit says nothing of it', () => {
    const { say } = login();
    say('configure exclusive', 'set chassis aggregated-devices ethernet device-count 1', SWITCHED, ...MEMBER);
    const other = ['set interfaces ae9 unit 0 family ethernet-switching', `delete interfaces ${SECOND} unit 0`];
    expect(say(...other, `set interfaces ${SECOND} ether-options 802.3ad ae9`, 'commit')).toContain('commit complete');
    expect(say('run show interfaces ae9 terse')).toBe('error: device ae9 not found');
    expect(say('run show interfaces ae0 terse')).toContain('ae0.0');
    expect(say('delete chassis', 'commit', 'run show interfaces ae0 terse')).toBe('error: device ae0 not found');
  });

  it('is what a member names beside its own LACP options, in the order in which Junos prints them', () => {
    const { say } = login();
    say('configure exclusive', ...MEMBER);
    expect(say(`show interfaces ${FIRST}`)).toBe('disable;\nether-options {\n    802.3ad ae0;\n}');
    expect(say('show | compare')).toContain('+   ether-options {\n+       802.3ad ae0;\n+   }');
    say(`set interfaces ${FIRST} ether-options 802.3ad lacp force-up`, `set interfaces ${FIRST} ether-options 802.3ad ae1`);
    expect(say(`show interfaces ${FIRST}`)).toBe(
      'disable;\nether-options {\n    802.3ad {\n        lacp {\n            force-up;\n        }\n        ae1;\n    }\n}',
    );
    const prefix = `set interfaces ${FIRST} ether-options 802.3ad`;
    expect(say(`show interfaces ${FIRST} ether-options | display set`)).toBe(`${prefix} lacp force-up\n${prefix} ae1`);
    expect(say(`delete interfaces ${FIRST} ether-options 802.3ad`, `show interfaces ${FIRST} | display set`)).toBe(
      `set interfaces ${FIRST} disable`,
    );
  });

  it('runs LACP in one mode at a time', () => {
    const { say } = login();
    const lacp = 'set interfaces ae0 aggregated-ether-options lacp';
    say('configure exclusive', `${lacp} passive`, `${lacp} active`);
    expect(say('show interfaces ae0 | display set')).toBe(`${lacp} active`);
    expect(say(`${lacp} on`)).toMatch(/\^\nsyntax error\.$/);
    expect(say('delete interfaces ae0 aggregated-ether-options lacp', 'show interfaces ae0 | display set')).toBe('set interfaces ae0');
  });

  it.each([
    ['a member with a unit', [`set interfaces ${FIRST} ether-options 802.3ad ae0`], 'logical unit is not allowed on aggregated links'],
    ['a member with an MTU', [...MEMBER, `set interfaces ${FIRST} mtu 9216`], 'mtu is not allowed on aggregated links'],
    ['a member with a native VLAN', [...MEMBER, `set interfaces ${FIRST} native-vlan-id 10`], 'native-vlan-id can be specified with'],
    ['the LACP of an aggregate on a port', [`set interfaces ${FIRST} aggregated-ether-options lacp active`], 'aggregated-ether-options'],
    ['an aggregate as a member', ['set interfaces ae0 ether-options 802.3ad ae1'], "'ether-options'"],
    ['a VLAN that is not there', [`${SWITCHED} vlan members 666`], 'No vlan matches vlan tag 666 for interface ae0.0'],
  ])('does not commit %s', (_, lines, complaint) => {
    const { device, say } = login();
    const before = device.running();
    const said = say('configure exclusive', ...lines, 'commit');
    expect(said).toContain(complaint);
    expect(said).toMatch(/\nerror: configuration check-out failed$/);
    expect(device.running()).toBe(before);
  });

  it('is not told from a slip of the finger', () => {
    const { say } = login();
    say('configure exclusive');
    expect(say(`set interfaces ${FIRST} ether-options 802.3ad`)).toMatch(/\^\nmissing argument\.$/);
    expect(say(`set interfaces ${FIRST} ether-options 802.3ad lacp`)).toMatch(/\^\nmissing argument\.$/);
    expect(say(`set interfaces ${FIRST} ether-options 802.3ad ae0 lacp`)).toMatch(/\^\nsyntax error\.$/);
    expect(say(`set interfaces ${FIRST} ether-options 802.3ad lcap`)).toMatch(/^error: /);
    expect(say('set interfaces ae4092 disable')).toMatch(/^error: /);
  });

  it('may be deleted from under its members, which then belong to nothing', () => {
    const { say } = login();
    say('configure exclusive', SWITCHED, ...MEMBER, 'commit');
    expect(say('delete interfaces ae0', 'commit')).toContain('commit complete');
    expect(say('run show interfaces ae0 terse')).toBe('error: device ae0 not found');
  });
});

const VLANS = { 100: 'provisioning', 200: 'tenant-a', 201: 'tenant-b', 300: 'idle' };

describe('LAGs on juniper_junos', () => {
  let mercury: Mercury;
  let device: LabDevice;
  /** The running configuration with the networks there, every port detached and no LAG. */
  let empty: string;

  beforeEach(async () => {
    mercury = await Mercury.start({ devices: { sw: 'juniper_junos' } });
    device = mercury.device('sw');
    for (const [vlan, name] of Object.entries(VLANS)) await mercury.onNetwork('add_network', 'sw', Number(vlan), name);
    empty = running();
  });
  afterEach(() => mercury[Symbol.asyncDispose]());

  const running = () => device.device.running();
  /** What the switch is configured to have on a port or a LAG, without the name. */
  const has = (name: string) =>
    running()
      .split('\n')
      .flatMap(line => (line.startsWith(`set interfaces ${name} `) ? [line.slice(`set interfaces ${name} `.length)] : []));
  const access = { mode: 'access', native_vlan: 100, allowed_vlans: null };
  const trunk = { mode: 'trunk', native_vlan: null, allowed_vlans: [200, 201] };
  const hybrid = { mode: 'hybrid', native_vlan: 100, allowed_vlans: [200, 201] };
  const rpc = { 'rpc.version': '1.0', context: {} };

  const attach = (more: object = access, lag_name = 'ae7') =>
    mercury.tell('update_lag', { switch_ids: ['sw'], lag_name, description: null, aggregation_mode: 'lacp', ...access, ...more, ...rpc });
  const join = (port: string, more: object = access, lag_name: string | null = 'ae7') =>
    mercury.tell('update_port', { switch_id: 'sw', port_name: port, description: null, lag_name, ...more, ...rpc });
  const reset = (port: string, default_vlan: number | null = null) =>
    mercury.tell('reset_port', { switch_id: 'sw', port_name: port, native_vlan: 100, allowed_vlans: null, default_vlan, ...rpc });
  const remove = (lag_name = 'ae7') => mercury.tell('delete_lag', { switch_ids: ['sw'], lag_name, ...rpc });
  const unitsOf = (...ports: number[]) => ports.map(port => `delete interfaces xe-0/0/${port} unit 0`);
  /** What the network team types. */
  const byHand = (...lines: string[]) => {
    const said = login(device.device as JuniperJunos).say('configure', ...lines, 'commit and-quit');
    expect(said).toContain('commit complete');
  };

  it.each([
    ['access', access],
    ['trunk', trunk],
    ['hybrid', hybrid],
  ])('attaches one (%s), lets two ports join and leave, deletes it, and all is as before', async (_, wanted) => {
    expect((await attach(wanted)).outcome).toBe('applied');
    for (const port of [FIRST, SECOND]) {
      expect((await join(port, wanted)).outcome).toBe('applied');
      expect(has(port)).toEqual(['ether-options 802.3ad lacp force-up', 'ether-options 802.3ad ae7']);
    }
    const serving = running();
    for (const again of [await attach(wanted), await join(FIRST, wanted), await join(SECOND, wanted)]) {
      expect(again).toMatchObject({ outcome: 'unchanged', devices: [{ commands: [] }] });
    }
    expect(running()).toBe(serving);
    expect((await reset(FIRST)).outcome).toBe('applied');
    expect((await reset(FIRST)).outcome).toBe('unchanged');
    // The other goes on serving.
    expect(has(SECOND)).toEqual(['ether-options 802.3ad lacp force-up', 'ether-options 802.3ad ae7']);
    expect((await attach(wanted)).outcome).toBe('unchanged');
    expect((await reset(SECOND)).outcome).toBe('applied');
    expect((await remove()).outcome).toBe('applied');
    expect((await remove()).outcome).toBe('unchanged');
    expect(running()).toBe(empty);
  });

  it('ends in the same state whether the LAG or its first member comes first', async () => {
    await attach(hybrid);
    await join(FIRST, hybrid);
    const lagFirst = running();
    await reset(FIRST);
    await remove();
    expect((await join(FIRST, hybrid)).outcome).toBe('applied');
    expect((await attach(hybrid)).outcome).toBe('unchanged');
    expect(running()).toBe(lagFirst);
    expect(has('ae7')).toEqual([
      'native-vlan-id 100',
      'aggregated-ether-options lacp active',
      'unit 0 family ethernet-switching interface-mode trunk',
      'unit 0 family ethernet-switching vlan members 200',
      'unit 0 family ethernet-switching vlan members 201',
      'unit 0 family ethernet-switching vlan members 100',
    ]);
  });

  it('describes the LAG and its member, each as it was asked', async () => {
    await attach({ description: 'bond of node 42' });
    await join(FIRST, { ...access, description: 'node 42' });
    expect(has('ae7')).toContain('description "bond of node 42"');
    expect(has(FIRST)).toContain('description "node 42"');
    expect((await attach({ description: 'bond of node 42' })).outcome).toBe('unchanged');
    await reset(FIRST);
    await remove();
    expect(running()).toBe(empty);
  });

  it('changes a LAG that serves without touching its members', async () => {
    await attach();
    await join(FIRST);
    const member = has(FIRST);
    expect((await attach(trunk)).outcome).toBe('applied');
    expect(has(FIRST)).toEqual(member);
    expect(has('ae7').filter(line => /members|native/.test(line))).toEqual([
      'unit 0 family ethernet-switching vlan members 200',
      'unit 0 family ethernet-switching vlan members 201',
    ]);
  });

  it('makes it static, LACP gone from all members at once', async () => {
    await attach();
    await join(FIRST);
    expect((await attach({ aggregation_mode: 'static' })).outcome).toBe('applied');
    expect(has('ae7').join()).not.toContain('lacp');
    expect((await attach({ aggregation_mode: 'static' })).outcome).toBe('unchanged');
    expect((await join(SECOND, { ...access, aggregation_mode: 'static' })).outcome).toBe('applied');
    expect(has(SECOND)).toEqual(['ether-options 802.3ad ae7']);
  });

  it.each([
    ['static', 'lacp'],
    ['lacp', 'static'],
  ])('lets no port join a LAG that is %s as if it were %s', async (one, other) => {
    await attach({ aggregation_mode: one });
    const before = running();
    const refused = await join(FIRST, { ...access, aggregation_mode: other });
    expect(refused).toMatchObject({ outcome: 'refused', kind: 'not_possible' });
    expect(refused.message).toContain(`ae7 is not aggregated by ${other}`);
    expect(running()).toBe(before);
  });

  it('lets a port that serves on its own join, with nothing of its own left', async () => {
    expect((await join(FIRST, hybrid, null)).outcome).toBe('applied');
    expect((await join(FIRST, hybrid, null)).outcome).toBe('unchanged');
    expect((await join(FIRST, trunk)).outcome).toBe('applied');
    expect(has(FIRST)).toEqual(['ether-options 802.3ad lacp force-up', 'ether-options 802.3ad ae7']);
    await reset(FIRST);
    await remove();
    expect(running()).toBe(empty);
  });

  it.each([
    ['a member of another LAG', ['delete interfaces P unit 0', 'set interfaces P ether-options 802.3ad ae3'], 'a member of another LAG'],
    [
      'a routed port',
      ['delete interfaces P unit 0', 'set interfaces P unit 0 family inet address 192.0.2.1/31'],
      `${FIRST} is a routed port`,
    ],
    ['a port with an MTU', ['set interfaces P mtu 9216'], 'an MTU of its own'],
    ['any port when there are no LAGs', ['delete chassis aggregated-devices'], 'device-count allows no LAG'],
    ['any port to a routed LAG', ['set interfaces ae7 unit 0 family inet address 192.0.2.1/31'], 'ae7 is a routed LAG'],
  ])('refuses to let %s join', async (_, lines, why) => {
    byHand(...lines.map(line => line.replace(' P ', ` ${FIRST} `)));
    const before = running();
    const refused = await join(FIRST);
    expect(refused).toMatchObject({ outcome: 'refused', kind: 'not_possible' });
    expect(refused.message).toContain(why);
    expect(running()).toBe(before);
  });

  it('refuses a LAG where there are none, and says that no such port can be attached', async () => {
    byHand('delete chassis aggregated-devices');
    expect((await attach()).message).toContain('device-count allows no LAG');
    const asked = () => mercury.reply('is_port_supported', { port: { local_link_information: [{ switch_info: 'sw', port_id: 'ae7' }] } });
    expect(await asked()).toMatchObject({ result: false });
    byHand('set chassis aggregated-devices ethernet device-count 1');
    expect(await asked()).toMatchObject({ result: true });
  });

  it('refuses to delete a LAG that has members, and names them', async () => {
    await attach();
    await join(FIRST);
    await join(SECOND);
    await attach({}, 'ae70');
    await join(THIRD, access, 'ae70');
    const before = running();
    const refused = await remove();
    expect(refused).toMatchObject({ outcome: 'refused', kind: 'not_possible' });
    expect(refused.message).toContain(`ae7 still has members; reset them first: ${FIRST}, ${SECOND} `);
    expect(running()).toBe(before);
  });

  it('deletes ae0 too, but no LAG that has more than Mercury gave it', async () => {
    await attach({}, 'ae0');
    expect((await remove('ae0')).outcome).toBe('applied');
    await attach();
    byHand('set interfaces ae7 aggregated-ether-options minimum-links 2');
    expect((await remove()).message).toContain('ae7 has more than its VLANs and LACP');
  });

  it('refuses to attach or change a member by itself', async () => {
    await join(FIRST);
    const before = running();
    const refused = await join(FIRST, access, null);
    expect(refused).toMatchObject({ outcome: 'refused' });
    expect(refused.message).toContain('attach the LAG instead');
    expect(running()).toBe(before);
  });

  it('closes a LAG with its members, or leaves it open on its default VLAN', async () => {
    await attach();
    await join(FIRST);
    const member = has(FIRST);
    expect((await reset('ae7')).outcome).toBe('applied');
    expect(has('ae7')).toEqual(['disable', 'aggregated-ether-options lacp active', 'unit 0 family ethernet-switching']);
    expect((await reset('ae7')).outcome).toBe('unchanged');
    expect((await reset('ae7', 300)).outcome).toBe('applied');
    expect(has('ae7').join()).toContain('vlan members 300');
    expect(has('ae7')).not.toContain('disable');
    expect(has(FIRST)).toEqual(member);
    expect((await attach()).outcome).toBe('applied');
    expect(has('ae7').join()).not.toContain('members 300');
  });

  it('leaves a member on its default VLAN as a port of its own', async () => {
    await join(FIRST);
    expect((await reset(FIRST, 300)).outcome).toBe('applied');
    expect(has(FIRST)).toEqual([
      'unit 0 family ethernet-switching interface-mode access',
      'unit 0 family ethernet-switching vlan members 300',
    ]);
  });

  it('says of a LAG that is not there that it is on no network', async () => {
    expect((await reset('ae7')).outcome).toBe('unchanged');
    expect(running()).toBe(empty);
  });

  it('takes no member out of an uplink', async () => {
    byHand(...['ae1', 'ae12'].map((lag, nth) => `set interfaces xe-0/0/${4 + nth} ether-options 802.3ad ${lag}`), ...unitsOf(4, 5));
    const before = running();
    const { desk, library } = mercury;
    const found = library.devices.get('sw');
    if (!found) throw new Error('no sw');
    const guarded = { ...desk, library: { ...library, devices: new Map([['sw', { ...found, uplinks: ['ae2', 'ae1'] }]]) } };
    const detach = (port: string) =>
      change(
        {
          id: `detach-${port}`,
          method: 'detach_port',
          device: 'sw',
          args: { port },
          caller: { name: 'test', address: '', scheme: 'none' },
          why: {},
          dryRun: false,
          deadline: Date.now() + 10_000,
        },
        guarded,
      );
    await expect(detach('xe-0/0/4')).rejects.toThrow('xe-0/0/4 is a member of an uplink: nobody may change it');
    await expect(detach('ae1')).rejects.toThrow('ae1 is an uplink');
    expect(running()).toBe(before);
    // ae12 is none, though its name begins as one.
    expect((await detach('xe-0/0/5')).outcome).toBe('applied');
  });

  it('keeps the network team’s own options of a port, and of its aggregation nothing', async () => {
    byHand(`set interfaces ${FIRST} ether-options flow-control`);
    const before = running();
    await join(FIRST);
    await reset(FIRST);
    await remove();
    expect(running()).toBe(before);
  });

  it.each([
    ['attaching', () => attach({ ...access, native_vlan: 666 }), 'ae7'],
    ['joining', () => join(FIRST, { ...access, native_vlan: 666 }), FIRST],
  ])('ends as before when %s fails in the commit', async (_, run) => {
    const failed = await run();
    expect(failed.outcome).toBe('undone');
    expect(failed.message).toContain('No vlan matches vlan tag 666');
    expect(running()).toBe(empty);
  });

  it('takes a member out and shuts it when its change fails, and the others go on', async () => {
    await attach();
    await join(FIRST);
    await join(SECOND);
    const failed = await join(FIRST, { ...access, native_vlan: 666 });
    expect(failed.outcome).toBe('rescued');
    expect(has(FIRST)).toEqual(['disable', 'unit 0 family ethernet-switching']);
    expect(has(SECOND)).toEqual(['ether-options 802.3ad lacp force-up', 'ether-options 802.3ad ae7']);
    expect((await attach()).outcome).toBe('unchanged');
  });

  it.each(['refuse', 'cut', 'cutAfter', 'ignore'] as const)('tells the truth when the line that makes a member fails: %s', async does => {
    device.faults.plant({ on: /ether-options 802\.3ad ae7$/, does });
    const told = await join(FIRST);
    if (told.outcome === 'applied') expect((await join(FIRST)).outcome).toBe('unchanged');
    else expect(running()).toBe(empty);
  });

  it.each(['cut', 'cutAfter', 'refuse'] as const)('tells the truth when the commit of a LAG fails: %s', async does => {
    await attach();
    await join(FIRST);
    const before = running();
    device.faults.plant({ on: /^commit confirmed/, does });
    const told = await attach(trunk);
    if (told.outcome === 'applied') expect((await attach(trunk)).outcome).toBe('unchanged');
    else expect([told.outcome, running()]).toEqual(['undone', before]);
  });

  it('deletes no network that a LAG uses', async () => {
    await attach(trunk);
    const refused = await mercury.onNetwork('delete_network', 'sw', 200, 'tenant-a');
    expect(refused).toMatchObject({ outcome: 'refused' });
    expect(refused.message).toContain('ae7');
  });
});
