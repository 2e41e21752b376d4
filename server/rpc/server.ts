import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Logger } from '../log.ts';
import type { TlsFiles } from './tls.ts';

/** Conductors burst and reuse: idle connections are kept longer than a client thinks, so that it never writes into a closing one. */
const PATIENCE = { keepAliveTimeout: 15_000, headersTimeout: 30_000, requestTimeout: 60_000 };

export function makeServer(app: RequestListener, log: Logger, tls?: TlsFiles): Server {
  return tls === undefined ? createServer(PATIENCE, app) : makeTlsServer(app, log, tls);
}

function makeTlsServer(app: RequestListener, log: Logger, tls: TlsFiles): Server {
  let context = tls.current(log);
  // Whose certificate is not good gets through the handshake, and is told in words.
  const asking = { requestCert: tls.asksForCertificates, rejectUnauthorized: false };
  const server = createTlsServer({ ...PATIENCE, ...context, ...asking, handshakeTimeout: 20_000 }, app);
  // Ahead of the handshake.
  server.prependListener('connection', () => {
    const newest = tls.current(log);
    if (newest !== context) server.setSecureContext(newest);
    context = newest;
  });
  server.prependListener('tlsClientError', (error: NodeJS.ErrnoException, socket) => {
    log.debug({ address: socket.remoteAddress, why: error.code ?? error.message }, 'no TLS with this client');
  });
  return server;
}
