import pino, { type DestinationStream, type Logger } from 'pino';

/*
 * Every secret that was read is remembered here once and masked in every sink: log, audit, RPC answers, the CLI's output.
 */

const MASK = '********';
const secrets = new Set<string>();
let pattern: RegExp | undefined;

/** Remembers values that must never be shown, in their plain, JSON, base64 and URL forms. */
export function learnSecrets(values: readonly (string | undefined)[]): void {
  const before = secrets.size;
  for (const value of values) {
    // One or two characters would mask half of every text.
    if (value === undefined || value.length < 3) continue;
    for (const form of [
      value,
      JSON.stringify(value).slice(1, -1),
      Buffer.from(value).toString('base64').replace(/=+$/, ''),
      encodeURIComponent(value),
    ]) {
      secrets.add(form);
    }
  }
  if (secrets.size === before) return;
  const forms = [...secrets].sort((a, b) => b.length - a.length).map(form => form.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&'));
  pattern = new RegExp(forms.join('|'), 'g');
}

/** The text with every known secret masked. */
export function masked(text: string): string {
  return pattern === undefined ? text : text.replace(pattern, MASK);
}

/** A value as JSON whose every text is masked. Numbers are left alone: a secret may look like one, and the text would be JSON no more. */
export function maskedJson(value: unknown, space?: number): string {
  return JSON.stringify(value, (_, part: unknown) => (typeof part === 'string' ? masked(part) : part), space);
}

/** A stream whose every line, a JSON object, is masked on the way. */
function maskedStream(under: DestinationStream): DestinationStream {
  return { write: line => under.write(pattern === undefined ? line : `${maskedJson(JSON.parse(line))}\n`) };
}

/** `fd` 1 is standard output, 2 standard error. Written at once: a line that explains a crash must not be lost in it. */
export function makeLogger(level: string, fd: 1 | 2, name: string): Logger {
  return pino(
    { level, name, base: { name }, timestamp: pino.stdTimeFunctions.isoTime },
    maskedStream(pino.destination({ dest: fd, sync: true })),
  );
}

export type { Logger };
