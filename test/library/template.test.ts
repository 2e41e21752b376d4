import { execFileSync } from 'node:child_process';
import Handlebars from 'handlebars';
import { describe, expect, it } from 'vitest';
import { renderCommands } from '../../server/engine/render.ts';
import { ChangeError } from '../../server/errors.ts';
import { LibraryError } from '../../server/library/complaints.ts';
import { HELPERS } from '../../server/library/helpers.ts';
import { compileTemplate } from '../../server/library/template.ts';
import type { Values } from '../../server/model.ts';
import fc from '../chance.ts';
import { ATTACH_FILE, altered, LibraryOnDisk } from './files.ts';

const HERE = { file: 'acme/block.hbs', line: 1 };
const VALUES: Values = { port: 'p1', yes: true, no: false, none: null, list: [100, 200, 201], same: [1, 1], empty: [], mode: 'trunk' };

/** The block's commands in a shell session: `line number: text`. */
function typed(block: string, values: Values = {}, session: 'shell' | 'exec' = 'shell'): string[] {
  const lines = renderCommands(compileTemplate(block, HERE), { values: { ...VALUES, ...values }, session });
  return lines.map(({ text, place }) => `${place.line}: ${text}`);
}

const text = (block: string, values: Values = {}) =>
  typed(block, values)
    .map(line => line.replace(/^\d+: /, ''))
    .join('\n');

