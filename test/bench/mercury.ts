import { attachParams, Client } from './client.ts';
import type { BenchLab } from './lab.ts';
import { type Run, round, spreadOf } from './results.ts';
import { Service } from './service.ts';
import { VLAN, type Work } from './works.ts';

/** Milliseconds that a save may take after the last answer. */
const SAVE_WITHIN = 20_000;
const PROBE_EVERY = 20;
/** Connections of the probe. */
const PROBES = 25;

/** Asks a service of its own for the attaches of a work. `bound`: seconds after which no more calls are begun, when they come in a row. */
export async function runMercury(work: Work, lab: BenchLab, bound: number): Promise<Run> {
  await using service = await Service.start(lab);
  using client = new Client(service.url);
  using prober = new Client(service.url, PROBES);
  const calls = lab.switches.flatMap(({ name, ports }) => ports.map(port => attachParams(name, port, VLAN)));
  const told = new Tally();
  await Promise.all(Array.from({ length: PROBES }, () => cheapCall(prober)));
  await service.loopDelay('begin');
  const cpu = service.cpu;
  const begun = performance.now();
  const stop = new AbortController();
  const probing = work.probed ? probe(prober, stop.signal) : undefined;
  if (work.order === 'at once') await Promise.all(calls.map(params => told.time(client, params)));
  else for (const params of calls) if (performance.now() - begun < bound * 1000) await told.time(client, params);
  const answered = performance.now() - begun;
  stop.abort();
  const kept = await lab.kept(SAVE_WITHIN);
  if (!kept) told.fail('not saved');
  const wall = kept ? performance.now() - begun : answered;
  const share = told.asked / calls.length;
  return {
    who: 'mercury',
    calls: calls.length,
    done: told.applied,
    wall: round(wall / 1000 / share),
    scaled: share < 1,
    answered: round(answered / 1000 / share),
    cpu: round((service.cpu - cpu) / share),
    memory: service.memory,
    ...(await lab.counts()),
    latency: spreadOf(told.latencies),
    loop: await service.loopDelay('end'),
    ...(probing ? { probe: spreadOf(await probing) } : {}),
    failures: told.failures,
  };
}

/** What callers were told, and how long they waited for it. */
class Tally {
  readonly latencies: number[] = [];
  readonly failures: Record<string, number> = {};
  asked = 0;
  applied = 0;

  async time(client: Client, params: object): Promise<void> {
    this.asked += 1;
    const begun = performance.now();
    const reply = await client.call('attach_port', params).catch((thrown: Error) => ({ error: thrown, result: undefined }));
    this.latencies.push(performance.now() - begun);
    if (reply.result?.outcome === 'applied') this.applied += 1;
    else this.fail(reply.error?.message ?? `outcome ${reply.result?.outcome}`);
  }

  /** Messages that differ in a name or a number count as one. */
  fail(why: string): void {
    const kind = why.replace(/\b(?:switch-\d+|\d+(?:\.\d+)?)\b/g, '…').slice(0, 160);
    this.failures[kind] = (this.failures[kind] ?? 0) + 1;
  }
}

const cheapCall = (client: Client) => client.call('get_allowed_network_types', {});

/**
 * A call that needs no device, every 20 ms whether or not the last one was answered, over connections that are there already; how late
 * each answer was after its call was due.
 */
async function probe(client: Client, signal: AbortSignal): Promise<number[]> {
  const late: number[] = [];
  const running: Promise<unknown>[] = [];
  for (let due = performance.now(); !signal.aborted; due += PROBE_EVERY) {
    await new Promise(resolve => setTimeout(resolve, Math.max(0, due - performance.now())));
    const from = due;
    running.push(cheapCall(client).then(() => late.push(performance.now() - from)));
  }
  await Promise.all(running);
  return late;
}
