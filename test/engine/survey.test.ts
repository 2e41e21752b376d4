import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { plan } from '../../server/engine/plan.ts';
import { allBy, eachWithin, type Finding, survey } from '../../server/engine/survey.ts';
import { realWorld } from '../../server/engine/world.ts';
import { LAB_USER } from '../../server/lab/lab.ts';
import type { ChangePlan, Method, Values } from '../../server/model.ts';
import { slip, typeAt, writesOf } from '../by-hand.ts';
import { LAGS } from '../cases.ts';
import { soon } from '../ends.ts';
import { Mercury, PLATFORMS } from '../harness.ts';
import { hold } from '../hold.ts';

/* Many questions to a device in one session: what they find, and that nothing but reads is typed. */

let mercury: Mercury;
afterEach(() => mercury[Symbol.asyncDispose]());

const ACCESS = { mode: 'access', native_vlan: 100, allowed_vlans: null };
const portsOf = (name: string) => mercury.device(name).device.ports;
const planFor = (device: string, method: Method, args: Values): ChangePlan =>
  plan(
    { id: 'asked', method, device, args, caller: { name: 'x', address: '', scheme: '' }, why: {}, dryRun: false, deadline: 0 },
    mercury.library,
  );
const attached = (device: string, port: string, more: Values = {}) => planFor(device, 'attach_port', { port, ...ACCESS, ...more });
const ask = (plans: readonly ChangePlan[], patience = eachWithin(60_000)) => survey(plans, mercury.desk.world, patience);
const shown = (findings: readonly Finding[]) =>
  findings.map(({ misses, failure }) => failure?.kind ?? (misses.length === 0 ? 'holds' : 'differs'));

describe.each(PLATFORMS)('on %s', platform => {
  beforeEach(async () => {
    mercury = await Mercury.start({ devices: { sw: platform } });
    for (const vlan of [100, 200]) await mercury.onNetwork('add_network', 'sw', vlan, `net-${vlan}`);
  });

  it('ten ports are one login and reads, and each finding is that of its port', async () => {
    const { device } = mercury.device('sw');
    const ports = portsOf('sw').slice(0, 10);
    for (const port of ports) expect((await mercury.onPort('attach_port', 'sw', port, { native_vlan: 100 })).outcome).toBe('applied');
    slip(mercury.device('sw'), ports[3] ?? '', 'moved');
    slip(mercury.device('sw'), ports[6] ?? '', 'closed');
    const before = { running: device.running(), logins: mercury.device('sw').logins };
    mercury.device('sw').typed.length = 0;

    const findings = await ask(ports.map(port => attached('sw', port)));
    expect(shown(findings)).toEqual(ports.map((_, nth) => (nth === 3 || nth === 6 ? 'differs' : 'holds')));
    expect(findings.map(finding => finding.plan.request.args.port)).toEqual(ports);
    expect(findings[3]?.misses.join()).toMatch(/200/);
    expect(mercury.device('sw').logins).toBe(before.logins + 1);
    expect(device.running()).toBe(before.running);
    expect(mercury.device('sw').typed.length).toBeGreaterThanOrEqual(10);
    expect(writesOf(mercury.device('sw'))).toEqual([]);
    await expect.poll(() => mercury.device('sw').sessions).toBe(0);
  });

  it('a LAG and its members hold what they were asked, and not after a member was taken out by hand', async () => {
    const lag = LAGS[platform] ?? '';
    const [one = '', two = ''] = portsOf('sw');
    const wanted = { description: null, ...ACCESS };
    await mercury.tell('update_lag', { switch_ids: ['sw'], lag_name: lag, aggregation_mode: 'lacp', ...wanted });
    for (const port_name of [one, two]) await mercury.tell('update_port', { switch_id: 'sw', port_name, lag_name: lag, ...wanted });
    const plans = [
      planFor('sw', 'attach_lag', { port: lag, ...ACCESS }),
      ...[one, two].map(port => planFor('sw', 'join_lag', { port, lag, ...ACCESS })),
    ];
    mercury.device('sw').typed.length = 0;
    expect(shown(await ask(plans))).toEqual(['holds', 'holds', 'holds']);
    // What the questions about the LAG and about its members share is read once.
    const { typed } = mercury.device('sw');
    const reads = typed.filter(line => /show|ovs-vsctl/.test(line));
    expect(reads.length).toBeGreaterThan(2);
    expect(reads).toEqual([...new Set(reads)]);

    expect((await mercury.tell('reset_port', { switch_id: 'sw', port_name: two, native_vlan: null })).outcome).toBe('applied');
    expect(shown(await ask(plans))).toEqual(['holds', 'holds', 'differs']);
  });
});

