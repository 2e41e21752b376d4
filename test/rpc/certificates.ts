import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Paths of a certificate and of its key. */
export interface Pair {
  readonly cert: string;
  readonly key: string;
}

const CURVE = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

/** A certificate authority of the tests, as the openssl program makes one. */
export class Authority implements Pair {
  readonly cert: string;
  readonly key: string;
  readonly #folder: string;
  #count = 0;

  constructor(folder: string, name: string, subject = name) {
    this.#folder = folder;
    this.cert = join(folder, `${name}.pem`);
    this.key = join(folder, `${name}.key`);
    openssl('req', '-x509', ...CURVE, '-keyout', this.key, '-out', this.cert, '-subj', `/CN=${subject}`, '-days', '3');
  }

  /** A certificate for a service on this machine. */
  forServer(subject = '/CN=mercury.test', days = 2): Pair {
    return this.#issue(subject, 'subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1\nextendedKeyUsage=serverAuth', days);
  }

  forClient(subject: string, days = 2, extensions = 'extendedKeyUsage=clientAuth'): Pair {
    return this.#issue(subject, extensions, days);
  }

  #issue(subject: string, extensions: string, days: number): Pair {
    this.#count += 1;
    const path = (end: string) => join(this.#folder, `${this.#count}-of-${this.cert.split('/').at(-1)}.${end}`);
    const [cert, key, request, extensionFile] = [path('pem'), path('key'), path('csr'), path('ext')] as const;
    writeFileSync(extensionFile, `basicConstraints=critical,CA:FALSE\n${extensions}\n`);
    openssl('req', '-new', ...CURVE, '-keyout', key, '-out', request, '-subj', subject, '-utf8');
    const signed = ['-CA', this.cert, '-CAkey', this.key, '-CAcreateserial', '-extfile', extensionFile, '-days', String(days)];
    openssl('x509', '-req', '-in', request, '-out', cert, ...signed);
    return { cert, key };
  }
}

export function openssl(...args: readonly string[]): void {
  execFileSync('openssl', args, { stdio: ['ignore', 'ignore', 'pipe'] });
}
