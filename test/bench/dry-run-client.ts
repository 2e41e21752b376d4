import { attachParams, Client, type RpcReply } from './client.ts';
import { type Spread, spreadOf } from './results.ts';
import { VLAN } from './works.ts';

/** The callers of W5, in a process of their own: each makes its next call when the last one is answered. */

export interface DryRunJob {
  readonly url: string;
  readonly device: string;
  readonly ports: readonly string[];
  readonly callers: number;
  readonly seconds: number;
}

export interface DryRunTold {
  readonly calls: number;
  readonly seconds: number;
  readonly latency: Spread;
  /** The last answer. */
  readonly answer: string;
}

const { url, device, ports, callers, seconds } = JSON.parse(process.argv[2] ?? '') as DryRunJob;
using client = new Client(url);
const latencies: number[] = [];
let last: RpcReply = {};
const begun = performance.now();

async function caller(first: number): Promise<void> {
  for (let nth = first; performance.now() - begun < seconds * 1000; nth += 1) {
    const params = { ...attachParams(device, ports[nth % ports.length] ?? '', VLAN + (nth % 900)), dry_run: true };
    const from = performance.now();
    last = await client.call('attach_port', params);
    latencies.push(performance.now() - from);
    const { result, error } = last;
    if (result?.outcome !== 'planned') throw new Error(`a dry run ended ${result?.outcome}: ${error?.message}`);
  }
}

await Promise.all(Array.from({ length: callers }, (_, i) => caller(i * 250)));
const told: DryRunTold = {
  calls: latencies.length,
  seconds: (performance.now() - begun) / 1000,
  latency: spreadOf(latencies),
  answer: JSON.stringify(last),
};
process.send?.(told);
process.disconnect();
