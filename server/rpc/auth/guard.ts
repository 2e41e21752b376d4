import type { IncomingMessage } from 'node:http';
import { inShort } from '../../errors.ts';
import type { Caller } from '../../model.ts';
import { authorizationOf, Refusal, type Scheme } from './scheme.ts';

/** Who calls: the first scheme that the request carries decides, and no other is asked then. @throws Refusal when nobody is let in */
export async function whoCalls(request: IncomingMessage, schemes: readonly Scheme[]): Promise<Caller> {
  for (const scheme of schemes) {
    const caller = await scheme.caller(request);
    if (caller) return caller;
  }
  if (challengesOf(schemes).length === 0) throw new Refusal(401, 'Client certificate required');
  const authorization = authorizationOf(request);
  if (authorization === undefined) throw new Refusal(401, 'Authorization required');
  throw new Refusal(400, `Unsupported authorization type "${inShort(authorization.type)}"`);
}

export function challengesOf(schemes: readonly Scheme[]): string[] {
  return schemes.flatMap(scheme => scheme.challenge?.() ?? []);
}
