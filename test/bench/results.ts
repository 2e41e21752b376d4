/** What the benchmark writes to results.json. Times are seconds, memory is MB, latencies and delays are milliseconds. */

export type Who = 'mercury' | 'floor' | 'netmiko per call' | 'netmiko one session';

export interface Spread {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** One work done by one contender. */
export interface Run {
  readonly who: Who;
  /** Attaches (dry runs, in W5) asked for, and those that were reported done. */
  readonly calls: number;
  readonly done: number;
  /** Ports that the switches themselves show as asked afterwards. */
  readonly right: number;
  /** Until all of it was on the switches and saved. */
  readonly wall: number;
  /** Only `done` of the calls fitted into the time bound: `wall` and `cpu` are for all of them, in proportion. */
  readonly scaled: boolean;
  /** Until the last answer; Mercury only, whose save may come after its answers. */
  readonly answered?: number;
  readonly cpu: number;
  readonly memory: number;
  /** As the switches counted them. */
  readonly sessions: number;
  readonly saves: number;
  readonly commits: number;
  /** Of the calls as the client saw them. */
  readonly latency?: Spread;
  /** Of Mercury's event loop, as it measured it itself. */
  readonly loop?: Spread;
  /** Of a cheap call made every 20 ms meanwhile, from the moment it was due. */
  readonly probe?: Spread;
  /** What callers or the contender said of what was not done, and how often. */
  readonly failures: Readonly<Record<string, number>>;
}

export interface WorkResult {
  readonly id: string;
  readonly title: string;
  readonly switches: number;
  readonly ports: number;
  readonly runs: readonly Run[];
  /** Mercury's wall time by that of each other, where both did all of it. */
  readonly ratios: Readonly<Partial<Record<Who, number>>>;
}

/** Calls that one process answered, as fast as it could. */
export interface Answered {
  readonly calls: number;
  readonly perSecond: number;
  readonly latency: Spread;
  /** Milliseconds of CPU for one call in the process that answers. */
  readonly cpuPerCall: number;
}

/** Attaches of one platform's ports, asked for as dry runs. */
export interface DryRun extends Answered {
  readonly platform: string;
  /** Milliseconds of one `plan`, in a loop. */
  readonly planAlone: number;
}

/** W5: nobody logs in. */
export interface DryRunResult {
  readonly id: 'W5';
  readonly title: string;
  readonly callers: number;
  readonly platforms: readonly DryRun[];
  /** Express alone, which answers the same callers with the text of such an answer, and does nothing for it. */
  readonly floor: Answered;
  readonly memory: number;
  readonly loop: Spread;
  /** Lines of the audit per call: 1, or something was left out. */
  readonly auditedPerCall: number;
}

export interface Results {
  readonly when: string;
  readonly machine: string;
  /** Processes that wanted a processor before it began, on average: other people's work. */
  readonly load: number;
  readonly commit: string;
  readonly quick: boolean;
  /** Milliseconds that the lab's switches take. */
  readonly delays: Readonly<Record<string, number>>;
  readonly works: readonly WorkResult[];
  readonly dryRuns?: DryRunResult;
}

/** Percentiles of a list of numbers, to a hundredth. */
export function spreadOf(numbers: readonly number[]): Spread {
  const sorted = numbers.toSorted((a, b) => a - b);
  const at = (share: number) => round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0);
  return { p50: at(0.5), p99: at(0.99), max: at(1) };
}

export function round(value: number, digits = 2): number {
  return Number(value.toFixed(digits));
}
