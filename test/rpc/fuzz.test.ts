import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { MEANINGS } from '../../server/errors.ts';
import { OUTCOMES } from '../../server/result.ts';
import { ironicSchemas } from '../../server/rpc/ironic/params.ts';
import { paramsSchemas } from '../../server/rpc/params.ts';
import { LAGS } from '../cases.ts';
import fc from '../chance.ts';
import { Mercury } from '../harness.ts';

/*
 * Whatever stands in the params of any method, in Mercury's words or in Ironic's, what comes back is a JSON-RPC answer with a code and a class
 * that the client can use. Nearly right params come from the schemas themselves; names that are really there let some of them get as far as a switch.
 */

const RUNS = 150;
const CODES = new Set<number>([-32602, ...Object.values(MEANINGS).map(({ code }) => code)]);
const CLASSES = new Set(['ironic.common.exception.InvalidParameterValue', 'ironic.common.exception.NetworkError']);

let mercury: Mercury;
beforeAll(async () => {
  mercury = await Mercury.start({ devices: { leaf: 'arista_eos', nic: 'openvswitch' } });
});
afterAll(() => mercury[Symbol.asyncDispose]());

const METHODS = [
  ...Object.entries(ironicSchemas).map(([method, schema]) => ({ method, words: 'Ironic’s', schema: schema as z.ZodType })),
  ...Object.entries(paramsSchemas).map(([method, schema]) => ({ method, words: 'Mercury’s', schema: schema as z.ZodType })),
];

describe.each(METHODS)('$words $method', ({ method, words, schema }) => {
  it('answers in JSON-RPC, whatever the params', async () => {
    const version = words === 'Ironic’s' ? { 'rpc.version': '1.0' } : {};
    await fc.assert(
      fc.asyncProperty(
        likeIt(schema),
        fc.oneof(fc.string(), fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true })),
        async (params, id) => {
          const body = JSON.stringify({ jsonrpc: '2.0', id, method, params: { ...params, ...version } });
          const response = await fetch(mercury.service.url, { method: 'POST', body });
          expect(response.status).toBe(200);
          const reply = (await response.json()) as {
            jsonrpc: string;
            id: unknown;
            result?: unknown;
            error?: { code: number; message: string; data: Data };
          };
          expect(reply.jsonrpc).toBe('2.0');
          expect(reply.id).toEqual(JSON.parse(JSON.stringify(id)));
          expect('result' in reply).toBe(reply.error === undefined);
          if (!reply.error) return;
          const { code, message, data } = reply.error;
          expect(message).toMatch(/\S/);
          expect(data.kind).not.toBe('internal');
          expect(CODES.has(code)).toBe(true);
          expect(OUTCOMES).toContain(data.outcome);
          // A class is what Ironic's client needs to keep the message; to anybody else the protocol's own errors have none.
          if (code !== -32602 || words === 'Ironic’s') expect(CLASSES.has(data.class)).toBe(true);
        },
      ),
      { numRuns: RUNS },
    );
  });
});

interface Data {
  readonly class: string;
  readonly kind: string;
  readonly outcome: string;
}

interface Shape {
  readonly type?: string | readonly string[];
  readonly anyOf?: readonly Shape[];
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Shape>>;
  readonly items?: Shape;
}

/** Params that the schema nearly takes. */
function likeIt(schema: z.ZodType): fc.Arbitrary<Record<string, unknown>> {
  const shape = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Shape;
  return objectLike(shape).chain(params =>
    fc.oneof(
      { weight: 8, arbitrary: fc.constant(params) },
      { weight: 1, arbitrary: fc.dictionary(fc.string(), fc.jsonValue()).map(more => ({ ...params, ...more })) },
    ),
  );
}

function objectLike({ properties = {} }: Shape): fc.Arbitrary<Record<string, unknown>> {
  const members = Object.entries(properties).map(([name, shape]) => [name, valueLike(shape, name)] as const);
  // Mostly all there: a call that misses one gets no further than that.
  return fc.oneof(
    { weight: 3, arbitrary: fc.record(Object.fromEntries(members)) },
    { weight: 1, arbitrary: fc.record(Object.fromEntries(members), { requiredKeys: [] }) },
  );
}

const VLAN = fc.oneof(fc.constantFrom(100, 200, 1, 0, -1, 4095, 100.5, '100', 1e21, null), fc.integer({ min: 1, max: 4094 }));
/** Names that are there, and such as a caller might make up. */
const NAMES: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  switch_id: fc.constantFrom('leaf', 'nic', 'tor-9', '', '00:1c:73:aa:bb:01'),
  switch_info: fc.constantFrom('leaf', 'nic', 'tor-9', null),
  switch_ids: fc.array(fc.constantFrom('leaf', 'nic', 'tor-9'), { maxLength: 3 }),
  devices: fc.array(fc.constantFrom('leaf', 'nic', 'tor-9'), { maxLength: 3 }),
  port_name: fc.constantFrom('Ethernet1', 'et2', 'pf0vf0', 'Ethernet49/1', 'Port-Channel10', 'Ethernet1\nshutdown', '; reboot'),
  port_id: fc.constantFrom('Ethernet1', 'et2', 'pf0vf0', 'Ethernet49/1', 'Port-Channel10', 'Ethernet1\nshutdown', '$(reboot)'),
  lag_name: fc.constantFrom(...Object.values(LAGS), null, '', 'Po10'),
  mode: fc.constantFrom('access', 'trunk', 'hybrid', 'Access', null),
  native_vlan: VLAN,
  default_vlan: VLAN,
  segmentation_id: VLAN,
  allowed_vlans: fc.oneof(fc.array(VLAN, { maxLength: 5 }), fc.constant(null), fc.constant('100-200')),
  aggregation_mode: fc.constantFrom('lacp', 'static', '802.3ad', 'active-backup', 7, null),
  // A change that is only planned says the same, and leaves time for more of them.
  dry_run: fc.constantFrom(true, true, true, false, null),
};

function valueLike(shape: Shape, name: string): fc.Arbitrary<unknown> {
  const apt = NAMES[name] ?? typical(shape);
  return fc.oneof({ weight: 12, arbitrary: apt }, { weight: 1, arbitrary: fc.jsonValue() });
}

function typical(shape: Shape): fc.Arbitrary<unknown> {
  if (shape.anyOf) return fc.oneof(...shape.anyOf.map(typical));
  if (shape.enum) return fc.constantFrom(...shape.enum);
  switch (shape.type) {
    case 'object':
      return objectLike(shape);
    case 'array':
      return fc.array(typical(shape.items ?? {}), { maxLength: 3 });
    case 'string':
      return fc.oneof(fc.string(), fc.string({ unit: 'binary' }));
    case 'integer':
    case 'number':
      return fc.integer();
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    default:
      return fc.jsonValue();
  }
}
