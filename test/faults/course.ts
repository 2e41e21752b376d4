import type { Moment, Part } from '../../server/lab/tap.ts';
import type { Step } from '../../server/model.ts';
import { planOf } from '../cases.ts';
import { reachedFrom } from '../exposure.ts';
import { type Group, portsOf } from './groups.ts';
import { askTogether } from './meeting.ts';
import { type Move, makeReady } from './moves.ts';
import type { Direction } from './proxy.ts';
import type { Range, Slot } from './range.ts';
import { partOf } from './sections.ts';
import { runningOn } from './state.ts';

/** Where a fault may be placed, as a reader of the results thinks of it. */
export const CLASSES = [
  'before login',
  'key exchange',
  'login',
  'echo',
  'output',
  'prompt',
  'between lines',
  'commit',
  'after commit',
  'confirm',
  'taking back',
  'save',
  'anywhere',
] as const;
export type Class = (typeof CLASSES)[number];

/** A point of a change: bytes on its connection, or how far the device is with the nth line. The nth connection; both count from 1. */
export type Aim =
  | { readonly wire: number; readonly direction: Direction; readonly byte: number }
  | { readonly wire: number; readonly nth: number; readonly part: Part };

/** What a switch says of what a change is about: of its port, or all of it where the change is the only one. */
export interface Change {
  readonly move: Move;
  readonly before: string;
  /** As asked. */
  readonly after: string;
}

/** How a group goes when the network does nothing wrong. */
export interface Course {
  readonly group: Group;
  /** The lines that were typed. */
  readonly lines: readonly string[];
  /** Every point at which a fault can be placed, by class. */
  readonly points: ReadonlyMap<Class, readonly Aim[]>;
  /** Milliseconds. */
  readonly took: number;
  /** Bytes of its first connection. */
  readonly bytes: Readonly<Record<Direction, number>>;
  /** All that is in force before, and when all of it is as asked. */
  readonly before: string;
  readonly after: string;
  /** One for each move. */
  readonly changes: readonly Change[];
  /** What each of its ports reaches before, and after each move. */
  readonly reaches: readonly (readonly string[])[];
}

/** What a running configuration says of what a move of the group is about. */
export function ownText(text: string, { moves }: Group, { about: [port] }: Move): string {
  return moves.length > 1 && port !== undefined ? partOf(text, port) : text;
}

/** Lets a group happen without a fault: one move after the other, to see what each of them does; then together, noting the way. */
export async function runCourse(range: Range, slot: Slot, group: Group): Promise<Course> {
  const byThemselves = await runEach(range, slot, group);
  const device = await slot.renew();
  makeReady(device.device, group.ready);
  if (group.fault) device.faults.plant(group.fault);
  const moments: Moment[] = [];
  let login: Course['bytes'] = { up: 0, down: 0 };
  device.tap = moment => {
    moments.push(moment);
    if (moment.part === 'login' && slot.proxy.wires.length === 1)
      login = { up: slot.proxy.wire(moment.peer)?.passed('up') ?? 0, down: moment.sent };
  };
  const heard = await askTogether(range, slot, group);
  const took = Math.max(...heard.map(one => one.took));
  device.tap = undefined;
  if (!group.fault && runningOn(device) !== byThemselves.after)
    throw new Error(`${slot.platform} ${group.name}: ${heard.map(({ told }) => `${told.outcome} ${told.message}`).join('; ')}`);
  const [wire] = slot.proxy.wires;
  const numbers = new Map(slot.proxy.wires.map(({ peer }, nth) => [peer, nth + 1]));
  return {
    group,
    ...byThemselves,
    took,
    lines: moments.filter(({ part }) => part === 'answered').map(({ line }) => line),
    points: pointsOf(moments, login, numbers, roles(slot.platform, group)),
    bytes: { up: wire?.passed('up') ?? 0, down: wire?.passed('down') ?? 0 },
  };
}

