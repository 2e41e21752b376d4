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
  if (schemes.every(scheme => !scheme.challenges)) throw new Refusal(401, 'Client certificate required');
  const authorization = authorizationOf(request);
  const asksFirst = schemes.some(scheme => scheme.asksFirst);
  if (authorization === undefined) throw new Refusal(401, 'Authorization required', undefined, asksFirst);
  throw new Refusal(400, `Unsupported authorization type "${inShort(authorization.type)}"`);
}

export function challengesOf(schemes: readonly Scheme[], refusal: Refusal): string[] {
  return schemes.flatMap(scheme => scheme.challenges?.(refusal) ?? []);
}
