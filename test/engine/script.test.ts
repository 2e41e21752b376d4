import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { execute } from '../../server/engine/execute.ts';
import { plan } from '../../server/engine/plan.ts';
import { script } from '../../server/engine/script.ts';
import { worldWith } from '../../server/engine/world.ts';
import type { ChangePlan, ChangeRequest, Dialect, Method, Step, Values } from '../../server/model.ts';
import { ShellTerminal } from '../../server/terminal/shell.ts';
import fc from '../chance.ts';
import { Mercury, PLATFORMS } from '../harness.ts';
import { dialectOf, line, mode, TestDevice } from '../terminal/device.ts';

/** What a dry run says is typed when all goes well. */
const promised = (planned: ChangePlan) =>
  script(planned)
    .filter(({ when }) => when !== 'if it fails')
    .map(({ sent }) => sent);

function requestOf(device: string, method: Method, args: Values): ChangeRequest {
  return {
    id: `req-${randomUUID()}`,
    method,
    device,
    args,
    caller: { name: 'test', address: '', scheme: 'none' },
    why: {},
    dryRun: false,
    deadline: Date.now() + 20_000,
  };
}

describe('a dry run shows to the letter what is typed', () => {
  let mercury: Mercury;
  beforeAll(async () => {
    mercury = await Mercury.start({ devices: Object.fromEntries(PLATFORMS.map(platform => [platform, platform])) });
  });
  afterAll(() => mercury[Symbol.asyncDispose]());

  it.each(PLATFORMS)('on %s', async platform => {
    const lab = mercury.device(platform);
    const port = lab.device.ports[2] ?? '';
    const trunk: Values = { port, mode: 'trunk', native_vlan: 100, allowed_vlans: [200, 201] };
    const calls: readonly (readonly [Method, Values])[] = [
      ...[100, 200, 201].map(vlan => ['add_network', { vlan, network_name: `net-${vlan}` }] as const),
      ['is_port_supported', { port }],
      ['attach_port', { port, mode: 'access', native_vlan: 100, description: 'node 7' }],
      ['attach_port', { port, mode: 'access', native_vlan: 100, description: 'node 7' }],
      ['update_port', trunk],
      ['detach_port', { port }],
      ['attach_port', trunk],
      ['detach_port', { port, default_vlan: 100 }],
      ['detach_port', { port }],
      ['delete_network', { vlan: 201, network_name: 'net-201' }],
    ];
    const outcomes: string[] = [];
    for (const [method, args] of calls) {
      const planned = plan(requestOf(platform, method, args), mercury.library);
      lab.typed.length = 0;
      const { outcome } = await execute(planned, mercury.desk.world);
      outcomes.push(outcome);
      const whole = promised(planned);
      const before = script(planned).filter(({ when }) => when === 'login' || when === 'before').length;
      // What holds already is read and nothing more.
      expect(lab.typed, `${method} ${JSON.stringify(args)}`).toEqual(outcome === 'unchanged' ? whole.slice(0, before) : whole);
    }
    expect(outcomes.filter(outcome => outcome === 'applied').length).toBeGreaterThanOrEqual(5);
    expect(outcomes.every(outcome => outcome === 'applied' || outcome === 'unchanged')).toBe(true);
  });
});

