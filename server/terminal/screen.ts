/** What a terminal shows, from the bytes that came: pure text work, no state but the text itself. */

// CSI and OSC sequences, charset selections, and the rest of the two-character escapes.
const ESCAPES = /\x1b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[()][A-Z0-9]|[@-Z\\-_=>78])/g;

/** Escape sequences and control characters taken out, carriage returns and backspaces carried out. */
export function plain(raw: string): string {
  return raw
    .replace(ESCAPES, '')
    .replace(/\r+\n/g, '\n')
    .replace(/[\x00\x07]/g, '')
    .split('\n')
    .map(overtyped)
    .join('\n');
}

/** A line after its carriage returns and backspaces: what a person would see. */
function overtyped(line: string): string {
  if (!line.includes('\r') && !line.includes('\b')) return line;
  let shown: string[] = [];
  let column = 0;
  for (const character of line) {
    if (character === '\r') column = 0;
    else if (character === '\b') column = Math.max(0, column - 1);
    else {
      shown[column] = character;
      column += 1;
    }
  }
  shown = Array.from(shown, character => character ?? ' ');
  return shown.join('').replace(/ +$/, spaces => (line.endsWith('\r') || line.includes('\r') ? '' : spaces));
}

/** The last line: where a prompt would stand. */
export function lastLine(text: string): string {
  return text.slice(text.lastIndexOf('\n') + 1);
}

/**
 * What a device answered: `text` runs from the echo of `sent` to the prompt; both are cut off, and noise lines taken out.
 * undefined while the echo has not come back whole.
 */
export function outputOf(text: string, sent: string, noise: readonly RegExp[]): string | undefined {
  const start = afterEcho(text, sent);
  if (start === undefined) return undefined;
  const lines = text.slice(start).split('\n').slice(0, -1);
  return lines.filter(line => !noise.some(pattern => pattern.test(line))).join('\n');
}

/** Index of the first character after the line that echoes `sent`; undefined while there is no such line. */
export function afterEcho(text: string, sent: string): number | undefined {
  const at = text.indexOf(sent);
  if (at < 0) return undefined;
  const end = text.indexOf('\n', at + sent.length);
  return end < 0 ? undefined : end + 1;
}

/** The last few lines of a screen, for an error message. */
export function tailOf(text: string, lines = 4): string {
  return text.trimEnd().split('\n').slice(-lines).join('\n').slice(-400);
}
