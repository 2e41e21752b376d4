import { renderingOf, surroundings } from '../engine/plan.ts';
import type { Line, Step } from '../model.ts';
import type { Bench } from './bench.ts';

/** Types a configuration on the switch of a case, as its own platform types any other. @throws ChangeError with file and line of what the switch refuses */
export async function typeRunning(lines: readonly Line[], { platform, device, world }: Bench, deadline: number): Promise<void> {
  const [first] = lines;
  if (!first) return;
  const values = { ...platform.vars, ...device.vars, device: device.name, uplinks: device.uplinks, uplink_lags: [], change: 'given' };
  const { dialect, transaction } = surroundings(platform, renderingOf(values, platform));
  const step: Pick<Step, 'mode' | 'lines' | 'tolerate' | 'answer'> = { mode: platform.configMode, lines, tolerate: [], answer: [] };
  const terminal = await world.open(device, dialect, deadline);
  try {
    for (const next of [step, transaction?.commit, transaction?.confirm]) {
      if (!next) continue;
      await terminal.enter(next.mode, deadline);
      await terminal.run(next, deadline);
    }
    // Some lines count only once the mode they were typed in has been left.
    await terminal.enter(platform.readMode, deadline);
  } finally {
    await terminal.close();
  }
}
