import type { IncomingMessage } from 'node:http';
import type { Caller } from '../../model.ts';

/** What a password is for, as clients show it to whoever is asked. It is that of Ironic. */
export const REALM = 'Baremetal API';

/** One way to tell who calls; each is a file of this folder. */
export interface Scheme {
  /** What a 401 asks for in WWW-Authenticate, a line each; a scheme that does not read the Authorization header has none. */
  challenges?(refusal: Refusal): readonly string[];
  /** Clients come without anything first, for the challenge. */
  readonly asksFirst?: boolean;
  /** Who calls; undefined when the request carries nothing of this scheme. @throws Refusal when what it carries is not good */
  caller(request: IncomingMessage): Promise<Caller | undefined>;
}

/** A request that is not let in. Everybody may read the message; `why` is for the log. Neither ever holds a password. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly status: 400 | 401 | 500 | 503;
  readonly why: string | undefined;
  /** A step that every client goes through: no news for the log. */
  readonly routine: boolean;

  constructor(status: Refusal['status'], message: string, why?: string, routine = false) {
    super(message);
    this.status = status;
    this.why = why;
    this.routine = routine;
  }
}

/** The Authorization header in its two parts; the type may be written in any case. @throws Refusal when it has not two */
export function authorizationOf(request: IncomingMessage): { readonly type: string; readonly token: string } | undefined {
  const { authorization } = request.headers;
  if (authorization === undefined) return undefined;
  const [, type, token] = /^(\S+)\s+(.*)$/s.exec(authorization.trim()) ?? [];
  if (type === undefined || token === undefined) throw new Refusal(400, 'Could not parse Authorization header');
  return { type, token };
}

/** Where a request comes from. A socket that serves both families shows IPv4 inside of IPv6. */
export function addressOf(request: IncomingMessage): string {
  return (request.socket.remoteAddress ?? '').replace(/^::ffff:(?=\d+\.)/, '');
}
