import { dump } from 'js-yaml';
import * as z from 'zod';
import { checkShape } from '../library/check.ts';
import { readYaml } from '../library/yaml.ts';
import type { Place } from '../model.ts';
import { OUTCOMES } from '../result.ts';

/** The YAML shape of a recording: what was typed on a device, and what it said, in the order it happened. */

const said = z.string().describe('What the device sent, up to the next thing typed; each line break is a carriage return and a line feed.');
const heard = {
  said: said.optional(),
  bytes: z.string().optional().describe('Instead of `said`, to the letter, where its line breaks are others.'),
  pieces: z
    .array(z.int().positive())
    .optional()
    .describe('The lengths of the pieces it came in, where there were several and nothing is masked. For reading only.'),
};
const oneOf = <T extends { said?: string | undefined; bytes?: string | undefined }>({ said, bytes }: T) =>
  said === undefined || bytes === undefined;
const ONE = 'has either `said` or `bytes`';

const eventSchema = z.union(
  [
    z.strictObject({ typed: z.string().describe('A line, and Enter.'), ...heard }).refine(oneOf, ONE),
    z.strictObject({ key: z.string().length(1).describe('A single key, such as that of a pager.'), ...heard }).refine(oneOf, ONE),
    z.strictObject({
      ran: z.string().describe('A command on a channel of its own.'),
      stdout: z.string().default(''),
      stderr: z.string().default(''),
      status: z.int().describe('Its exit status.'),
    }),
    z.strictObject({ ran: z.string(), lost: z.literal(true) }),
    z.strictObject({ lost: z.literal(true).describe('The connection was lost here.') }),
    z.strictObject(heard).refine(oneOf, ONE).describe('What came before anything was typed.'),
  ],
  { error: 'must be { typed, said }, { key, said }, { said }, { ran, stdout, stderr, status } or { lost: true }' },
);
export type RecordedEvent = z.infer<typeof eventSchema>;

const recordingSchema = z.strictObject({
  platform: z.string().min(1),
  device: z.string().min(1).describe('What it was called in the inventory.'),
  recorded: z.string().optional().describe('When.'),
  call: z
    .strictObject({ method: z.string().min(1), params: z.record(z.string(), z.unknown()).default({}) })
    .optional()
    .describe('What was asked; a case that plays the recording may leave its call out.'),
  outcome: z.enum(OUTCOMES).optional().describe('How it ended; not looked at.'),
  sessions: z.array(z.array(eventSchema).min(1)).min(1).describe('A list for each login.'),
});
export type RecordingShape = z.infer<typeof recordingSchema>;

/** A recording as it was read, and where each of its events stands. */
export interface Recording extends RecordingShape {
  at(session: number, event: number): Place;
}

/** @throws LibraryError with file and line for whatever is wrong in it */
export function readRecording(path: string, file = path): Recording {
  const yaml = readYaml(path, file);
  const shape = checkShape(recordingSchema, yaml);
  return { ...shape, at: (session, event) => yaml.at(['sessions', session, event]) };
}

/** What the device sent, to the letter. */
export function bytesOf({ said, bytes }: { readonly said?: string | undefined; readonly bytes?: string | undefined }): string {
  return bytes ?? (said ?? '').replaceAll('\n', '\r\n');
}

/** The same the other way round: as a person reads it where that loses nothing. */
export function saidOf(bytes: string): { said: string } | { bytes: string } {
  const said = bytes.replaceAll('\r\n', '\n');
  return said.replaceAll('\n', '\r\n') === bytes ? { said } : { bytes };
}

/** A recording as a file, with a word to whoever opens it. */
export function recordingText(shape: RecordingShape): string {
  const head = [
    `# A session with ${shape.device}, recorded by "mercury record". "mercury replay" plays it as a switch, and so does a case: given: { recording: … }.`,
    '# typed: a line and Enter · said: what came then, the echo included · ********: a secret, and whatever stands in its place is taken ·',
    '# {{change}}: the short id of the change, another each time. It may be edited; what is taken out is not known to who plays it.',
    '---',
  ];
  const text = dump(shape, { lineWidth: -1, noRefs: true });
  // Lengths are for nobody to read one below the other. What a device said stands deeper.
  return `${head.join('\n')}\n${text.replace(/^ {6}pieces:\n(?: {8}- \d+\n)+/gm, list => `      pieces: [${list.match(/\d+/g)?.join(', ')}]\n`)}`;
}
