import * as z from 'zod';

/**
 * The params of Ironic's networking RPC API 1.0, as its client sends them: every optional one may come as null. Shapes only: what is wrong
 * with a value is told by requests.ts in the words of the switch, with the code that Ironic takes for "the operator's mistake".
 */

const sent = z.custom<unknown>(value => value !== undefined, 'is missing');
const text = z.string().nullable();
const maybe = sent.optional();

/** `rpc.version` is whatever the client was built with; nothing depends on it. */
const common = {
  context: z.looseObject({}).nullish(),
  'rpc.version': maybe,
  dry_run: z.boolean().nullish().describe('Ours: answer the plan and touch nothing.'),
};

const vlans = { native_vlan: sent, allowed_vlans: maybe, default_vlan: maybe };

export const ironicSchemas = {
  update_port: z.strictObject({
    switch_id: text,
    port_name: text,
    description: text,
    mode: sent,
    ...vlans,
    lag_name: text.optional(),
    aggregation_mode: maybe.describe('Ours: how the port joins lag_name; the inventory’s var `aggregation` when left out.'),
    ...common,
  }),
  reset_port: z.strictObject({ switch_id: text, port_name: text, ...vlans, ...common }),
  update_lag: z.strictObject({
    switch_ids: z.array(z.string()).nullable(),
    lag_name: text,
    description: text,
    mode: sent,
    ...vlans,
    aggregation_mode: sent,
    ...common,
  }),
  delete_lag: z.strictObject({ switch_ids: z.array(z.string()).nullable(), lag_name: text, ...common }),
  get_switches: z.strictObject(common),
};

export type IronicMethod = keyof typeof ironicSchemas;
export type IronicParams<M extends IronicMethod> = z.infer<(typeof ironicSchemas)[M]>;

/** Whether a call speaks Ironic's vocabulary. `update_port` is in both; Mercury's own never has these two names. */
export function isIronicCall(method: string, params: Readonly<Record<string, unknown>>): method is IronicMethod {
  if (!Object.hasOwn(ironicSchemas, method)) return false;
  return method !== 'update_port' || 'rpc.version' in params || 'port_name' in params;
}
