import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LAB_USER } from '../../server/lab/lab.ts';
import type { CiscoIos } from '../../server/lab/switches/cisco-ios.ts';
import type { Device } from '../../server/model.ts';
import { Mercury, type Told } from '../harness.ts';

/*
 * LAGs on the simulated Catalyst, through Ironic's calls. At no time does a port carry a VLAN that nobody asked for.
 */

let mercury: Mercury;
let device: CiscoIos;
let empty: string;
beforeEach(async () => {
  mercury = await Mercury.start({ devices: { sw: 'cisco_ios' } });
  device = mercury.device('sw').device as CiscoIos;
  for (const vlan of [100, 200, 201, 300]) await mercury.onNetwork('add_network', 'sw', vlan, `net-${vlan}`);
  empty = device.running();
});
afterEach(() => mercury[Symbol.asyncDispose]());

type Wanted = Readonly<Record<string, unknown>>;
const LAG = 'Port-channel10';
const [one, two, three] = ['GigabitEthernet1/0/1', 'GigabitEthernet1/0/2', 'GigabitEthernet1/0/3'];
const ACCESS = { mode: 'access', native_vlan: 100, allowed_vlans: null };
const TRUNK = { mode: 'trunk', native_vlan: null, allowed_vlans: [200, 201, 300] };
const HYBRID = { mode: 'hybrid', native_vlan: 100, allowed_vlans: [200, 201] };

const attachLag = (wanted: Wanted = ACCESS, lag = LAG) =>
  mercury.tell('update_lag', {
    switch_ids: ['sw'],
    lag_name: lag,
    description: null,
    aggregation_mode: null,
    default_vlan: null,
    ...wanted,
  });
const join = (port: string, wanted: Wanted = ACCESS, lag: string | null = LAG) =>
  mercury.tell('update_port', { ...named(port), description: null, lag_name: lag, default_vlan: null, ...wanted });
const reset = (port: string, default_vlan: number | null = null) =>
  mercury.tell('reset_port', { ...named(port), native_vlan: 100, allowed_vlans: null, default_vlan });
const deleteLag = () => mercury.tell('delete_lag', { switch_ids: ['sw'], lag_name: LAG });
const named = (port: string) => ({ switch_id: 'sw', port_name: port, 'rpc.version': '1.0', context: {} });

const sent = (told: Told) => told.devices.flatMap(({ commands }) => commands.map(({ sent }) => sent));
const byHand = (...lines: string[]) => {
  const session = device.openCli();
  session.enter('enable').ask?.answer(LAB_USER.enable);
  return lines.map(line => session.enter(line).text ?? '').join('\n');
};
const configured = (...lines: string[]) => byHand('configure terminal', ...lines);
const summary = () => byHand('show etherchannel summary');
const block = (name: string) =>
  new RegExp(`^interface ${name}\\n((?: .*\\n)*)`, 'm').exec(device.running())?.[1]?.trim().split(/\n ?/) ?? [];

async function bond(wanted: Wanted = ACCESS): Promise<void> {
  for (const call of [() => attachLag(wanted), () => join(one, wanted), () => join(two, wanted)]) {
    expect(await call()).toMatchObject({ outcome: 'applied' });
  }
}

/** The VLANs that a port would carry if its link were up: none while it is shut, or suspended because its LAG carries others. */
function carriedBy(name: string): readonly number[] | 'all' {
  const port = device.interfaces.get(name);
  if (!port || port.shutdown || summary().includes(`Gi${name.slice('GigabitEthernet'.length)}(s)`)) return [];
  return port.mode === 'access' ? [port.access] : (port.allowed ?? 'all');
}

