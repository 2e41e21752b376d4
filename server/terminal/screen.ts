/** What a terminal shows, from the bytes that came: pure text work, no state but the text itself. */

/** What a terminal acts upon, one at a time, and runs of text. Strings for the terminal itself (titles, device control) end on their line or are none. */
const SIGNS =
  /(?:\x1b\[|\x9b)([0-?]*)[ -/]*([@-~])|\x1b[\]PX^_][^\x07\x1b\n]*(?:\x07|\x1b\\)|\x1b[ -/]+[0-~]|\x1b[0-OQ-WYZ\\`-~]|[^\x00-\x1f\x7f-\x9f]+|[\s\S]/gu;
/** What cannot simply be shown; a tab is left as it is. */
const CONTROL = /[\x00-\x08\x0b-\x1f\x7f-\x9f]/;
/** No line grows beyond this by cursor movements alone: what a device sends must not decide how much memory we take. */
const WIDEST = 512;

/**
 * What a person would see: escape sequences and control characters taken out, cursor movements and erasures within a line carried out.
 * Questions to the terminal (ESC[5n, ESC[6n, ESC[c) are taken out too and never answered: whoever may write into a device's output
 * could have us type there. Of a sequence that is not whole yet the escape stays, so that a half line is not taken for a prompt.
 */
export function plain(raw: string): string {
  return raw.split('\n').map(shown).join('\n');
}

function shown(raw: string): string {
  const line = withoutEnd(raw, '\r\0');
  if (!CONTROL.test(line)) return line;
  const cells: string[] = [];
  let column = 0;
  let moved = false;
  for (const [sign, count, final] of line.matchAll(SIGNS)) {
    const move = sign === '\r' || sign === '\b' || final !== undefined ? moveOf(sign, final, count) : undefined;
    if (move) {
      moved = true;
      column = Math.min(Math.max(0, move.to ?? column + (move.by ?? 0)), Math.max(cells.length, WIDEST));
      if (move.erases !== undefined) cells.length = Math.min(cells.length, move.erases === 'all' ? 0 : column);
    } else if (isShown(sign)) {
      while (cells.length < column) cells.push(' ');
      for (const letter of sign) {
        cells[column] = letter;
        column += 1;
      }
    }
  }
  const text = cells.join('');
  return moved ? withoutEnd(text, ' ') : text;
}

/** Without any of these characters at its end. No regular expression: on a long run that is not at the end one takes for ever. */
export function withoutEnd(text: string, characters: string): string {
  let end = text.length;
  while (end > 0 && characters.includes(text[end - 1] ?? '')) end -= 1;
  return text.slice(0, end);
}

interface Move {
  readonly to?: number;
  readonly by?: number;
  readonly erases?: 'behind' | 'all';
}

/** What a sign does to the cursor and to its line; undefined where it does nothing to either. */
function moveOf(sign: string, letter: string | undefined, count: string | undefined): Move | undefined {
  if (sign === '\r') return { to: 0 };
  if (sign === '\b') return { by: -1 };
  const times = Math.max(1, Number.parseInt(count ?? '', 10) || 1);
  if (letter === 'D') return { by: -times };
  if (letter === 'C') return { by: times };
  if (letter === 'G') return { to: times - 1 };
  return letter === 'K' && count !== '1' ? { erases: count === '2' ? 'all' : 'behind' } : undefined;
}

/** An escape that begins nothing known is kept, alone; every other sequence and control character is nothing. */
const isShown = (sign: string) => sign === '\x1b' || (!sign.startsWith('\x1b') && !CONTROL.test(sign));

/** Text to keep or to tell: without the escapes that `plain` leaves. */
export function clean(text: string): string {
  return text.replaceAll('\x1b', '');
}

/** The last line: where a prompt would stand. */
export function lastLine(text: string): string {
  return text.slice(text.lastIndexOf('\n') + 1);
}

/** The last few lines of a screen, for an error message. */
export function tailOf(text: string, lines = 4): string {
  return clean(text).trimEnd().split('\n').slice(-lines).join('\n').slice(-400);
}

/** Characters of blank that may stand where a pager was, before they count as text. */
const PAGER_GAP = 4096;

/** Where text goes on after a pager was told to: what only rubs its prompt out, or ends its line, is no text. undefined: not to be told yet. */
export function gapIn(text: string): number | undefined {
  const end = text.indexOf('\n');
  const shown = plain(end < 0 ? text : text.slice(0, end)).trim();
  if (shown !== '' || text.length > PAGER_GAP) return 0;
  return end < 0 ? undefined : end + 1;
}

/** Some devices echo what is typed ahead at once, and again behind the prompt: what stands at the beginning of an answer is none of it. */
export function withoutEchoes(answer: string, ahead: readonly string[]): string {
  const lines = answer.split('\n');
  let from = 0;
  const first = lines.findIndex(line => {
    from = ahead.findIndex((echo, nth) => nth >= from && echo.trim() === line.trim()) + 1;
    return from === 0;
  });
  return lines.slice(first < 0 ? lines.length : first).join('\n');
}
