import { dump } from 'js-yaml';
import { describe, expect, it } from 'vitest';
import { LibraryError } from '../../server/library/complaints.ts';
import { parseYaml, readYaml } from '../../server/library/yaml.ts';
import fc from '../chance.ts';
import { worked } from '../worked.ts';

const lineOf = (source: string, fragment: string) => source.slice(0, source.indexOf(fragment)).split('\n').length;

describe('the line of everything in a file', () => {
  const source = `# comment

a: one
list:
  - first
  - { flow: x, other: y }
  - - deep
    - deeper
block: |
  line one
  line two
gap: |

  after a blank line
folded: >-
  some
  words
anchored: &it
  key: value
  again: 5
alias: *it
"quoted key": "text"
? complex
: complexvalue
`;
  const yaml = parseYaml(source, 'f.yml');
  const places: readonly (readonly [readonly (string | number)[], string])[] = [
    [['a'], 'one'],
    [['list'], '- first'],
    [['list', 0], 'first'],
    [['list', 1, 'other'], 'other'],
    [['list', 2, 1], 'deeper'],
    [['block'], 'line one'],
    [['folded'], 'some'],
    [['anchored', 'again'], 'again'],
    [['quoted key'], '"text"'],
    [['complex'], 'complexvalue'],
  ];

  it.each(places)('%j', (path, fragment) => {
    expect(yaml.at(path)).toEqual({ file: 'f.yml', line: lineOf(source, fragment) });
  });

  it('counts the blank lines that a block begins with', () => {
    expect(yaml.at(['gap']).line).toBe(lineOf(source, 'after a blank line') - 1);
    expect((yaml.value as { gap: string }).gap).toBe('\nafter a blank line\n');
  });

  it('leads from an alias to where it was written', () => {
    expect(yaml.at(['alias', 'again'])).toEqual(yaml.at(['anchored', 'again']));
    expect(yaml.at(['alias'])).toEqual(yaml.at(['anchored']));
    expect(yaml.atKey(['alias']).line).toBe(lineOf(source, 'alias:'));
  });

  it('is that of the nearest thing above for a path that leads nowhere', () => {
    expect(yaml.at(['list', 1, 'missing']).line).toBe(lineOf(source, '{ flow'));
    expect(yaml.at(['nothing', 'at', 'all'])).toEqual(yaml.at([]));
  });

  it('tells how a text is written', () => {
    expect([['block'], ['folded'], ['a'], ['list']].map(path => yaml.style(path))).toEqual(['literal', 'folded', 'inline', 'inline']);
  });
});

it('keeps the style of a block through an alias', () => {
  const yaml = parseYaml('a: &x |\n  one\n  two\nb: *x\n', 'f.yml');
  expect([yaml.style(['b']), yaml.at(['b']).line]).toEqual(['literal', 2]);
});

it('reads files with the line ends of Windows', () => {
  const yaml = parseYaml('a: 1\r\nb: |\r\n  one\r\n  two\r\nc: 3\r\n', 'f.yml');
  expect(yaml.value).toEqual({ a: 1, b: 'one\ntwo\n', c: 3 });
  expect([yaml.at(['b']).line, yaml.at(['c']).line]).toEqual([3, 5]);
});

it('keeps yes, on and MAC-like numbers as text: YAML 1.2', () => {
  expect(parseYaml('[yes, on, no, 12:34:56, 1e3x, 0o17, null, ~, true]', 'f.yml').value).toEqual([
    'yes',
    'on',
    'no',
    '12:34:56',
    '1e3x',
    15,
    null,
    null,
    true,
  ]);
});

it('cannot be brought to swell: aliases are limited', async () => {
  const bomb = ['a0: &a0 [x, x]', ...Array.from({ length: 40 }, (_, i) => `a${i + 1}: &a${i + 1} [*a${i}, *a${i}]`)].join('\n');
  const read = () => {
    try {
      parseYaml(bomb, 'f.yml');
    } catch (thrown) {
      expect(thrown).toBeInstanceOf(LibraryError);
    }
  };
  expect(await worked(read)).toBeLessThan(2000);
});

it('says of a file that is not there, or is a folder, that it cannot be read', () => {
  expect(() => readYaml('/nowhere/at/all.yml', 'all.yml')).toThrow('all.yml:1: there is no such file');
  expect(() => readYaml('/', 'root')).toThrow(/^root:1: cannot be read \(EISDIR\)$/);
});

describe('whatever the text', () => {
  it('answers with a value or with a complaint that has a line of the file', () => {
    const yamlish = fc.string({
      unit: fc.constantFrom('a', ':', ' ', '\n', '-', '[', ']', '{', '}', '|', '>', '&', '*', '"', "'", '#', '!', '\t', ',', '?'),
    });
    fc.assert(
      fc.property(yamlish, text => {
        try {
          expect(parseYaml(text, 'f').file).toBe('f');
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(LibraryError);
          const line = (thrown as LibraryError).complaints[0]?.place.line ?? 0;
          expect(line).toBeGreaterThanOrEqual(1);
          expect(line).toBeLessThanOrEqual(text.split('\n').length);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('finds every leaf on the line where it stands', () => {
    const leaf = fc.integer({ min: 0, max: 999_999 }).map(n => `leaf${n}`);
    const tree = fc.letrec(tie => ({
      node: fc.oneof(
        { maxDepth: 4 },
        leaf,
        fc.dictionary(fc.stringMatching(/^[a-z]{1,6}$/), tie('node'), { minKeys: 1, maxKeys: 4 }),
        fc.array(tie('node'), { minLength: 1, maxLength: 4 }),
      ),
    })).node;
    fc.assert(
      fc.property(tree, value => {
        const source = dump(value);
        const yaml = parseYaml(source, 'f');
        const lines = source.split('\n');
        for (const [path, text] of leaves(value)) expect(lines[yaml.at(path).line - 1]).toContain(text);
      }),
      { numRuns: 300 },
    );
  });
});

function leaves(value: unknown, path: readonly (string | number)[] = []): [(string | number)[], string][] {
  if (typeof value === 'string') return [[[...path], value]];
  if (Array.isArray(value)) return value.flatMap((item, i) => leaves(item, [...path, i]));
  return Object.entries(value as object).flatMap(([key, item]) => leaves(item, [...path, key]));
}