describe('a LAG on Cisco IOS', () => {
  it.each([
    ['access', ACCESS],
    ['a trunk', TRUNK],
    ['a hybrid', HYBRID],
    ['static', { ...ACCESS, aggregation_mode: 'static' }],
  ])('is attached (%s), joined, left and deleted, and leaves nothing behind', async (_, wanted) => {
    await bond(wanted);
    expect(summary()).toMatch(/Po10\(SU\) .*Gi1\/0\/1\(P\) +Gi1\/0\/2\(P\)$/m);
    expect(block(one)).toEqual(block(two));
    for (const port of [one, two]) expect(await reset(port)).toMatchObject({ outcome: 'applied' });
    expect(await deleteLag()).toMatchObject({ outcome: 'applied' });
    expect(device.running()).toBe(empty);
    for (const call of [() => reset(one), deleteLag]) expect(sent(await call())).toEqual([]);
  });

  it('shows as it was asked for on the LAG and on its members', async () => {
    await bond(HYBRID);
    const shared = ['switchport trunk native vlan 100', 'switchport trunk allowed vlan 100,200,201', 'switchport mode trunk'];
    const edge = ['switchport nonegotiate', 'spanning-tree portfast trunk'];
    expect(block(LAG)).toEqual([...shared, edge[0], 'no port-channel standalone-disable', edge[1]]);
    expect(block(one)).toEqual([...shared, edge[0], 'channel-group 10 mode active', edge[1]]);
  });

  it('has no LACP fallback where it is static or the inventory wants none', async () => {
    await bond({ ...ACCESS, aggregation_mode: 'static' });
    expect(block(one)).toContain('channel-group 10 mode on');
    expect(block(LAG)).not.toContain('no port-channel standalone-disable');
    withDevice(sw => ({ ...sw, vars: { ...sw.vars, lacp_fallback: false } }));
    expect((await attachLag(ACCESS, 'Port-channel11')).outcome).toBe('applied');
    expect((await join(three, ACCESS, 'Port-channel11')).outcome).toBe('applied');
    expect(block('Port-channel11')).not.toContain('no port-channel standalone-disable');
  });

  it('ends the same in whatever order it is built, and asked twice nothing is typed', async () => {
    await bond(TRUNK);
    const built = device.running();
    for (const call of [() => attachLag(TRUNK), () => join(one, TRUNK), () => join(two, TRUNK)]) {
      const again = await call();
      expect(again.outcome).toBe('unchanged');
      expect(sent(again)).toEqual([]);
    }
    expect(device.running()).toBe(built);
    for (const port of [one, two, LAG]) await reset(port);
    await deleteLag();
    for (const call of [() => join(two, TRUNK), () => join(one, TRUNK)]) expect((await call()).outcome).toBe('applied');
    expect((await attachLag(TRUNK)).outcome).toBe('unchanged');
    expect(device.running()).toBe(built);
  });

  it('keeps a description of its own, and each member another', async () => {
    await attachLag({ ...ACCESS, description: 'bond of node 1' });
    await join(one, { ...ACCESS, description: 'node 1 eth0' });
    await join(two, { ...ACCESS, description: 'node 1 eth1' });
    expect([LAG, one, two].map(name => block(name)[0])).toEqual([
      'description bond of node 1',
      'description node 1 eth0',
      'description node 1 eth1',
    ]);
    expect((await join(one, { ...ACCESS, description: 'node 1 eth0' })).outcome).toBe('unchanged');
    expect((await attachLag({ ...ACCESS, description: 'bond of node 1' })).outcome).toBe('unchanged');
  });

  it('changes with all of its members, asked as a LAG, as a port, or through a member', async () => {
    await bond();
    const changes: [() => Promise<Told>, readonly number[]][] = [
      [() => attachLag(TRUNK), [200, 201, 300]],
      [() => join(LAG, HYBRID, null), [100, 200, 201]],
      [() => join(one, ACCESS), [100]],
    ];
    for (const [call, vlans] of changes) {
      expect(await call()).toMatchObject({ outcome: 'applied' });
      for (const port of [one, two]) expect(carriedBy(port)).toEqual(vlans);
      expect((await call()).outcome).toBe('unchanged');
    }
    expect((await join(two, ACCESS)).outcome).toBe('unchanged');
  });

  it('goes on serving with one member when the other is reset', async () => {
    await bond();
    const serving = [block(LAG), block(two)];
    expect((await reset(one, 300)).outcome).toBe('applied');
    expect(block(one)).toEqual(['switchport access vlan 300', 'switchport mode access']);
    expect((await reset(one)).outcome).toBe('applied');
    expect(block(one)).toEqual(['switchport mode access', 'shutdown']);
    expect([block(LAG), block(two)]).toEqual(serving);
  });

  it('is closed and opened with its members when it is reset itself', async () => {
    await bond();
    expect((await reset(LAG)).outcome).toBe('applied');
    const off = ['switchport mode access', 'shutdown'];
    expect(block(one)).toEqual([...off, 'channel-group 10 mode active']);
    expect((await reset(LAG)).outcome).toBe('unchanged');
    expect((await reset(LAG, 300)).outcome).toBe('applied');
    expect(carriedBy(two)).toEqual([300]);
    expect((await reset('Port-channel11')).outcome).toBe('refused');
    expect((await join(three)).outcome).toBe('applied');
    for (const port of [one, two, three]) expect(carriedBy(port)).toEqual([100]);
  });

  it('is not deleted while it has members, and says which', async () => {
    await bond();
    const before = device.running();
    const told = await deleteLag();
    expect(told).toMatchObject({ outcome: 'refused', kind: 'not_possible' });
    expect(told.message).toContain(`reset them first: ${one}, ${two}`);
    expect(device.running()).toBe(before);
  });

  it('is what counts for a VLAN in use, and not its members; an uplink does not count', async () => {
    await bond({ ...TRUNK, allowed_vlans: [300] });
    const used = await mercury.onNetwork('delete_network', 'sw', 300, 'net-300');
    expect(used).toMatchObject({ outcome: 'refused' });
    expect(used.message).toMatch(/used by Port-channel10(?! *,)/);
    addUplink(LAG);
    expect((await mercury.onNetwork('delete_network', 'sw', 300, 'net-300')).outcome).toBe('applied');
  });

  it('is not touched where it is an uplink, nor are its members', async () => {
    await bond();
    const before = device.running();
    addUplink(LAG);
    addUplink('Port-channel1');
    for (const call of [
      () => attachLag(TRUNK),
      () => join(three),
      () => reset(LAG),
      deleteLag,
      () => reset(one),
      () => join(one, ACCESS, null),
    ]) {
      expect((await call()).outcome).toBe('refused');
    }
    expect((await reset(one)).message).toContain('member of an uplink');
    expect(device.running()).toBe(before);
    expect((await attachLag(ACCESS, 'Port-channel100')).outcome).toBe('applied');
    expect((await join(three, ACCESS, 'Port-channel100')).outcome).toBe('applied');
    expect((await reset(three)).outcome).toBe('applied');
  });

  it('is not aggregated otherwise as long as it has members', async () => {
    await bond();
    const before = device.running();
    const other = { ...ACCESS, aggregation_mode: 'static' };
    for (const call of [() => attachLag(other), () => join(one, other), () => join(three, other)]) {
      const told = await call();
      expect(told).toMatchObject({ outcome: 'refused', kind: 'not_possible' });
      expect(told.message).toContain('not aggregated by static; reset them first');
    }
    expect(device.running()).toBe(before);
    for (const port of [one, two]) await reset(port);
    for (const port of [one, two]) expect((await join(port, other)).outcome).toBe('applied');
    expect((await attachLag(ACCESS)).outcome).toBe('refused');
  });

  it('takes a member that a person made passive, and makes it active', async () => {
    configured(`interface ${one}`, 'channel-group 10 mode passive');
    expect((await attachLag()).outcome).toBe('applied');
    expect((await join(one)).outcome).toBe('applied');
    expect(block(one)).toContain('channel-group 10 mode active');
  });

  it('refuses a routed port, a routed LAG, a member of another LAG, and a member as a port', async () => {
    await bond();
    configured(`interface ${three}`, 'no switchport', 'interface Port-channel11', 'no switchport');
    const before = device.running();
    expect((await join(three)).message).toContain(`${three} is a routed port`);
    expect((await attachLag(ACCESS, 'Port-channel11')).message).toContain('Port-channel11 is a routed LAG');
    expect((await join(one, ACCESS, 'Port-channel12')).message).toContain('a member of another LAG');
    expect((await join(one, ACCESS, null)).message).toContain('is a member of a LAG');
    expect((await mercury.onPort('update_port', 'sw', one, TRUNK)).message).toContain('is a member of a LAG');
    const asked = (name: string) =>
      mercury.reply('is_port_supported', { port: { local_link_information: [{ switch_info: 'sw', port_id: name }] } });
    for (const name of [LAG, 'Po10', 'Port-channel12']) expect(await asked(name), name).toMatchObject({ result: true });
    for (const name of [one, three, 'Port-channel11']) expect(await asked(name), name).toMatchObject({ result: false });
    expect(device.running()).toBe(before);
  });
});

