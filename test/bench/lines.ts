import { join } from 'node:path';
import { plan } from '../../server/engine/plan.ts';
import { loadLibrary } from '../../server/library/library.ts';
import { ROOT } from '../harness.ts';
import type { BenchLab } from './lab.ts';
import { VLAN } from './works.ts';

/** What a contender has to type: each visit is a login, the lines of its ports, and a save (Junos: a commit). */
export interface Job {
  readonly platform: string;
  readonly devices: readonly { readonly port: number; readonly visits: readonly (readonly string[])[] }[];
  /** Seconds after which no more visits are begun. */
  readonly bound: number;
}

/** The configuration lines that Mercury's playbook types for the same ports, without any of its reads. */
export function jobOf(lab: BenchLab, platform: string, visits: 'one' | 'one per port', bound: number): Job {
  const library = loadLibrary({ root: ROOT, playbooks: 'playbooks', templates: 'templates', inventory: join(lab.folder, 'inventory') });
  const linesOf = (device: string, port: string): string[] => {
    const { steps, configMode } = plan(
      {
        id: 'bench',
        method: 'attach_port',
        device,
        args: { port, mode: 'access', native_vlan: VLAN },
        caller: { name: 'bench', address: '', scheme: 'cli' },
        why: {},
        dryRun: true,
        deadline: Number.POSITIVE_INFINITY,
      },
      library,
    );
    return steps.filter(({ mode }) => mode === configMode).flatMap(({ lines }) => lines.map(({ text }) => text));
  };
  const devices = lab.switches.map(({ name, port, ports }) => {
    const each = ports.map(one => linesOf(name, one));
    return { port, visits: visits === 'one' ? [each.flat()] : each };
  });
  return { platform, devices, bound };
}
