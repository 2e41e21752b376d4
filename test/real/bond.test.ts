import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Ovs } from './ovs.ts';
import { realSwitchReady } from './ready.ts';
import { run } from './run.ts';
import { SmartNic } from './smartnic.ts';

const { ready, why } = realSwitchReady();

/** The two ports of the SmartNIC that lead to the server with the bond, and that server's own network cards behind them. */
const PORTS = ['pf2hpf', 'pf3hpf'] as const;
const CARDS = ['eth2', 'eth3'] as const;
/** Stands for the server's operating system: few kernels that run tests can make bonds, and a second bridge can. */
const SERVER = 'br-server';

/*
 * Ironic's calls for a LAG, on a real Open vSwitch, with a server behind it that speaks LACP, or does not yet, or never will.
 */
describe.skipIf(!ready)(ready ? 'a bond of a real Open vSwitch' : `a bond of a real Open vSwitch (left out: ${why})`, () => {
  let nic: SmartNic;
  let ovs: Ovs;
  let before = '';

  beforeAll(async () => {
    nic = await SmartNic.start();
    ({ ovs } = nic);
    for (const [i, port] of PORTS.entries()) {
      await ip('link', 'add', 'name', port, 'type', 'veth', 'peer', 'name', CARDS[i] as string);
      await ip('link', 'set', 'dev', CARDS[i] as string, 'up');
    }
    // Whoever pings from the second server sends through the bond.
    const [one, two] = ovs.servers;
    await ovs.vsctl('add-br', SERVER, '--', 'set', 'Bridge', SERVER, 'datapath_type=netdev', '--', 'add-port', SERVER, two.port);
    await ovs.vsctl('add-port', 'br-int', one.port, 'tag=100');
    before = await configured();
  });

  afterAll(() => nic?.[Symbol.asyncDispose]());

  const ip = (...args: string[]) => run('ip', ['-n', ovs.namespace, ...args]);
  const appctl = (...args: string[]) => run('ovs-appctl', args, ovs.env);
  const configured = async () =>
    (await ovs.vsctl('--columns=name,tag,trunks,vlan_mode,lacp,other_config', 'list', 'Port')).split('\n\n').sort().join('\n\n');
  const reach = (deadline: number) => ovs.servers[1].ping(ovs.servers[0].address, { count: 1, deadline });
  const ask = (method: string, params: object) => nic.ask(method, params);
  const access = { description: null, mode: 'access', native_vlan: 100 };
  const updateLag = (wanted: object = {}) =>
    ask('update_lag', { ...access, switch_ids: ['smartnic'], lag_name: 'bond0', aggregation_mode: 'lacp', ...wanted });
  const joins = (port_name: string, wanted: object = {}) =>
    ask('update_port', { ...access, switch_id: 'smartnic', port_name, lag_name: 'bond0', ...wanted });
  const leaves = (port_name: string) => ask('reset_port', { switch_id: 'smartnic', port_name, native_vlan: null });
  /** What the server makes of its two cards. */
  const bonds = (...settings: string[]) =>
    ovs.vsctl('--', '--if-exists', 'del-port', 'os', '--', 'add-bond', SERVER, 'os', ...CARDS, ...settings);

  it('is made before it has members, and is no device of the kernel’s', async () => {
    expect(await updateLag()).toMatchObject({ outcome: 'applied' });
    expect(await updateLag()).toMatchObject({ outcome: 'unchanged' });
    expect(await ovs.vsctl('get', 'Interface', 'bond0', 'type', 'options', 'ofport')).toBe('patch\n{}\n-1');
    expect(await ip('-brief', 'link')).not.toMatch(/^bond0/m);
  });

  it('lets two ports join, and has no other members', async () => {
    for (const port of PORTS) expect(await joins(port)).toMatchObject({ outcome: 'applied' });
    for (const port of PORTS) expect(await joins(port)).toMatchObject({ outcome: 'unchanged' });
    expect(await updateLag()).toMatchObject({ outcome: 'unchanged' });
    expect(((await appctl('bond/show', 'bond0')).match(/^member \w+/gm) ?? []).sort()).toEqual(PORTS.map(port => `member ${port}`));
  });

  it('carries a server that boots and speaks no LACP yet, over one of its cards', async () => {
    // It listens for LACP first, and takes one for all when nothing comes.
    await expect.poll(() => appctl('bond/show', 'bond0')).toMatch(/^active member mac: \S+\(pf/m);
    const card = (await appctl('bond/show', 'bond0')).includes(`(${PORTS[0]})`) ? CARDS[0] : CARDS[1];
    await ovs.vsctl('add-port', SERVER, card);
    expect(await reach(20)).toBe(true);
    await ovs.vsctl('del-port', SERVER, card);
  });

  it('carries a server that speaks LACP, and goes on when one of its ports leaves', async () => {
    await bonds('lacp=active', 'bond_mode=balance-tcp');
    expect(await reach(20)).toBe(true);
    await expect.poll(() => appctl('bond/show', 'bond0')).toContain('lacp_status: negotiated');
    expect(await leaves(PORTS[0])).toMatchObject({ outcome: 'applied' });
    expect(await leaves(PORTS[0])).toMatchObject({ outcome: 'unchanged' });
    expect(await reach(20)).toBe(true);
    expect(await joins(PORTS[0])).toMatchObject({ outcome: 'applied' });
    expect(await reach(20)).toBe(true);
  });

  it('goes off every network with its members in it, and back', async () => {
    expect(await leaves('bond0')).toMatchObject({ outcome: 'applied' });
    expect(await reach(1)).toBe(false);
    expect(await leaves('bond0')).toMatchObject({ outcome: 'unchanged' });
    expect(await ovs.vsctl('list-ifaces', 'br-int')).toBe(['bond0', ovs.servers[0].port, ...PORTS].join('\n'));
    expect(await updateLag({ native_vlan: 200 })).toMatchObject({ outcome: 'applied' });
    expect(await reach(1)).toBe(false);
    expect(await updateLag({ mode: 'hybrid', allowed_vlans: [200] })).toMatchObject({ outcome: 'applied' });
    expect(await reach(20)).toBe(true);
  });

  it('does without LACP, and hears the server on either card', async () => {
    expect(await updateLag({ aggregation_mode: 'static' })).toMatchObject({ outcome: 'applied' });
    await bonds('lacp=off', 'bond_mode=balance-slb', 'other_config:all-members-active=true', 'other_config:bond-rebalance-interval=0');
    expect(await reach(20)).toBe(true);
    const server = ovs.namespace.replace(/switch$/, 'server2');
    const mac = /link\/ether (\S+)/.exec(await run('ip', ['-n', server, 'link', 'show', 'eth0']))?.[1] as string;
    const hash = await appctl('bond/hash', mac, '0');
    for (const card of CARDS) {
      await appctl('bond/migrate', 'os', hash, card);
      // It has to ask who that is, of everybody.
      await run('ip', ['-n', server, 'neigh', 'flush', 'all']);
      expect(await reach(20)).toBe(true);
    }
  });

  it('is deleted when its members are gone, and not before', async () => {
    const told = await ask('delete_lag', { switch_ids: ['smartnic'], lag_name: 'bond0' });
    expect(told).toMatchObject({
      outcome: 'refused',
      message: expect.stringMatching(/still has members; detach them first: pf[23]hpf, pf[23]hpf /),
    });
    for (const port of PORTS) expect(await leaves(port)).toMatchObject({ outcome: 'applied' });
    expect(await reach(1)).toBe(false);
    expect(await ask('delete_lag', { switch_ids: ['smartnic'], lag_name: 'bond0' })).toMatchObject({ outcome: 'applied' });
    expect(await ask('delete_lag', { switch_ids: ['smartnic'], lag_name: 'bond0' })).toMatchObject({ outcome: 'unchanged' });
    await ovs.vsctl('del-port', 'os');
    expect(await configured()).toBe(before);
  });

  it('goes with its last member when a person made it', async () => {
    await ovs.vsctl('add-bond', 'br-int', 'bond0', ...PORTS, 'tag=100');
    expect(await leaves(PORTS[0])).toMatchObject({ outcome: 'applied' });
    expect(await ovs.vsctl('list-ports', 'br-int')).toContain('bond0');
    expect(await leaves(PORTS[1])).toMatchObject({ outcome: 'applied' });
    expect(await configured()).toBe(before);
  });
});
