import * as z from 'zod';
import { inShort } from '../errors.ts';

/** Everything that is wrong with a call's params, in one line. */
export function complaintsOf(error: z.ZodError): string {
  return inShort(error.issues.map(complaintOf).join('; '), 800);
}

function complaintOf(issue: z.core.$ZodIssue): string {
  if (issue.code === 'unrecognized_keys') {
    const where = issue.path.length === 0 ? '' : ` in ${z.core.toDotPath(issue.path)}`;
    return `nobody knows ${issue.keys.map(key => inShort(key)).join(', ')}${where}`;
  }
  const message = issue.message.replace(/^Invalid input: expected (.*), received undefined$/, 'is missing; it must be: $1');
  return `${z.core.toDotPath(issue.path)}: ${message.replace(/^Invalid input: /, '')}`;
}
