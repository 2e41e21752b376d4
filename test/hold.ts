import type { LabDevice } from '../server/lab/ssh-server.ts';
import type { Part } from '../server/lab/tap.ts';

export interface Held {
  /** Settles when the switch has come to that point. */
  readonly there: Promise<void>;
  readonly letGo: () => void;
}

/** Keeps a lab switch at a point of its work, the first time that it comes there, until it is let go: others may take as long as they like meanwhile. */
export function hold(device: LabDevice, at: Part, line: RegExp): Held {
  const reached = Promise.withResolvers<void>();
  const free = Promise.withResolvers<void>();
  device.tap = async moment => {
    if (moment.part !== at || !line.test(moment.line)) return;
    device.tap = undefined;
    reached.resolve();
    await free.promise;
  };
  return { there: reached.promise, letGo: free.resolve };
}
