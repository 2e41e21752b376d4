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
  parent: z.string().optional().describe('The mode it is entered from; the one without is the first after a login.'),
  enter: lines.default([]).describe('Typed in the parent mode to get here.'),
  leave: lines.default([]).describe('Typed here to get back to the parent mode.'),
  password: pattern.optional().describe('Asked on the way in; answered with the credentials’ enable secret.'),
  answer: z.record(z.string(), z.string()).default({}).describe('Question (pattern) on the way in or out → what to say to it.'),
  reads: z.string().optional().describe('Typed before a command of the parent mode to run it from here: do, run.'),
});

const transactionSchema = z.strictObject({
  settled: platformStepSchema.optional().describe('Read first: no commit is on trial, of which nothing may be left soon.'),
  diff: platformStepSchema.optional().describe('Shows what the candidate would change.'),
  commit: platformStepSchema.describe('Puts the candidate in force. Its success is what `expect` finds, or the mode it `lands` in.'),
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
  name: z.string().min(1).describe('What it is, for messages: vendor, system, models.'),
  aliases: z.array(z.string()).default([]).describe('Names other tools use for it.'),
  session: z
    .enum(['shell', 'exec'], 'must be shell or exec')
    .describe('shell: one terminal with prompts. exec: a channel for each command, whose exit status tells success.'),
  modes: z.record(z.string(), modeSchema).default({}).describe('A tree of prompts, and the way from one to the next.'),
  config_mode: z.string().default('shell').describe('The mode that `tasks` are typed in.'),
  read_mode: z.string().default('shell').describe('The mode that `require`, `verify` and `save` are typed in.'),
  on_open: z.array(z.string()).default([]).describe('Typed right after login.'),
  prefix: z.string().optional().describe('Exec sessions: put before every command.'),
  failures: z
    .array(pattern, { error: issue => (issue.input === undefined ? noFailures : undefined) })
    .min(1, noFailures)
    .describe('A line of an answer that matches one of these is a refusal.'),
  noise: z.array(pattern).default([]).describe('Lines that are not part of an answer: syslog.'),
  pager: z
    .strictObject({
      prompt: pattern.describe('Ends the last line of a page.'),
      key: z.string().length(1, 'must be one character').default(' ').describe('Asks for the next page.'),
    })
    .optional()
    .describe('A pager that no line of on_open switches off: what it shows, and the key for the next page.'),
  type_ahead: z
    .strictObject({
      of: pattern.describe(
        'Lines that change no context, ask nothing and open nothing, so that they do no harm below one that was refused.',
      ),
      lines: z.int().min(2).max(64).default(16).describe('How many at one go.'),
    })
    .optional()
    .describe('What may be typed before the line above is answered, and how many lines at one go.'),
  transaction: transactionSchema.optional().describe('What is typed around a change, where the vendor has a candidate configuration.'),
  give_back: giveBackSchema.optional().describe('Takes back what no transaction does: the interface as it was printed before.'),
  save: platformStepSchema.optional().describe('Makes the running configuration survive a reload.'),
  interfaces: z
    .strictObject({
      pattern: pattern.describe('What the long name of a port looks like; write the ^ and the $.'),
      lag: pattern.optional().describe('Names of LAGs; group 1 is the number by which members name it.'),
      short: z.record(z.string(), z.string()).default({}).describe('Short name → long name: { Gi: GigabitEthernet }.'),
      example: z
        .strictObject({ port: z.string().min(1).describe('Its long name.'), lag: z.string().min(1).optional().describe('Its long name.') })
        .optional()
        .describe('A port and a LAG, by their long names, that sample requests are about.'),
    })
    .describe('How ports and LAGs are called.'),
  vlans: z
    .strictObject({
      ids: z.string().describe('The VLANs a call may name: 2-1001,1006-4094.'),
      name: z
        .strictObject({ max: z.int().min(8).describe('Characters.'), pattern: pattern.describe('Write the ^ and the $.') })
        .default({ max: 31, pattern: '^[A-Za-z][\\w-]*$' })
        .describe('What the name of a VLAN may be; another is changed until it fits.'),
    })
    .describe('Which VLANs there are, and what they may be called.'),
  description: z
    .strictObject({
      max: z.int().min(1).describe('Characters.'),
      never: pattern.optional().describe('What it must not hold: what the CLI takes as special in the middle of a line.'),
    })
    .default({ max: 80 })
    .describe('What the description of a port may be.'),
  supports: z
    .strictObject({
      modes: z
        .array(z.enum(['access', 'trunk', 'hybrid'], 'must be access, trunk or hybrid'))
        .min(1)
        .describe('What a port can be. hybrid: tagged VLANs and an untagged one.'),
      network_types: z.array(z.string()).min(1).describe('Neutron’s names of what it can carry: vlan.'),
      lag: z
        .array(z.enum(['lacp', 'static']))
        .default([])
        .describe('How a LAG may be aggregated.'),
      trunk_without_native: z.boolean().default(true).describe('Whether a trunk may have no untagged VLAN.'),
      mtu: z.boolean().default(false).describe('Whether the playbooks set the MTU of a port.'),
    })
    .describe('What calls may ask; anything else is refused before anyone logs in.'),
  vars: z.record(z.string(), valueSchema).default({}).describe('Defaults for all playbooks of the platform.'),
  lint: lintSchema.prefault({}).describe('What `mercury lint` holds the playbooks to.'),
});
export type PlatformShape = z.infer<typeof platformSchema>;
