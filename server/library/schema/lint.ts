import * as z from 'zod';
import { PLAYBOOK_METHODS } from '../../model.ts';

/** The YAML shape of `lint:` in platform.yml: what a linter has to know of a vendor's CLI. */

const pattern = z.string().min(1).describe('A JavaScript regular expression, held against one typed line without the blanks at its ends.');

const LISTS = ['tasks', 'rescue', 'reads'] as const;
const lists = z
  .union([z.enum(LISTS), z.array(z.enum(LISTS)).min(1)], { error: 'must be tasks, rescue or reads, or a list of these' })
  .transform(value => (Array.isArray(value) ? value : [value]))
  .default(['tasks', 'rescue']);

const ONE_OF = 'a rule has one of `never`, `needs` and `line`; and `line` goes with one of `after`, `not_after` and `with`';

const ruleSchema = z
  .strictObject({
    what: z.string().min(1).optional().describe('What is asked, in a sentence. Rules that Mercury knows by name have one.'),
    why: z
      .string()
      .min(1)
      .optional()
      .describe('What goes wrong otherwise, in a sentence; of a rule that Mercury knows, what goes wrong here.'),
    severity: z.enum(['error', 'warning'], 'must be error or warning').optional().describe('error when left out.'),
    methods: z
      .array(z.enum(PLAYBOOK_METHODS, { error: `must be one of ${PLAYBOOK_METHODS.join(', ')}` }))
      .min(1)
      .optional()
      .describe('The playbooks it is about; all of them when left out.'),
    of: lists.describe('Which lines it is about: those of tasks, those typed as a rescue, or reads. tasks and rescue when left out.'),
    on: z.enum(['port', 'lag'], 'must be port or lag').optional().describe('Only lines about the port of the call, or about its LAG.'),
    never: pattern.optional().describe('No line may match this.'),
    needs: pattern.optional().describe('Some line must match this.'),
    line: pattern.optional().describe('The lines that `after`, `not_after` or `with` is asked of.'),
    after: pattern.optional().describe('A line before it, about the same thing, must match this.'),
    until: pattern.optional().describe('A line that matches this undoes what `after` found: it has to come again.'),
    not_after: pattern.optional().describe('No line before it, about the same thing, may match this.'),
    with: pattern.optional().describe('The line itself must match this, too.'),
  })
  .refine(rule => [rule.never, rule.needs, rule.line].filter(Boolean).length === 1, ONE_OF)
  .refine(rule => [rule.after, rule.not_after, rule.with].filter(Boolean).length === (rule.line === undefined ? 0 : 1), ONE_OF)
  .refine(rule => rule.until === undefined || rule.after !== undefined, '`until` belongs to `after`')
  .meta({ id: 'rule', oneOf: [{ required: ['never'] }, { required: ['needs'] }, { required: ['line'] }] });
export type LintRuleShape = z.infer<typeof ruleSchema>;

const ID = 'the id of a rule is words with dashes: replace-before-trunk';
const beginnings = z.array(z.string().min(1)).min(1);

export const lintSchema = z.strictObject({
  under: pattern.optional().describe('A line that says what it and those below it are about: group 1 is its name.'),
  words: z
    .strictObject({
      read: beginnings.describe('How a line that only reads may begin, in full words.'),
      change: beginnings.describe('How a line of tasks, or of a rescue, may begin, in full words.'),
    })
    .optional()
    .describe('How lines may begin. Whatever begins otherwise is a slip, an abbreviation, or no business of a playbook.'),
  rules: z
    .record(
      z.string().regex(/^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/, ID),
      z
        .union([ruleSchema, z.array(ruleSchema).min(1)], { error: 'must be a rule or a list of rules' })
        .transform(value => (Array.isArray(value) ? value : [value])),
    )
    .default({})
    .describe(
      'Rule by id. `mercury lint --rules` lists those that Mercury knows; others are this platform’s own and say `what` and `why`.',
    ),
});
export type LintShape = z.infer<typeof lintSchema>;
