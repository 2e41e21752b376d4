import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Standing } from '../../server/engine/drift.ts';
import { type Recorded, standingsOf } from '../../server/engine/history.ts';
import { loadLibrary } from '../../server/library/library.ts';
import type { Method, Values } from '../../server/model.ts';
import type { Outcome } from '../../server/result.ts';
import { Folder } from '../cli/run.ts';
import { ROOT } from '../harness.ts';

/* What ports should be by the changes that the audit tells of. */

const folder = new Folder();
const inventory = join(folder.path, 'inventory');
mkdirSync(inventory);
writeFileSync(join(inventory, 'sw.yml'), 'devices: { sw: { platform: cisco_ios, address: 192.0.2.1, credentials: none } }\n');
const library = loadLibrary({ root: ROOT, playbooks: 'playbooks', templates: 'templates', inventory });
afterAll(() => folder[Symbol.dispose]());

type Step = readonly [method: Method, args: Values, outcome?: Outcome, device?: string];

function after(...steps: readonly Step[]): Standing[] {
  const changes = steps.map(
    ([method, args, outcome = 'applied', device = 'sw'], nth): Recorded => ({
      id: `change-${nth + 1}`,
      time: `2026-11-22T10:00:0${nth}.000Z`,
      method,
      device,
      what: { request: `change-${nth + 1}`, method, device, platform: 'cisco_ios', rule: 'inventory/policy.yml:3', ...args },
      outcome,
      caller: { name: 'ironic', address: '192.0.2.9', scheme: 'basic' },
      why: { node: 'n' },
    }),
  );
  return standingsOf(changes, library, 0);
}

/** Each standing in a line: what is asked for which port, or why that is not known. */
function told(...steps: readonly Step[]): string[] {
  return after(...steps).map(standing => {
    const { about } = standing;
    const where = about.port ?? `VLAN ${about.vlan}`;
    if (!('request' in standing)) return `${where}: ${'notKnown' in standing ? standing.notKnown : standing.failure.message}`;
    const { native_vlan, allowed_vlans } = standing.request.args;
    const vlans = [native_vlan, allowed_vlans].flat().filter(vlan => vlan !== null && vlan !== undefined);
    return `${where}: ${[standing.request.method, ...vlans].join(' ')}`;
  });
}

const access = (port: string, native_vlan: number): Values => ({ port, mode: 'access', native_vlan });
const joining = (port: string, native_vlan: number): Values => ({ ...access(port, native_vlan), lag: 'Po10' });

describe('a port', () => {
  it('should be what its last change asked for, whatever name it went by', () => {
    expect(
      told(
        ['attach_port', access('Gi1/0/1', 100)],
        ['attach_port', access('Gi1/0/2', 100)],
        ['update_port', access('gi1/0/1', 200), 'unchanged'],
        ['detach_port', { port: 'GigabitEthernet1/0/2' }],
        ['update_port', { port: 'GigabitEthernet1/0/1', mode: 'trunk', native_vlan: 100, allowed_vlans: [200, 201] }],
      ),
    ).toEqual(['GigabitEthernet1/0/2: detach_port', 'GigabitEthernet1/0/1: update_port 100 200 201']);
  });

  it('is asked about in the words of the call, and with its id, time and reason', () => {
    const args = { ...access('Gi1/0/1', 100), description: 'node 42', mtu: 9000, mac: 'aa', port_id: 'p', node: 'n', instance: 'i' };
    const [standing] = after(['attach_port', args]);
    expect(standing).toEqual({
      about: { device: 'sw', port: 'GigabitEthernet1/0/1', method: 'attach_port', request: 'change-1', time: '2026-11-22T10:00:00.000Z' },
      request: {
        id: 'change-1',
        method: 'attach_port',
        device: 'sw',
        // What the line says of other things is no part of it.
        args,
        caller: { name: 'ironic', address: '192.0.2.9', scheme: 'basic' },
        why: { node: 'n' },
        dryRun: false,
        deadline: 0,
      },
    });
  });

  it.each(['rescued', 'undone', 'unknown'] as const)('whose last change ended %s should be nobody knows what', outcome => {
    const steps: Step[] = [
      ['attach_port', access('Gi1/0/1', 100)],
      ['update_port', access('Gi1/0/1', 200), outcome],
    ];
    expect(told(...steps)).toEqual([`GigabitEthernet1/0/1: its last change, update_port at 2026-11-22T10:00:01.000Z, ended ${outcome}`]);
    expect(told(...steps, ['attach_port', access('Gi1/0/1', 300)])).toEqual(['GigabitEthernet1/0/1: attach_port 300']);
  });

  it.each(['refused', 'planned'] as const)('stays what it was after a change that was %s', outcome => {
    expect(told(['attach_port', access('Gi1/0/1', 100)], ['update_port', access('Gi1/0/1', 200), outcome])).toEqual([
      'GigabitEthernet1/0/1: attach_port 100',
    ]);
    expect(told(['update_port', access('Gi1/0/1', 200), outcome])).toEqual([]);
  });

  it('of one switch is not that of another, though it be of the same name', () => {
    expect(told(['attach_port', access('Gi1/0/1', 100)], ['attach_port', access('Gi1/0/1', 200), 'applied', 'gone'])).toEqual([
      'GigabitEthernet1/0/1: attach_port 100',
      'Gi1/0/1: attach_port 200',
    ]);
  });
});

