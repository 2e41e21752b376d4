import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { text } from 'node:stream/consumers';

/** What a client shows of itself and whom it believes: PEM texts, and a user with his password. */
export interface Access {
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  /** Authorities to believe instead of those of the machine. */
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
}

/** Longer than any call may take. */
const PATIENCE = 180_000;

/** Posts JSON over HTTP or HTTPS, on a connection of its own. No redirect is followed: a password goes where it was sent to. */
export async function post(url: string, body: string, access: Access): Promise<{ readonly status: number; readonly text: string }> {
  const { user, password, ca, cert, key } = access;
  const send = new URL(url).protocol === 'https:' ? httpsRequest : httpRequest;
  const options = {
    method: 'POST',
    agent: false,
    headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
    signal: AbortSignal.timeout(PATIENCE),
    ...(user === undefined ? {} : { auth: `${user}:${password ?? ''}` }),
    ...(ca === undefined ? {} : { ca }),
    // As with curl, one file may hold both.
    ...(cert === undefined ? {} : { cert, key: key ?? cert }),
  };
  return new Promise((resolve, reject) => {
    const outgoing = send(url, options, incoming => {
      text(incoming).then(all => resolve({ status: incoming.statusCode ?? 0, text: all }), reject);
    });
    outgoing.once('error', reject);
    outgoing.end(body);
  });
}
