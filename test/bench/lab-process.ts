import { labFiles } from '../../server/cli/lab.ts';
import { startLab } from '../../server/lab/lab.ts';
import type { LabDevice } from '../../server/lab/ssh-server.ts';
import { hasPort, isKept, prepare } from './switch-state.ts';
import { DELAYS, type Work } from './works.ts';

/** The switches, in a process of their own: what imitating them costs is billed to nobody. Its parent asks by messages. */

const { platform, switches, ports, first } = JSON.parse(process.argv[2] ?? '') as Pick<Work, 'platform' | 'switches' | 'ports'> & {
  readonly first: number;
};
const names = Array.from({ length: switches }, (_, i) => `switch-${first + i}`);
const lab = await startLab({ devices: Object.fromEntries(names.map(name => [name, platform])), delays: DELAYS, ports: Math.max(ports, 2) });
const devices = [...lab.devices.values()];
for (const device of devices) prepare(device.device);

/** What the switches saw, and how they are now. */
export interface LabCounts {
  readonly sessions: number;
  readonly saves: number;
  readonly commits: number;
  readonly right: number;
}

const typedLike = (pattern: RegExp) => devices.reduce((sum, { typed }) => sum + typed.filter(line => pattern.test(line)).length, 0);

function counts(): LabCounts {
  return {
    sessions: devices.reduce((sum, { logins }) => sum + logins, 0),
    saves: typedLike(/^(?:do )?write mem/),
    commits: typedLike(/^commit\b(?! check)/),
    right: devices.reduce((sum, { device }) => sum + device.ports.slice(0, ports).filter(port => hasPort(device, port)).length, 0),
  };
}

/** Whether a reload would lose nothing, as soon as it is so; false when it is not after so many milliseconds. */
async function kept(within: number): Promise<boolean> {
  const late = performance.now() + within;
  let waiting: readonly LabDevice[] = devices;
  while (performance.now() < late) {
    waiting = waiting.filter(({ device }) => !isKept(device));
    if (waiting.length === 0) return true;
    await new Promise(resolve => setTimeout(resolve, waiting.length > 10 ? 50 : 5));
  }
  return false;
}

process.on('message', async ({ ask, within }: { ask: 'files' | 'counts' | 'kept'; within?: number }) => {
  const answer =
    ask === 'files'
      ? { ...labFiles(lab), ports: devices.map(({ port, device }) => [port, device.ports.slice(0, ports)]) }
      : ask === 'counts'
        ? counts()
        : await kept(within ?? 0);
  process.send?.(answer as object);
});
process.once('disconnect', () => process.exit(0));
process.send?.('ready');
