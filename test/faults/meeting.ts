import type { Told } from '../harness.ts';
import type { Group } from './groups.ts';
import type { Range, Slot } from './range.ts';

/** How one of the calls ended, and after how many milliseconds. */
export interface Heard {
  readonly told: Told;
  readonly took: number;
}

/** Asks for all changes of a group so that they meet: none gets to the switch before all of them wait for it. */
export async function askTogether(range: Range, slot: Slot, { moves }: Group): Promise<Heard[]> {
  const { service } = range;
  const release = moves.length > 1 ? slot.proxy.hold() : () => {};
  try {
    const answers: Promise<Heard>[] = [];
    const asked = new Set<string>();
    for (const { call, about } of moves) {
      // Two about one port must come in this order.
      if (about.some(port => asked.has(port))) await heardOut(range);
      for (const port of about) asked.add(port);
      const began = Date.now();
      answers.push(service.tell(...call(slot.name)).then(told => ({ told, took: Date.now() - began })));
    }
    const all = Promise.all(answers);
    // Whoever kills the service sees to it himself.
    all.catch(() => {});
    if (moves.length > 1) await heardOut(range);
    release();
    return await all;
  } finally {
    release();
  }
}

/** Settles when the service has heard all that it was told before: what is asked later, and of no device, is answered. */
async function heardOut({ service }: Range): Promise<void> {
  await service.tell('get_allowed_network_types', {});
}
