import * as z from 'zod';
import { valueSchema } from './playbook.ts';

/** The YAML shape of the inventory. */

const credentials = z.string().describe('Name of an entry in the credentials file.');
const address = z.string().min(1).describe('IPv4, IPv6 or host name.');

/** How an SSH server is reached and known, be it a device or a jump host. */
const ssh = {
  port: z.int().min(1).max(65535).optional().describe('TCP port of its SSH server; 22 when left out.'),
  host_keys: z
    .union(
      [
        z.literal('any'),
        z.array(z.string().regex(/^SHA256:[A-Za-z0-9+/]{43}$/, 'must be a fingerprint as ssh-keygen -l prints it: SHA256:…')),
      ],
      { error: 'must be `any` or a list of fingerprints' },
    )
    .optional()
    .describe('Fingerprints of the keys to believe, as ssh-keygen -l prints them. any: accept whatever comes, for labs only.'),
  known_hosts: z.string().min(1).optional().describe('A file of host keys as OpenSSH keeps it; relative to the root folder.'),
  ssh_profile: z
    .enum(['modern', 'legacy'], 'must be modern or legacy')
    .optional()
    .describe('legacy: also algorithms that are too weak for others, for switches that have none better.'),
  // A function, because a jump host may lie behind another.
  get jump() {
    return jumpSchema.nullable().optional().describe('The host to log in to first: a device, or an address of its own; null: none.');
  },
};

/** A host on the way to a device: the name of another device, or all that is needed to reach it. */
export type JumpShape = string | JumpHostShape;
export interface JumpHostShape {
  readonly address: string;
  readonly credentials: string;
  readonly port?: number | undefined;
  readonly host_keys?: 'any' | string[] | undefined;
  readonly known_hosts?: string | undefined;
  readonly ssh_profile?: 'modern' | 'legacy' | undefined;
  readonly jump?: JumpShape | null | undefined;
}

const jumpSchema: z.ZodType<JumpShape> = z.union([z.string(), z.lazy(() => z.strictObject({ ...ssh, address, credentials }))], {
  error: 'must be the name of a device, or have an address, credentials and host_keys',
});

const layer = {
  ...ssh,
  platform: z.string().optional().describe('A folder of playbooks/, or one of its aliases.'),
  credentials: credentials.optional(),
  uplinks: z.array(z.string()).optional().describe('Ports and LAGs that nobody may attach or detach.'),
  allowed_vlans: z
    .union([z.string(), z.int(), z.array(z.int())], { error: 'must be a list of VLANs such as 100,200-299' })
    .transform(value => (Array.isArray(value) ? value.join(',') : String(value)))
    .optional()
    .describe('VLANs that calls may name: 100,200-299. Left out: all that the platform allows; empty: none.'),
  physical_networks: z.array(z.string()).optional().describe('Neutron’s names of the networks that it is wired to.'),
  vars: z.record(z.string(), valueSchema).optional().describe('Values for playbooks; they go before the playbooks’ own vars.'),
};

const name = z.string().regex(/^[\w.-]+$/, 'a name has only letters, digits, dots, dashes and underscores');

export const inventorySchema = z.strictObject({
  defaults: z.strictObject(layer).default({}).describe('For every device, unless a group or the device itself says otherwise.'),
  groups: z.record(name, z.strictObject(layer)).default({}).describe('For the devices that name them.'),
  devices: z
    .record(
      name,
      z.strictObject({
        ...layer,
        address,
        groups: z
          .array(z.string())
          .default([])
          .describe('What one of these says goes before the defaults; the last of them before the others.'),
        switch_ids: z.array(z.string()).default([]).describe('MAC addresses by which Ironic knows the switch, in any notation.'),
      }),
    )
    .default({})
    .describe('Switches and hosts by name; what stands here goes before groups and defaults.'),
});
export type InventoryShape = z.infer<typeof inventorySchema>;
export type LayerShape = InventoryShape['defaults'];
