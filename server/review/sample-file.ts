import { existsSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import * as z from 'zod';
import { checkShape } from '../library/check.ts';
import { Complaints } from '../library/complaints.ts';
import { readYaml } from '../library/yaml.ts';
import type { Caller } from '../model.ts';
import { requestsOfCall } from '../rpc/calls.ts';
import type { Asked } from './asked.ts';

/** The YAML shape of the team's own samples: calls as they come over the wire, Mercury's or Ironic's. */
const samplesSchema = z.array(
  z.strictObject({
    name: z.string().min(1).describe('What it stands for, in a few words.'),
    caller: z.string().min(1).optional().describe('Who asks; then it is held against the policy as well.'),
    method: z.string().min(1),
    params: z.record(z.string(), z.unknown()),
  }),
  { error: 'must be a list of calls, each with a name, a method and params' },
);

/** Every sample of a folder; none where there is no such folder. @throws LibraryError with every complaint about the files */
export function readSamples(folder: string, root: string): Asked[] {
  if (!existsSync(folder)) return [];
  const complaints = new Complaints();
  const files = readdirSync(folder).filter(name => /\.ya?ml$/.test(name));
  const samples = files.toSorted().flatMap(name => {
    const yaml = complaints.try(() => readYaml(join(folder, name), relative(root, join(folder, name))));
    if (!yaml || yaml.value === null) return [];
    return (complaints.try(() => checkShape(samplesSchema, yaml)) ?? []).map((shape): Asked => {
      const caller: Caller = { name: shape.caller ?? 'sample', address: '', scheme: 'any' };
      const call = { method: shape.method, params: shape.params };
      return {
        name: shape.name,
        isHeld: shape.caller !== undefined,
        requests: library => requestsOfCall(call, { caller, deadline: 0 }, library),
      };
    });
  });
  complaints.throwIfAny();
  return samples;
}
