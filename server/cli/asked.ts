import * as z from 'zod';
import type { Standing } from '../engine/drift.ts';
import { type Recorded, standingsOf } from '../engine/history.ts';
import { ChangeError, messageOf } from '../errors.ts';
import type { Library } from '../library/library.ts';
import { PLAYBOOK_METHODS } from '../model.ts';
import { OUTCOMES } from '../result.ts';
import { type WireCall, wireCall } from '../rpc/params.ts';
import { standingsOfCall } from '../rpc/verify.ts';
import { readInput } from './input.ts';
import { localCaller } from './request.ts';

/** A value of the file, and where it stands, as a complaint names it. */
interface Item {
  readonly value: unknown;
  readonly where: string;
}

/**
 * What a file says should be so: JSON-RPC calls, in one list or one a line, or the audit of a service, of which each port's last change
 * counts. What the service logs beside its audit is passed over.
 * @throws ChangeError bad_request when the file is none of these
 */
export function readStandings(file: string, library: Library): Standing[] {
  const calls: WireCall[] = [];
  const changes: Recorded[] = [];
  for (const item of itemsOf(readInput(file), file === '-' ? 'standard input' : file)) {
    const audited = changeOf(item);
    if (audited) changes.push(audited);
    else if (!isAudit(item.value) && !isLog(item.value)) calls.push(callOf(item));
  }
  const info = { caller: localCaller(), deadline: Number.MAX_SAFE_INTEGER };
  const standings = [
    ...calls.flatMap(call => standingsOfCall(call, info, library)),
    // Two services may have been put into one file; lines of one millisecond stay as they are.
    ...standingsOf(
      changes.toSorted((a, b) => Number(a.time > b.time) - Number(a.time < b.time)),
      library,
      info.deadline,
    ),
  ];
  if (standings.length === 0) throw new ChangeError('bad_request', `${file} holds no call, and no change that was made`);
  return standings;
}

/** The changes that the audit of a service tells, in the order in which they ended. @throws ChangeError bad_request when it is no audit */
export function readChanges(file: string): Recorded[] {
  const items = itemsOf(readInput(file), file === '-' ? 'standard input' : file);
  const changes = items.flatMap(item => changeOf(item) ?? []);
  if (changes.length === 0) throw new ChangeError('bad_request', `${file} holds no line of the audit about a change`);
  return changes;
}

/** A list, or one value a line; the only one may be spread over several lines. */
function itemsOf(text: string, where: string): Item[] {
  if (text.trimStart().startsWith('[')) {
    return (parsed(text, where) as unknown[]).map((value, i) => ({ value, where: `${where}: entry ${i + 1}` }));
  }
  const lines = [...text.split('\n').entries()].filter(([, line]) => line.trim() !== '');
  try {
    return lines.map(([i, line]) => ({ value: parsed(line, `${where}:${i + 1}`), where: `${where}:${i + 1}` }));
  } catch (thrown) {
    try {
      return [{ value: JSON.parse(text), where }];
    } catch {
      throw thrown;
    }
  }
}

function parsed(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch (thrown) {
    throw new ChangeError('bad_request', `${where} is not JSON: ${messageOf(thrown)}`);
  }
}

const auditSchema = z.looseObject({
  time: z.string(),
  event: z.string(),
  who: z.looseObject({ name: z.string(), address: z.string(), scheme: z.string() }),
  what: z.looseObject({ request: z.string(), method: z.enum(PLAYBOOK_METHODS), device: z.string() }),
  why: z.record(z.string(), z.string()),
  how: z.looseObject({ outcome: z.enum(OUTCOMES) }),
});

const holds = (value: unknown, ...names: string[]) => typeof value === 'object' && value !== null && names.every(name => name in value);

const isAudit = (value: unknown) => holds(value, 'event', 'what', 'how');
const isLog = (value: unknown) => holds(value, 'level', 'msg');

/** A refusal may not even name a device, and a dry run says nothing about one: only changes are read. */
function changeOf({ value, where }: Item): Recorded | undefined {
  if (!isAudit(value) || (value as { event: unknown }).event !== 'change') return undefined;
  const line = auditSchema.safeParse(value);
  if (!line.success)
    throw new ChangeError('bad_request', `${where} is no audit line: ${z.prettifyError(line.error).replaceAll(/\s+/g, ' ')}`);
  const { time, who, what, why, how } = line.data;
  return { id: what.request, time, method: what.method, device: what.device, what, outcome: how.outcome, caller: who, why };
}

function callOf({ value, where }: Item): WireCall {
  const call = wireCall.safeParse(value);
  if (call.success) return call.data;
  throw new ChangeError('bad_request', `${where} is neither a JSON-RPC call, { "method": "…", "params": { … } }, nor a line of the audit`);
}
