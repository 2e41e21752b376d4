import { masked } from '../log.ts';

export const MASK = '********';

export interface Redaction {
  /** Patterns of what else is to be masked. */
  readonly hide?: readonly RegExp[] | undefined;
  /** Serial numbers are masked, too, and this user is called `user`. */
  readonly anonymous?: { readonly username: string } | undefined;
}

/**
 * Secrets of a device itself, which no credentials file knows, by how configurations print them: hashes, and what stands behind the words that
 * announce a secret. A word too many is masked rather than one too few.
 */
const SECRETS: readonly RegExp[] = [
  /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g,
  /\$(?:[15689]|14|2[abxy]|sha512|y)\$[^\s"';]+/g,
  /(?<=\b(?:password|secret|key|key-string|md5|passphrase|psk)[ \t]+"?(?:[0-9]{1,2}|8a|sha512|sha256|encrypted|clear-text|plaintext)[ \t]+"?)[^\s"';]+/gi,
  /(?<=\b(?:community|encrypted-password|pre-shared-key|authentication-key|shared-secret|secret|(?:tacacs|radius)(?:-server)?[^\n]* key)[ \t]+"?)(?!(?:\d{1,2}|sha\d+)[ \t])[^\s"';]{3,}/gi,
];

const SERIALS: readonly RegExp[] = [
  /(?<=\bserial[ \t-]*(?:number|num|no\.?|#)?[ \t]*[:=]?[ \t]*)(?=[A-Z0-9-]*\d)[A-Z0-9-]{6,}/gi,
  /(?<=\bboard ID[ \t]+)[A-Z0-9]{6,}/g,
];

/** Masks whatever must not be in a file that is shown around. The same text is always masked the same way. */
export function redactor({ hide = [], anonymous }: Redaction): (text: string) => string {
  const patterns = [...SECRETS, ...(anonymous ? SERIALS : []), ...hide.map(({ source }) => new RegExp(source, 'gm'))];
  return text => {
    const known = patterns.reduce((left, pattern) => left.replace(pattern, found => (found === '' ? '' : MASK)), masked(text));
    return anonymous ? known.replace(new RegExp(`(?<![\\w-])${escaped(anonymous.username)}(?![\\w-])`, 'g'), 'user') : known;
  };
}

/** A value with every text in it redacted. */
export function redacted(value: unknown, redact: (text: string) => string): unknown {
  if (typeof value === 'string') return redact(value);
  if (Array.isArray(value)) return value.map(item => redacted(item, redact));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [redact(key), redacted(item, redact)]));
}

const escaped = (text: string) => text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
