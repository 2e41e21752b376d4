import { masked } from '../log.ts';

/** The device's refusal in its own words, as one line; undefined when it did not refuse. A tolerated line is none. */
export function refusalIn(output: string, failures: readonly RegExp[], tolerate: readonly RegExp[]): string | undefined {
  const lines = output.split('\n').map(line => line.trimEnd());
  const refused = lines.some(line => failures.some(pattern => pattern.test(line)) && !tolerate.some(pattern => pattern.test(line)));
  if (!refused) return undefined;
  // All of what it said: the reason often stands on the lines around the one that gives the refusal away.
  const said = lines
    .map(line => line.trim())
    .filter(line => line !== '' && line !== '^')
    .join(' ');
  // Half a secret would be masked nowhere.
  return masked(said).slice(0, 400);
}
