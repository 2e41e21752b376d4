import * as z from 'zod';

/** The YAML shapes of inventory/policy.yml and inventory/freeze.yml. */

const names = (what: string) => z.array(z.string().min(1, 'must not be empty'), `must be a list of ${what}`);

const VLANS = 'must be a list of VLANs such as 100,200-299';
const vlans = z
  .union([z.string(), z.int(), z.array(z.int())], { error: VLANS })
  .transform(value => (Array.isArray(value) ? value.join(',') : String(value)));

const devices = names('devices and groups');
const ports = names('ports such as Ethernet1-48');

const rule = z
  .strictObject({
    callers: names('callers').optional().describe('Names as authentication gives them; `cli:NAME` is somebody at this machine’s terminal.'),
    devices: devices.optional().describe('Devices, groups and patterns such as leaf-*; all when left out.'),
    ports: ports.optional().describe('Ports and LAGs: Ethernet1-48, Gi1/0/*; all when left out.'),
    methods: names('methods').optional().describe('attach_port, detach_port, …; all when left out.'),
    vlans: vlans.optional().describe('100,200-299; all when left out.'),
    network_types: names('network types').optional().describe('vlan, …; all when left out.'),
    allow: z.literal(true, 'must be true; a rule that forbids says deny, and why').optional().describe('What the rule is for may be done.'),
    deny: z
      .string('must be the reason, in words')
      .trim()
      .min(1, 'must be the reason, in words')
      .optional()
      .describe('It may not be done; the reason, which the caller reads.'),
  })
  .superRefine(({ allow, deny }, context) => {
    if (allow !== undefined && deny !== undefined) context.addIssue({ code: 'custom', message: 'a rule allows or denies, not both' });
    if (allow === undefined && deny === undefined)
      context.addIssue({ code: 'custom', message: 'the rule says neither `allow: true` nor `deny:` with a reason' });
  })
  .meta({ oneOf: [{ required: ['allow'] }, { required: ['deny'] }] });

export const policySchema = z.strictObject({
  protected: z
    .strictObject({
      vlans: vlans.optional().describe('Nobody’s on any device: 1,4000-4094.'),
      ports: z.record(z.string(), ports).default({}).describe('Device, group or pattern → its ports that are nobody’s.'),
    })
    .prefault({})
    .describe('What no rule can grant.'),
  rules: z
    .array(rule, 'must be a list of rules')
    .default([])
    .describe('The first that is for a call decides; what none is for is refused.'),
});
export type PolicyShape = z.infer<typeof policySchema>;

const REASON = 'must be the reason, in words';
const reason = z.string(REASON).trim().min(1, REASON);

export const freezeSchema = z.record(
  z.string(),
  z.union(
    [
      reason,
      z.strictObject({
        reason: reason.describe('The caller reads it.'),
        except: names('callers').default([]).describe('Callers who may change things all the same.'),
      }),
    ],
    { error: REASON },
  ),
  'must hold devices or groups, each with a reason',
);
