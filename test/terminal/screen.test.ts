import { describe, expect, it } from 'vitest';
import { refusalIn } from '../../server/terminal/failures.ts';
import { clean, lastLine, plain, tailOf } from '../../server/terminal/screen.ts';
import fc from '../chance.ts';

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
    ['a cursor that steps back steps back', 'abcd\x1b[2DX', 'abXd'],
    ['a pager that is rubbed out by the cursor leaves nothing', '  --- More ---\x1b[16D                \x1b[16Dvlan 5', 'vlan 5'],
    ['a cursor that goes to a column goes there', 'abcd\x1b[2GX\x1b[Gy', 'yXcd'],
    ['a cursor that steps on leaves blanks', 'a\x1b[3Cb', 'a   b'],
    ['a line that is erased whole is erased', 'abc\x1b[2K\rx', 'x'],
    ['a question to the terminal is nothing', '\x1b[5nsw1>\x1b[6n\x1b[c\x1b[>0c', 'sw1>'],
    ['a string for the terminal is nothing', '\x1bP1$r0m\x1b\\x\x1b_app\x1b\\y', 'xy'],
    ['controls of 8 bits are nothing', '\x9b31mred\x9b0m\x85', 'red'],
    ['tabs stay', 'a\tb', 'a\tb'],
    ['an escape that is not whole keeps a half line from being a prompt', 'sw1>\x1b[', 'sw1>\x1b['],
    ['a title that is not whole likewise', '\x1b]0;sw1>', '\x1b]0;sw1>'],
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

  it('is not wider than it is long, whatever a cursor is told', () => {
    expect(plain('\x1b[999999999Cx\x1b[999999999Gy'.repeat(1000)).length).toBeLessThan(20_000);
  });

  it('is told without escapes', () => {
    expect(clean(plain('a\x1b]b\x1b'))).toBe('a]b');
    expect(tailOf('x\n\x1b]0;y')).toBe('x\n]0;y');
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