describe('the source line of each rendered line', () => {
  const blocks: readonly { what: string; block: string; lines: readonly string[] }[] = [
    { what: 'plain lines', block: 'one\n\nthree\n', lines: ['1: one', '3: three'] },
    { what: '#if on lines of its own', block: 'one\n{{#if yes}}\nthree\n{{/if}}\nfive', lines: ['1: one', '3: three', '5: five'] },
    { what: '#if that does not hold', block: 'one\n{{#if no}}\nthree\n{{/if}}\nfive', lines: ['1: one', '5: five'] },
    { what: '{{else}}', block: '{{#if no}}\ntwo\n{{else}}\nfour\n{{/if}}\nsix', lines: ['4: four', '6: six'] },
    { what: '{{else if}}', block: '{{#if no}}\ntwo\n{{else if yes}}\nfour\n{{else}}\nsix\n{{/if}}\neight', lines: ['4: four', '8: eight'] },
    {
      what: 'the end of an {{else if}}',
      block: '{{#if no}}\ntwo\n{{else if no}}\nfour\n{{else}}\nsix\n{{/if}}\neight',
      lines: ['6: six', '8: eight'],
    },
    { what: '#unless', block: '{{#unless yes}}\ntwo\n{{/unless}}\n{{#unless no}}\nfive\n{{/unless}}', lines: ['5: five'] },
    { what: '{{^if}}', block: '{{^if no}}\ntwo\n{{/if}}\nfour', lines: ['2: two', '4: four'] },
    {
      what: '#each',
      block: '{{#each list}}\nvlan {{this}}\n{{/each}}\nfour',
      lines: ['2: vlan 100', '2: vlan 200', '2: vlan 201', '4: four'],
    },
    {
      what: '#each whose lines begin with a value',
      block: '{{#each list}}{{this}}\n{{/each}}\nthree',
      lines: ['1: 100', '1: 200', '1: 201', '3: three'],
    },
    {
      what: '#each whose lines end the loop',
      block: 'a\n{{#each list}}\n{{this}} b\n{{this}}\n{{/each}}',
      lines: ['1: a', '3: 100 b', '4: 100', '3: 200 b', '4: 200', '3: 201 b', '4: 201'],
    },
    { what: '#each over nothing', block: '{{#each empty}}\ntwo\n{{else}}\nfour\n{{/each}}\nsix', lines: ['4: four', '6: six'] },
    {
      what: '#if inside #each',
      block: '{{#each list}}\n{{#if @first}}\nthree {{this}}\n{{else}}\nfive {{this}}\n{{/if}}\n{{/each}}\neight',
      lines: ['3: three 100', '5: five 200', '5: five 201', '8: eight'],
    },
    {
      what: '#each inside #each over equal values',
      block: '{{#each same}}\n{{#each list}}\nthree {{this}} {{port}}\n{{/each}}\nfive {{this}}\n{{/each}}',
      lines: [
        '3: three 100 p1',
        '3: three 200 p1',
        '3: three 201 p1',
        '5: five 1',
        '3: three 100 p1',
        '3: three 200 p1',
        '3: three 201 p1',
        '5: five 1',
      ],
    },
    {
      what: 'a block inside a line',
      block: 'one\ntwo{{#if yes}} and{{/if}} more\n{{port}} three',
      lines: ['1: one', '2: two and more', '3: p1 three'],
    },
    { what: 'a comment of two lines', block: '{{! a\n b }}\nthree\n{{!-- c --}}\nfive', lines: ['3: three', '5: five'] },
    { what: 'a value of two lines', block: 'one {{vlans list\n  none}} more\nthree', lines: ['1: one 100,200-201 more', '3: three'] },
    { what: 'a ~ that takes the line break before it', block: 'one\n\n{{~#if yes}} same{{/if}}\nfour', lines: ['1: one same', '4: four'] },
    { what: 'a ~ that takes the line breaks after it', block: '{{#if yes~}}\n\n\nfour\n{{/if}}\nsix', lines: ['4: four', '6: six'] },
    { what: 'a ~ on both sides', block: 'one {{~port~}}\n\nthree\nfour', lines: ['1: onep1three', '4: four'] },
    {
      what: 'the line ends of Windows',
      block: 'one\r\n{{#if yes}}\r\nthree\r\n{{/if}}\r\nfive\r\n',
      lines: ['1: one', '3: three', '5: five'],
    },
    { what: 'an escaped {{', block: 'one \\{{port}}\ntwo', lines: ['1: one {{port}}', '2: two'] },
  ];

  it.each(blocks)('is right for $what', ({ block, lines }) => {
    expect(typed(block)).toEqual(lines);
  });

  it('is right in every nest of blocks', () => {
    const nest = fc.letrec<{ block: Piece[] }>(tie => ({
      block: fc.array(
        fc.oneof(
          { depthSize: 'small', withCrossShrink: true },
          fc.constantFrom<Piece>({ kind: 'line' }, { kind: 'value' }, { kind: 'blank' }, { kind: 'comment' }),
          fc.record({
            kind: fc.constantFrom('if' as const, 'unless' as const, 'each' as const),
            of: fc.constantFrom('yes', 'no', 'list'),
            body: tie('block'),
            other: tie('block'),
          }),
        ),
        { maxLength: 4 },
      ),
    })).block;
    fc.assert(
      fc.property(nest, pieces => {
        const source = written(pieces).map((line, i) => line.replace('§', `${i + 1}`));
        for (const line of typed(source.join('\n'))) expect(line).toMatch(/^(\d+): (?:p1 )?L\1$/);
      }),
      { numRuns: 300 },
    );
  });

  it.each([
    ['a block', 'commands: |', ['6: interface p1', '7: vlan 5']],
    ['a folded block', 'commands: >', ['6: interface p1 vlan 5']],
    ['a folded block without its last line break', 'commands: >-', ['6: interface p1 vlan 5']],
  ])('is that of the playbook for %s', (_what, key, lines) => {
    using library = new LibraryOnDisk(altered(ATTACH_FILE, 'commands: |', key));
    const task = library.load().platforms.get('acme')?.playbooks.get('attach_port')?.tasks[0];
    const rendered = task ? renderCommands(task.commands, { values: { port: 'p1', native_vlan: 5 }, session: 'shell' }) : [];
    expect(rendered.map(({ text, place }) => `${place.line}: ${text}`)).toEqual(lines);
  });

  it.each([
    ['deeper lines', 'commands: >\n      one\n        {{port}}\n        three\n      four\n', 'one p1 three four'],
    ['a blank line', 'commands: >\n      one\n\n      {{port}}\n', 'one p1'],
  ])('is one line, and one command, for a folded block with %s', (_what, commands, command) => {
    using library = new LibraryOnDisk(
      altered(ATTACH_FILE, 'commands: |\n      interface {{port}}\n        vlan {{native_vlan}}\n', commands),
    );
    const task = library.load().platforms.get('acme')?.playbooks.get('attach_port')?.tasks[0];
    const rendered = task ? renderCommands(task.commands, { values: { port: 'p1' }, session: 'shell' }) : [];
    expect(rendered).toEqual([{ text: command, place: { file: ATTACH_FILE, line: 6 } }]);
  });

  it('is that of the text itself where quotes hold line breaks', () => {
    using library = new LibraryOnDisk(altered(ATTACH_FILE, 'commands: show {{port}}', 'commands: "show {{port}}\\nshow all"'));
    const verify = library.load().platforms.get('acme')?.playbooks.get('attach_port')?.verify;
    const task = typeof verify === 'string' ? undefined : verify?.[0];
    const rendered = task ? renderCommands(task.commands, { values: { port: 'p1' }, session: 'shell' }) : [];
    expect(rendered.map(({ text, place }) => [text, place.line])).toEqual([
      ['show p1', 10],
      ['show all', 10],
    ]);
  });
});

