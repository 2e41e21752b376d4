import * as z from 'zod';
import { Vaulted } from '../vault.ts';

/** The YAML shape of the credentials file. */

const FORMS = 'must be text (in quotes if it looks like a number), { env: NAME }, { file: PATH } or !vault';

/** A text that may stand elsewhere. */
const textSchema = z.union(
  [
    z.string(),
    z.instanceof(Vaulted),
    z.strictObject({
      env: z
        .string()
        .regex(/^[A-Za-z_]\w*$/, 'must be the name of a variable')
        .refine(name => !name.startsWith('MERCURY_'), 'variables that begin with MERCURY_ are settings: call it otherwise')
        .describe('It stands in this environment variable.'),
    }),
    z.strictObject({ file: z.string().min(1, 'must be a path').describe('It stands in this file.') }),
  ],
  { error: issue => (issue.input === undefined ? 'received undefined' : FORMS) },
);
export type TextShape = z.infer<typeof textSchema>;

const entryShape = z.strictObject({
  username: textSchema.refine(name => name !== '', 'is empty').describe('Whom to log in as.'),
  password: textSchema.optional().describe('For the login.'),
  private_key: textSchema.optional().describe('Path of a private key file, or the key itself.'),
  passphrase: textSchema.optional().describe('Of the private key.'),
  agent: z
    .union([z.boolean(), z.string().min(1)], { error: 'must be true, or the path of the agent’s socket' })
    .optional()
    .describe('Log in with the keys of an ssh-agent.'),
  enable: textSchema.optional().describe('The enable secret, where the platform asks for one.'),
});
export const ENTRY_KEYS: readonly string[] = Object.keys(entryShape.shape);

const entrySchema = entryShape.refine(
  ({ password, private_key, agent }) => password !== undefined || private_key !== undefined || (agent ?? false) !== false,
  'needs a password, a private_key or an agent',
);
export type EntryShape = z.infer<typeof entrySchema>;

const name = z.string().regex(/^[\w.-]+$/, 'a name has only letters, digits, dots, dashes and underscores');

export const credentialsSchema = z.record(name, entrySchema);
