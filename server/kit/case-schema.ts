import * as z from 'zod';
import { valueSchema } from '../library/schema/playbook.ts';
import { OUTCOMES } from '../result.ts';

/** The YAML shape of a file of cases: what the network team writes under test/cases/. */

const oneOrMany = <T extends z.ZodType>(item: T, hint: string) =>
  z.union([item, z.array(item).min(1)], { error: hint }).transform(value => (Array.isArray(value) ? value : [value]) as z.infer<T>[]);

const pattern = z
  .string()
  .min(1)
  .refine(isPattern, 'is no pattern')
  .describe('A JavaScript regular expression, matched against each line that is typed.');

const faultSchema = z.strictObject({
  on: pattern,
  does: z
    .enum(['refuse', 'cut', 'cut_after', 'die', 'stall', 'ignore'], 'must be refuse, cut, cut_after, die, stall or ignore')
    .describe('What the switch does when that line comes.'),
  says: z.string().optional().describe('refuse: the words of the refusal; those of the vendor when left out.'),
  times: z.int().min(1).optional().describe('How often; once when left out.'),
});
export type FaultShape = z.infer<typeof faultSchema>;

const given = {
  vars: z.record(z.string(), valueSchema).optional().describe('Vars of the switch, as an inventory would set them.'),
  uplinks: z.array(z.string()).optional().describe('Ports that nobody may change; those of the lab switch when left out.'),
  faults: z.array(faultSchema).optional().describe('What goes wrong on the way.'),
  call_time: z
    .string()
    .regex(/^[1-9]\d*s$/, 'must be a time in seconds, such as 5s')
    .transform(text => Number.parseInt(text, 10) * 1000)
    .optional()
    .describe('How long each call may take; 30s when left out.'),
};
const givenSchema = z
  .strictObject({
    running: z.string().optional().describe('Configuration in the vendor’s own CLI text, typed before the calls.'),
    recording: z.string().min(1).optional().describe('A file of "mercury record", beside this one, that plays the switch.'),
    ...given,
  })
  .refine(
    ({ running, faults, recording }) => recording === undefined || (running === undefined && faults === undefined),
    'a recording is as it was: leave out `running` and `faults`',
  )
  .describe('The switch as it is before.');
export type GivenShape = z.infer<typeof givenSchema>;

const callSchema = z.strictObject({
  method: z.string().min(1).describe('Of Mercury or of Ironic.'),
  params: z.record(z.string(), z.unknown()).default({}).describe('As one would send them; what names the switch may be left out.'),
});
export type CallShape = z.infer<typeof callSchema>;

const texts = (hint: string) => oneOrMany(z.string().min(1), hint);
const someLines = texts('must be a line or a list of lines');

const commandsSchema = z.union(
  [
    z.array(z.string()).describe('Exactly these, in this order.'),
    z.strictObject({
      has: someLines.optional().describe('These, in this order, whatever is between them.'),
      lacks: someLines.optional().describe('None of these.'),
    }),
  ],
  { error: 'must be a list of commands, or { has, lacks }' },
);
export type CommandsShape = z.infer<typeof commandsSchema>;

const sectionSchema = z.union(
  [
    z.string().describe('Exactly this, indentation and remarks aside.'),
    z.strictObject({
      has: someLines.optional().describe('These lines are in it.'),
      lacks: someLines.optional().describe('None of these lines is in it.'),
    }),
    z.strictObject({ absent: z.literal(true, 'must be true').describe('The section is not there.') }),
  ],
  { error: 'must be the text of the section, { has, lacks } or { absent: true }' },
);
export type SectionShape = z.infer<typeof sectionSchema>;

const expectSchema = z
  .strictObject({
    outcome: z
      .enum(OUTCOMES, `must be one of ${OUTCOMES.join(', ')}`)
      .optional()
      .describe('How the call ends.'),
    answer: z.unknown().optional().describe('What a question is answered: true, false, a list.'),
    error: texts('must be a text or a list of texts').optional().describe('What the error says, among other things.'),
    saved: z.boolean().optional().describe('Whether it would survive a reload.'),
    commands: commandsSchema.optional().describe('What is typed to change something.'),
    running: z
      .union([z.literal('unchanged'), z.record(z.string().min(1), sectionSchema)], {
        error: 'must be `unchanged`, or sections by their first line',
      })
      .optional()
      .describe('The running configuration afterwards.'),
  })
  .refine(expect => Object.keys(expect).length > 0, 'expects nothing');
export type ExpectShape = z.infer<typeof expectSchema>;

export const casesSchema = z.strictObject({
  platform: z.string().min(1).optional().describe('The name of the folder when left out.'),
  lab: z.string().min(1).optional().describe('Which lab switch plays the device; that of the platform when left out.'),
  given: givenSchema.optional().describe('For every case of the file; a case adds to it.'),
  cases: z
    .array(
      z.strictObject({
        name: z.string().min(1).describe('What should happen, in a sentence.'),
        given: givenSchema.optional(),
        call: oneOrMany(callSchema, 'must be { method, params }, or a list of these')
          .optional()
          .describe('What is sent; several are sent in order, and `expect` is about the last. Left out: what the recording was made with.'),
        expect: expectSchema.describe('What is true afterwards.'),
      }),
    )
    .min(1, 'has no case')
    .describe('One after the other, each on a switch of its own.'),
});
export type CasesShape = z.infer<typeof casesSchema>;

function isPattern(source: string): boolean {
  try {
    return new RegExp(source) instanceof RegExp;
  } catch {
    return false;
  }
}