interface Piece {
  readonly kind: 'line' | 'value' | 'blank' | 'comment' | 'if' | 'unless' | 'each';
  readonly of?: string;
  readonly body?: readonly Piece[];
  readonly other?: readonly Piece[];
}

/** Source lines of a nest of blocks; § stands for the number of the line. */
function written(pieces: readonly Piece[]): string[] {
  return pieces.flatMap(({ kind, of, body = [], other = [] }) => {
    if (kind === 'line') return ['  L§'];
    if (kind === 'value') return ['{{port}} L§'];
    if (kind === 'blank') return [''];
    if (kind === 'comment') return ['{{! nothing }}'];
    return [`{{#${kind} ${of ?? ''}}}`, ...written(body), '{{else}}', ...written(other), `{{/${kind}}}`];
  });
}

describe('helpers', () => {
  it.each([
    ['{{vlans list}}', '100,200-201'],
    ['{{vlans 5 list 4 "6-7,300"}}', '4-7,100,200-201,300'],
    ['{{vlans none list}}', '100,200-201'],
    ['{{vlans list except=200}}', '100,201'],
    ['{{vlans list except="100,201"}}', '200'],
    ['{{vlans list except=none}}', '100,200-201'],
    ['{{vlans list except=same}}', '100,200-201'],
    ['{{vlans list sep=" "}}', '100 200-201'],
    ['{{vlans "1-3" 2 1 except=2 sep=", "}}', '1, 3'],
    ['{{join list}}', '100,200,201'],
    ['{{join list ", "}}', '100, 200, 201'],
    ['{{join port}}', 'p1'],
    ['{{#if (eq mode "trunk")}}tagged{{else}}untagged{{/if}}', 'tagged'],
    ['{{#if (eq none null)}}nothing{{/if}}', 'nothing'],
    ['{{#if (eq mode "access")}}x{{else}}untagged{{/if}}', 'untagged'],
    ['{{#if (vlans none)}}some{{else}}no VLANs{{/if}}', 'no VLANs'],
    ['{{#each (vlan_chunks list)}}[{{this}}]{{/each}}', '[100,200-201]'],
    ['{{#each (vlan_chunks list except=list)}}[{{this}}]{{else}}none{{/each}}', 'none'],
    ['{{#each list}}{{#unless @first}},{{/unless}}{{@index}}={{this}}{{#if @last}}.{{/if}}{{/each}}', '0=100,1=200,2=201.'],
  ])('%s is %s', (block, shown) => {
    expect(text(block)).toBe(shown);
  });

  it('cut a long list in pieces that together are the list, each short enough for a line', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 1, max: 4094 }), { minLength: 1, maxLength: 500 }), vlans => {
        const pieces = text('{{#each (vlan_chunks vlans)}}{{this}}\n{{/each}}', { vlans }).split('\n');
        for (const piece of pieces) expect(piece.length).toBeLessThanOrEqual(200);
        expect(pieces.join(',')).toBe(text('{{vlans vlans}}', { vlans }));
      }),
      { numRuns: 100 },
    );
  });

  it('refuse what is no list of VLANs, and say where', () => {
    expect(() => typed('one\n{{vlans port}}')).toThrow(ChangeError);
    expect(() => typed('one\n{{vlans port}}')).toThrow(/^acme\/block\.hbs:\d: p1 is no list of VLANs$/);
  });
});

describe('a value that cannot be typed', () => {
  it.each([
    ['null', 'one\ntwo {{none}}', 'acme/block.hbs:2: a value is needed here that the call leaves out'],
    ['null, joined', 'one\ntwo {{join none}}', /^acme\/block\.hbs:\d: /],
    ['a list', 'one\n{{#if yes}}\ntwo {{list}}\n{{/if}}', 'acme/block.hbs:3: a list is written with {{join}} or {{vlans}}'],
    ['a list of chunks', 'two {{vlan_chunks list}}', 'acme/block.hbs:1: a list is written with {{join}} or {{vlans}}'],
    ['nothing at all: no VLANs', 'trunks {{vlans empty}}', 'acme/block.hbs:1: there is nothing to write here'],
    ['empty text', 'interface {{text}}', 'acme/block.hbs:1: there is nothing to write here'],
  ])('is refused where it stands: %s', (_what, block, message) => {
    for (const session of ['shell', 'exec'] as const) {
      expect(() => typed(block, { text: '' }, session)).toThrow(ChangeError);
      expect(() => typed(block, { text: '' }, session)).toThrow(message);
    }
  });

  it('is no trouble inside a condition', () => {
    expect(text('{{#if none}}x{{else}}fine{{/if}}')).toBe('fine');
  });

  it.each([
    ['a line feed', 'Gi1/0/1\nshutdown'],
    ['a carriage return', 'a\rb'],
    ['an escape', 'a\x1b[2J'],
    ['a tab', 'a\tb'],
    ['Ctrl-Z', 'a\x1a'],
    ['delete', 'a\x7f'],
    ['a C1 control', 'a\x9b1m'],
    ['a line separator', 'a\u2028b'],
    ['a mark of ours', 'a\uE0007\uE001b'],
    ['half a character', 'a\ud800b'],
  ])('is refused in both kinds of session: %s', (_what, value) => {
    for (const session of ['shell', 'exec'] as const) {
      expect(() => typed('x {{value}} y', { value }, session)).toThrow(
        /^acme\/block\.hbs:1: [\s\S]* holds a character that cannot be typed/,
      );
    }
  });
});

