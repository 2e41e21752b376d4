import { expect, it } from 'vitest';
import { learnSecrets, masked, maskedJson } from '../server/log.ts';
import fc from './chance.ts';

/** What JSON writes in more than one way, and half of a pair. */
const letter = fc.oneof(
  fc.constantFrom('"', '\\', '\n', '\u0000', '\u001f', '/', '\u2028', 'ü', '😀', '\ud83d', '\ude00', 'n', 'u'),
  fc.string({ maxLength: 1 }),
);
const text = fc.array(letter, { maxLength: 12 }).map(letters => letters.join(''));
/** No file that a secret comes from can hold half of a pair. */
const secrets = text.filter(secret => secret.isWellFormed());

it('masks in JSON exactly what it masks in a text, wherever the secret stands and whatever it is made of', () => {
  fc.assert(
    fc.property(secrets, text, text, text, (secret, before, after, other) => {
      learnSecrets([secret]);
      const shown = before + secret + after;
      const value = { [shown]: [shown, { other }], 12345: 12345 };
      expect(JSON.parse(maskedJson(value))).toEqual({
        [masked(shown)]: [masked(shown), { other: masked(other) }],
        [masked('12345')]: 12345,
      });
      expect(maskedJson({ other }, 2)).toBe(JSON.stringify({ other: masked(other) }, undefined, 2));
    }),
    { numRuns: 80 },
  );
});

it('leaves a value alone in which there is no secret, and one that JSON has no text for', () => {
  learnSecrets(['correct horse']);
  expect(maskedJson({ a: [1, 'ok'] })).toBe('{"a":[1,"ok"]}');
  expect(maskedJson(undefined)).toBeUndefined();
});
