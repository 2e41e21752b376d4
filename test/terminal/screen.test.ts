import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { refusalIn } from '../../server/terminal/failures.ts';
import { afterEcho, lastLine, outputOf, plain, tailOf } from '../../server/terminal/screen.ts';

describe('a screen', () => {
  it.each([
    ['lines end in CR LF', 'one\r\ntwo\r\n', 'one\ntwo\n'],
    ['lines end in CR CR LF', 'one\r\r\ntwo', 'one\ntwo'],
    ['lines end in LF CR', 'one\n\rtwo', 'one\ntwo'],
    ['lines end in CR NUL LF', 'one\r\0\ntwo', 'one\ntwo'],
    ['NUL and bell are nothing', 'o\0ne\x07', 'one'],
    ['colours are nothing', '\x1b[1;31mred\x1b[0m \x1b[38;5;200mpink\x1b[m', 'red pink'],
    ['a title is nothing', '\x1b]0;sw1: ~\x07sw1#', 'sw1#'],
    ['a title that ends the other way is nothing', '\x1b]2;sw1\x1b\\sw1#', 'sw1#'],
    ['modes of the terminal are nothing', '\x1b[?1h\x1b=\x1b[?2004hsw1>\x1b[6n\x1b(B\x1b7\x1b8', 'sw1>'],
    ['a carriage return begins the line anew', '--More--\r         \rinterface p1', 'interface p1'],
    ['what a shorter text does not cover stays', 'abcdef\rxy', 'xycdef'],
    ['a backspace steps back', 'abc\b\bX', 'aXc'],
    ['backspaces stop at the margin', 'ab\b\b\b\bcd', 'cd'],
    ['a pager that rubs itself out leaves nothing', ' --More-- \b\b\b\b\b\b\b\b\b\b          \b\b\b\b\b\b\b\b\b\bvlan 5', 'vlan 5'],
    ['a line that is erased to its end is erased', '--More--\r\x1b[Kvlan 5', 'vlan 5'],
    ['what is erased is what stands behind the cursor', 'abcdef\rxy\x1b[0K', 'xy'],
    ['spaces at the end of a line that was not overtyped stay', 'name:  \r\nx', 'name:  \nx'],
    ['characters beyond ASCII stay', 'Zürich ☂ 雨\r\n', 'Zürich ☂ 雨\n'],
  ])('shows what a person would see: %s', (_what, raw, shown) => {
    expect(plain(raw)).toBe(shown);
  });

  it('has no control character left but line breaks, whatever came', () => {
    const piece = fc.constantFrom(
      '\x1b',
      '[',
      '0',
      ';',
      'm',
      'K',
      '\r',
      '\n',
      '\b',
      '\0',
      '\x07',
      ' ',
      'a',
      ']',
      '?',
      '(',
      'B',
      '\x1b[31m',
      '\x1b]0;t\x07',
    );
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 30 }).map(pieces => pieces.join('')),
        raw => {
          expect(plain(raw).replace(/\x1b/g, '')).toMatch(/^[\x20-\x7e\n]*$/);
        },
      ),
      { numRuns: 1000 },
    );
  });

  it('shows plain text as it is', () => {
    fc.assert(
      fc.property(
        fc.array(fc.stringMatching(/^[\x20-\x7e]*$/)).map(lines => lines.join('\n')),
        text => plain(text) === text,
      ),
    );
  });

  it('has a last line, where a prompt would stand', () => {
    expect(['', 'a', 'a\n', 'a\nb'].map(lastLine)).toEqual(['', 'a', '', 'b']);
  });

  it('has a tail for an error message: few lines, few characters', () => {
    expect(tailOf('one\ntwo\nthree\nfour\nfive\n\n')).toBe('two\nthree\nfour\nfive');
    expect(tailOf('x'.repeat(5000)).length).toBe(400);
  });
});

describe('the output of a command', () => {
  const noise = [/^%LINK-\d-UPDOWN:/];

  it.each([
    ['is what stands between echo and prompt', 'show x\none\ntwo\nsw1#', 'one\ntwo'],
    ['is empty where nothing does', 'show x\nsw1#', ''],
    ['begins after the echo, not at text that came before', 'late log\nsw1#show x\none\nsw1#', 'one'],
    ['is not there before the echo is whole', 'sho', undefined],
    ['is not there before the line of the echo has ended', 'show x', undefined],
    ['leaves log lines out', 'show x\none\n%LINK-3-UPDOWN: p1 up\ntwo\nsw1#', 'one\ntwo'],
    ['leaves log lines out that came after the prompt', 'show x\none\nsw1#\n%LINK-3-UPDOWN: p1 up\n', 'one'],
    ['keeps blank lines', 'show x\n\none\n\nsw1#', '\none\n'],
    ['keeps what only looks like the prompt', 'show x\nsw1#\none\nsw1#', 'sw1#\none'],
    ['knows an echo that the device wrapped at its own width', 'sho\nw x\none\nsw1#', 'one'],
  ])('%s', (_what, text, output) => {
    expect(outputOf(text, 'show x', noise)).toBe(output);
  });

  it('is found whatever signs the command has', () => {
    const command = fc.stringMatching(/^[\x21-\x7e][\x20-\x7e]{0,60}[\x21-\x7e]$/);
    fc.assert(
      fc.property(command, sent => outputOf(`${sent}\nanswer\nsw1#`, sent, []) === 'answer'),
      { numRuns: 500 },
    );
  });

  it('is found at whatever column the echo was wrapped', () => {
    const command = fc.stringMatching(/^[a-z][a-z0-9 ]{20,100}[a-z]$/);
    fc.assert(
      fc.property(command, fc.integer({ min: 5, max: 40 }), (sent, width) => {
        const wrapped = (sent.match(new RegExp(`.{1,${width}}`, 'g')) ?? []).join('\n');
        expect(afterEcho(`${wrapped}\nanswer`, sent)).toBe(wrapped.length + 1);
      }),
      { numRuns: 200 },
    );
  });
});

describe('a refusal', () => {
  const failures = [/^% ?Invalid/, /^Command rejected/];

  it.each([
    ['none', 'vlan 5\n ok', undefined],
    [
      'the vendor’s words on one line, without the caret',
      'vlan x\n     ^\n% Invalid input detected at marker.\n',
      'vlan x % Invalid input detected at marker.',
    ],
    [
      'the lines around it, where the reason often stands',
      'p1 is a member of a LAG\nCommand rejected: not allowed\n',
      'p1 is a member of a LAG Command rejected: not allowed',
    ],
    ['none where it stands inside a line', 'description % Invalid', undefined],
    ['the first 400 characters of a long one', `% Invalid ${'x'.repeat(1000)}`, `% Invalid ${'x'.repeat(390)}`],
  ])('is %s', (_what, output, said) => {
    expect(refusalIn(output, failures, [])).toBe(said);
  });

  it('is none on a line that is tolerated, and still one on another', () => {
    const tolerate = [/^% Invalid but harmless/];
    expect(refusalIn('% Invalid but harmless', failures, tolerate)).toBeUndefined();
    expect(refusalIn('% Invalid but harmless\n% Invalid', failures, tolerate)).toBe('% Invalid but harmless % Invalid');
  });

  it('is seen on lines with the line ends of Windows', () => {
    expect(refusalIn('Command rejected\r\n', [/^Command rejected$/], [])).toBe('Command rejected');
  });
});
