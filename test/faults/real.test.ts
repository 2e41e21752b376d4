import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../cli/run.ts';
import { portOf, type Told } from '../harness.ts';
import { realSwitchReady } from '../real/ready.ts';
import { MODES } from './modes.ts';
import { randomFrom, SEED, SWEEP } from './pick.ts';
import { type Direction, HARMS, type Harm } from './proxy.ts';
import { RealSwitch } from './real-ovs.ts';
import { type Met, report } from './report.ts';
import { Service } from './service.ts';

const { ready, why } = realSwitchReady();

/*
 * The same as with the lab, and nothing of the switch is ours: a real Open vSwitch behind OpenSSH's sshd, the proxy before it, and the
 * database's own monitor as the witness of every state of a port. FAULT_SEED=n strikes elsewhere.
 */

const SWITCHES = 3;
/** Times that each harm is done to each move. */
const TIMES = SWEEP > 0 ? 60 : 1;
const KILLS = SWEEP > 0 ? 20 : 1;
const SHORTEST_CALL = 6000;
/** As many times as much time have those again that were told to be unknown, for want of it perhaps. */
const MORE_TIME = 4;
const CALL_OVER_CHANGE = 12;

const ACCESS = { mode: 'access', native_vlan: 100 };
const TRUNK = { mode: 'trunk', native_vlan: 200, allowed_vlans: [201, 202] };
/** What is attached before, what is asked, and what the port may carry on the way. */
const MOVES = [
  { method: 'attach_port', before: undefined, asked: ACCESS, own: ['100'] },
  { method: 'update_port', before: ACCESS, asked: TRUNK, own: ['100', '200 + 201-202'] },
  { method: 'detach_port', before: TRUNK, asked: {}, own: ['200 + 201-202'] },
] as const;
type Move = (typeof MOVES)[number];

/** How a move goes when nothing goes wrong. */
interface Course {
  readonly before: string;
  readonly after: string;
  readonly bytes: Readonly<Record<Direction, number>>;
}

/** A byte of a change. */
interface Place {
  readonly direction: Direction;
  readonly byte: number;
}

