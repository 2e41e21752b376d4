import * as z from 'zod';
import { ChangeError } from '../errors.ts';
import type { Method } from '../model.ts';
import { complaintsOf } from './complain.ts';

/**
 * The shapes of every method's params. One schema per shape: validation, types and the OpenRPC document all come from here.
 * A Neutron port or network dict can be sent as it is: what we do not know in `context`, `port` and `network` is kept and ignored.
 */

const maybe = <T extends z.ZodType>(schema: T) => schema.nullish();
/** Any number: which VLANs there are is the platform's to say, in words that name the device. */
const vlan = z.int();

const context = maybe(
  z.looseObject({
    request_id: maybe(z.string()),
    global_request_id: maybe(z.string()),
    user: maybe(z.string()),
    project_id: maybe(z.string()),
    node: maybe(z.string()).describe('UUID of the bare-metal node.'),
    reason: maybe(z.string()),
  }),
).describe('Who asks and why, for the audit.');

const link = z
  .looseObject({
    switch_id: maybe(z.string()).describe('Inventory name, or MAC address in any notation.'),
    port_id: maybe(z.string()).describe('The port’s name on the switch.'),
    switch_info: maybe(z.unknown()).describe('Inventory name of the switch.'),
    hostname: maybe(z.string()).describe('A SmartNIC: inventory name of the host that runs Open vSwitch.'),
  })
  .describe('Where the port is wired to, as LLDP or the operator knows it.');

const port = z
  .looseObject({
    id: maybe(z.string()),
    address: maybe(z.string()).describe('MAC address of the server’s port.'),
    local_link_information: maybe(z.array(link)),
    'binding:profile': maybe(z.looseObject({ local_link_information: maybe(z.array(link)) })),
  })
  .describe('A Neutron-style port; its links name the switches.');

const network = z
  .looseObject({
    id: maybe(z.string()),
    name: maybe(z.string()),
    network_type: maybe(z.string()),
    segmentation_id: maybe(z.int()),
    physical_network: maybe(z.string()),
  })
  .describe('A Neutron-style network.');

const common = { context, dry_run: maybe(z.boolean()).describe('Answer the plan and touch nothing.') };
const query = {
  context,
  dry_run: maybe(z.boolean()),
  port,
  network: maybe(network),
  explain: maybe(z.boolean()).describe('Answer { valid, reasons }.'),
};
const onPort = {
  ...common,
  port,
  network: maybe(network),
  mode: maybe(z.enum(['access', 'trunk', 'hybrid'])).describe('access when left out.'),
  native_vlan: maybe(vlan).describe('The untagged VLAN; the network’s segmentation_id when left out, none when null.'),
  allowed_vlans: maybe(z.array(vlan).max(4094)).describe('The tagged VLANs of a trunk.'),
  default_vlan: maybe(vlan),
  description: maybe(z.string().max(1000)),
  mtu: maybe(z.int().min(68).max(16_000)),
};
const asked = { ...query, mode: onPort.mode, native_vlan: onPort.native_vlan, allowed_vlans: onPort.allowed_vlans };

const devices = maybe(z.array(z.string()).min(1)).describe(
  'Inventory names; when left out those of `port`, else all on the network’s physical_network.',
);
const onNetwork = {
  ...common,
  network: network.required({ segmentation_id: true }).extend({ segmentation_id: vlan }),
  port: maybe(port),
  devices,
};

/** One verify_port asks about so many calls at most. */
export const MOST_CALLS = 1000;

/** A call of either vocabulary as it once came; the rest of its envelope is not looked at. */
export const wireCall = z.looseObject({
  method: z.string().min(1).describe('Of Mercury or of Ironic.'),
  params: maybe(z.record(z.string(), z.unknown())),
});
export type WireCall = z.infer<typeof wireCall>;

export const paramsSchemas = {
  get_allowed_network_types: z.strictObject({ context, dry_run: maybe(z.boolean()), port: maybe(port) }),
  is_link_valid: z.strictObject(asked),
  is_port_supported: z.strictObject(asked),
  attach_port: z.strictObject(onPort),
  update_port: z.strictObject(onPort),
  detach_port: z.strictObject(onPort),
  add_network: z.strictObject(onNetwork),
  delete_network: z.strictObject(onNetwork),
  verify_port: z.strictObject({
    ...onPort,
    port: maybe(port),
    requests: maybe(z.array(wireCall).min(1).max(MOST_CALLS)).describe('Calls as they once came; instead of port and what belongs to it.'),
  }),
};

export type MercuryMethod = keyof typeof paramsSchemas;
export type PortParams = z.infer<(typeof paramsSchemas)['attach_port']>;
export type NetworkParams = z.infer<(typeof paramsSchemas)['add_network']>;
export type QueryParams = z.infer<(typeof paramsSchemas)['is_link_valid']>;
export type VerifyParams = z.infer<(typeof paramsSchemas)['verify_port']>;
export type Link = z.infer<typeof link>;
export type Context = z.infer<typeof context>;
export type ChangeMethod = Exclude<Method, 'is_port_supported'>;

export function isMercuryMethod(name: string): name is MercuryMethod {
  return Object.hasOwn(paramsSchemas, name);
}

/** @throws ChangeError bad_request with everything that is wrong */
export function readParams<M extends MercuryMethod>(method: M, params: unknown): z.infer<(typeof paramsSchemas)[M]> {
  const parsed = paramsSchemas[method].safeParse(params ?? {});
  if (!parsed.success) throw new ChangeError('bad_request', complaintsOf(parsed.error));
  return parsed.data as z.infer<(typeof paramsSchemas)[M]>;
}
