import * as z from 'zod';
import { OUTCOMES } from '../result.ts';
import { paramsSchemas } from './params.ts';

const SUMMARIES: Readonly<Record<keyof typeof paramsSchemas, string>> = {
  get_allowed_network_types: 'What the device named by port, or any device, can carry.',
  is_link_valid: 'Whether the request is complete and allowed. Touches no device.',
  is_port_supported: 'The same, and the device is asked whether the port exists.',
  attach_port: 'Puts the port on the network.',
  update_port: 'Changes the mode, VLANs, description or MTU of an attached port.',
  detach_port: 'Takes the port off every network: to default_vlan if one is named, else closed.',
  add_network: 'Creates the network on the devices.',
  delete_network: 'Removes the network; refused while ports still use it.',
  verify_port: 'Whether ports still are as they once were asked to be. Only reads; answers how each of them is.',
};

const CHANGE_RESULT = {
  type: 'object',
  properties: {
    outcome: { enum: OUTCOMES },
    request_id: { type: 'string' },
    devices: { type: 'array', items: { type: 'object', properties: { device: { type: 'string' }, outcome: { enum: OUTCOMES } } } },
  },
};

const VERDICTS = {
  type: 'object',
  required: ['holds', 'ports'],
  properties: {
    holds: { type: 'boolean', description: 'Whether all of them hold.' },
    ports: {
      type: 'array',
      items: {
        type: 'object',
        required: ['method', 'holds', 'misses'],
        properties: {
          index: { type: 'integer', description: 'Which of requests.' },
          device: { type: 'string' },
          port: { type: 'string' },
          vlan: { type: 'integer' },
          method: { type: 'string' },
          title: { type: 'string', description: 'What was asked, in the words of the playbook.' },
          holds: { type: ['boolean', 'null'], description: 'null: it could not be asked.' },
          misses: { type: 'array', items: { type: 'string' }, description: 'What differs.' },
          error: { type: 'object', properties: { kind: { type: 'string' }, message: { type: 'string' } } },
        },
      },
    },
  },
};

const RESULTS: Readonly<Record<keyof typeof paramsSchemas, object>> = {
  get_allowed_network_types: { type: 'array', items: { type: 'string' } },
  is_link_valid: { type: ['boolean', 'object'] },
  is_port_supported: { type: ['boolean', 'object'] },
  attach_port: CHANGE_RESULT,
  update_port: CHANGE_RESULT,
  detach_port: CHANGE_RESULT,
  add_network: CHANGE_RESULT,
  delete_network: CHANGE_RESULT,
  verify_port: { anyOf: [VERDICTS, CHANGE_RESULT] },
};

/** The OpenRPC document of this service, from the schemas that calls are held against. */
export function discover(): Record<string, unknown> {
  return {
    openrpc: '1.3.2',
    info: { title: 'Mercury', version: '1.0', description: 'Attaches bare-metal servers to switches by reviewed playbooks.' },
    methods: Object.entries(paramsSchemas).map(([name, schema]) => ({
      name,
      summary: SUMMARIES[name as keyof typeof paramsSchemas],
      paramStructure: 'by-name',
      params: paramsOf(schema),
      result: { name: 'result', schema: RESULTS[name as keyof typeof paramsSchemas] },
    })),
  };
}

function paramsOf(schema: z.ZodType): object[] {
  const json = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as {
    properties?: Record<string, object>;
    required?: string[];
  };
  return Object.entries(json.properties ?? {}).map(([name, property]) => ({
    name,
    required: json.required?.includes(name) ?? false,
    schema: property,
  }));
}
