import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeLabFiles } from '../../server/cli/lab.ts';
import { plan } from '../../server/engine/plan.ts';
import { SWITCHES, startLab } from '../../server/lab/lab.ts';
import { type Library, loadLibrary } from '../../server/library/library.ts';
import { ROOT } from '../harness.ts';
import type { DryRunJob, DryRunTold } from './dry-run-client.ts';
import { HttpFloor } from './http-floor.ts';
import { type Answered, type DryRun, type DryRunResult, round } from './results.ts';
import { Service } from './service.ts';
import { VLAN } from './works.ts';

/** Enough that the service always has something to do, few enough that a call's time is mostly its own. */
const CALLERS = 4;
const PLANS = 1000;

/** W5: dry runs, answered by a service that has one processor to itself where the machine has two; the callers have the other. */
export async function runDryRuns(seconds: number): Promise<DryRunResult> {
  const folder = mkdtempSync(join(tmpdir(), 'mercury-bench-'));
  // Nobody will log in to them: what is needed is their names.
  await using lab = await startLab({ devices: Object.fromEntries(Object.keys(SWITCHES).map(platform => [platform, platform])) });
  writeLabFiles(lab, folder);
  const library = loadLibrary({ root: ROOT, playbooks: 'playbooks', templates: 'templates', inventory: join(folder, 'inventory') });
  const two = availableParallelism() > 1;
  try {
    await using service = await Service.start({ folder }, two ? 0 : undefined);
    const platforms: DryRun[] = [];
    await service.loopDelay('begin');
    let calls = 0;
    let longest = '';
    for (const { name, device } of lab.devices.values()) {
      const job: Job = { device: name, ports: device.ports.slice(0, 10), seconds };
      const { warming, answered, answer } = await answering(service, job, two);
      calls += warming + answered.calls;
      if (answer.length > longest.length) longest = answer;
      platforms.push({ platform: device.platform, ...answered, planAlone: planAlone(library, name, device.ports[0] ?? '') });
    }
    const loop = await service.loopDelay('end');
    await using alone = await HttpFloor.start(longest, two ? 0 : undefined);
    const { answered: floor } = await answering(alone, { device: '', ports: [], seconds }, two);
    const title = 'dry runs of attach_port, by a service on one processor';
    return {
      id: 'W5',
      title,
      callers: CALLERS,
      platforms,
      floor,
      memory: service.memory,
      loop,
      auditedPerCall: round(service.audited / calls, 4),
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

type Job = Pick<DryRunJob, 'device' | 'ports' | 'seconds'>;

async function answering(
  who: { readonly url: string; readonly cpu: number },
  job: Job,
  pinned: boolean,
): Promise<{ warming: number; answered: Answered; answer: string }> {
  const whole = { url: who.url, callers: CALLERS, ...job };
  // The first second is the compiler's.
  const { calls: warming } = await ask({ ...whole, seconds: 1 }, pinned);
  const cpu = who.cpu;
  const { calls, seconds, latency, answer } = await ask(whole, pinned);
  const cpuPerCall = round(((who.cpu - cpu) * 1000) / calls, 3);
  return { warming, answer, answered: { calls, perSecond: Math.round(calls / seconds), latency, cpuPerCall } };
}

/** @throws Error when a call was answered with anything but a plan */
async function ask(job: DryRunJob, pinned: boolean): Promise<DryRunTold> {
  const child = fork(join(import.meta.dirname, 'dry-run-client.ts'), [JSON.stringify(job)], {
    ...(pinned ? { execPath: 'taskset', execArgv: ['-c', '1', process.execPath] } : {}),
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const exit = once(child, 'exit');
  const [told] = (await Promise.race([
    once(child, 'message'),
    exit.then(([status]) => Promise.reject(new Error(`the client ended with status ${status}`))),
  ])) as [DryRunTold];
  await exit;
  return told;
}

/** Milliseconds of one plan, of many in a loop. */
function planAlone(library: Library, device: string, port: string): number {
  const args = { port, mode: 'access', native_vlan: VLAN };
  const caller = { name: 'bench', address: '', scheme: 'cli' };
  const request = { id: 'bench', method: 'attach_port', device, args, caller, why: {}, dryRun: true, deadline: 0 } as const;
  const many = () => {
    for (let i = 0; i < PLANS; i += 1) plan(request, library);
  };
  many();
  const begun = performance.now();
  many();
  return round((performance.now() - begun) / PLANS, 3);
}
