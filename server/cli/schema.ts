import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { configSchema } from '../config.ts';
import { ChangeError } from '../errors.ts';
import { casesSchema } from '../kit/case-schema.ts';
import { nearest } from '../library/check.ts';
import { credentialsSchema } from '../library/schema/credentials.ts';
import { inventorySchema } from '../library/schema/inventory.ts';
import { platformSchema } from '../library/schema/platform.ts';
import { playbookSchema } from '../library/schema/playbook.ts';
import { freezeSchema, policySchema } from '../library/schema/policy.ts';
import { complain, say } from './paint.ts';

export interface SchemaOptions {
  readonly write?: boolean;
}

/** Where the schemas are kept for editors; `npm run schemas` writes them. */
export const SCHEMA_FOLDER = join(import.meta.dirname, '..', 'schemas');

/** Every kind of YAML file, and what its schema is made of. */
const SCHEMAS: Readonly<Record<string, readonly [schema: z.ZodType, what: string]>> = {
  playbook: [playbookSchema, 'A playbook: what a method types on a platform.'],
  platform: [platformSchema, 'platform.yml: how to talk to a vendor’s devices, and what they can do.'],
  inventory: [inventorySchema, 'Devices and groups.'],
  policy: [policySchema, 'policy.yml: who may have what done.'],
  freeze: [freezeSchema, 'freeze.yml: devices and groups that are to be left alone, each with a reason.'],
  credentials: [credentialsSchema, 'The credentials file: how to log in, by the names that the inventory uses.'],
  config: [configSchema, 'mercury.yml: the settings of the service.'],
  cases: [casesSchema, 'Cases for `mercury test`.'],
};
export const SCHEMA_NAMES: readonly string[] = Object.keys(SCHEMAS);

/** What a kind of file is held against when it is loaded. */
export const schemaOf = (name: string): z.ZodType => kindOf(name)[0];

function kindOf(name: string): readonly [schema: z.ZodType, what: string] {
  const kind = SCHEMAS[name];
  if (kind) return kind;
  const near = nearest(name, SCHEMA_NAMES);
  const hint = near ? `did you mean ${near}?` : `there are ${SCHEMA_NAMES.join(', ')}`;
  throw new ChangeError('bad_request', `no schema ${name}; ${hint}`);
}

/** The JSON Schema of a kind of file, for editors: draft 7, which all of them know. */
export function jsonSchemaOf(name: string): object {
  const [schema, what] = kindOf(name);
  // What a person writes, not what becomes of it. A tag such as !vault is no JSON: anything may stand there.
  const { $schema, ...rest } = z.toJSONSchema(schema, { io: 'input', target: 'draft-7', unrepresentable: 'any' });
  return { $schema, title: `Mercury: ${name}`, description: what, ...rest };
}

export const fileOf = (name: string): string => join(SCHEMA_FOLDER, `${name}.schema.json`);
export const written = (name: string): string => `${JSON.stringify(jsonSchemaOf(name), null, 2)}\n`;

/** Prints a schema, or writes all of them to where the shipped files look for them. */
export async function schemaCommand(name: string | undefined, { write }: SchemaOptions): Promise<number> {
  if (write) {
    mkdirSync(SCHEMA_FOLDER, { recursive: true });
    for (const one of SCHEMA_NAMES) writeFileSync(fileOf(one), written(one));
    complain(`${SCHEMA_NAMES.length} schemas in ${SCHEMA_FOLDER}`);
    return 0;
  }
  if (name === undefined) {
    for (const one of SCHEMA_NAMES) say(`${one.padEnd(12)} ${SCHEMAS[one]?.[1]}`);
    return 0;
  }
  process.stdout.write(written(name));
  return 0;
}
