import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Breaker } from '../../server/engine/breaker.ts';
import { NO_LOCKS } from '../../server/engine/lock/none.ts';
import { realWorld, type World } from '../../server/engine/world.ts';
import { ChangeError, type Kind } from '../../server/errors.ts';
import { CredentialsFile } from '../../server/library/credentials.ts';
import { Mercury, portOf } from '../harness.ts';
import { Beside } from '../rpc/beside.ts';
import { type RpcReply, send } from '../rpc/wire.ts';

/* Devices that do not answer, by a clock of the tests' own; and what such a device is spared, and what it is not. */

const SECOND = 1000;
let now: number;
let breaker: Breaker;
beforeEach(() => {
  now = 7;
  breaker = new Breaker(() => now);
});

describe('the breaker', () => {
  const device = { name: 'leaf', address: '192.0.2.1', port: 22 } as Parameters<Breaker['login']>[0];
  /** A login that takes some seconds and then ends. */
  const login = (kind: Kind | 'works', seconds = 0, urgent = false): Promise<string> =>
    breaker
      .login(
        device,
        async () => {
          now += seconds * SECOND;
          if (kind !== 'works') throw new ChangeError(kind, `tried: ${kind}`);
          return 'works';
        },
        urgent,
      )
      .catch((thrown: unknown) => (thrown as ChangeError).message);
  const refused = expect.stringMatching(
    /^leaf has not answered since \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ: it is tried again in \d+ s; nothing was typed\. Last: tried: /,
  );
  const waitOf = (message: string) => Number(/again in (\d+) s/.exec(message)?.[1]);

  it('lets three logins fail, and refuses the next at once', async () => {
    for (let i = 0; i < 3; i += 1) expect(await login('unreachable')).toBe('tried: unreachable');
    expect(await login('works')).toEqual(refused);
    expect(() => breaker.admit('leaf')).toThrow(expect.objectContaining({ kind: 'unreachable', outcome: 'refused' }) as Error);
    breaker.admit('spine');
  });

  it('waits twice as long after each try that fails, up to a minute, and not at all after one that works', async () => {
    for (let i = 0; i < 3; i += 1) await login('unreachable');
    const waits: number[] = [];
    for (let i = 0; i < 7; i += 1) {
      const wait = waitOf(await login('works'));
      waits.push(wait);
      now += wait * SECOND - 1;
      expect(await login('works')).toEqual(refused);
      now += 1;
      expect(await login('unreachable')).toBe('tried: unreachable');
    }
    expect(waits).toEqual([5, 10, 20, 40, 60, 60, 60]);
    now += 60 * SECOND;
    expect(await login('works')).toBe('works');
    for (let i = 0; i < 3; i += 1) expect(await login('unreachable')).toBe('tried: unreachable');
    expect(waitOf(await login('works'))).toBe(5);
  });

  it('counts in a row: a login that works begins anew', async () => {
    for (const kind of ['unreachable', 'unreachable', 'works', 'unreachable', 'unreachable', 'works'] as const)
      expect(await login(kind)).toContain(kind);
  });

  it.each(['login_refused', 'host_key', 'rejected', 'session_lost'] as const)('takes %s for an answer', async kind => {
    for (const each of ['unreachable', 'unreachable', kind, 'unreachable', 'unreachable', kind, kind, kind, kind] as const)
      expect(await login(each)).toBe(`tried: ${each}`);
  });

  it('counts a login that was waited for long enough, and none that had little time: it says nothing either way', async () => {
    for (let i = 0; i < 9; i += 1) expect(await login('timeout', 9)).toBe('tried: timeout');
    for (const seconds of [10, 9, 77, 1, 10]) expect(await login('timeout', seconds)).toBe('tried: timeout');
    expect(await login('works')).toEqual(refused);
    // Who tries with little time leaves it to the next.
    now += 5 * SECOND;
    for (let i = 0; i < 3; i += 1) expect(await login('timeout', 3)).toBe('tried: timeout');
    expect(await login('works')).toBe('works');
  });

  it('lets one call try, and refuses the others meanwhile', async () => {
    for (let i = 0; i < 3; i += 1) await login('unreachable');
    now += 5 * SECOND;
    const { promise, resolve } = Promise.withResolvers<string>();
    const trying = breaker.login(device, () => promise);
    expect(await login('works')).toMatch(/it is being tried again just now; nothing was typed\. Last: tried: unreachable$/);
    resolve('in');
    expect(await trying).toBe('in');
    expect(await login('works')).toBe('works');
  });

  it('is of one address: a device that moved is tried', async () => {
    for (let i = 0; i < 3; i += 1) await login('unreachable');
    expect(await breaker.login({ ...device, address: '192.0.2.2' }, async () => 'in')).toBe('in');
  });

  it('keeps nobody from taking back what was typed, and takes all that this tries for one login', async () => {
    for (let i = 0; i < 10; i += 1) expect(await login('unreachable', 0, true)).toBe('tried: unreachable');
    expect(await login('unreachable')).toBe('tried: unreachable');
    expect(await login('unreachable')).toBe('tried: unreachable');
    expect(waitOf(await login('works'))).toBe(5);
    expect(await login('works', 0, true)).toBe('works');
    expect(await login('works')).toBe('works');
  });
});

