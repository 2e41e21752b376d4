import * as z from 'zod';
import { lintSchema } from './lint.ts';
import { platformStepSchema, valueSchema } from './playbook.ts';

/** The YAML shape of platform.yml: how to talk to a vendor's devices, and what they can do. */

const pattern = z.string().min(1).describe('A JavaScript regular expression.');
const lines = z
  .union([z.string(), z.array(z.string())], { error: 'must be a line or a list of lines' })
  .transform(value => (Array.isArray(value) ? value : [value]));
const noFailures = 'a platform without failure patterns would take every refusal for success';

const modeSchema = z.strictObject({
  prompt: pattern.describe('The whole last line of the screen in this mode; anchored at both ends by the reader.'),
  parent: z.string().optional(),
  enter: lines.default([]).describe('Typed in the parent mode to get here.'),
  leave: lines.default([]).describe('Typed here to get back to the parent mode.'),
  password: pattern.optional().describe('Asked on the way in; answered with the credentials’ enable secret.'),
  answer: z.record(z.string(), z.string()).default({}),
  reads: z.string().optional().describe('Typed before a command of the parent mode to run it from here: do, run.'),
});

const transactionSchema = z.strictObject({
  settled: platformStepSchema.optional().describe('Read first: no commit is on trial, of which nothing may be left soon.'),
  diff: platformStepSchema.optional().describe('Shows what the candidate would change.'),
  commit: platformStepSchema,
  confirm: platformStepSchema.optional().describe('Makes a timed commit permanent.'),
  undo: platformStepSchema.optional().describe('Takes back a commit that is not confirmed yet.'),
  discard: platformStepSchema.describe('Drops the candidate.'),
  abandon: platformStepSchema.optional().describe('Typed on a new session after the old one was lost.'),
  busy: pattern.optional().describe('Somebody else holds the configuration.'),
});

const giveBackSchema = z.strictObject({
  read: platformStepSchema.describe('Prints the interface, before anything is typed and again at the end.'),
  clear: z.string().describe('The playbook that closes and clears it, typed with the port alone.'),
  into: z.string().describe('Typed before its lines.'),
  lines: pattern.describe('Group 1 of each match is typed again.'),
  open: z.string().describe('Typed last.'),
  unless: pattern.describe('What was printed matches this: it was closed, and stays so.'),
});

export const platformSchema = z.strictObject({
  name: z.string().min(1),
  aliases: z.array(z.string()).default([]).describe('Names other tools use for it.'),
  session: z.enum(['shell', 'exec']),
  modes: z.record(z.string(), modeSchema).default({}),
  config_mode: z.string().default('shell'),
  read_mode: z.string().default('shell'),
  on_open: z.array(z.string()).default([]).describe('Typed right after login.'),
  prefix: z.string().optional().describe('Exec sessions: put before every command.'),
  failures: z.array(pattern, { error: issue => (issue.input === undefined ? noFailures : undefined) }).min(1, noFailures),
  noise: z.array(pattern).default([]).describe('Lines that are not part of an answer: syslog.'),
  pager: z
    .strictObject({
      prompt: pattern.describe('Ends the last line of a page.'),
      key: z.string().length(1, 'must be one character').default(' '),
    })
    .optional()
    .describe('A pager that no line of on_open switches off: what it shows, and the key for the next page.'),
  transaction: transactionSchema.optional(),
  give_back: giveBackSchema.optional().describe('Takes back what no transaction does: the interface as it was printed before.'),
  save: platformStepSchema.optional().describe('Makes the running configuration survive a reload.'),
  interfaces: z.strictObject({
    pattern,
    lag: pattern.optional().describe('Names of LAGs; group 1 is the number by which members name it.'),
    short: z.record(z.string(), z.string()).default({}),
    example: z
      .strictObject({ port: z.string().min(1), lag: z.string().min(1).optional() })
      .optional()
      .describe('A port and a LAG, by their long names, that sample requests are about.'),
  }),
  vlans: z.strictObject({
    ids: z.string().describe('The VLANs a call may name: 2-1001,1006-4094.'),
    name: z.strictObject({ max: z.int().min(8), pattern }).default({ max: 31, pattern: '^[A-Za-z][\\w-]*$' }),
  }),
  description: z.strictObject({ max: z.int().min(1), never: pattern.optional() }).default({ max: 80 }),
  supports: z.strictObject({
    modes: z.array(z.enum(['access', 'trunk', 'hybrid'])).min(1),
    network_types: z.array(z.string()).min(1),
    lag: z
      .array(z.enum(['lacp', 'static']))
      .default([])
      .describe('How a LAG may be aggregated.'),
    trunk_without_native: z.boolean().default(true),
    mtu: z.boolean().default(false),
  }),
  vars: z.record(z.string(), valueSchema).default({}),
  lint: lintSchema.prefault({}).describe('What `mercury lint` holds the playbooks to.'),
});
export type PlatformShape = z.infer<typeof platformSchema>;