const title = 'a network that fails before a real Open vSwitch';
describe.skipIf(!ready).each(MODES)(ready ? `${title} and a service $name` : `${title} (left out: ${why})`, mode => {
  let service: Service;
  let switches: readonly RealSwitch[];
  const courses = new Map<Move, Course>();
  const met: (Met & { readonly name: string })[] = [];
  const random = randomFrom(SEED);

  beforeAll(async () => {
    const started: RealSwitch[] = [];
    switches = started;
    for (let nth = 0; nth < SWITCHES; nth += 1) started.push(await RealSwitch.start());
    const devices = switches.map(({ proxy, sshd }, nth) => [
      nameOf(nth),
      {
        platform: 'openvswitch',
        address: sshd.address,
        port: proxy.port,
        credentials: nameOf(nth),
        host_keys: [sshd.fingerprint],
        vars: { become: false },
      },
    ]);
    const credentials = switches.map(({ sshd }, nth) => [nameOf(nth), { username: sshd.username, private_key: sshd.privateKey }]);
    service = await Service.start({
      devices: Object.fromEntries(devices),
      credentials: Object.fromEntries(credentials),
      callTime: 30_000,
      mode,
    });
    let longest = 0;
    for (const move of MOVES) {
      const one = await makeReady(0, move);
      const before = await one.state();
      const began = performance.now();
      expect(await ask(0, move)).toMatchObject({ outcome: 'applied' });
      longest = Math.max(longest, performance.now() - began);
      const [wire] = one.proxy.wires;
      const bytes = { up: wire?.passed('up') ?? 0, down: wire?.passed('down') ?? 0 };
      courses.set(move, { before, after: await one.state(), bytes });
    }
    await service.restart(Math.max(SHORTEST_CALL, Math.round(longest * CALL_OVER_CHANGE)));
  }, 120_000);

  afterAll(async () => {
    await service?.[Symbol.asyncDispose]();
    for (const one of switches ?? []) await one[Symbol.asyncDispose]();
    report(`On the way to a real Open vSwitch (${mode.name}, FAULT_SEED=${SEED})`, met);
  });

  const nameOf = (nth: number) => `ovs-${nth}`;
  const switchOf = (nth: number) => switches[nth] as RealSwitch;
  const onPort = (nth: number, method: string, more: object) =>
    service.tell(method, { port: portOf(nameOf(nth), switchOf(nth).port), ...more });
  const ask = (nth: number, { method, asked }: Move) => onPort(nth, method, asked);
  const courseOf = (move: Move) => courses.get(move) as Course;
  const placeIn = (move: Move, share = random()): Place => {
    const direction = random() < 0.5 ? 'up' : 'down';
    return { direction, byte: Math.floor(courseOf(move).bytes[direction] * share) };
  };
  /** Places from before the login to the last answer, none far from where they are wanted, in no order. */
  const placesIn = (move: Move, count: number): Place[] =>
    Array.from({ length: count }, (_, nth) => placeIn(move, nth === 0 ? 0 : (nth + random()) / count))
      .map(place => ({ place, rank: random() }))
      .sort((one, other) => one.rank - other.rank)
      .map(({ place }) => place);

  /** Has the port as it is before the move, and the proxy count from here. */
  async function makeReady(nth: number, { before }: Move): Promise<RealSwitch> {
    const one = switchOf(nth);
    for (const [method, more] of [['detach_port', {}] as const, ...(before ? [['attach_port', before] as const] : [])]) {
      const { outcome, message } = await onPort(nth, method, more);
      if (!/^(?:applied|unchanged)$/.test(outcome)) throw new Error(`${method}: ${outcome} ${message}`);
    }
    one.proxy.reset(one.sshd.port);
    one.carried();
    return one;
  }

  /** The same change once more, when the network is well again; where it closed the port, nobody but an attach may open it. */
  async function againOn(nth: number, move: Move, told?: Told): Promise<string[]> {
    const one = switchOf(nth);
    const closed = told?.outcome === 'rescued' && move.method === 'update_port';
    const { outcome, message } = closed ? await onPort(nth, 'attach_port', move.asked) : await ask(nth, move);
    const strange = [...one.carried()].filter(state => !move.own.includes(state as never));
    return [
      ...(/^(?:applied|unchanged)$/.test(outcome) ? [] : [`asked again it told ${outcome} ${message}`]),
      ...((await one.state()) === courseOf(move).after ? [] : ['asked again it did not end as it should']),
      ...strange.map(state => `the port carried ${state}`),
    ];
  }

  const liesOf = (list: typeof met) => list.flatMap(({ name, lies }) => lies.map(lie => `${name}: ${lie}`));

  it('makes nobody tell a lie, opens no port and leaves nothing behind', { timeout: 3_600_000 }, async () => {
    const waiting = MOVES.flatMap(move => {
      const places = placesIn(move, HARMS.length * TIMES);
      return places.map((place, nth) => ({ move, harm: HARMS[nth % HARMS.length] as Harm, place }));
    })
      .map(one => ({ ...one, rank: random() }))
      .sort((one, other) => one.rank - other.rank);
    const again: typeof waiting = [];
    await Promise.all(
      switches.map(async (_, nth) => {
        for (let next = waiting.pop(); next; next = waiting.pop()) {
          const { outcome, tried } = await tryOn(nth, next.move, next.harm, next.place);
          if (outcome === 'unknown') again.push(next);
          else met.push(tried);
        }
      }),
    );
    if (again.length > 0) await service.restart(service.callTime * MORE_TIME);
    for (const { move, harm, place } of again) met.push((await tryOn(0, move, harm, place)).tried);
    expect(liesOf(met)).toEqual([]);
  });

  it('has a service that was killed in the middle go on as if nothing had been', { timeout: 600_000 }, async () => {
    const killed: typeof met = [];
    for (const move of MOVES) {
      for (let times = 0; times < KILLS; times += 1) {
        const there = await Promise.all(switches.map((_, nth) => heldAt(nth, move, placeIn(move))));
        await Promise.all(there.map(({ reached }) => reached));
        await service.kill();
        for (const { proxy } of switches) proxy.heal();
        await service.restart();
        for (const [nth, { place }] of there.entries()) {
          const name = `${move.method}: the service was killed at byte ${place.byte} ${place.direction}`;
          killed.push({ row: 'the service is killed', name, struck: true, lies: await againOn(nth, move) });
        }
      }
    }
    met.push(...killed);
    expect(liesOf(killed)).toEqual([]);
  });

  it('leaves no login and no lock behind', async () => {
    await until(() => switches[0]?.logins.length === 0, 'every login has ended').catch(() => {});
    expect(switches[0]?.logins).toEqual([]);
    await expect.poll(() => service.locks, { timeout: 15_000 }).toEqual([]);
  });

  /** Asks for the move, and lets nothing pass from that byte on. */
  async function heldAt(nth: number, move: Move, place: Place): Promise<{ place: Place; reached: Promise<void> }> {
    const { proxy } = await makeReady(nth, move);
    const { promise: reached, resolve } = Promise.withResolvers<void>();
    proxy.onWire = wire =>
      wire.at(place.direction, place.byte, () => {
        proxy.onWire = () => {};
        wire.strike('stall');
        resolve();
      });
    void ask(nth, move).catch(() => {});
    return { place, reached };
  }

  async function tryOn(
    nth: number,
    move: Move,
    harm: Harm,
    { direction, byte }: Place,
  ): Promise<{ outcome: string; tried: (typeof met)[number] }> {
    const one = await makeReady(nth, move);
    const lies = (await one.state()) === courseOf(move).before ? [] : ['it was not ready'];
    let struck = false;
    one.proxy.onWire = (wire, connection) => {
      if (connection > 1) return;
      wire.at(direction, byte, () => {
        struck = true;
        wire.strike(harm);
      });
    };
    const told = await ask(nth, move);
    await Promise.all(one.proxy.wires.map(wire => wire.arrival));
    one.proxy.heal();
    lies.push(...falsehoods(told, courseOf(move), await one.state()).map(lie => `${lie} [${told.outcome} ${told.message}]`));
    lies.push(...(await againOn(nth, move, told)));
    return { outcome: told.outcome, tried: { row: harm, name: `${move.method}: ${harm} at byte ${byte} ${direction}`, struck, lies } };
  }
});

function falsehoods({ outcome }: Told, { before, after }: Course, now: string): string[] {
  const truth: Readonly<Record<string, boolean>> = {
    applied: now === after,
    refused: now === before,
    undone: now === before,
    rescued: !now.startsWith('name'),
  };
  if (truth[outcome]) return [];
  const is = now === before ? 'as before' : now === after ? 'as asked' : now.replaceAll(/\s*\n/g, '; ');
  return [`it told ${outcome}, and the port is ${is}`];
}
