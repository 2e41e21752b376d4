import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import fc from '../chance.ts';
import { Mercury, portOf } from '../harness.ts';
import { send, stateOf } from './wire.ts';

/* rpc.discover: what it says is what calls are held to. */

interface Described {
  readonly name: string;
  readonly summary: string;
  readonly paramStructure: string;
  readonly params: readonly { readonly name: string; readonly required: boolean; readonly schema: JsonSchema }[];
  readonly result: { readonly name: string; readonly schema: JsonSchema };
}
type JsonSchema = Parameters<typeof z.fromJSONSchema>[0] & object;

let mercury: Mercury;
let document: {
  readonly openrpc: string;
  readonly info: { readonly title: string; readonly version: string };
  readonly methods: readonly Described[];
};
beforeAll(async () => {
  mercury = await Mercury.start({ devices: { leaf: 'cisco_ios' } });
  document = (await send(mercury.service.url, 'rpc.discover')).json.result as typeof document;
});
afterAll(() => mercury[Symbol.asyncDispose]());

const METHODS = [
  'get_allowed_network_types',
  'is_link_valid',
  'is_port_supported',
  'attach_port',
  'detach_port',
  'update_port',
  'add_network',
  'delete_network',
  'verify_port',
];
const described = (name: string): Described => {
  const found = document.methods.find(method => method.name === name);
  if (!found) throw new Error(`${name} is not described`);
  return found;
};

/** By the document alone: are these params complete, known, and of the right shape? */
function fits(method: Described, params: Readonly<Record<string, unknown>>): boolean {
  const known = method.params.map(({ name }) => name);
  if (Object.keys(params).some(name => !known.includes(name))) return false;
  return method.params.every(({ name, required, schema }) =>
    params[name] === undefined ? !required : z.fromJSONSchema(schema).safeParse(params[name]).success,
  );
}

/** By the service: -32602, or anything else. */
async function taken(method: string, params: object): Promise<boolean> {
  return (await send(mercury.service.url, method, params)).json.error?.code !== -32602;
}

const port = portOf('leaf', 'Gi1/0/1');
/** The call of the README, and what a Neutron plugin would send. */
const attach = {
  context: {
    request_id: 'req-1',
    global_request_id: 'req-2',
    user: 'u',
    project_id: 'p',
    node: 'n',
    reason: 'deploy: tenant network',
    roles: [],
  },
  port: {
    ...port,
    vnic_type: 'baremetal',
    'binding:profile': { local_link_information: [{ switch_id: '00:1c:73:aa:bb:01', port_id: 'x' }] },
  },
  network: { id: 'i', name: 'tenant-a', network_type: 'vlan', segmentation_id: 100, physical_network: 'physnet1', mtu: 9000 },
  mode: 'trunk',
  native_vlan: 100,
  allowed_vlans: [200, 201],
  default_vlan: null,
  description: 'node 42',
  dry_run: true,
};

describe('the document', () => {
  it('is OpenRPC, names the service, and has every method once', () => {
    expect(document).toMatchObject({
      openrpc: expect.stringMatching(/^1\.\d+\.\d+$/),
      info: { title: 'Mercury', version: expect.any(String) },
    });
    expect(document.methods.map(({ name }) => name).toSorted()).toEqual(METHODS.toSorted());
  });

  it('comes with any params and touches nothing', async () => {
    const before = stateOf(mercury.device('leaf'));
    for (const params of [undefined, {}, { x: 1 }])
      expect((await send(mercury.service.url, 'rpc.discover', params)).json.result).toEqual(document);
    expect(stateOf(mercury.device('leaf'))).toEqual(before);
  });

  it.each(METHODS)('describes %s: params by name, in JSON Schema, and what it answers', name => {
    const { summary, paramStructure, params, result } = described(name);
    expect(summary).toMatch(/^[A-Z].*\.$/);
    expect(paramStructure).toBe('by-name');
    expect(new Set(params.map(param => param.name)).size).toBe(params.length);
    for (const { schema, required } of [...params, { schema: result.schema, required: true }]) {
      expect(typeof required).toBe('boolean');
      expect(complaintsAbout(schema)).toEqual([]);
      expect(() => z.fromJSONSchema(schema)).not.toThrow();
    }
    expect(params.map(param => param.name)).not.toContain('rpc.version');
    expect(params.map(param => param.name)).not.toContain('port_name');
  });

  it('says of every real answer what it is', async () => {
    const answers: [string, object][] = [
      ['attach_port', { port, native_vlan: 100, dry_run: true }],
      ['detach_port', { port, dry_run: true }],
      ['add_network', { network: { segmentation_id: 100 }, dry_run: true }],
      ['is_link_valid', { port }],
      ['is_link_valid', { port, explain: true }],
      ['is_port_supported', { port }],
      ['is_port_supported', { port, explain: true }],
      ['is_port_supported', { port, dry_run: true }],
      ['get_allowed_network_types', {}],
      ['verify_port', { port, native_vlan: 100 }],
      ['verify_port', { port, native_vlan: 100, dry_run: true }],
      ['verify_port', { requests: [{ method: 'detach_port', params: { port } }, { method: 'unheard_of' }] }],
    ];
    for (const [name, params] of answers) {
      const { result } = (await send(mercury.service.url, name, params)).json;
      expect(z.fromJSONSchema(described(name).result.schema).safeParse(result).error, name).toBeUndefined();
    }
    expect(z.fromJSONSchema(described('attach_port').result.schema).safeParse({ outcome: 'done' }).success).toBe(false);
  });
});

