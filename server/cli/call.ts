import { randomUUID } from 'node:crypto';
import jsonrpc from 'jsonrpc-lite';
import { ChangeError, type Kind, MEANINGS, messageOf, OUTCOME_EXITS } from '../errors.ts';
import type { Outcome } from '../model.ts';
import { readInput } from './input.ts';
import { sayJson } from './paint.ts';
import { complainWith } from './show.ts';

export interface CallOptions {
  readonly url: string;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

/** A JSON-RPC client: prints the result, or the error and its exit status. */
export async function callCommand(method: string, params: string | undefined, options: CallOptions): Promise<number> {
  if (!URL.canParse(options.url)) throw new ChangeError('bad_request', `--url ${options.url}: must be a URL such as http://127.0.0.1:6190`);
  const asked = readParams(params);
  const reply = await call(options.url, method, options.dryRun ? { ...asked, dry_run: true } : asked).catch((thrown: unknown) => {
    if (!(thrown instanceof ChangeError) || thrown.kind !== 'unreachable') throw thrown;
    return thrown;
  });
  if (reply instanceof ChangeError) {
    if (options.json) sayJson({ error: { kind: reply.kind, message: reply.message } });
    else complainWith('error', reply.message, 'Start it with "mercury serve", or say with --url where it is.');
    return MEANINGS[reply.kind].exit;
  }
  if (!('error' in reply)) {
    sayJson(reply.result);
    return 0;
  }
  sayJson(reply.error);
  const { kind, outcome } = reply.error.data ?? {};
  complainWith(outcome ?? 'error', reply.error.message);
  return (outcome && OUTCOME_EXITS[outcome]) ?? (kind ? MEANINGS[kind]?.exit : exitOf(reply.error.code)) ?? 1;
}

/** What has no kind is the protocol's own: the request was wrong in itself. */
function exitOf(code: number): number {
  return (code <= -32600 && code >= -32700) || (code >= 400 && code < 500) ? MEANINGS.bad_request.exit : MEANINGS.internal.exit;
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
function readParams(params = '{}'): object {
  const text = params === '-' ? readInput('-') : params.startsWith('@') ? readInput(params.slice(1)) : params;
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  } catch (thrown) {
    throw new ChangeError('bad_request', `params are not JSON: ${messageOf(thrown)}`);
  }
  throw new ChangeError('bad_request', 'params must be a JSON object, such as {"port": {…}}');
}
