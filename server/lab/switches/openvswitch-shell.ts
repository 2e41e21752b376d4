/** What a POSIX shell makes of one simple command: its words, or why nothing ran. */
export type Words = { readonly words: readonly string[] } | { readonly error: string };

/** Outside quotes these would start a second command, a substitution, a redirection, a pattern or a comment. */
const UNQUOTED = /[;|&<>()`$*?~#{}!\n\r]/;
/** What a backslash protects inside double quotes; before anything else it is an ordinary character. */
const ESCAPED_IN_DOUBLE = /[$`"\\\n]/;

/**
 * Splits a command line as sh does: blanks, 'single' and "double" quotes, backslash.
 * A plan never needs more of the shell than that, so whatever else the shell would do is run by nobody here:
 * a value that escaped its quotes shows as a syntax error in a test instead of as a second command.
 */
export function splitWords(line: string): Words {
  const words: string[] = [];
  let word: string | undefined;
  for (let i = 0; i < line.length; i += 1) {
    const letter = line[i] ?? '';
    if (letter === ' ' || letter === '\t') {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (letter === "'" || letter === '"') {
      const quoted = letter === "'" ? single(line, i + 1) : double(line, i + 1);
      if ('error' in quoted) return quoted;
      word = (word ?? '') + quoted.text;
      i = quoted.end;
    } else if (letter === '\\' && i + 1 < line.length) {
      i += 1;
      word = (word ?? '') + (line[i] ?? '');
    } else if (UNQUOTED.test(letter)) {
      return unexpected(letter);
    } else {
      word = (word ?? '') + letter;
    }
  }
  if (word !== undefined) words.push(word);
  // `NAME=value command` would set a variable: not a word of the command.
  return /^\w+=/.test(words[0] ?? '') ? unexpected('=') : { words };
}

type Quoted = { readonly text: string; readonly end: number } | { readonly error: string };

function single(line: string, start: number): Quoted {
  const end = line.indexOf("'", start);
  return end < 0 ? UNTERMINATED : { text: line.slice(start, end), end };
}

function double(line: string, start: number): Quoted {
  let text = '';
  for (let i = start; i < line.length; i += 1) {
    const letter = line[i] ?? '';
    if (letter === '"') return { text, end: i };
    if (letter === '$' || letter === '`') return unexpected(letter);
    if (letter === '\\' && ESCAPED_IN_DOUBLE.test(line[i + 1] ?? '')) {
      i += 1;
      text += line[i];
    } else text += letter;
  }
  return UNTERMINATED;
}

const UNTERMINATED = { error: 'sh: 1: Syntax error: Unterminated quoted string' };

function unexpected(token: string) {
  return { error: `sh: syntax error near unexpected token \`${token === '\n' ? 'newline' : token}'` };
}