describe('a device that cannot be asked', () => {
  beforeEach(async () => {
    mercury = await Mercury.start({ devices: { sw: 'cisco_ios', other: 'arista_eos', gone: 'cisco_ios' } });
    await mercury.device('gone').close();
  });
  const detached = (device: string, port: string) => planFor(device, 'detach_port', { port });

  it('is a finding of its own among those that can', async () => {
    const told: [string | undefined, number][] = [];
    const plans = [detached('sw', 'Gi1/0/1'), detached('gone', 'Gi1/0/1'), detached('other', 'Et1'), detached('gone', 'Gi1/0/2')];
    const findings = await survey(plans, mercury.desk.world, eachWithin(60_000), (some, left) =>
      told.push([some[0]?.plan.device.name, left]),
    );
    expect(shown(findings)).toEqual(['holds', 'unreachable', 'holds', 'unreachable']);
    expect(findings[1]?.failure?.message).toMatch(/^gone \(127\.0\.0\.1:\d+\) cannot be reached/);
    expect(told.map(([device]) => device).toSorted()).toEqual(['gone', 'other', 'sw']);
    expect(told.map(([, left]) => left)).toEqual([2, 1, 0]);
  });

  it.each([
    [
      'falls silent',
      'stall',
      'timeout',
      /gave up after .* waiting to hear from sw after "show running-config interface GigabitEthernet1\/0\/3"/,
    ],
    ['hangs up', 'cut', 'session_lost', /the connection to sw was lost/],
  ] as const)(
    'because it %s in the middle has answered until then, and the rest says what kept it from being asked',
    async (_, does, kind, why) => {
      mercury.device('sw').faults.plant({ on: /interface GigabitEthernet1\/0\/3$/, does });
      const plans = [1, 2, 3, 4, 5].map(nth => detached('sw', `Gi1/0/${nth}`));
      const findings = await ask([...plans, detached('other', 'Et1')], allBy(soon(6000)));
      expect(shown(findings)).toEqual(['holds', 'holds', kind, kind, kind, 'holds']);
      expect(findings[2]?.failure?.message).toMatch(why);
      for (const { failure } of findings.slice(3, 5)) expect(failure?.message).toBe(`not asked: ${findings[2]?.failure?.message}`);
      expect(mercury.device('sw').logins).toBe(1);
      await expect.poll(() => mercury.device('sw').sessions).toBe(0);
    },
  );

  it('because there is no time left says so, and is not logged in to', async () => {
    const findings = await ask([detached('sw', 'Gi1/0/1')], allBy(soon(-1)));
    expect(shown(findings)).toEqual(['timeout']);
    expect(findings[0]?.failure?.message).toBe('there was no time left to ask sw');
    expect(mercury.device('sw').logins).toBe(0);
  });

  it('because it does not take the enable secret says nothing about its ports', async () => {
    const world = realWorld({ get: () => ({ ...LAB_USER, enable: 'not-the-secret' }) });
    const findings = await survey([detached('sw', 'Gi1/0/1'), detached('sw', 'Gi1/0/2')], world, eachWithin(60_000));
    expect(findings.map(({ misses, failure }) => [misses, failure?.kind])).toEqual([
      [[], 'rejected'],
      [[], 'rejected'],
    ]);
  });

  it('about a port that it does not have has answered in its own words, and goes on', async () => {
    const findings = await ask([detached('sw', 'Gi1/0/44'), detached('sw', 'Gi1/0/1')]);
    expect(shown(findings)).toEqual(['differs', 'holds']);
    expect(findings[0]?.misses).toHaveLength(1);
    expect(findings[0]?.misses[0]).toContain('% Invalid input detected');
  });
});

