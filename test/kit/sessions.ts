import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { realWorld } from '../../server/engine/world.ts';
import { Bench } from '../../server/kit/bench.ts';
import { callOn, type Told } from '../../server/kit/calling.ts';
import type { CallShape } from '../../server/kit/case-schema.ts';
import { Recorder } from '../../server/kit/recorder.ts';
import { type Recording, readRecording, recordingText } from '../../server/kit/recording.ts';
import { type Redaction, redacted, redactor } from '../../server/kit/redact.ts';
import type { Stray } from '../../server/kit/replay.ts';
import type { Fault } from '../../server/lab/faults.ts';
import { LAB_USER } from '../../server/lab/lab.ts';
import { type Library, loadLibrary } from '../../server/library/library.ts';
import type { Platform } from '../../server/library/written.ts';
import { ROOT } from '../harness.ts';

export const library: Library = loadLibrary({ root: ROOT, playbooks: 'playbooks', templates: 'templates', inventory: 'inventory' });

export function platformOf(name: string): Platform {
  const found = library.platforms.get(name);
  if (!found) throw new Error(`no platform ${name}`);
  return found;
}

export interface Recorded {
  readonly told: Told;
  readonly text: string;
  readonly recording: Recording;
}

/** A call on a lab switch, over real SSH, and the recording of it, by way of a file. */
export async function record(
  platform: string,
  call: CallShape,
  faults: readonly Fault[] = [],
  redaction: Redaction = {},
): Promise<Recorded> {
  await using bench = await Bench.open({ platform: platformOf(platform), lab: platform, vars: {} });
  // Where a VLAN has to be there first, it is.
  await callOn(bench, { method: 'add_network', params: { network: { segmentation_id: 100, name: 'tenant-a' } } }, 30_000);
  for (const fault of faults) bench.switch.faults.plant(fault);
  const recorder = new Recorder();
  const world = realWorld({ get: () => LAB_USER }, undefined, { through: recorder.through });
  const told = await callOn({ library: bench.library, world }, call, 30_000);
  const sessions = recorder.sessions([told.change], redactor(redaction));
  const text = recordingText({ platform, device: 'switch-1', call: redacted(call, redactor(redaction)) as CallShape, sessions });
  return { told, text, recording: asRead(text) };
}

export function asRead(text: string): Recording {
  const folder = mkdtempSync(join(tmpdir(), 'mercury-recording-'));
  try {
    writeFileSync(join(folder, 'x.yml'), text);
    return readRecording(join(folder, 'x.yml'), 'x.yml');
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The same call, or another, on the recording. */
export async function replay(
  recording: Recording,
  seed: number,
  call: CallShape = recording.call ?? { method: '', params: {} },
): Promise<{ told: Told; strays: readonly Stray[]; pieces: number }> {
  await using bench = await Bench.open({ platform: platformOf(recording.platform), lab: '', vars: {}, recording, seed });
  let pieces = 0;
  const recorder = new Recorder();
  const world = realWorld({ get: () => LAB_USER }, undefined, {
    through: under => {
      const connection = recorder.through(under);
      return {
        ...connection,
        openShell: async () => {
          const channel = await connection.openShell();
          channel.onText(() => {
            pieces += 1;
          });
          return channel;
        },
      };
    },
  });
  const told = await callOn({ library: bench.library, world }, call, 30_000);
  return { told, strays: bench.replay?.strays ?? [], pieces };
}
