import * as z from 'zod';

/** The YAML shapes of a task and a playbook: what a person types. Compiled to model.ts's nouns by playbooks.ts and tasks.ts. */

const oneOrMany = <T extends z.ZodType>(item: T, hint: string) =>
  z.union([item, z.array(item)], { error: hint }).transform(value => (Array.isArray(value) ? value : [value]) as z.infer<T>[]);

const pattern = z.string().describe('A JavaScript regular expression; ^ and $ match at lines. Values in it are escaped.');
const means = z.string().optional().describe('What a miss means, in a sentence for the caller.');

export const expectationSchema = z
  .union(
    [
      pattern,
      z.strictObject({ text: pattern, means }).describe('A pattern, and what a miss means.'),
      z
        .strictObject({
          vlans: pattern.describe('Captures lists of VLAN ids: group 1, or the group named `vlans`.'),
          are: z.string().optional().describe('All that is captured is exactly this list.'),
          hold: z.string().optional().describe('What is captured has these in it.'),
          under: pattern.optional().describe('A header line that names the port the lines below belong to.'),
          except: z.string().optional().describe('Ports that do not count, with commas.'),
          means,
        })
        .refine(entry => (entry.are === undefined) !== (entry.hold === undefined), 'says either `are` or `hold`')
        .meta({
          oneOf: [{ required: ['are'] }, { required: ['hold'] }],
          description: 'Lists of VLANs, in any notation that switches print.',
        }),
    ],
    { error: 'must be a pattern, { text, means } or { vlans, are | hold, under, except, means }' },
  )
  .meta({ id: 'expectation' });
export type ExpectationShape = z.infer<typeof expectationSchema>;

const expectations = oneOrMany(expectationSchema, 'must be a pattern, { text, means }, { vlans, are | hold, … } or a list of these');
const commands = z.string().describe('A Handlebars block: with | each line is a command, with > all of it is one.');
const answers = z.record(z.string(), z.string()).describe('Question (pattern) → what to say to it.');

/** What may stand around a command anywhere, in a task as in a platform's transaction. */
const around = {
  expect: expectations.optional().describe('What the output must show.'),
  reject: expectations.optional().describe('What the output must not show.'),
  tolerate: oneOrMany(pattern, 'must be a pattern or a list of patterns').optional().describe('Failure lines that are harmless here.'),
  answer: answers.optional().describe('Question (pattern) → what to say to it. Each is answered once per command.'),
  cli_mode: z.string().optional().describe('A mode of the platform, when it is not the one of the list this stands in.'),
};

const scalar = z.union([z.string(), z.number(), z.boolean(), z.null()]);
const duration = z
  .string()
  .regex(/^\d+(?:ms|s|m)$/, 'must be a time such as 500ms, 2s or 1m')
  .transform(milliseconds);

export const taskSchema = z
  .strictObject({
    name: z.string().min(1).describe('A sentence in the imperative.'),
    commands: commands.optional(),
    template: z.string().optional().describe('A file under templates/, instead of commands.'),
    when: z
      .record(z.string(), z.union([scalar, z.array(scalar)], { error: 'must be a value or a list of values' }))
      .optional()
      .describe('Typed only if these values are so; decided before login.'),
    vars: z.record(z.string(), z.string()).optional().describe("Values for this task alone: { port: '{{lag}}' }."),
    retry: z
      .strictObject({
        times: z.int().min(1).max(100).describe('How often in all.'),
        delay: duration.describe('Between two times: 500ms, 2s, 1m.'),
      })
      .optional()
      .describe('For a read that becomes true after a while. What is typed to change something is never repeated.'),
    ...around,
  })
  .refine(task => (task.commands === undefined) !== (task.template === undefined), 'a task has either `commands` or `template`')
  .meta({ id: 'task', oneOf: [{ required: ['commands'] }, { required: ['template'] }] });
export type TaskShape = z.infer<typeof taskSchema>;

/** A platform's own step: just the command text, or the text with what belongs to it. */
const lands = z.string().optional().describe('The mode it leaves the session in when it worked.');
export const platformStepSchema = z
  .union([commands, z.strictObject({ commands, ...around, lands })], {
    error: 'must be command text or { commands, expect, reject, tolerate, answer, cli_mode, lands }',
  })
  .meta({ id: 'step' });
export type PlatformStepShape = z.infer<typeof platformStepSchema>;

export const valueSchema = z.union([scalar, z.array(z.union([z.string(), z.number()], { error: 'must be text or a number' }))], {
  error: 'must be text, a number, true, false, null, or a list of texts and numbers',
});

const listOrName = 'must be a list of tasks or the name of a playbook of this platform';
const methodName = z.string().regex(/^[a-z_]+$/, listOrName);
const tasksOrName = z.union([methodName, z.array(taskSchema)], { error: listOrName });

export const playbookSchema = z.strictObject({
  name: z.string().min(1).describe('A sentence for the log.'),
  vars: z.record(z.string(), valueSchema).default({}).describe('Defaults; the inventory overrides them, the call overrides both.'),
  require: z.array(taskSchema).default([]).describe('Read before anything is typed; what fails here refuses the call.'),
  tasks: z.array(taskSchema).default([]).describe('Typed in order, in config_mode.'),
  verify: tasksOrName.default([]).describe('Read before (all hold: unchanged) and after (a miss fails the change).'),
  rescue: tasksOrName.default([]).describe('Typed if anything failed, after the platform’s own undo.'),
});
export type PlaybookShape = z.infer<typeof playbookSchema>;

function milliseconds(text: string): number {
  const factor = text.endsWith('ms') ? 1 : text.endsWith('m') ? 60_000 : 1000;
  return Number.parseInt(text, 10) * factor;
}