describe('changes meanwhile', () => {
  it('do not wait for all the questions, and what they changed is read again', async () => {
    mercury = await Mercury.start({ devices: { sw: 'cisco_ios' } });
    // Of LAGs, what a whole switch shows is read once for all of them.
    const plans = Array.from({ length: 10 }, (_, nth) => planFor('sw', 'delete_lag', { port: `Po${nth + 1}` }));
    const { there, letGo } = hold(mercury.device('sw'), 'typed', /show running-config \| section/);
    const asking = ask(plans);
    await there;
    const change = mercury.tell('update_lag', {
      switch_ids: ['sw'],
      lag_name: 'Po10',
      description: null,
      aggregation_mode: null,
      ...ACCESS,
    });
    await expect.poll(() => mercury.desk.world.queue.size).toBe(2);
    letGo();
    let changed = false;
    void change.then(() => {
      changed = true;
    });
    const findings = await asking;
    expect(changed).toBe(true);
    expect((await change).outcome).toBe('applied');
    expect(shown(findings)).toEqual([...Array.from({ length: 9 }, () => 'holds'), 'differs']);
    expect(mercury.device('sw').logins).toBe(2);
  });
});

describe('many devices', () => {
  it('are asked side by side, at most sixteen at once', async () => {
    const names = Array.from({ length: 20 }, (_, nth) => `nic-${nth}`);
    mercury = await Mercury.start({
      devices: Object.fromEntries(names.map(name => [name, 'openvswitch'])),
      lab: { delays: { login: 50 } },
    });
    const { world } = mercury.desk;
    let now = 0;
    let most = 0;
    const counting: typeof world = {
      ...world,
      open: async (device, dialect, deadline) => {
        most = Math.max(most, ++now);
        const terminal = await world.open(device, dialect, deadline);
        const close = terminal.close.bind(terminal);
        terminal.close = async () => {
          await close();
          now -= 1;
        };
        return terminal;
      },
    };
    const plans = names.flatMap(name => [0, 1].map(nth => planFor(name, 'detach_port', { port: portsOf(name)[nth] ?? '' })));
    const findings = await survey(plans, counting, eachWithin(60_000));
    expect(new Set(shown(findings))).toEqual(new Set(['holds']));
    expect(findings).toHaveLength(40);
    expect(most).toBe(16);
    for (const name of names) expect(mercury.device(name).logins).toBe(1);
  });

  it('each have their share of the time, and not less than a slow login takes', async () => {
    mercury = await Mercury.start({ devices: {} });
    const seconds = (total: number, rounds: number) => Math.round((allBy(Date.now() + total * 1000)(rounds)() - Date.now()) / 1000);
    expect(seconds(110, 1)).toBe(110);
    expect(seconds(110, 4)).toBe(28);
    expect(seconds(110, 60)).toBe(15);
    expect(seconds(5, 60)).toBe(5);
    expect(seconds(-5, 2)).toBe(-5);
  });
});

it('finds a drift that is typed at the switch while nobody looks', async () => {
  mercury = await Mercury.start({ devices: { sw: 'arista_eos' } });
  await mercury.onNetwork('add_network', 'sw', 100, 'tenant');
  const networks = [planFor('sw', 'add_network', { vlan: 100, network_name: 'tenant' })];
  expect(shown(await ask(networks))).toEqual(['holds']);
  typeAt(mercury.device('sw'), ['enable', 'configure', 'vlan 100', 'name somebody-elses']);
  expect(shown(await ask(networks))).toEqual(['differs']);
  typeAt(mercury.device('sw'), ['enable', 'configure', 'no vlan 100']);
  expect(shown(await ask(networks))).toEqual(['differs']);
});
