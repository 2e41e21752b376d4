import { resolve } from 'node:path';
import type { AuthScheme, Config } from '../config.ts';
import { Complaints } from '../library/complaints.ts';
import { basic } from './auth/basic.ts';
import { certificate } from './auth/certificate.ts';
import { digest } from './auth/digest.ts';
import { none } from './auth/none.ts';
import type { Scheme } from './auth/scheme.ts';
import { TlsFiles } from './tls.ts';

/** How callers come in: what they show, and whether over TLS. */
export interface Entrance {
  readonly schemes: readonly Scheme[];
  readonly tls?: TlsFiles | undefined;
}

/** For a service that nobody else can reach: the demo's, a test's. */
export const OPEN: Entrance = { schemes: [none] };

const SCHEMES: Readonly<Record<AuthScheme, (config: Config) => Scheme>> = {
  none: () => none,
  basic: ({ users }) => basic(users),
  digest: ({ digest_users }) => digest(digest_users),
  certificate: () => certificate,
};

/** Relative paths start from `root`. @throws LibraryError with every complaint about the files that the settings name */
export function openEntrance(config: Config, root: string): Entrance {
  const { users, digest_users, tls_cert, tls_key, tls_client_ca } = config;
  const path = (name: string) => resolve(root, name);
  const complaints = new Complaints();
  const files = { users: path(users), digest_users: path(digest_users) };
  const schemes = config.auth.map(scheme => complaints.try(() => SCHEMES[scheme]({ ...config, ...files })));
  const tls =
    tls_cert === undefined || tls_key === undefined
      ? undefined
      : complaints.try(() => {
          const ca = tls_client_ca === undefined ? undefined : path(tls_client_ca);
          return new TlsFiles({ ...config, tls_cert: path(tls_cert), tls_key: path(tls_key), tls_client_ca: ca });
        });
  complaints.throwIfAny();
  return { schemes: schemes.filter(scheme => scheme !== undefined), tls };
}