/** Text that is out to do harm: quotes, breaks, escapes, the marks of the renderer itself. */
const hostile = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string(),
  fc
    .array(
      fc.constantFrom(
        "'",
        '"',
        '\\',
        '$(id)',
        '`id`',
        ';',
        '\n',
        '\r',
        ' ',
        '  ',
        '\x1b',
        '\0',
        '{{port}}',
        '\uE000',
        '1\uE001',
        '*',
        '~',
        '-',
        '=',
        '#',
        '!',
        '&',
        '|',
        'a',
      ),
    )
    .map(parts => parts.join('')),
);

describe('whatever the text of a value', () => {
  const block = compileTemplate(
    'interface {{value}}\n  description {{value}} of {{value}}\n{{#if yes}}\n  last {{value}}{{value}}\n{{/if}}\n',
    HERE,
  );

  it('is refused, or leaves a shell session as many lines as the block has, each with the value as it is', () => {
    fc.assert(
      fc.property(hostile, value => {
        const lines = unlessRefused(() => renderCommands(block, { values: { value, yes: true }, session: 'shell' }));
        if (!lines) return;
        expect(lines.map(line => line.text)).toEqual([
          `interface ${value}`.trim(),
          `description ${value} of ${value}`.trim(),
          `last ${value}${value}`.trim(),
        ]);
        expect(lines.map(line => line.place.line)).toEqual([1, 2, 4]);
        for (const { text } of lines) expect(text).toMatch(/^[\x20-\x7e]+$/);
      }),
      { numRuns: 2000 },
    );
  });

  it('is refused, or is exactly one word for a real shell, whatever stands around it', () => {
    const command = compileTemplate(
      "printf '%s\\0' {{a}}  -- x={{b}}   {{#if c}}{{c}}{{/if}} 'two  words' \"two  \\\\ more\" {{a}}{{b}}",
      HERE,
    );
    fc.assert(
      fc.property(hostile, hostile, hostile, (a, b, c) => {
        const lines = unlessRefused(() => renderCommands(command, { values: { a, b, c }, session: 'exec' }));
        if (!lines) return;
        expect(lines).toHaveLength(1);
        const words = execFileSync('/bin/sh', ['-c', lines[0]?.text ?? ''], { encoding: 'utf8', cwd: '/' })
          .split('\0')
          .slice(0, -1);
        expect(words).toEqual([a, '--', `x=${b}`, ...(c === '' ? [] : [c]), 'two  words', 'two  \\ more', `${a}${b}`]);
      }),
      {
        numRuns: 100,
        examples: [
          ["it's  two", "'", '  '],
          ['a\\', '"', '$HOME'],
          ['*', '~', '-n'],
        ],
      },
    );
  });

  it('cannot be told from itself by a template it was put into: it is never read as one', () => {
    expect(text('x {{value}}', { value: '{{port}} {{#if yes}}' })).toBe('x {{port}} {{#if yes}}');
  });
});

/** undefined when the renderer refused the value, which it may; any other error is one of the renderer. */
function unlessRefused<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (thrown) {
    if (thrown instanceof ChangeError && thrown.kind === 'not_valid') return undefined;
    throw thrown;
  }
}

