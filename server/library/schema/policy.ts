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
    devices: devices.optional(),
    ports: ports.optional().describe('Ports and LAGs.'),
    methods: names('methods').optional(),
    vlans: vlans.optional(),
    network_types: names('network types').optional(),
    allow: z.literal(true, 'must be true; a rule that forbids says deny, and why').optional(),
    deny: z.string('must be the reason, in words').trim().min(1, 'must be the reason, in words').optional(),
  })
  .superRefine(({ allow, deny }, context) => {
    if (allow !== undefined && deny !== undefined) context.addIssue({ code: 'custom', message: 'a rule allows or denies, not both' });
    if (allow === undefined && deny === undefined)
      context.addIssue({ code: 'custom', message: 'the rule says neither `allow: true` nor `deny:` with a reason' });
  });

export const policySchema = z.strictObject({
  protected: z
    .strictObject({ vlans: vlans.optional(), ports: z.record(z.string(), ports).default({}) })
    .prefault({})
    .describe('What no rule can grant.'),
  rules: z.array(rule, 'must be a list of rules').default([]),
});
export type PolicyShape = z.infer<typeof policySchema>;

const REASON = 'must be the reason, in words';
const reason = z.string(REASON).trim().min(1, REASON);

export const freezeSchema = z.record(
  z.string(),
  z.union([reason, z.strictObject({ reason, except: names('callers').default([]) })], { error: REASON }),
  'must hold devices or groups, each with a reason',
);
