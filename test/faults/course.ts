import type { Moment, Part } from '../../server/lab/tap.ts';
import type { ChangePlan } from '../../server/model.ts';
import { linesOf } from '../bench.ts';
import { CHANGE, planOf } from '../cases.ts';
import { reachedFrom } from '../exposure.ts';
import { type Move, makeReady } from './moves.ts';
import type { Direction } from './proxy.ts';
import type { Range, Slot } from './range.ts';
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
  'save',
  'anywhere',
] as const;
export type Class = (typeof CLASSES)[number];

/** A point of a change: bytes on its connection, or how far the device is with the nth line. The nth connection; both count from 1. */
export type Aim =
  | { readonly wire: number; readonly direction: Direction; readonly byte: number }
  | { readonly wire: number; readonly nth: number; readonly part: Part };

/** How a change goes when nothing goes wrong. */
export interface Course {
  readonly move: Move;
  /** The lines that were typed. */
  readonly lines: readonly string[];
  /** Every point at which a fault can be placed, by class. */
  readonly points: ReadonlyMap<Class, readonly Aim[]>;
  /** Bytes of the whole change. */
  readonly bytes: Readonly<Record<Direction, number>>;
  readonly before: string;
  readonly after: string;
  readonly reaches: { readonly before: readonly string[]; readonly after: readonly string[] };
}

/** Lets a change happen once without a fault, and notes its way. */
export async function runCourse(range: Range, slot: Slot, move: Move): Promise<Course> {
  const device = await slot.renew();
  makeReady(device.device, move.ready);
  const reaches = () => move.about.map(port => reachedFrom(port, device));
  const [before, reachedBefore] = [runningOn(device), reaches()];
  const moments: Moment[] = [];
  let login: Course['bytes'] = { up: 0, down: 0 };
  device.tap = moment => {
    moments.push(moment);
    if (moment.part === 'login') login = { up: slot.proxy.wire(moment.peer)?.passed('up') ?? 0, down: moment.sent };
  };
  const [method, params] = move.call(slot.name);
  const told = await range.service.tell(method, params);
  device.tap = undefined;
  if (told.outcome !== 'applied') throw new Error(`${slot.platform} ${move.name}: ${told.outcome} ${told.message}`);
  const [wire] = slot.proxy.wires;
  return {
    move,
    lines: moments.filter(({ part }) => part === 'answered').map(({ line }) => line),
    points: pointsOf(moments, login, planOf(slot.platform, move.plan)),
    bytes: { up: wire?.passed('up') ?? 0, down: wire?.passed('down') ?? 0 },
    before,
    after: runningOn(device),
    reaches: { before: reachedBefore, after: reaches() },
  };
}

/** As long as what SSH says first, `SSH-2.0-…`, is at least. */
const IDENT = 12;

function pointsOf(moments: readonly Moment[], login: Course['bytes'], plan: ChangePlan): Map<Class, Aim[]> {
  const points = new Map<Class, Aim[]>(CLASSES.map(name => [name, []]));
  const add = (name: Class, aim: Aim) => points.get(name)?.push(aim);
  for (const direction of ['up', 'down'] as const) {
    for (const byte of [0, IDENT]) add('before login', { wire: 1, direction, byte });
    for (const share of [0.1, 0.4, 0.7, 0.95]) add('key exchange', { wire: 1, direction, byte: Math.round(login[direction] * share) });
  }
  const roleOf = rolesOf(plan);
  let nth = 0;
  let role: Role = 'line';
  let line: string | undefined;
  for (const moment of moments) {
    const { part } = moment;
    if (part === 'login' || part === 'welcome') {
      add('login', { wire: 1, nth: 0, part });
      continue;
    }
    // Where there is no echo a line begins with being typed.
    if (line === undefined) {
      line = moment.line;
      nth += 1;
      role = roleOf(line);
    }
    add(classOf(part, role), { wire: 1, nth, part });
    if (part === 'answered') line = undefined;
  }
  return points;
}

type Role = 'line' | 'commit' | 'confirm' | 'save';

function classOf(part: Part, role: Role): Class {
  if (role === 'commit') return part === 'echo' || part === 'typed' ? 'commit' : 'after commit';
  if (role !== 'line') return role;
  return part === 'echo' || part === 'output' || part === 'prompt' ? part : 'between lines';
}

/** What a line is for; asked line by line, in the order they are typed. */
function rolesOf(plan: ChangePlan): (line: string) => Role {
  const script = linesOf(plan).filter(({ when }) => when !== 'if it fails');
  let next = 0;
  return line => {
    const found = script.findIndex(({ sent }, index) => index >= next && sent === line.replace(/mercury-\w+/, `mercury-${CHANGE}`));
    if (found < 0) return 'line';
    next = found + 1;
    const step = script[found]?.step;
    const { commit, confirm } = plan.transaction ?? {};
    if (step === undefined) return 'line';
    return step === commit ? 'commit' : step === confirm ? 'confirm' : step === plan.save ? 'save' : 'line';
  };
}
