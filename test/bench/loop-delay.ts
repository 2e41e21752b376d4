import { monitorEventLoopDelay } from 'node:perf_hooks';

/** Loaded into Mercury's process before anything of Mercury (`node --import`): tells the benchmark how late the event loop ran. */

/** Milliseconds between two looks; what is recorded is the time from one to the next. */
const EVERY = 5;

const delay = monitorEventLoopDelay({ resolution: EVERY });

process.on('message', (ask: string) => {
  if (ask === 'begin') delay.reset();
  if (ask === 'begin') delay.enable();
  const late = (nanoseconds: number) => Math.max(0, nanoseconds / 1e6 - EVERY);
  process.send?.({ p50: late(delay.percentile(50)), p99: late(delay.percentile(99)), max: late(delay.max) });
});
// The channel to the benchmark is no reason to stay when Mercury is done.
process.channel?.unref();
