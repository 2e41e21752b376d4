import { randomUUID } from 'node:crypto';
import type jsonrpc from 'jsonrpc-lite';
import * as z from 'zod';
import type { Desk } from '../engine/change.ts';
import { ChangeError, inShort } from '../errors.ts';
import type { Logger } from '../log.ts';
import type { Caller } from '../model.ts';
import { discover } from './discover.ts';
import { callIronic } from './ironic/methods.ts';
import { isIronicCall } from './ironic/params.ts';
import { type Limits, TooManyCalls } from './limits.ts';
import { type Call, callMethod } from './methods.ts';
import { isMercuryMethod } from './params.ts';
import { protocolError, toRpcError } from './reply.ts';
import { verifyPort } from './verify.ts';

/** What answering needs: the desk, how long a call may take, how many there may be, and whether the service is about to stop. */
export interface Office {
  readonly desk: Desk;
  /** Milliseconds a call may take; Ironic gives up after 120 s. */
  readonly callTime: number;
  readonly limits: Limits;
  readonly log: Logger;
  readonly closing: boolean;
}

/** A reply, or undefined for a notification; `unavailable` asks for HTTP 503, and `retryAfter` says for how many seconds. */
export interface Answer {
  readonly reply: object | undefined;
  readonly unavailable: boolean;
  readonly retryAfter?: number;
}

const envelopeSchema = z.looseObject({
  jsonrpc: z.literal('2.0'),
  method: z.string().min(1),
  params: z.record(z.string(), z.unknown()).optional(),
});

/** One payload in, one reply out. Never throws. */
export async function answer(payload: unknown, caller: Caller, office: Office): Promise<Answer> {
  const id = idOf(payload);
  const forIronic = isIronics(payload);
  const envelope = envelopeSchema.safeParse(payload);
  if (!envelope.success)
    return replied(failure(id ?? null, protocolError(-32600, 'Invalid request object received by RPC server', forIronic)));
  const { method, params = {} } = envelope.data;
  const ours = `mercury-${randomUUID()}`;
  try {
    using _place = office.limits.enter(caller.name, office.log);
    const result = await carryOut(method, params, { id: ours, caller }, office);
    if (id === undefined) return { reply: undefined, unavailable: false };
    return replied({ jsonrpc: VERSION, id, result: withId(result, ours) });
  } catch (thrown) {
    const error = thrown instanceof NoSuchMethod ? protocolError(-32601, thrown.message, forIronic) : toRpcError(thrown, ours, forIronic);
    if (!(thrown instanceof ChangeError) && !(thrown instanceof NoSuchMethod))
      office.log.error({ err: thrown, request: ours, method }, 'internal error');
    if (id === undefined) return { reply: undefined, unavailable: false };
    // Ironic looks at no error inside an HTTP 503, and leaves the node's other ports as they are.
    if (forIronic) return replied(failure(id, error));
    if (thrown instanceof TooManyCalls) return { reply: failure(id, error), unavailable: true, retryAfter: thrown.retryAfter };
    return { reply: failure(id, error), unavailable: thrown instanceof ChangeError && thrown.kind === 'shutting_down' };
  }
}

/** For a body that is not JSON at all. */
export function notJson(): object {
  return failure(null, protocolError(-32700, 'Invalid JSON received by RPC server', false));
}

class NoSuchMethod extends Error {}

async function carryOut(
  method: string,
  params: Record<string, unknown>,
  info: Pick<Call, 'id' | 'caller'>,
  { desk, callTime, closing }: Office,
): Promise<unknown> {
  if (method === 'rpc.discover') return discover();
  const call = { ...info, deadline: Date.now() + callTime, closing };
  if (isIronicCall(method, params)) return callIronic(method, params, call, desk);
  if (!isMercuryMethod(method)) throw new NoSuchMethod(`Method ${inShort(method)} was not found`);
  return method === 'verify_port' ? verifyPort(params, call, desk) : callMethod(method, params, call, desk);
}

/** undefined: no id or null, a notification. Any other value is echoed with its JSON type. */
function idOf(payload: unknown): unknown {
  if (typeof payload !== 'object' || payload === null || Array.isArray(payload) || !('id' in payload)) return undefined;
  return payload.id ?? undefined;
}

/** Ironic's client sends `rpc.version` in every call; whether or not the rest is a request, it wants a class with the error. */
function isIronics(payload: unknown): boolean {
  if (typeof payload !== 'object' || payload === null || !('params' in payload)) return false;
  const { params } = payload;
  if (typeof params !== 'object' || params === null) return false;
  const isOne =
    'method' in payload && typeof payload.method === 'string' && isIronicCall(payload.method, params as Record<string, unknown>);
  return isOne || ('rpc.version' in params && typeof params['rpc.version'] === 'string');
}

// The envelope is made here: jsonrpc-lite throws on ids that JSON-RPC allows, such as "" and 1.5.
const VERSION = '2.0';
const failure = (id: unknown, error: jsonrpc.JsonRpcError): object => ({ jsonrpc: VERSION, id, error });

function withId(result: unknown, ours: string): unknown {
  const isChange = typeof result === 'object' && result !== null && 'outcome' in result;
  return isChange ? { ...result, request_id: ours } : result;
}

const replied = (reply: object): Answer => ({ reply, unavailable: false });
