import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Results } from './results.ts';
import { tableOf } from './table.ts';

const BEGIN = '<!-- Written by `npm run bench`, between here -->';
const END = '<!-- and here. -->';

/** Writes results.json, bench.svg and the part of a page that stands between its two marks. @throws Error when the page has none */
export function publish(results: Results, chart: string, page: string): void {
  writeFileSync(join(import.meta.dirname, 'results.json'), `${JSON.stringify(results, undefined, 2)}\n`);
  writeFileSync(join(import.meta.dirname, 'bench.svg'), chart);
  const text = readFileSync(page, 'utf8');
  const [before, rest] = text.split(BEGIN);
  const after = rest?.split(END)[1];
  if (before === undefined || after === undefined) throw new Error(`${page} has no place for the benchmark: ${BEGIN} … ${END}`);
  const day = results.when.slice(0, 10);
  const busy = `, with a load of ${results.load} from other work before it began`;
  const about = `Measured ${day} at ${results.commit} on ${results.machine}${results.load >= 1 ? busy : ''}; the switches take ${delayText(results)}.`;
  writeFileSync(
    page,
    `${before}${BEGIN}\n\n![How long each work took](test/bench/bench.svg)\n\n${tableOf(results)}\n\n${about}\n\n${END}${after}`,
  );
}

function delayText({ delays }: Results): string {
  const times = Object.entries(delays).map(([work, ms]) => `${ms >= 1000 ? `${ms / 1000} s` : `${ms} ms`} for a ${work}`);
  return times.join(', ');
}
