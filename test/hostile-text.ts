import fc from './chance.ts';

/* What a hostile caller, or a broken LLDP neighbour, may write. */

const CONTROLS = '\n \r \r\n \0 \x03 \x04 \x15 \x1a \x1b[2J \x1b[6n \x1b[31m \x1b]0;x\x07 \b \x7f \t \x85 \x9b2J \u2028 \u2029'.split(' ');
const SIGNS = '; ` ? | || && & > < " \' \\ ! # % -- - * ~ = , : [ { } ] {a,b} [ab] /* a=b ~root ../'.split(' ');
const WORDS = ['`touch x`', '$(reboot)', '$IFS', '$' + '{IFS}', '%s', '$&', "$'", '{{port}}', '{{#if port}}', '__proto__', '<b>&amp;'];
const LINES = ["'; touch x; '", '"; reboot; "', ' -- del-br br-int', '\nno shutdown', '\rexit', ' | no-more'];
const FOREIGN = 'é 日本 😀 İ \ud800 \udc00 \ue000 \ue0001\ue001 \u202e \u200f \u200b \ufeff'.split(' ').concat('\u00a0', '\u3000');
const PLAIN = [' ', '  ', 'node 42', '0', '007', 'x'.repeat(300), 'null', 'true'];

export const PIECES = [...CONTROLS, ...SIGNS, ...WORDS, ...LINES, ...FOREIGN, ...PLAIN];

const piece = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...PIECES) },
  { weight: 1, arbitrary: fc.string({ maxLength: 6, unit: 'binary' }) },
);

/** A few such pieces, one after the other. */
export const hostileText = fc.array(piece, { minLength: 1, maxLength: 4 }).map(pieces => pieces.join(''));
