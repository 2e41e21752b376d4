import type { Fault } from '../../server/lab/faults.ts';
import { LAB_USER, SWITCHES } from '../../server/lab/lab.ts';
import { portOf } from '../harness.ts';
import { ACCESS, type Move, NETWORKS, TRUNK } from './moves.ts';

/** Changes that are asked for at the same time; one by itself is a group, too. */
export interface Group {
  readonly name: string;
  readonly ready: Move['ready'];
  /** In the order in which they are asked for. */
  readonly moves: readonly Move[];
  /** What the switch does not take of them. */
  readonly fault?: Fault;
}

export const alone = (move: Move): Group => ({ name: move.name, ready: move.ready, moves: [move] });

/** The ports of a group, each once. */
export const portsOf = ({ moves }: Group) => [...new Set(moves.flatMap(({ about }) => about))];

/** In the description of the one that the switch does not take: each platform types that in a line of its own, or in its only one. */
const GUILTY = 'guilty';
/** Whom the ports of these tests are for: what is attached already must be so to the last id. */
const { id: port_id, address: mac } = portOf('', '') as { readonly id: string; readonly address: string };

/** Groups that meet in one visit to a switch of one platform. */
export function groupsOn(platform: string): Group[] {
  const [attached = '', detached = '', updated = '', there = '', guilty = ''] = SWITCHES[platform]?.('sw', LAB_USER).ports.slice(2) ?? [];
  const serving = (port: string, args: object) => ({ method: 'attach_port', args: { ...args, port, port_id, mac } }) as const;
  const ready = [...NETWORKS, serving(detached, TRUNK), serving(updated, ACCESS), serving(there, TRUNK), serving(guilty, ACCESS)];
  const move = (method: Move['plan']['method'], port: string, args: object = {}): Move => ({
    name: `${method} ${port}`,
    ready,
    call: device => [method, { port: portOf(device, port), ...args }],
    ...(method === 'update_port' ? { reopen: device => ['attach_port', { port: portOf(device, port), ...args }] as const } : {}),
    about: [port],
    plan: { method, args: { ...args, port } },
  });
  const first = [move('attach_port', attached, ACCESS), move('detach_port', detached)];
  const last = [move('update_port', updated, TRUNK), move('attach_port', there, TRUNK)];
  const suspect = { ...TRUNK, description: GUILTY };
  const group = (name: string, moves: readonly Move[], does?: Fault['does']): Group => ({
    name,
    ready,
    moves,
    ...(does ? { fault: { on: new RegExp(GUILTY), does, times: 99 } } : {}),
  });
  return [
    group('four changes', [...first, ...last]),
    group('five changes, two of them one after the other on one port', [...first, ...last, move('attach_port', attached, TRUNK)]),
    group('five changes, one of them refused', [...first, move('attach_port', guilty, suspect), ...last], 'refuse'),
    group('five changes, one of which does not stick', [...first, move('update_port', guilty, suspect), ...last], 'ignore'),
  ];
}