describe('an example of a call', () => {
  it.each<[string, Record<string, unknown>]>([
    ['attach_port', attach],
    ['update_port', attach],
    ['detach_port', { port, default_vlan: 100, dry_run: true }],
    ['add_network', { network: attach.network, devices: ['leaf'], dry_run: true }],
    ['delete_network', { network: attach.network, port, dry_run: true }],
    ['is_link_valid', { context: attach.context, port, network: attach.network, explain: true }],
    ['is_port_supported', { port, dry_run: true }],
    ['get_allowed_network_types', {}],
    ['verify_port', attach],
    ['verify_port', { requests: [{ jsonrpc: '2.0', id: 1, method: 'attach_port', params: attach }], context: attach.context }],
  ])('fits its description and is taken: %s', async (name, params) => {
    expect(fits(described(name), params)).toBe(true);
    expect((await send(mercury.service.url, name, params)).json).toHaveProperty('result');
  });
});

it('holds calls to what it describes, no more and no less', async () => {
  const anything = fc.constantFrom<unknown>(
    null,
    true,
    'text',
    '',
    0,
    1,
    100,
    4094,
    4095,
    1.5,
    -1,
    70_000,
    [],
    [100],
    [0],
    ['leaf'],
    [null],
    {},
    { a: 1 },
  );
  const links = fc.constantFrom<unknown>(
    null,
    [],
    [{}],
    ['x'],
    [{ port_id: 7 }],
    [{ port_id: null, switch_info: { any: 1 }, more: 1 }],
    [{ hostname: 1 }],
    'x',
  );
  const part: Record<string, fc.Arbitrary<unknown>> = {
    context: fc.record({ user: anything, reason: anything, extra: anything }, { requiredKeys: [] }),
    port: fc.record(
      {
        id: anything,
        address: anything,
        local_link_information: links,
        'binding:profile': fc.oneof(anything, fc.record({ local_link_information: links })),
      },
      { requiredKeys: [] },
    ),
    network: fc.record(
      { name: anything, network_type: anything, segmentation_id: anything, physical_network: anything, mtu: anything },
      { requiredKeys: [] },
    ),
    mode: fc.constantFrom('access', 'trunk', 'hybrid', 'Access', 'dot1q'),
    dry_run: fc.constantFrom<unknown>(true, 'true', 1),
  };
  const fine: Record<string, unknown> = { port, network: attach.network };
  const names = [...new Set(METHODS.flatMap(name => described(name).params.map(param => param.name))), 'surprise'];
  const changes = fc.array(
    fc
      .constantFrom(...names)
      .chain(name =>
        fc.tuple(
          fc.constant(name),
          name in part && name !== 'mode' ? fc.oneof(part[name] ?? anything, anything) : fc.oneof(anything, part[name] ?? anything),
        ),
      ),
    { maxLength: 2 },
  );
  let refused = 0;
  const property = fc.asyncProperty(fc.constantFrom(...METHODS), changes, async (name, changed) => {
    const method = described(name);
    const known = Object.fromEntries(Object.entries(fine).filter(([key]) => method.params.some(param => param.name === key)));
    const params: Record<string, unknown> = { ...known, dry_run: true, ...Object.fromEntries(changed) };
    // Nothing may run in earnest here.
    if (params.dry_run === null || params.dry_run === false) params.dry_run = true;
    const fit = fits(method, params);
    if (!fit) refused += 1;
    expect(await taken(name, params), JSON.stringify(params)).toBe(fit);
  });
  await fc.assert(property, { numRuns: 400 });
  expect(refused).toBeGreaterThan(50);
  expect(refused).toBeLessThan(350);
});

const KEYWORDS = new Set([
  ...[
    'type',
    'enum',
    'const',
    'properties',
    'required',
    'additionalProperties',
    'propertyNames',
    'items',
    'anyOf',
    'oneOf',
    'allOf',
    'not',
  ],
  ...['minimum', 'maximum', 'minItems', 'maxItems', 'minLength', 'maxLength', 'pattern', 'format', 'description', 'title', 'default'],
]);
const TYPES = new Set(['object', 'array', 'string', 'integer', 'number', 'boolean', 'null']);

/** What in a schema is no JSON Schema of draft 2020-12, as far as this service uses it. */
function complaintsAbout(schema: unknown, path = '#'): string[] {
  if (typeof schema === 'boolean') return [];
  if (typeof schema !== 'object' || schema === null || Array.isArray(schema)) return [`${path} is no schema`];
  return Object.entries(schema).flatMap(([key, value]) => {
    const here = `${path}/${key}`;
    if (!KEYWORDS.has(key)) return [`${here} is no keyword`];
    if (key === 'type') return [value].flat().every(type => TYPES.has(String(type))) ? [] : [`${here}: ${String(value)}`];
    if (key === 'required' || key === 'enum') return Array.isArray(value) && value.length > 0 ? [] : [`${here} is no list`];
    if (key === 'properties') return Object.entries(value as object).flatMap(([name, inner]) => complaintsAbout(inner, `${here}/${name}`));
    if (/^(?:any|one|all)Of$/.test(key)) return (value as unknown[]).flatMap((inner, i) => complaintsAbout(inner, `${here}/${i}`));
    return ['items', 'additionalProperties', 'propertyNames', 'not'].includes(key) ? complaintsAbout(value, here) : [];
  });
}