/** One move after the other. */
export async function runEach(range: Range, slot: Slot, group: Group): Promise<Pick<Course, 'before' | 'after' | 'changes' | 'reaches'>> {
  const device = await slot.renew();
  makeReady(device.device, group.ready);
  const reached = () => portsOf(group).map(port => reachedFrom(port, device));
  const before = runningOn(device);
  const changes: Change[] = [];
  const reaches = [reached()];
  for (const move of group.moves) {
    const own = () => ownText(runningOn(device), group, move);
    const was = own();
    const { outcome, message } = await range.service.tell(...move.call(slot.name));
    if (outcome !== 'applied' && (outcome !== 'unchanged' || group.moves.length === 1))
      throw new Error(`${slot.platform} ${move.name}: ${outcome} ${message}`);
    changes.push({ move, before: was, after: own() });
    reaches.push(reached());
  }
  return { before, after: runningOn(device), changes, reaches };
}

/** As long as what SSH says first, `SSH-2.0-…`, is at least. */
const IDENT = 12;

function pointsOf(
  moments: readonly Moment[],
  login: Course['bytes'],
  numbers: ReadonlyMap<number, number>,
  roleOf: (line: string) => Role,
): Map<Class, Aim[]> {
  const points = new Map<Class, Aim[]>(CLASSES.map(name => [name, []]));
  const add = (name: Class, aim: Aim) => points.get(name)?.push(aim);
  for (const direction of ['up', 'down'] as const) {
    for (const byte of [0, IDENT]) add('before login', { wire: 1, direction, byte });
    for (const share of [0.1, 0.4, 0.7, 0.95]) add('key exchange', { wire: 1, direction, byte: Math.round(login[direction] * share) });
  }
  /** Lines begun on each connection. */
  const counts = new Map<number, number>();
  let role: Role = 'line';
  let line: string | undefined;
  for (const moment of moments) {
    const { part, peer } = moment;
    const wire = numbers.get(peer) ?? 1;
    if (part === 'login' || part === 'welcome') {
      add('login', { wire, nth: 0, part });
      continue;
    }
    // Where there is no echo a line begins with being typed.
    if (line === undefined) {
      line = moment.line;
      counts.set(wire, (counts.get(wire) ?? 0) + 1);
      role = roleOf(line);
    }
    add(classOf(part, role), { wire, nth: counts.get(wire) ?? 0, part });
    if (part === 'answered') line = undefined;
  }
  return points;
}

type Role = 'line' | 'commit' | 'confirm' | 'taking back' | 'save';

function classOf(part: Part, role: Role): Class {
  if (role === 'commit') return part === 'echo' || part === 'typed' ? 'commit' : 'after commit';
  if (role !== 'line') return role;
  return part === 'echo' || part === 'output' || part === 'prompt' ? part : 'between lines';
}

/** What a line is for; asked line by line, in the order they are typed. After what the switch does not take, it is to take that back. */
function roles(platform: string, { moves, fault }: Group): (line: string) => Role {
  const [plan] = moves.map(move => planOf(platform, move.plan));
  const { commit, confirm, undo, discard } = plan?.transaction ?? {};
  const steps: readonly (readonly [Role, Step | undefined])[] = [
    ['commit', commit],
    ['confirm', confirm],
    ['taking back', undo],
    ['taking back', discard],
    ['save', plan?.save],
  ];
  const known = steps.map(([role, step]) => [role, new Set(step?.lines.map(({ text }) => nameless(text)))] as const);
  let last: Role = 'line';
  let committed = false;
  let refused = false;
  return line => {
    refused ||= fault?.on.test(line) ?? false;
    const possible = known.filter(([, texts]) => texts.has(nameless(line))).map(([role]) => role);
    // What is read first to see that nothing is on trial may be read again to confirm.
    const [role] = committed || !possible.includes('confirm') ? possible : [];
    last = role === undefined ? (refused ? 'taking back' : 'line') : possible.includes(last) ? last : role;
    committed ||= last === 'commit';
    return last;
  };
}

const nameless = (line: string) => line.replace(/mercury-\S+/, 'mercury-');
