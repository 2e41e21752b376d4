import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT } from './harness.ts';

/** From left to right; a file imports its own layer or one further right. The last layer is the files that every layer may know. */
const LAYERS = ['main', 'cli', 'kit', 'lab', 'review', 'rpc', 'engine', 'library', 'terminal', 'transport', 'ground'] as const;
const GROUND = ['config.ts', 'log.ts', 'errors.ts', 'vlans.ts', 'result.ts', 'model.ts'];
const LONGEST = 250;

const SERVER = join(ROOT, 'server');
const files = readdirSync(SERVER, { recursive: true, encoding: 'utf8' }).filter(file => file.endsWith('.ts'));
const sources = new Map(files.map(file => [file, readFileSync(join(SERVER, file), 'utf8')]));

/**
 * Every module that a source names: `import … from`, `import type`, `export … from`, bare `import`, `import()`, types written `import('…')`
 * and `require`. What looks like one inside a comment is passed over; one inside a text counts, which no file needs.
 */
function importsOf(source: string): string[] {
  const code = source.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
  const named = /(?:\bfrom|\bimport|\brequire)\s*\(?\s*(['"])([^'"\n]+)\1/g;
  return [...code.matchAll(named)].map(match => match[2] ?? '');
}

/** Files of the server that a file names, as paths below server/. */
function neighbours(file: string): string[] {
  return importsOf(sources.get(file) ?? '')
    .filter(name => name.startsWith('.'))
    .map(name => relative(SERVER, join(SERVER, dirname(file), name)));
}

function layerOf(file: string): number {
  const layer = GROUND.includes(file) ? 'ground' : (file.split('/')[0] ?? '').replace(/\.ts$/, '');
  return (LAYERS as readonly string[]).indexOf(layer);
}

/** The files of a circle of imports, the first again at the end; none when there is no circle. */
function circle(graph: ReadonlyMap<string, readonly string[]>): string[] {
  const done = new Set<string>();
  const walk = (file: string, path: readonly string[]): string[] => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
    if (done.has(file)) return [];
    for (const next of graph.get(file) ?? []) {
      const found = walk(next, [...path, file]);
      if (found.length > 0) return found;
    }
    done.add(file);
    return [];
  };
  for (const file of graph.keys()) {
    const found = walk(file, []);
    if (found.length > 0) return found;
  }
  return [];
}

describe('the imports of server/', () => {
  it('are all seen, however they are written', () => {
    const source = [
      "import a, { b } from './a.ts';",
      "import type { C } from './c.ts';",
      'import {',
      '  d,',
      "} from './d.ts';",
      "import './e.ts';",
      "export { f } from './f.ts';",
      "export type { F } from './f2.ts';",
      "export * from './g.ts';",
      "const h = await import('./h.ts');",
      "type I = import('./i.ts').I;",
      'import j from "./j.ts";',
      "const k = require('./k.ts');",
      "import fs from 'node:fs';",
      "// import l from './l.ts';",
      "/* from './m.ts' */",
    ].join('\n');
    const found = importsOf(source);
    expect(found).toEqual([
      './a.ts',
      './c.ts',
      './d.ts',
      './e.ts',
      './f.ts',
      './f2.ts',
      './g.ts',
      './h.ts',
      './i.ts',
      './j.ts',
      './k.ts',
      'node:fs',
    ]);
  });

  it('lead to files that are there', () => {
    const lost = files.flatMap(file => neighbours(file).flatMap(name => (sources.has(name) ? [] : [`${file} → ${name}`])));
    expect(lost).toEqual([]);
  });

  it('run one way: main → cli → kit → lab → review → rpc → engine → library → terminal → transport → config, log, errors, vlans, model', () => {
    expect(files.filter(file => layerOf(file) < 0)).toEqual([]);
    const leftwards = files.flatMap(file => neighbours(file).flatMap(name => (layerOf(name) < layerOf(file) ? [`${file} → ${name}`] : [])));
    expect(leftwards).toEqual([]);
  });

  it('make no circle, not even of types', () => {
    expect(circle(new Map(files.map(file => [file, neighbours(file)]))).join(' → ')).toBe('');
  });

  it('would show a circle if there was one', () => {
    const graph = new Map([
      ['a', ['b']],
      ['b', ['c', 'd']],
      ['c', []],
      ['d', ['b']],
    ]);
    expect(circle(graph)).toEqual(['b', 'd', 'b']);
  });

  it('are none in model.ts', () => {
    expect(importsOf(sources.get('model.ts') ?? '')).toEqual([]);
  });

  it('are taken by plain Node, which is stricter about CommonJS packages than the tools that test it', () => {
    const paths = files.filter(file => file !== 'main.ts').map(file => JSON.stringify(join(SERVER, file)));
    const code = paths.map(path => `await import(${path});`).join('\n');
    expect(execFileSync(process.execPath, ['--input-type=module', '--eval', code], { encoding: 'utf8' })).toBe('');
  });
});

it('has no file in server/ that is longer than a reader’s patience', () => {
  const long = files.filter(file => (sources.get(file) ?? '').trimEnd().split('\n').length > LONGEST);
  expect(long).toEqual([]);
});

describe('the top of the repository', () => {
  const FOLDERS = ['server', 'playbooks', 'templates', 'inventory', 'test'];
  const FILES = [
    'package.json',
    'tsconfig.json',
    'README.md',
    'LICENSE',
    'CHANGELOG.md',
    'package-lock.json',
    'biome.json',
    'vitest.config.ts',
  ];
  const ignored = readFileSync(join(ROOT, '.gitignore'), 'utf8').split('\n');
  const entries = readdirSync(ROOT, { withFileTypes: true }).filter(
    ({ name }) =>
      !ignored.some(line => line.replace(/\/$/, '') === name || (line.startsWith('*') && name.endsWith(line.slice(1)) && line !== '')),
  );

  it('holds the folders of the house and no other', () => {
    const folders = entries.filter(entry => entry.isDirectory() && !entry.name.startsWith('.')).map(({ name }) => name);
    expect(folders.toSorted()).toEqual(FOLDERS.toSorted());
  });

  it('holds the files of the house and no other, but for the dotfiles of tools', () => {
    const loose = entries.filter(entry => !entry.isDirectory() && !entry.name.startsWith('.')).map(({ name }) => name);
    expect(loose.toSorted()).toEqual(FILES.toSorted());
  });
});
