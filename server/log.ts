import pino, { type DestinationStream, type Logger } from 'pino';

/*
 * Every secret that was read is remembered here once and masked in every sink: log, audit, RPC answers, the CLI's output.
 */

const MASK = '********';
const secrets = new Set<string>();
let pattern: RegExp | undefined;
/** Finds each of them in JSON text, as it is written there. */
let patternInJson: RegExp | undefined;

/** Remembers values that must never be shown, plain and encoded. */
export function learnSecrets(values: readonly (string | undefined)[]): void {
  const before = secrets.size;
  // One or two characters would mask half of every text.
  for (const value of values) if (value !== undefined && value.length >= 3) for (const form of formsOf(value)) secrets.add(form);
  if (secrets.size === before) return;
  const forms = [...secrets].sort((a, b) => b.length - a.length);
  pattern = new RegExp(forms.map(escaped).join('|'), 'g');
  patternInJson = new RegExp([...new Set(forms.map(jsonOf))].map(escaped).join('|'));
}

const escaped = (form: string) => form.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');

/** The shapes that a text takes on its way through other programs: what a secret may look like in a log. */
function formsOf(text: string): string[] {
  const bytes = Buffer.from(text);
  const uri = encodeURIComponent(text);
  const hex = bytes.toString('hex');
  return [
    text,
    text.trim(),
    jsonOf(text),
    jsonOf(jsonOf(text)),
    uri,
    uri.replace(/%../g, code => code.toLowerCase()),
    uri.replace(/[!'()*]/g, percented),
    new URLSearchParams({ '': text }).toString().slice(1),
    hex,
    hex.toUpperCase(),
    ...HTML.map(quotes => text.replace(/[&<>"']/g, letter => quotes[letter] ?? letter)),
    text.replaceAll("'", `'\\''`),
    ...base64Of(bytes).flatMap(form => [form, form.replaceAll('+', '-').replaceAll('/', '_')]),
  ].filter(form => form.length >= 3);
}

const percented = (letter: string) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`;

const jsonOf = (text: string) => JSON.stringify(text).slice(1, -1);

const MARKUP = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const HTML: readonly Readonly<Record<string, string>>[] = [MARKUP, { ...MARKUP, "'": '&#39;' }, { ...MARKUP, "'": '&#x27;' }];

/** Shorter pieces of base64 are found by chance. */
const LEAST = 5;

/**
 * Alone, and in the middle of something (`user:password`), where it may begin at any of three places between the letters: the letters
 * that its neighbours have a part in are left out.
 */
function base64Of(bytes: Buffer): string[] {
  const inside = [0, 1, 2].map(before => {
    const letters = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64');
    return letters.slice(Math.ceil((before * 8) / 6), Math.floor(((before + bytes.length) * 8) / 6));
  });
  return [bytes.toString('base64').replace(/=+$/, ''), ...inside.filter(form => form.length >= LEAST)];
}

/** The text with every known secret masked. */
export function masked(text: string): string {
  return pattern === undefined ? text : text.replace(pattern, MASK);
}

/**
 * A value as JSON whose every text is masked, names of members too. Numbers are left alone: a secret may look like one, and the text
 * would be JSON no more.
 */
export function maskedJson(value: unknown, space?: number): string {
  // Nearly always there is nothing to mask, and one look at the whole says so.
  const plain = JSON.stringify(value, undefined, space);
  if (isClean(plain)) return plain;
  return JSON.stringify(value, (_, part: unknown) => (typeof part === 'string' ? masked(part) : withMaskedNames(part)), space);
}

/** Whether a JSON text holds no secret: what is inside one of its texts stands there as it is written in JSON. */
function isClean(json: string | undefined): boolean {
  return json === undefined || patternInJson === undefined || !patternInJson.test(json);
}

function withMaskedNames(part: unknown): unknown {
  if (typeof part !== 'object' || part === null || Array.isArray(part)) return part;
  const members = Object.entries(part);
  return members.every(([name]) => masked(name) === name)
    ? part
    : Object.fromEntries(members.map(([name, member]) => [masked(name), member]));
}

/** A stream whose every line, a JSON object, is masked on the way. */
function maskedStream(under: DestinationStream): DestinationStream {
  return { write: line => under.write(isClean(line) ? line : `${maskedJson(JSON.parse(line))}\n`) };
}

/** `fd` 1 is standard output, 2 standard error. Written at once: a line that explains a crash must not be lost in it. */
export function makeLogger(level: string, fd: 1 | 2, name: string): Logger {
  return pino(
    { level, name, base: { name }, timestamp: pino.stdTimeFunctions.isoTime },
    maskedStream(pino.destination({ dest: fd, sync: true })),
  );
}

export type { Logger };
