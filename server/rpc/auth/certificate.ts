import type { X509Certificate } from 'node:crypto';
import { TLSSocket } from 'node:tls';
import { addressOf, Refusal, type Scheme } from './scheme.ts';

/**
 * A client certificate of an authority in `tls_client_ca`. The handshake lets every client pass, so that one without a certificate may use
 * another scheme, and one whose certificate is not good is told why.
 */
export const certificate: Scheme = {
  caller: async request => {
    const { socket } = request;
    if (!(socket instanceof TLSSocket)) return undefined;
    const shown = socket.getPeerX509Certificate();
    if (!shown) return undefined;
    const name = nameOf(shown);
    if (!socket.authorized) throw new Refusal(401, `Client certificate refused: ${String(socket.authorizationError)}`, name);
    return { name, address: addressOf(request), scheme: 'certificate' };
  },
};

/** The common name of its subject, else the whole subject, else what it is also called. */
function nameOf(shown: X509Certificate): string {
  const { CN } = shown.toLegacyObject().subject ?? {};
  if (typeof CN === 'string' && CN !== '') return CN;
  return shown.subject?.split('\n').join(', ') || shown.subjectAltName || shown.fingerprint256;
}
