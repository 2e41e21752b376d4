import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { BenchLab } from './lab.ts';
import { jobOf } from './lines.ts';
import { type Run, round, type Who } from './results.ts';
import type { Work } from './works.ts';

/** What a contender prints when it is done. Seconds, MB. */
interface Told {
  readonly visits: number;
  readonly wall: number;
  readonly cpu: number;
  readonly memory: number;
  readonly failures: Readonly<Record<string, number>>;
}

const NODE = process.execPath;
// Debian's own: the netmiko package is where no other Python looks.
const PYTHON = '/usr/bin/python3';

const COMMANDS: Readonly<Record<Exclude<Who, 'mercury'>, readonly string[]>> = {
  floor: [NODE, join(import.meta.dirname, 'floor.ts')],
  'netmiko per call': [PYTHON, join(import.meta.dirname, 'netmiko_visits.py')],
  'netmiko one session': [PYTHON, join(import.meta.dirname, 'netmiko_visits.py'), '--fast'],
};

/** Has the lines of a work typed by somebody else. In a row, the floor logs in for each port, too. */
export async function runContender(who: Exclude<Who, 'mercury'>, work: Work, lab: BenchLab, bound: number): Promise<Run> {
  const perPort = who === 'netmiko per call' || (who === 'floor' && work.order === 'in a row');
  const job = jobOf(lab, work.platform, perPort ? 'one per port' : 'one', bound);
  const [command = '', ...args] = COMMANDS[who];
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const said = text(child.stdout);
  child.stdin.end(JSON.stringify(job));
  const [status] = (await once(child, 'exit')) as [number];
  if (status !== 0) throw new Error(`${who} ended with status ${status}`);
  const told = JSON.parse(await said) as Told;
  const visits = job.devices.reduce((sum, device) => sum + device.visits.length, 0);
  const calls = lab.switches.reduce((sum, { ports }) => sum + ports.length, 0);
  const failed = Object.values(told.failures).reduce((sum, count) => sum + count, 0);
  const share = (told.visits + failed) / visits;
  return {
    who,
    calls,
    done: Math.round((told.visits / visits) * calls),
    wall: round(told.wall / share),
    scaled: share < 1,
    cpu: round(told.cpu / share),
    memory: round(told.memory, 0),
    ...(await lab.counts()),
    failures: told.failures,
  };
}
