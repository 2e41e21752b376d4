import express, { type ErrorRequestHandler, type Request, type Response } from 'express';
import { maskedJson } from '../log.ts';
import type { Caller } from '../model.ts';
import { answer, notJson, type Office } from './answer.ts';
import { challengesOf, whoCalls } from './auth/guard.ts';
import { addressOf, Refusal, type Scheme } from './auth/scheme.ts';
import { readBody } from './body.ts';
import { Turns } from './turns.ts';

/** A whole call with 4,094 VLANs is some 30 KB. */
const BODY_LIMIT = 1024 * 1024;

/** The HTTP side of the JSON-RPC facade: `POST /`, one JSON object in, one out. */
export function makeApp(office: () => Office, schemes: readonly Scheme[]): express.Express {
  const app = express();
  const turns = new Turns();
  app.disable('x-powered-by');
  app.disable('etag');
  // Before anything else: who is not let in learns nothing about us.
  app.use(async (request: Request, response: Response, next) => {
    try {
      response.locals.caller = await whoCalls(request, schemes);
    } catch (thrown) {
      return turnAway(thrown, request, response);
    }
    next();
  });
  app.use((request, response, next) => {
    if (request.method === 'POST') return next();
    send(response.set('Allow', 'POST'), 405, { error: { code: 405, message: 'Only POST method can be used' } });
  });
  // Answered at once: express.raw would first read all of it, or wait for what never comes.
  app.use((request, response, next) => (Number(request.headers['content-length'] ?? 0) > BODY_LIMIT ? tooLarge(response) : next()));
  app.use(express.raw({ type: () => true, limit: BODY_LIMIT }));
  app.use(async (request: Request, response: Response) => {
    const body = readBody(Buffer.isBuffer(request.body) ? request.body : new Uint8Array());
    if (!body.ok && body.why === 'too deep')
      return send(response, 400, { error: { code: 400, message: 'Request body JSON is nested too deeply' } });
    if (!body.ok) return send(response, 200, notJson());
    await turns.next();
    const { reply, unavailable, retryAfter } = await answer(body.value, response.locals.caller as Caller, office());
    if (reply === undefined) return void response.status(204).end();
    if (retryAfter !== undefined) response.set('Retry-After', String(retryAfter));
    send(response, unavailable ? 503 : 200, reply);
  });
  app.use(onError);
  return app;

  function turnAway(thrown: unknown, request: Request, response: Response): void {
    const { log } = office();
    if (!(thrown instanceof Refusal)) log.error({ err: thrown }, 'internal error while it was asked who calls');
    const refusal = thrown instanceof Refusal ? thrown : new Refusal(500, 'Internal error');
    const { status, message, why, routine } = refusal;
    const level = status === 500 ? 'error' : routine ? 'debug' : 'warn';
    log[level]({ address: addressOf(request), status, ...(why === undefined ? {} : { why }) }, message);
    if (status === 401) response.set('WWW-Authenticate', challengesOf(schemes, refusal));
    send(response, status, { error: { code: status, message } });
  }
}

/** What express itself refuses: a body over the limit, a bad encoding. Never a stack trace. */
const onError: ErrorRequestHandler = (error: { status?: number; type?: string }, _request, response, _next) => {
  if (error.type === 'entity.too.large') return tooLarge(response);
  const status = error.status ?? 500;
  send(response, status, { error: { code: status, message: 'Request could not be read' } });
};

function tooLarge(response: Response): void {
  send(response, 413, { error: { code: 413, message: `Request body is larger than ${BODY_LIMIT} bytes` } });
}

function send(response: Response, status: number, body: object): void {
  const json = maskedJson(body);
  // Express would look for the type, and copy the text to count it.
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', 'content-length': Buffer.byteLength(json) }).end(json);
}
