import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Host, Place } from '../model.ts';
import { fingerprintOf, typeOf } from '../transport/host-keys.ts';
import { type Complaint, LibraryError } from './complaints.ts';
import { readText } from './yaml.ts';

/** OpenSSH's known_hosts, as sshd(8) describes it. */

interface Entry {
  readonly marker: '' | '@revoked' | '@cert-authority';
  readonly isOf: (host: string) => boolean;
  readonly type: string;
  readonly fingerprint: string;
  readonly place: Place;
}

export class KnownHosts {
  readonly #file: string;
  readonly #entries: readonly Entry[];

  /** @throws LibraryError with every line that is none; `file` is the path as complaints name it */
  constructor(path: string, file: string) {
    this.#file = file;
    const complaints: Complaint[] = [];
    this.#entries = readText(path, file)
      .split(/\r?\n/)
      .flatMap((line, i) => {
        if (/^\s*(?:#|$)/.test(line)) return [];
        const place = { file, line: i + 1 };
        const entry = entryOf(line, place);
        if (typeof entry !== 'string') return [entry];
        complaints.push({ place, message: entry });
        return [];
      });
    if (complaints.length > 0) throw new LibraryError(complaints);
  }

  /** What the file says of an address; on any port but 22 that is `[address]:port`, as OpenSSH writes it. */
  of(address: string, port: number): { fingerprints: readonly string[]; about: NonNullable<Host['knownHosts']> } {
    const host = (port === 22 ? address : `[${address}]:${port}`).toLowerCase();
    const entries = this.#entries.filter(entry => entry.isOf(host));
    const marked = (marker: Entry['marker']) => entries.filter(entry => entry.marker === marker);
    const keys = marked('');
    const [authority] = marked('@cert-authority');
    const why = authority
      ? `${this.#file}:${authority.place.line} has a @cert-authority for it, which Mercury does not read: it wants a line with the key itself`
      : `${this.#file} has no line for ${host}`;
    return {
      fingerprints: keys.map(({ fingerprint }) => fingerprint),
      about: {
        file: this.#file,
        types: [...new Set(keys.map(({ type }) => type))],
        revoked: new Map(marked('@revoked').map(({ fingerprint, place }) => [fingerprint, place])),
        ...(keys.length === 0 ? { why } : {}),
      },
    };
  }
}

/** The line's entry, or what is wrong with it. */
function entryOf(line: string, place: Place): Entry | string {
  const words = line.trim().split(/[ \t]+/);
  const marker = words[0]?.startsWith('@') ? words.shift() : '';
  if (marker !== '' && marker !== '@revoked' && marker !== '@cert-authority') return `nobody knows the marker ${marker}`;
  const [hosts, type, base64] = words;
  if (!hosts || !type || !base64) return 'is no line of known_hosts: hosts, type of key, key';
  const key = Buffer.from(base64, 'base64');
  // What stands in the key itself is what counts; a line that says otherwise was cut or made by hand.
  if (typeOf(key) !== type) return `the key is no ${type} key`;
  const isOf = hosts.startsWith('|') ? hashed(hosts) : listed(hosts);
  return isOf ? { marker, isOf, type, fingerprint: fingerprintOf(key), place } : 'the host is hashed in a way that nobody knows';
}

/** `|1|salt|hash`: HMAC-SHA1 of one host, so that the file does not tell where somebody has been. */
function hashed(text: string): Entry['isOf'] | undefined {
  const [, salt, hash] = /^\|1\|([\w+/=]+)\|([\w+/=]{28})$/.exec(text) ?? [];
  if (salt === undefined || hash === undefined) return undefined;
  const wanted = Buffer.from(hash, 'base64');
  return host => timingSafeEqual(createHmac('sha1', Buffer.from(salt, 'base64')).update(host).digest(), wanted);
}

/** Patterns with commas: `*` and `?`, and `!` before one that takes hosts out again. */
function listed(text: string): Entry['isOf'] {
  const patterns = text.split(',').map(pattern => ({ out: pattern.startsWith('!'), pattern: wildcard(pattern.replace(/^!/, '')) }));
  const some = (host: string, out: boolean) => patterns.some(each => each.out === out && each.pattern.test(host));
  return host => some(host, false) && !some(host, true);
}

function wildcard(text: string): RegExp {
  const source = text.toLowerCase().replace(/[\\^$.+()[\]{}|/-]/g, '\\$&');
  return new RegExp(`^${source.replaceAll('*', '.*').replaceAll('?', '.')}$`);
}