it('compiles or complains, whatever the text of the block', () => {
  const block = fc
    .array(
      fc.constantFrom(
        '{{',
        '}}',
        '{{{',
        '}}}',
        '{{#if ',
        '{{/if}}',
        '{{#each ',
        '{{/each}}',
        '{{else}}',
        '{{^',
        'port',
        'list',
        ' ',
        '\n',
        '~',
        '(',
        ')',
        '"',
        '@first',
        'this',
        '.',
        '/',
        '\\',
        '!',
        '--',
        '>',
        '*',
        '&',
        'x',
        '=',
      ),
    )
    .map(parts => parts.join(''));
  fc.assert(
    fc.property(block, source => {
      try {
        compileTemplate(source, HERE);
      } catch (thrown) {
        expect(thrown).toBeInstanceOf(LibraryError);
        const complaint = (thrown as LibraryError).complaints[0];
        expect(complaint?.message).toMatch(/^template: \S/);
        expect(complaint?.place.line).toBeGreaterThanOrEqual(1);
        expect(complaint?.place.line).toBeLessThanOrEqual(source.split('\n').length);
        return;
      }
      // What compiled renders, or is refused in words.
      unlessRefused(() => renderCommands(compileTemplate(source, HERE), { values: VALUES, session: 'shell' }));
    }),
    { numRuns: 1500 },
  );
});

it('renders text and names alone as it renders them beside a block', () => {
  const piece = fc.constantFrom(
    'a',
    ' b',
    '\n',
    '{{port}}',
    '{{mode}}',
    '{{yes}}',
    '{{missing}}',
    '{{none}}',
    '{{! said }}',
    '\n{{! alone }}\n',
  );
  const rendered = (source: string, values: Values, writing: (value: unknown) => string) => {
    const told: unknown[] = [];
    const lines = compileTemplate(source, HERE).render(values, (value, place) => {
      told.push([value ?? null, place]);
      return writing(value);
    });
    return { lines, told };
  };
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 14 }), fc.constantFrom('', 'v', 'two\nlines', '\n'), (pieces, suffix) => {
      const source = pieces.join('');
      const writing = (value: unknown) => `${String(value ?? null)}${suffix}`;
      const alone = rendered(`x${source}`, VALUES, writing);
      const beside = rendered(`x{{#if no}}{{/if}}${source}`, VALUES, writing);
      expect(alone.lines).toEqual(beside.lines);
      expect(alone.told.slice(-beside.told.length || alone.told.length)).toEqual(beside.told);
    }),
    { numRuns: 500 },
  );
});

// Two numbers side by side are one number to Handlebars, their sum: here something stands between them.
it('means what Handlebars means by the same text', () => {
  const condition = fc.constantFrom(
    'yes',
    'no',
    'none',
    'list',
    'empty',
    'port',
    'zero',
    '(eq mode "trunk")',
    '(eq port none)',
    '(vlans list)',
    '"a"',
    '0',
  );
  const source = fc.letrec<{ block: string }>(tie => ({
    block: fc
      .array(
        fc.oneof(
          { maxDepth: 3, depthSize: 'small' },
          fc.constantFrom(
            'a',
            ' b\n',
            '\n',
            '{{port}}',
            '<{{zero}}>',
            '<{{yes}}>',
            '{{vlans list except=200 sep="-"}}',
            '{{join list ", "}}',
            '{{! said }}',
            '{{~port~}}',
          ),
          fc
            .tuple(fc.constantFrom('if', 'unless'), condition, tie('block'), tie('block'))
            .map(([helper, of, then, otherwise]) => `{{#${helper} ${of}}}${then}{{else}}${otherwise}{{/${helper}}}`),
          fc
            .tuple(condition, condition, tie('block'), tie('block'))
            .map(([one, two, then, otherwise]) => `{{#if ${one}}}x{{else if ${two}}}${then}{{else}}${otherwise}\n{{/if}}\n`),
          fc
            .tuple(fc.constantFrom('list', 'same', 'empty', 'none', '(vlan_chunks list)'), tie('block'))
            .map(
              ([list, each]) =>
                `{{#each ${list}}}\n{{#unless @first}}, {{/unless}}{{this}} {{@index}};{{#if @last}}.{{/if}}${each}\n{{else}}none{{/each}}`,
            ),
        ),
        { maxLength: 4 },
      )
      .map(parts => parts.join('')),
  })).block;
  const theirs = Handlebars.create();
  theirs.registerHelper(Object.fromEntries(Object.entries(HELPERS).map(([name, { run }]) => [name, run])));
  const values: Values = { ...VALUES, zero: 0 };
  fc.assert(
    fc.property(source, block => {
      const lines = compileTemplate(block, HERE).render(values, value => String(value));
      expect(lines.map(({ text }) => text).join('\n')).toBe(theirs.compile(block, { noEscape: true, compat: true })(values));
    }),
    { numRuns: 150 },
  );
});
