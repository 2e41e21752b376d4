import * as z from 'zod';
import type { Credentials } from '../../model.ts';
import { valueSchema } from './playbook.ts';

/** The YAML shapes of the inventory and of the credentials file. */

const layer = {
  platform: z.string().optional(),
  credentials: z.string().optional().describe('Name of an entry in the credentials file.'),
  port: z.int().min(1).max(65535).optional(),
  host_keys: z
    .union(
      [
        z.literal('any'),
        z.array(z.string().regex(/^SHA256:[A-Za-z0-9+/]{43}$/, 'must be a fingerprint as ssh-keygen -l prints it: SHA256:…')),
      ],
      { error: 'must be `any` or a list of fingerprints' },
    )
    .optional(),
  uplinks: z.array(z.string()).optional().describe('Ports and LAGs that nobody may attach or detach.'),
  allowed_vlans: z
    .union([z.string(), z.int(), z.array(z.int())], { error: 'must be a list of VLANs such as 100,200-299' })
    .transform(value => (Array.isArray(value) ? value.join(',') : String(value)))
    .optional()
    .describe('VLANs that calls may name: 100,200-299. Left out: all that the platform allows; empty: none.'),
  physical_networks: z.array(z.string()).optional(),
  vars: z.record(z.string(), valueSchema).optional(),
};

const name = z.string().regex(/^[\w.-]+$/, 'a name has only letters, digits, dots, dashes and underscores');

export const inventorySchema = z.strictObject({
  defaults: z.strictObject(layer).default({}),
  groups: z.record(name, z.strictObject(layer)).default({}),
  devices: z
    .record(
      name,
      z.strictObject({
        ...layer,
        address: z.string().min(1).describe('IPv4, IPv6 or host name.'),
        groups: z.array(z.string()).default([]),
        switch_ids: z.array(z.string()).default([]).describe('MAC addresses by which Ironic knows the switch, in any notation.'),
      }),
    )
    .default({}),
});
export type InventoryShape = z.infer<typeof inventorySchema>;
export type LayerShape = InventoryShape['defaults'];

export const credentialsSchema: z.ZodType<Record<string, Credentials>> = z.record(
  name,
  z
    .strictObject({
      username: z.string().min(1),
      password: z.string().optional(),
      private_key: z.string().optional().describe('Path of a private key file.'),
      passphrase: z.string().optional(),
      enable: z.string().optional().describe('The enable secret, where the platform asks for one.'),
    })
    .refine(entry => entry.password !== undefined || entry.private_key !== undefined, 'needs a password or a private_key'),
);
