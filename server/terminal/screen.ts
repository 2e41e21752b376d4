/** What a terminal shows, from the bytes that came: pure text work, no state but the text itself. */

// CSI and OSC sequences, charset selections, and the rest of the two-character escapes.
const ESCAPES = /\x1b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[()][A-Z0-9]|[@-Z\\-_=>78])/g;

const ERASE_TO_END = /\x1b\[0?K/g;
/** Stands for an erasure while a line is carried out; no text holds it. */
const ERASED = '\x7f';

/** Escape sequences and control characters taken out; carriage returns, backspaces and erasures carried out. */
export function plain(raw: string): string {
  return raw
    .replaceAll(ERASED, '')
    .replace(ERASE_TO_END, ERASED)
    .replace(ESCAPES, '')
    .replace(/\r+\n/g, '\n')
    .replace(/[\x00\x07]/g, '')
    .split('\n')
    .map(overtyped)
    .join('\n');
}

/** A line after its carriage returns and backspaces: what a person would see. */
function overtyped(line: string): string {
  if (!/[\r\b\x7f]/.test(line)) return line;
  const shown: string[] = [];
  let column = 0;
  for (const character of line) {
    if (character === '\r') column = 0;
    else if (character === '\b') column = Math.max(0, column - 1);
    else if (character === ERASED) shown.length = Math.min(shown.length, column);
    else {
      shown[column] = character;
      column += 1;
    }
  }
  return Array.from(shown, character => character ?? ' ')
    .join('')
    .replace(/ +$/, '');
}

/** The last line: where a prompt would stand. */
export function lastLine(text: string): string {
  return text.slice(text.lastIndexOf('\n') + 1);
}

/** The screen without the log lines below its prompt: a device that logs there does not print its prompt again. */
export function withoutLateNoise(text: string, noise: readonly RegExp[]): string {
  const lines = text.split('\n');
  const end = lines.findLastIndex(line => line !== '' && !isNoise(line, noise)) + 1;
  return lines.slice(end).some(line => isNoise(line, noise)) ? lines.slice(0, end).join('\n') : text;
}

/**
 * What a device answered: `text` runs from the echo of `sent` to the prompt; both are cut off, and noise lines taken out.
 * undefined while the echo has not come back whole.
 */
export function outputOf(text: string, sent: string, noise: readonly RegExp[]): string | undefined {
  const shown = withoutLateNoise(text, noise);
  const start = afterEcho(shown, sent);
  if (start === undefined) return undefined;
  const lines = shown.slice(start).split('\n').slice(0, -1);
  return lines.filter(line => !isNoise(line, noise)).join('\n');
}

const isNoise = (line: string, noise: readonly RegExp[]) => noise.some(pattern => pattern.test(line));

/** Index of the first character after the line that echoes `sent`; undefined while there is no such line. */
export function afterEcho(text: string, sent: string): number | undefined {
  const echo = echoIn(text, sent);
  if (!echo) return undefined;
  const end = text.indexOf('\n', echo.end);
  return end < 0 ? undefined : end + 1;
}

/** Where the echo ends; a device that wraps at its own width breaks it in the middle. */
function echoIn(text: string, sent: string): { end: number } | undefined {
  const at = text.indexOf(sent);
  if (at >= 0) return { end: at + sent.length };
  const wrapped = new RegExp([...sent].map(letter => letter.replace(/[\\^$.*+?()[\]{}|/-]/, '\\$&')).join('\n?')).exec(text);
  return wrapped ? { end: wrapped.index + wrapped[0].length } : undefined;
}

/** The last few lines of a screen, for an error message. */
export function tailOf(text: string, lines = 4): string {
  return text.trimEnd().split('\n').slice(-lines).join('\n').slice(-400);
}
