import { createPrivateKey, X509Certificate } from 'node:crypto';
import { createSecureContext, type SecureContextOptions } from 'node:tls';
import type { Config } from '../config.ts';
import { messageOf } from '../errors.ts';
import { Complaints, LibraryError } from '../library/complaints.ts';
import type { Logger } from '../log.ts';
import { readGuarded } from './guarded-file.ts';

/** What `tls_…` of the settings say; the paths are whole. */
export interface TlsSettings extends Pick<Config, 'tls_minimum_version' | 'tls_ciphers' | 'tls_client_ca'> {
  readonly tls_cert: string;
  readonly tls_key: string;
}

interface Texts {
  readonly cert: string;
  readonly key: string;
  readonly ca: string | undefined;
}

const PEM_CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** Certificate, key and authorities, read anew for every connection: what somebody renews counts for the next one, without a restart. */
export class TlsFiles {
  readonly #settings: TlsSettings;
  #options: SecureContextOptions;
  /** What was looked at last, good or not. */
  #seen: string;

  /** @throws LibraryError with every complaint about the files */
  constructor(settings: TlsSettings) {
    this.#settings = settings;
    const texts = this.#read();
    this.#options = usable(texts, settings);
    this.#seen = JSON.stringify(texts);
  }

  get asksForCertificates(): boolean {
    return this.#settings.tls_client_ca !== undefined;
  }

  /** A sentence when the certificate cannot be believed at this time. */
  get untimely(): string | undefined {
    const { validFrom, validTo } = new X509Certificate(String(this.#options.cert));
    const now = Date.now();
    if (now >= Date.parse(validFrom) && now <= Date.parse(validTo)) return undefined;
    return `the certificate is valid from ${validFrom} to ${validTo}: clients will refuse it`;
  }

  /** The same object as long as nothing has changed; where the files became wrong, what was good last. Never throws. */
  current(log: Logger): SecureContextOptions {
    let seen: string;
    try {
      const texts = this.#read();
      seen = JSON.stringify(texts);
      if (seen === this.#seen) return this.#options;
      this.#options = usable(texts, this.#settings);
      log.info('the TLS files have changed; new connections use them');
    } catch (thrown) {
      seen = messageOf(thrown);
      if (seen !== this.#seen) log.error(`the TLS files cannot be used, those before stay in use: ${seen}`);
    }
    this.#seen = seen;
    return this.#options;
  }

  #read(): Texts {
    const { tls_cert, tls_key, tls_client_ca } = this.#settings;
    const complaints = new Complaints();
    const cert = complaints.try(() => readGuarded(tls_cert, 'tls_cert')) ?? '';
    const key = complaints.try(() => readGuarded(tls_key, 'tls_key', true)) ?? '';
    const ca = tls_client_ca === undefined ? undefined : complaints.try(() => readGuarded(tls_client_ca, 'tls_client_ca'));
    complaints.throwIfAny();
    return { cert, key, ca };
  }
}

/** @throws LibraryError when the files do not hold what they should, or do not belong together */
function usable({ cert, key, ca }: Texts, settings: TlsSettings): SecureContextOptions {
  const complaints = new Complaints();
  const file = (path: string) => ({ file: path, line: 0 });
  const refuse = (path: string, message: string) => new LibraryError([{ place: file(path), message }]);
  const certificate = complaints.try(() => certificatesIn(cert, settings.tls_cert)[0]);
  const privateKey = complaints.try(() => {
    try {
      return createPrivateKey(key);
    } catch {
      throw refuse(settings.tls_key, key.includes('ENCRYPTED') ? 'the key has a passphrase: take it off' : 'holds no private key in PEM');
    }
  });
  if (ca !== undefined) complaints.try(() => certificatesIn(ca, settings.tls_client_ca ?? ''));
  if (certificate && privateKey && !certificate.checkPrivateKey(privateKey))
    complaints.add(file(settings.tls_key), `is not the key of the certificate in ${settings.tls_cert}`);
  complaints.throwIfAny();
  const options: SecureContextOptions = {
    cert,
    key,
    ...(ca === undefined ? {} : { ca }),
    minVersion: `TLSv${settings.tls_minimum_version ?? '1.2'}`,
    ...(settings.tls_ciphers === undefined ? {} : { ciphers: settings.tls_ciphers }),
  };
  try {
    createSecureContext(options);
  } catch (thrown) {
    throw refuse(settings.tls_cert, messageOf(thrown));
  }
  return options;
}

function certificatesIn(text: string, path: string): X509Certificate[] {
  try {
    const found = (text.match(PEM_CERTIFICATE) ?? []).map(pem => new X509Certificate(pem));
    if (found.length > 0) return found;
  } catch {
    // Told below.
  }
  throw new LibraryError([{ place: { file: path, line: 0 }, message: 'holds no certificate in PEM' }]);
}
