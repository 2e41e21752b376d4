import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { LibraryError } from '../../server/library/complaints.ts';
import { Keys, parseIni } from '../../server/library/foreign/ini.ts';
import { Notes } from '../../server/library/foreign/notes.ts';
import fc from '../chance.ts';
import { ensurePackages } from '../debian.ts';

/** Section → key → texts, as oslo.config’s own parser gives them. */
type Parsed = Record<string, Record<string, string[]>>;

function parsed(text: string): Parsed {
  const sections = parseIni(text, 'f.conf').map(({ name, values }) => {
    const keys = [...new Set(values.map(({ key }) => key))];
    return [name, Object.fromEntries(keys.map(key => [key, values.filter(value => value.key === key).map(value => value.text)]))];
  });
  return Object.fromEntries(sections) as Parsed;
}

function complaints(text: string): string[] {
  try {
    parseIni(text, 'f.conf');
  } catch (thrown) {
    if (thrown instanceof LibraryError) return thrown.message.split('\n');
    throw thrown;
  }
  return [];
}

describe('INI text', () => {
  it.each([
    ['a key and its value', '[a]\nk = v\n', { a: { k: ['v'] } }],
    ['a colon for an equals sign, the first of either', '[a]\nk: v=w\nl=a:b\n', { a: { k: ['v=w'], l: ['a:b'] } }],
    ['a section name as it stands, colons and dots and blanks included', '[switch:tor.1 b]\n', { 'switch:tor.1 b': {} }],
    ['comments at the start of a line only', '[a]\n# c\n; d\nk = v # no comment\n', { a: { k: ['v # no comment'] } }],
    [
      'one pair of quotes less',
      `[a]\nk = "v"\nl = 'v'\nm = "v'\nn = ""\no = ''x''\n`,
      { a: { k: ['v'], l: ['v'], m: [`"v'`], n: [''], o: ["'x'"] } },
    ],
    ['a value that goes on below', '[a]\nk = one,\n    two\n\ttail\nl = 3\n', { a: { k: ['one,\ntwo\ntail'], l: ['3'] } }],
    ['a comment that is none, for it begins with a blank', '[a]\nk = v\n  # secret\n', { a: { k: ['v\n# secret'] } }],
    ['every value of a key, in their order', '[a]\nk = 1\nk = 2\n', { a: { k: ['1', '2'] } }],
    ['sections of one name as one', '[a]\nk = 1\n[b]\n[a]\nl = 2\n', { a: { k: ['1'], l: ['2'] }, b: {} }],
    ['dollars as they stand', '[a]\nk = $$x $y\n', { a: { k: ['$$x $y'] } }],
    ['lines of Windows and of old Macs', '[a]\r\nk = v\r\n\r\n[b]\rl = w\r', { a: { k: ['v'] }, b: { l: ['w'] } }],
    ['nothing at all', '', {}],
  ] as [string, string, Parsed][])('is read with %s', (_, text, expected) => {
    expect(parsed(text)).toEqual(expected);
  });

  it('tells every line that is wrong, and shows none of them: it may be a password', () => {
    const text = 'early = hunter2\n  hunter2\n[a\n[]\n[b]\nhunter2\n= hunter2\nk = v\n\n  hunter2\n[c] # hunter2\n';
    const told = complaints(text);
    expect(told.map(line => Number(/^f\.conf:(\d+): /.exec(line)?.[1]))).toEqual([1, 3, 4, 6, 7, 10, 11]);
    expect(told.join('\n')).not.toContain('hunter2');
  });

  it('throws nothing but complaints, whatever it is', () => {
    const pieces = fc.constantFrom(
      '[',
      ']',
      '=',
      ':',
      '#',
      ';',
      ' ',
      '\t',
      '\n',
      '\r\n',
      '"',
      "'",
      '$',
      'a',
      'switch:',
      '\u2028',
      '\u0000',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(pieces, fc.string({ maxLength: 3 })), { maxLength: 40 }), parts => {
        for (const line of complaints(parts.join(''))) expect(line).toMatch(/^f\.conf:\d+: /);
      }),
    );
  });
});

describe('the keys of a section', () => {
  it('have the first of their values, as both services take it, and a note for the other', () => {
    const notes = new Notes();
    const [section] = parseIni('[switch:a]\nport = 22\nport = 2222\n', 'f.conf');
    if (!section) throw new Error('there is no section');
    expect(new Keys(section, notes).take('port')).toEqual({ key: 'port', text: '22', place: { file: 'f.conf', line: 2 } });
    expect(notes.list).toEqual([
      { todo: true, places: [{ file: 'f.conf', line: 3 }], message: '[switch:a]: port is there twice; the first one counted, in line 2' },
    ]);
  });

  it('are handed out once, blank ones only on request', () => {
    const [section] = parseIni('[a]\nk = v\nblank =\nother = 1\n', 'f.conf');
    if (!section) throw new Error('there is no section');
    const keys = new Keys(section, new Notes());
    expect(keys.takeBlank('blank')?.text).toBe('');
    expect(keys.take('k')?.text).toBe('v');
    expect(keys.take('k')).toBeUndefined();
    expect(keys.rest.map(({ key }) => key)).toEqual(['other']);
  });
});

const oslo = ensurePackages(['python3-oslo.config']);

/** Parses each text with oslo.config itself; null where it refuses one. */
function osloParsed(texts: readonly string[]): (Parsed | null)[] {
  const program = `
import json, sys
from oslo_config import cfg, iniparser
class Parser(cfg.ConfigParser):
    def parse(self, lines):
        return iniparser.BaseParser.parse(self, lines)
def parsed(text):
    sections = {}
    try:
        Parser('f.conf', sections).parse(text.split('\\n'))
    except iniparser.ParseError:
        return None
    return sections
print(json.dumps([parsed(text) for text in json.load(sys.stdin)]))`;
  const { stdout, stderr } = spawnSync('/usr/bin/python3', ['-c', program], { input: JSON.stringify(texts), encoding: 'utf8' });
  if (stderr !== '') throw new Error(stderr);
  return JSON.parse(stdout) as (Parsed | null)[];
}

describe.skipIf(!oslo.ready)(
  oslo.ready ? 'INI text beside oslo.config itself' : `INI text beside oslo.config (left out: ${oslo.why})`,
  () => {
    it('means the same to both, and both refuse the same', () => {
      const line = fc.array(fc.constantFrom('[', ']', '=', ':', '#', ';', ' ', '\t', '"', "'", '$', 'a', 'b', 'switch', '10'), {
        maxLength: 7,
      });
      const good = fc.constantFrom('[a]', '[switch:b]', 'k = v', 'k: "w"', "l = 'x", '  more', '', '# c', ' # d', 'm =', '\tend');
      const text = fc.array(fc.oneof({ weight: 1, arbitrary: line.map(parts => parts.join('')) }, { weight: 6, arbitrary: good }), {
        maxLength: 12,
      });
      const texts = fc
        .sample(fc.tuple(fc.constantFrom('[a]', '# c'), text), { numRuns: 4000, seed: 7 })
        .map(([first, lines]) => [first, ...lines].join('\n'));
      const theirs = osloParsed(texts);
      const ours = texts.map(one => (complaints(one).length > 0 ? null : parsed(one)));
      expect(theirs.filter(one => one !== null && Object.keys(one).length > 0).length).toBeGreaterThan(500);
      for (const [i, one] of texts.entries()) expect(ours[i], JSON.stringify(one)).toEqual(theirs[i]);
    });
  },
);