describe('a device that does not answer', () => {
  let mercury: Mercury;
  let beside: Beside;
  let world: World;
  const start = async (queueAtMost = 100) => {
    mercury = await Mercury.start({ devices: { leaf: 'cisco_ios', other: 'cisco_ios' } });
    for (const name of ['leaf', 'other']) await mercury.onNetwork('add_network', name, 100, 'tenant');
    world = realWorld(new CredentialsFile(join(mercury.folder, 'credentials.yml')), NO_LOCKS, { breaker, queueAtMost });
    beside = await Beside.start(mercury, { world: () => world });
  };
  afterEach(async () => {
    await beside[Symbol.asyncDispose]();
    await mercury[Symbol.asyncDispose]();
  });

  const attach = async (nth: number, more: object = {}): Promise<RpcReply> =>
    (await send(beside.url, 'attach_port', { port: portOf('leaf', `Gi1/0/${nth}`), native_vlan: 100, ...more })).json;
  const outcome = ({ result, error }: RpcReply) => (result as { outcome?: string } | undefined)?.outcome ?? error?.message;

  it('is tried three times, then left alone until its time has come, and is found again', async () => {
    await start();
    const leaf = mercury.device('leaf');
    const { port, logins } = leaf;
    await leaf.close();
    for (let i = 0; i < 3; i += 1)
      expect(outcome(await attach(1))).toMatch(/^leaf \(127\.0\.0\.1:\d+\) cannot be reached: connect ECONNREFUSED/);
    await leaf.listen(port);
    const refused = await attach(1);
    expect(refused.error).toMatchObject({
      code: 503,
      message: expect.stringMatching(
        /^leaf has not answered since .*Z: it is tried again in 5 s; nothing was typed\. Last: leaf .* cannot be reached/,
      ),
      data: { kind: 'unreachable', outcome: 'refused', class: 'ironic.common.exception.NetworkError' },
    });
    expect(beside.audit.at(-1)).toMatchObject({ event: 'refusal', what: { device: 'leaf' }, how: { kind: 'unreachable' } });
    // Whoever only asks is spared the wait, too; other devices have nothing to do with it.
    const asked = await send(beside.url, 'is_port_supported', { port: portOf('leaf', 'Gi1/0/1') });
    expect(asked.json.error?.message).toMatch(/^leaf has not answered since/);
    expect((await send(beside.url, 'is_port_supported', { port: portOf('other', 'Gi1/0/1') })).json.result).toBe(true);
    expect(leaf.logins).toBe(logins);
    now += 5 * SECOND;
    expect(outcome(await attach(1))).toBe('applied');
    expect(outcome(await attach(2))).toBe('applied');
  });

  it('is another thing than one that refuses the password: that is asked each time', async () => {
    await start();
    const leaf = mercury.device('leaf');
    await using wrong = await Beside.start(mercury, {
      credentials: { guess: { username: 'mercury', password: 'wrong' } },
      edit: inventory => {
        for (const entry of Object.values(inventory.devices)) entry.credentials = 'guess';
      },
    });
    const tries = await Promise.all(
      [1, 2, 3, 4, 5].map(nth => send(wrong.url, 'attach_port', { port: portOf('leaf', `Gi1/0/${nth}`), native_vlan: 100 })),
    );
    expect(tries.map(({ json }) => json.error?.data?.kind)).toEqual(tries.map(() => 'login_refused'));
    expect(leaf.sessions).toBe(0);
  });

  it('is come back to by a change that typed something there, however often it does not answer', async () => {
    await start();
    const leaf = mercury.device('leaf');
    leaf.faults.plant({ on: /^switchport mode access/, does: 'die' });
    const cut = attach(1);
    // It is reached for again and again, and each time hung up on.
    await expect.poll(() => leaf.turnedAway).toBeGreaterThan(3);
    leaf.revive();
    expect((await cut).error?.data).toMatchObject({ outcome: 'rescued' });
    expect(outcome(await attach(1))).toBe('applied');
  });

  it('or that many wait for, is no reason to leave a port open that the same call attached', async () => {
    await start(1);
    const turn = (name: string) => world.queue.turn(name, Date.now() + 20_000);
    const onVlan = /interface GigabitEthernet1\/0\/5\n(?: .*\n)* switchport access vlan 100\n/;
    const running = () => mercury.device('leaf').device.running();
    const gate = await turn('other');
    const links = ['leaf', 'other'].map(name => ({ switch_info: name, port_id: 'Gi1/0/5' }));
    const call = send(beside.url, 'attach_port', { port: { id: 'x', local_link_information: links }, native_vlan: 100 });
    await expect.poll(() => beside.audit.at(-1)).toMatchObject({ what: { device: 'leaf' }, how: { outcome: 'applied' } });
    expect(running()).toMatch(onVlan);
    const held = await turn('leaf');
    const waiting = turn('leaf');
    expect(outcome(await attach(6))).toBe('leaf is busy with other changes (1 in its queue, which is full); nothing was typed');
    mercury.device('other').faults.plant({ on: /^switchport mode access/, does: 'refuse' });
    gate[Symbol.dispose]();
    await expect.poll(() => beside.audit.at(-1)).toMatchObject({ what: { device: 'other' }, how: { kind: 'rejected' } });
    await expect.poll(() => world.queue.size).toBe(3);
    held[Symbol.dispose]();
    (await waiting)[Symbol.dispose]();
    expect((await call).json.error?.message).toContain('leaf ended rescued');
    expect(running()).not.toMatch(onVlan);
  });
});