describe('a network', () => {
  const network = (vlan: number): Values => ({ vlan, network_name: `net-${vlan}` });

  it('is there or gone by its last change', () => {
    expect(told(['add_network', network(100)], ['add_network', network(200)], ['delete_network', network(100)])).toEqual([
      'VLAN 200: add_network',
      'VLAN 100: delete_network',
    ]);
  });

  it.each<[string, Step]>([
    ['attached', ['attach_port', access('Gi1/0/1', 100)]],
    ['attached in vain', ['attach_port', access('Gi1/0/1', 100), 'rescued']],
    ['given it among others', ['update_port', { port: 'Gi1/0/1', mode: 'trunk', native_vlan: null, allowed_vlans: [100, 200] }]],
    ['left on it', ['detach_port', { port: 'Gi1/0/1', default_vlan: 100 }]],
  ])('that was deleted may be there again when a port was %s', (_, step) => {
    expect(told(['delete_network', network(100)], ['delete_network', network(300)], step).filter(line => line.startsWith('VLAN'))).toEqual([
      'VLAN 300: delete_network',
    ]);
  });
});

describe('a LAG', () => {
  const made: readonly Step[] = [
    ['attach_lag', access('Po10', 100)],
    ['join_lag', joining('Gi1/0/1', 100)],
    ['join_lag', joining('Gi1/0/2', 100)],
  ];
  const [one, two, lag] = ['GigabitEthernet1/0/1', 'GigabitEthernet1/0/2', 'Port-channel10'];

  it('and its members carry what the LAG was given last', () => {
    expect(told(...made)).toEqual([`${lag}: attach_lag 100`, `${one}: join_lag 100`, `${two}: join_lag 100`]);
    expect(told(...made, ['attach_lag', access('Po10', 200)])).toEqual([
      `${one}: join_lag 200`,
      `${two}: join_lag 200`,
      `${lag}: attach_lag 200`,
    ]);
    const trunk = { mode: 'trunk', native_vlan: null, allowed_vlans: [200, 201] };
    expect(told(...made, ['attach_lag', { port: 'Po10', ...trunk }])[0]).toBe(`${one}: join_lag 200 201`);
  });

  it('and its members carry what the last port to join was given', () => {
    expect(told(...made.slice(0, 2), ['join_lag', joining('Gi1/0/2', 200)])).toEqual([
      `${lag}: attach_lag 200`,
      `${one}: join_lag 200`,
      `${two}: join_lag 200`,
    ]);
  });

  it('goes on without a member that left', () => {
    expect(told(...made, ['detach_port', { port: 'Gi1/0/1' }])).toEqual([
      `${lag}: attach_lag 100`,
      `${two}: join_lag 100`,
      `${one}: detach_port`,
    ]);
  });

  it('that was taken off its networks leaves open what its members should be', () => {
    const why = 'its LAG was taken off its networks since, by detach_port at 2026-11-22T10:00:03.000Z, ended applied';
    expect(told(...made, ['detach_port', { port: 'Po10' }])).toEqual([`${one}: ${why}`, `${two}: ${why}`, `${lag}: detach_port`]);
  });

  it('on which a change failed leaves open what its members should be, and what was undone does not', () => {
    const why = 'by attach_lag at 2026-11-22T10:00:03.000Z, ended rescued';
    expect(told(...made, ['attach_lag', access('Po10', 200), 'rescued'])).toEqual([
      `${one}: its LAG was changed since, ${why}`,
      `${two}: its LAG was changed since, ${why}`,
      `${lag}: its last change, ${why.slice(3)}`,
    ]);
    expect(told(...made, ['attach_lag', access('Po10', 200), 'undone']).slice(0, 2)).toEqual([
      `${one}: join_lag 100`,
      `${two}: join_lag 100`,
    ]);
  });

  it('is what it was when a port failed to join it on its own VLANs, and not when on others', () => {
    const failed = (vlan: number): Step => ['join_lag', joining('Gi1/0/3', vlan), 'rescued'];
    expect(told(...made, failed(100)).slice(0, 3)).toEqual([`${lag}: attach_lag 100`, `${one}: join_lag 100`, `${two}: join_lag 100`]);
    expect(told(...made, failed(200)).every(line => / ended rescued$/.test(line))).toBe(true);
  });

  it('that was deleted, and made again by a port that joined, is seen to by the questions about that port', () => {
    expect(told(['delete_lag', { port: 'Po10' }], ['join_lag', joining('Gi1/0/1', 100)])).toEqual([`${one}: join_lag 100`]);
    expect(told(['join_lag', joining('Gi1/0/1', 100)], ['delete_lag', { port: 'Po10' }])).toEqual([
      `${one}: join_lag 100`,
      `${lag}: delete_lag`,
    ]);
  });
});