describe('between the lines of a change of a LAG on Cisco IOS', () => {
  /** The call's lines, typed again one by one on a switch that is as it was before; nothing is open on a VLAN that was not asked. */
  async function stepByStep(call: () => Promise<Told>, may: readonly number[]): Promise<void> {
    const before = new Map(device.interfaces);
    const told = await call();
    expect(told.outcome).toBe('applied');
    const after = device.running();
    device.interfaces.clear();
    for (const [name, port] of before) device.interfaces.set(name, port);
    const session = device.openCli();
    session.enter('enable').ask?.answer(LAB_USER.enable);
    session.enter('configure terminal');
    const lines = sent(told).filter(line => !/^(?:configure terminal|end|write memory)$/.test(line));
    for (const line of lines) {
      session.enter(line);
      for (const port of device.ports) {
        const now = carriedBy(port);
        expect(now === 'all' ? ['all'] : now.filter(vlan => !may.includes(vlan)), `${port} after ${line}`).toEqual([]);
      }
    }
    expect(device.running()).toBe(after);
  }

  it('a port joins without carrying anything else, from wherever it was', async () => {
    await stepByStep(() => join(one), [100]);
    await stepByStep(() => join(two, TRUNK), [100, 200, 201, 300]);
    await mercury.onPort('attach_port', 'sw', three, { native_vlan: 201 });
    await stepByStep(() => join(three, TRUNK), [200, 201, 300]);
  });

  it('a LAG and its members change from what they were to what was asked, and carry nothing else', async () => {
    await bond();
    await stepByStep(() => attachLag(TRUNK), [100, 200, 201, 300]);
    await stepByStep(() => attachLag(HYBRID), [100, 200, 201, 300]);
    await stepByStep(() => attachLag(ACCESS), [100, 200, 201]);
    await stepByStep(() => reset(LAG, 300), [100, 300]);
    await stepByStep(() => reset(one), [300]);
    await stepByStep(() => attachLag(TRUNK), [200, 201, 300]);
  });

  it('a LAG that serves is given back with its members when a change of it is refused, and kept when nothing was changed', async () => {
    await bond();
    const serving = device.running();
    mercury.device('sw').faults.plant({ on: /^interface Port-channel10$/, does: 'refuse' });
    expect((await attachLag(TRUNK)).outcome).toBe('undone');
    expect(device.running()).toBe(serving);
    mercury.device('sw').faults.plant({ on: /^switchport mode trunk$/, does: 'refuse' });
    expect((await attachLag(TRUNK)).outcome).toBe('undone');
    expect(device.running()).toBe(serving);
  });

  it.each(['refuse', 'cut', 'cutAfter'] as const)('nothing is left open when one fails (%s)', async does => {
    const told = [await join(one, HYBRID), await attachLag(TRUNK, 'Port-channel11')].map(sent);
    for (const port of [one, 'Port-channel11']) await reset(port);
    byHand('configure terminal', `no interface ${LAG}`, 'no interface Port-channel11');
    expect(device.running()).toBe(empty);
    const calls = [() => join(one, HYBRID), () => attachLag(TRUNK, 'Port-channel11')];
    for (const [i, call] of calls.entries()) {
      const lines = told[i]?.filter(line => !/^(?:configure terminal|end|write memory)$/.test(line)) ?? [];
      expect(lines.length).toBeGreaterThan(6);
      for (const line of new Set(lines)) {
        mercury.device('sw').faults.plant({ on: new RegExp(`^${line.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')}$`), does });
        const { outcome } = await call();
        mercury.device('sw').faults.clear();
        expect(outcome, line).toMatch(/^(?:undone|rescued|applied)$/);
        if (outcome === 'applied') expect((await call()).outcome, line).toBe('unchanged');
        else expect(carriedBy(one), line).toEqual([]);
        if (outcome === 'rescued') {
          expect(block(i === 0 ? one : 'Port-channel11').slice(0, 2), line).toEqual(['switchport mode access', 'shutdown']);
        }
        configured('no interface Port-channel10', 'no interface Port-channel11');
        expect((await reset(one)).outcome).toMatch(/^(?:unchanged|applied)$/);
        expect(device.running()).toBe(empty);
      }
    }
  });
});

const addUplink = (name: string) => withDevice(sw => ({ ...sw, uplinks: [...sw.uplinks, name] }));

/** As if the inventory said so: it is read once, at the start. */
function withDevice(change: (sw: Device) => Device): void {
  const devices = mercury.library.devices as Map<string, Device>;
  const sw = devices.get('sw');
  if (sw) devices.set('sw', change(sw));
}