describe('a dry run and the terminal take the same way', () => {
  const where = fc.nat();
  const steps = fc.array(fc.record({ where, lines: fc.integer({ min: 1, max: 3 }) }), { maxLength: 4 });
  const scene = fc.record({
    parents: fc.array(fc.record({ parent: fc.nat(), reads: fc.boolean() }), { minLength: 1, maxLength: 6 }),
    config: where,
    read: where,
    require: steps,
    change: steps.filter(list => list.length > 0),
    verify: steps,
    transaction: fc.option(fc.record({ diff: fc.boolean(), confirm: fc.boolean(), commit: where, lands: fc.boolean() })),
    save: fc.option(where),
  });

  it('through every tree of modes, whatever is typed where', async () => {
    await fc.assert(
      fc.asyncProperty(scene, async drawn => {
        const names = drawn.parents.map((_, i) => `m${i}`);
        const at = (index: number) => names[index % names.length] ?? 'm0';
        const parentOf = (i: number) => (i === 0 ? undefined : `m${(drawn.parents[i]?.parent ?? 0) % i}`);
        const dialect = dialectOf(
          names.map((name, i) => {
            const parent = parentOf(i);
            const inside = {
              enter: [line(`go ${name}`)],
              leave: [line(`leave ${name}`)],
              ...(drawn.parents[i]?.reads ? { reads: 'run' } : {}),
            };
            return mode(name, new RegExp(`^sw\\(${name}\\)#$`), parent === undefined ? {} : { parent, ...inside });
          }),
          { onOpen: [line('hello')] },
        );
        const listOf = (kind: string, drawnSteps: readonly { where: number; lines: number }[]) =>
          drawnSteps.map(({ where, lines }, i) =>
            stepOf(
              at(where),
              Array.from({ length: lines }, (_, n) => `${kind} ${i}.${n}`),
            ),
          );
        const check = stepOf(at(drawn.read), ['state']);
        const { transaction } = drawn;
        const planned: ChangePlan = {
          request: requestOf('sw', 'attach_port', {}),
          device: {
            name: 'sw',
            platform: 'test',
            address: '',
            port: 22,
            credentials: '',
            hostKeys: 'any',
            switchIds: [],
            uplinks: [],
            physicalNetworks: [],
            vars: {},
            source: { file: 'f', line: 1 },
          },
          subject: '',
          title: '',
          file: 'f',
          dialect,
          configMode: at(drawn.config),
          readMode: at(drawn.read),
          require: listOf('require', drawn.require),
          steps: listOf('set', drawn.change),
          verify: [
            ...listOf('look', drawn.verify),
            { ...check, expect: [{ kind: 'text', pattern: /^changed$/m, place: { file: 'f', line: 1 } }] },
          ],
          ...(transaction
            ? {
                transaction: {
                  ...(transaction.diff ? { diff: stepOf(at(drawn.config), ['diff']) } : {}),
                  commit: { ...stepOf(at(transaction.commit), ['commit']), ...(transaction.lands ? { lands: 'm0' } : {}) },
                  ...(transaction.confirm ? { confirm: stepOf(at(drawn.config), ['confirm']) } : {}),
                  discard: stepOf(at(drawn.config), ['discard']),
                },
              }
            : {}),
          concerns: 'more',
          ...(drawn.save === null ? {} : { save: stepOf(at(drawn.save), ['save']) }),
        };
        const device = treeDevice(dialect, transaction?.lands ?? false);
        const world = worldWith((_device, spoken, deadline) =>
          ShellTerminal.open(device, { dialect: spoken, enableSecret: undefined, device: 'sw' }, deadline),
        );
        expect((await execute(planned, world)).outcome).toBe('applied');
        expect(device.typed).toEqual(promised(planned));
      }),
      { numRuns: 100 },
    );
  });
});

function stepOf(where: string, lines: readonly string[]): Step {
  return {
    task: 'x',
    source: { file: 'f', line: 1 },
    mode: where,
    lines: lines.map(line),
    expect: [],
    reject: [],
    tolerate: [],
    answer: [],
  };
}

/** A device with a tree of modes. It is `changed` once something was set, and commit may land in the first mode. */
function treeDevice({ modes }: Dialect, lands: boolean): TestDevice {
  let at = 'm0';
  let state = 'as it was';
  return new TestDevice({
    greeting: 'sw(m0)#',
    answer: text => {
      const [verb = '', name = ''] = text.replace(/^run /, '').split(' ');
      let said = '';
      if (verb === 'go' && modes.get(name)?.parent === at) at = name;
      else if (verb === 'leave' && name === at) at = modes.get(at)?.parent ?? at;
      else if (verb === 'go' || verb === 'leave') said = '% not from here\r\n';
      else if (verb === 'set') state = 'changed';
      else if (verb === 'commit' && lands) at = 'm0';
      else if (text.endsWith('state')) said = `${state}\r\n`;
      return `${text}\r\n${said}sw(${at})#`;
    },
  });
}
