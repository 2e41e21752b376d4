import { randomUUID } from 'node:crypto';
import jsonrpc from 'jsonrpc-lite';
import { ChangeError, type Kind, MEANINGS, messageOf, OUTCOME_EXITS } from '../errors.ts';
import type { Outcome } from '../result.ts';
import { readInput } from './input.ts';
import { sayJson } from './paint.ts';
import { readPassword } from './password.ts';
import { type Access, post } from './post.ts';
import { complainWith } from './show.ts';

export interface CallOptions {
  readonly url: string;
  readonly dryRun?: boolean;
  readonly json?: boolean;
  readonly user?: string;
  readonly passwordFile?: string;
  readonly cacert?: string;
  readonly cert?: string;
  readonly key?: string;
}

/** A JSON-RPC client: prints the result, or the error and its exit status. */
export async function callCommand(method: string, params: string | undefined, options: CallOptions): Promise<number> {
  checkUrl(options.url);
  const asked = readParams(params);
  const access = await readAccess(options, params === '-');
  const reply = await call(options.url, method, options.dryRun ? { ...asked, dry_run: true } : asked, access).catch((thrown: unknown) => {
    if (!(thrown instanceof ChangeError) || thrown.kind !== 'unreachable') throw thrown;
    return thrown;
  });
  if (reply instanceof ChangeError) {
    if (options.json) sayJson({ error: { kind: reply.kind, message: reply.message } });
    else complainWith('error', reply.message, adviceOn(reply.cause, options));
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

/** What has no kind is the protocol's own: nobody let us in, or the request was wrong in itself. */
function exitOf(code: number): number {
  if (code === 401 || code === 403) return MEANINGS.not_permitted.exit;
  return (code <= -32600 && code >= -32700) || (code >= 400 && code < 500) ? MEANINGS.bad_request.exit : MEANINGS.internal.exit;
}

export type Reply =
  | { readonly result: unknown }
  | { readonly error: { code: number; message: string; data?: { kind?: Kind; outcome?: Outcome } } };

/** One call over HTTP. @throws ChangeError `unreachable` when there is no service, `internal` when it does not speak JSON-RPC */
export async function call(url: string, method: string, params: object, access: Access = {}): Promise<Reply> {
  const body = JSON.stringify(jsonrpc.request(randomUUID(), method, params));
  const { status, text } = await post(url, body, access).catch((thrown: unknown) => {
    // A name with two addresses fails once for each.
    const [cause = thrown] = thrown instanceof AggregateError ? (thrown.errors as unknown[]) : [];
    throw new ChangeError('unreachable', `no service at ${url}: ${messageOf(cause)}`, { cause });
  });
  try {
    const reply = JSON.parse(text) as Reply;
    if ('result' in reply || 'error' in reply) return reply;
  } catch {
    // Told below, with what came.
  }
  throw new ChangeError('internal', `${url} answered HTTP ${status} and no JSON-RPC: ${text.slice(0, 200)}`);
}

function checkUrl(text: string): void {
  // Not shown: it holds a password.
  if (/^(?:\w+:\/\/)?[^/]*@/.test(text))
    throw new ChangeError('bad_request', '--url must hold no user and no password; --user names the user');
  const url = URL.parse(text);
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return;
  throw new ChangeError('bad_request', `--url ${text}: must be a URL such as http://127.0.0.1:6190`);
}

/** The files that the options name, and the password. */
async function readAccess({ user, passwordFile, cacert, cert, key }: CallOptions, inputTaken: boolean): Promise<Access> {
  if (user === undefined && passwordFile !== undefined) throw new ChangeError('bad_request', '--password-file needs --user');
  if (cert === undefined && key !== undefined) throw new ChangeError('bad_request', '--key needs --cert');
  if (user?.includes(':')) throw new ChangeError('bad_request', `--user ${user}: a user has no colon`);
  const [ca, certificate, privateKey] = [cacert, cert, key].map(file => (file === undefined ? undefined : readInput(file)));
  const password = user === undefined ? undefined : await readPassword(user, passwordFile, inputTaken);
  return { user, password, ca, cert: certificate, key: privateKey };
}

/** What to do about a service that could not be reached. */
function adviceOn(cause: unknown, { url }: CallOptions): string {
  const { code = '' } = cause as NodeJS.ErrnoException;
  if (/CERT|UNABLE_TO/.test(code)) return 'Its certificate is not believed; --cacert names the file with the authorities to believe.';
  if (code === 'EPROTO' || code.startsWith('ERR_SSL')) return 'It may speak no TLS, or no version that is spoken here.';
  if (code === 'ECONNRESET' && url.startsWith('http:')) return 'It may speak TLS only: try https://.';
  return 'Start it with "mercury serve", or say with --url where it is.';
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
