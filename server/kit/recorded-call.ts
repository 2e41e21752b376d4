import type { ChangeRequest, Values } from '../model.ts';
import type { WireCall } from '../rpc/params.ts';
import type { CallShape } from './case-schema.ts';

/**
 * A call as a recording keeps it: without its context, which may hold a live token, and without the name of the switch, which is another
 * where the recording is played.
 */
export function callWithoutSwitch({ method, params }: WireCall): CallShape {
  return { method, params: without(params ?? {}) };
}

const DROPPED = new Set(['context', 'devices', 'switch_id', 'switch_ids', 'switch_info', 'hostname']);

function without(params: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(params).flatMap(([key, value]) => (DROPPED.has(key) ? [] : [[key, dropped(value)]])));
}

function dropped(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(dropped);
  return typeof value === 'object' && value !== null ? without(value as Record<string, unknown>) : value;
}

/** The call that asks for what was asked in words. */
export function callOf({ method, args }: ChangeRequest): CallShape {
  const { port, lag, vlan, network_name, aggregation, mlag: _, ...others } = args;
  const said = Object.fromEntries(Object.entries(others).filter(([, value]) => value !== null));
  const on = { port: { local_link_information: [{ port_id: port }] } };
  switch (method) {
    case 'add_network':
    case 'delete_network':
      return {
        method,
        params: { network: { network_type: 'vlan', segmentation_id: vlan, ...(network_name ? { name: network_name } : {}) } },
      };
    case 'attach_lag':
      return { method: 'update_lag', params: ironic(args, { lag_name: port, aggregation_mode: aggregation ?? null }) };
    case 'join_lag':
      return { method: 'update_port', params: ironic(args, { port_name: port, lag_name: lag, aggregation_mode: aggregation ?? null }) };
    case 'delete_lag':
      return { method, params: { 'rpc.version': '1.0', lag_name: port } };
    default:
      return { method, params: { ...on, ...said } };
  }
}

function ironic({ mode, native_vlan, allowed_vlans, description }: Values, names: Record<string, unknown>): Record<string, unknown> {
  return {
    'rpc.version': '1.0',
    ...names,
    description: description ?? null,
    mode,
    native_vlan: native_vlan ?? null,
    allowed_vlans: allowed_vlans ?? [],
  };
}
