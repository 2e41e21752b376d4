import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { Ajv, type ValidateFunction } from 'ajv';
import { describe, expect, it } from 'vitest';
import { fileOf, jsonSchemaOf, SCHEMA_NAMES, schemaOf, written } from '../server/cli/schema.ts';
import { parseYaml, readYaml } from '../server/library/yaml.ts';
import fc from './chance.ts';
import { mercury } from './cli/run.ts';
import { PLATFORMS, ROOT } from './harness.ts';

/*
 * What editors know of the YAML files: JSON Schemas made of the same shapes that the files are held against when they are loaded.
 */

const ajv = new Ajv({ strict: false, validateFormats: false });
const validators = new Map(SCHEMA_NAMES.map(name => [name, ajv.compile(jsonSchemaOf(name))]));
const validatorOf = (name: string) => validators.get(name) as ValidateFunction;

const yamlIn = (folder: string) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter(file => file.endsWith('.yml'))
    .map(file => join(folder, file));
const SHIPPED = ['playbooks', 'inventory', 'test/cases'].flatMap(yamlIn);

const LINE = /^# yaml-language-server: \$schema=(\S+)$/;

/** The name of the schema that a file's first line leads to. */
function namedIn(file: string): string {
  const [first = ''] = readFileSync(join(ROOT, file), 'utf8').split('\n');
  const path = LINE.exec(first)?.[1];
  return path === undefined
    ? first
    : relative(join(ROOT, 'server', 'schemas'), resolve(ROOT, dirname(file), path)).replace('.schema.json', '');
}

describe.each(SCHEMA_NAMES)('the schema of %s', name => {
  it('is kept as `npm run schemas` writes it', () => {
    expect(existsSync(fileOf(name)), 'npm run schemas writes it').toBe(true);
    expect(readFileSync(fileOf(name), 'utf8')).toBe(written(name));
  });

  it('says in words what every key is for', () => {
    const silent: string[] = [];
    const walk = (node: unknown, path: string): void => {
      if (typeof node !== 'object' || node === null) return;
      for (const [key, inner] of Object.entries(node)) {
        if (key === 'properties') {
          for (const [property, shape] of Object.entries(inner as Record<string, { description?: string }>))
            if ((shape.description ?? '').length < 5) silent.push(`${path}/${property}`);
        }
        walk(inner, `${path}/${key}`);
      }
    };
    walk(jsonSchemaOf(name), name);
    expect(silent).toEqual([]);
  });

  it('names no vendor', () => {
    const names = [...PLATFORMS, 'cisco', 'arista', 'juniper', 'junos', 'dell', 'os10', 'vswitch'];
    expect(names.filter(vendor => written(name).toLowerCase().includes(vendor))).toEqual([]);
  });
});

describe('the shipped files', () => {
  it.each(SHIPPED)('%s leads editors to its schema, and is as that says', file => {
    const name = namedIn(file);
    expect(SCHEMA_NAMES).toContain(name);
    const isValid = validatorOf(name);
    expect(isValid(readYaml(join(ROOT, file)).value), JSON.stringify(isValid.errors)).toBe(true);
  });

  it('have the schema of their kind', () => {
    const kinds = SHIPPED.map(file => [file.split('/')[0], /platform\.yml$/.test(file), namedIn(file)].join(' '));
    expect([...new Set(kinds)].toSorted()).toEqual([
      'inventory false inventory',
      'inventory false policy',
      'playbooks false playbook',
      'playbooks true platform',
      'test false cases',
    ]);
  });
});

/** Every mapping and every list of a value, by path. */
function nodesOf(value: unknown, path: readonly (string | number)[] = []): (readonly (string | number)[])[] {
  if (typeof value !== 'object' || value === null) return [path];
  const entries: [string | number, unknown][] = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
  return [path, ...entries.flatMap(([key, inner]) => nodesOf(inner, [...path, key]))];
}

/** A copy with what stands at `path` replaced. */
function replaced(value: unknown, path: readonly (string | number)[], by: (old: unknown) => unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return by(value);
  const copy = structuredClone(value) as Record<string | number, unknown>;
  copy[key] = replaced(copy[key], rest, by);
  return copy;
}

describe('an edit', () => {
  const CHANGES: readonly ((old: unknown) => unknown)[] = [
    () => 42,
    () => 'text',
    () => true,
    () => null,
    () => [],
    () => ({}),
    () => [{ name: 'x' }],
    old => ({ ...(old as object), nobody_knows_this: 1 }),
    old => (Array.isArray(old) ? old.slice(1) : old),
    old => (typeof old === 'object' && old && !Array.isArray(old) ? Object.fromEntries(Object.entries(old).slice(1)) : old),
  ];

  it('that an editor marks is refused when the file is loaded', () => {
    const marked = { yes: 0, no: 0 };
    fc.assert(
      fc.property(fc.constantFrom(...SHIPPED), fc.nat(), fc.constantFrom(...CHANGES), (file, nth, change) => {
        const name = namedIn(file);
        const { value } = readYaml(join(ROOT, file));
        const nodes = nodesOf(value);
        const edited = replaced(value, nodes[nth % nodes.length] ?? [], change);
        const isValid = validatorOf(name)(edited);
        marked[isValid ? 'no' : 'yes'] += 1;
        if (!isValid) expect(schemaOf(name).safeParse(edited).success, `${file} ${JSON.stringify(nodes[nth % nodes.length])}`).toBe(false);
      }),
      { numRuns: 1500 },
    );
    expect(marked.yes).toBeGreaterThan(300);
    expect(marked.no).toBeGreaterThan(50);
  });

  it.each([
    ['playbook', 'name: x\nverfy: []\n'],
    ['playbook', 'name: x\ntasks: [{ name: y }]\n'],
    ['playbook', 'name: x\ntasks: [{ name: y, commands: a, template: b }]\n'],
    ['playbook', 'name: x\ntasks: [{ name: y, commands: a, retry: { times: 3, delay: 2 } }]\n'],
    ['playbook', "name: x\nverify: [{ name: y, commands: a, expect: { vlans: 'x', are: '1', hold: '2' } }]\n"],
    ['playbook', 'tasks: []\n'],
    ['platform', 'name: x\nsession: telnet\n'],
    ['inventory', 'devices: { a b: { address: 192.0.2.1 } }\n'],
    ['inventory', 'devices: { a: { port: 22 } }\n'],
    ['inventory', 'devices: { a: { address: 192.0.2.1, host_keys: [abc] } }\n'],
    ['policy', 'rules: [{ callers: [a] }]\n'],
    ['policy', 'rules: [{ allow: true, deny: no }]\n'],
    ['freeze', 'leaf: { except: [a] }\n'],
    ['config', 'prot: 6190\n'],
    ['config', 'lock: redis\n'],
    ['credentials', 'a: { user: x }\n'],
    ['cases', 'cases: []\n'],
  ])('is marked in a %s: %j', (name, text) => {
    expect(validatorOf(name)(parseYaml(text, 'x.yml').value)).toBe(false);
  });
});

describe('mercury schema', () => {
  it('prints the schema of a kind of file', async () => {
    expect(await mercury(['schema', 'playbook'])).toMatchObject({ status: 0, out: written('playbook'), err: '' });
  });

  it('lists the kinds, and knows no other', async () => {
    const [list, other] = await Promise.all([mercury(['schema']), mercury(['schema', 'playbok'])]);
    expect(list.out.split('\n').map(line => line.split(' ')[0])).toEqual([...SCHEMA_NAMES, '']);
    expect(other).toMatchObject({ status: 2, out: '', err: expect.stringContaining('no schema playbok; did you mean playbook?') });
  });
});
