import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import jsonrpc from 'jsonrpc-lite';
import { ChangeError, type Kind, MEANINGS, messageOf, OUTCOME_EXITS } from '../errors.ts';
import type { Outcome } from '../model.ts';
import { complain, paintOutcome, sayJson } from './paint.ts';

export interface CallOptions {
  readonly url: string;
  readonly dryRun?: boolean;
}

/** A JSON-RPC client: prints the result, or the error and its exit status. */
export async function callCommand(method: string, params: string | undefined, options: CallOptions): Promise<number> {
  const asked = readParams(params);
  const reply = await call(options.url, method, options.dryRun ? { ...asked, dry_run: true } : asked);
  if (!('error' in reply)) {
    sayJson(reply.result);
    return 0;
  }
  sayJson(reply.error);
  const { kind, outcome } = reply.error.data ?? {};
  complain(`${paintOutcome(outcome ?? 'refused')}: ${reply.error.message}`);
  return (outcome && OUTCOME_EXITS[outcome]) ?? (kind && MEANINGS[kind]?.exit) ?? 1;
}

export type Reply =
  | { readonly result: unknown }
  | { readonly error: { code: number; message: string; data?: { kind?: Kind; outcome?: Outcome } } };

/** One call over HTTP. @throws ChangeError `unreachable` when there is no service, `internal` when it does not speak JSON-RPC */
export async function call(url: string, method: string, params: object): Promise<Reply> {
  const body = JSON.stringify(jsonrpc.request(randomUUID(), method, params));
  let response: Response;
  try {
    response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  } catch (thrown) {
    throw new ChangeError('unreachable', `no service at ${url}: ${messageOf((thrown as Error).cause ?? thrown)}`);
  }
  const text = await response.text();
  try {
    const reply = JSON.parse(text) as Reply;
    if ('result' in reply || 'error' in reply) return reply;
  } catch {
    // Told below, with what came.
  }
  throw new ChangeError('internal', `${url} answered HTTP ${response.status} and no JSON-RPC: ${text.slice(0, 200)}`);
}

/** JSON as an argument, @FILE, or - for standard input. */
function readParams(params: string | undefined): object {
  const text =
    params === undefined
      ? '{}'
      : params === '-'
        ? readFileSync(0, 'utf8')
        : params.startsWith('@')
          ? readFileSync(params.slice(1), 'utf8')
          : params;
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  } catch {
    // Told below.
  }
  throw new ChangeError('bad_request', 'params must be a JSON object, @FILE or -');
}
