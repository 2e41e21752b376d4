import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ensurePackages } from '../debian.ts';
import { ROOT } from '../harness.ts';
import { chartOf } from './chart.ts';
import { runContender } from './contender.ts';
import { runDryRuns } from './dry-run.ts';
import { BenchLab } from './lab.ts';
import { runMercury } from './mercury.ts';
import { publish } from './publish.ts';
import { type Results, type Run, round, type Who, type WorkResult } from './results.ts';
import { dryRunText, workText } from './table.ts';
import { DELAYS, quickly, WORKS, type Work } from './works.ts';

/** `npm run bench`: the real service, real SSH to simulated switches that take their time, and the same work done by others. */

const { values: options } = parseArgs({
  options: {
    only: { type: 'string' },
    json: { type: 'string' },
    bound: { type: 'string', default: '60' },
    quick: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
});

const USAGE = `npm run bench -- [--only W2,W5] [--bound 60] [--quick] [--json FILE]

  --only   some of ${[...WORKS.map(({ id }) => id), 'W5'].toSorted().join(', ')}
  --bound  seconds after which a contender that does one call after the other begins no more; what it did is scaled up and marked ~
  --quick  a tenth of the work: to see that all of it runs, not to quote
  --json   writes the results there. All of the works, not quick, are also written to test/bench/results.json, bench.svg and README.md`;

if (options.help) {
  console.log(USAGE);
  process.exit(0);
}

const load = round(loadavg()[0] ?? 0, 1);
if (load > cpus().length / 2) console.log(`this machine is busy (load ${load}): what is measured now is slower than it is`);

const wanted = options.only?.split(',');
const bound = Number(options.bound) / (options.quick ? 4 : 1);
const netmiko = ensurePackages(['python3-netmiko']);
if (!netmiko.ready) console.log(`without netmiko: ${netmiko.why}`);

const works: WorkResult[] = [];
for (const each of WORKS) {
  if (wanted && !wanted.includes(each.id)) continue;
  const result = await doWork(options.quick ? quickly(each) : each);
  works.push(result);
  console.log(workText(result));
}
const dryRuns = !wanted || wanted.includes('W5') ? await runDryRuns(options.quick ? 2 : 10) : undefined;
if (dryRuns) console.log(dryRunText(dryRuns));

const results: Results = {
  when: new Date().toISOString(),
  machine: `${cpus().length} × ${cpus()[0]?.model}, Node ${process.version}`,
  load,
  commit: execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: ROOT, encoding: 'utf8' }).trim(),
  quick: options.quick,
  delays: DELAYS,
  works,
  ...(dryRuns ? { dryRuns } : {}),
};
if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(results, undefined, 2)}\n`);
if (!wanted && !options.quick) publish(results, chartOf(results), join(ROOT, 'README.md'));

async function doWork(work: Work): Promise<WorkResult> {
  const runs: Run[] = [];
  for (const who of work.who) {
    if (who.startsWith('netmiko') && !netmiko.ready) continue;
    await using lab = await BenchLab.start(work);
    runs.push(await (who === 'mercury' ? runMercury(work, lab, bound) : runContender(who, work, lab, bound)));
  }
  const { id, title, switches, ports } = work;
  return { id, title, switches, ports, runs, ratios: ratiosOf(runs) };
}

/** Only of those who did what was asked: whoever gives up is quick. */
function ratiosOf(runs: readonly Run[]): Partial<Record<Who, number>> {
  const whole = ({ calls, done, right, scaled }: Run) => (scaled ? done > 0 : done === calls) && right === done;
  const mercury = runs.find(({ who }) => who === 'mercury');
  if (!mercury || !whole(mercury)) return {};
  return Object.fromEntries(
    runs
      .filter(run => run !== mercury && whole(run))
      .map(({ who, wall }) => [who, round(mercury.wall / wall, wall > mercury.wall ? 3 : 2)]),
  );
}
