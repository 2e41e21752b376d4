/** What may go wrong on purpose: tests and the demo plant a fault, the terminal trips over it. */

export interface Fault {
  /** Matched against each line typed (exec: the whole command). */
  readonly on: RegExp;
  /**
   * refuse: the device answers with its own error text and does nothing.
   * cut: the connection drops before the line takes effect. cutAfter: it took effect, its answer is lost.
   * die: as cut, and nobody gets in again until the device is revived. stall: the device never answers. ignore: the device says nothing and does nothing (a change that does not stick).
   */
  readonly does: 'refuse' | 'cut' | 'cutAfter' | 'die' | 'stall' | 'ignore';
  /** How many times it happens before it is spent; once when left out. */
  readonly times?: number;
  /** For `refuse`: the device's words, when the vendor's standard refusal will not do. */
  readonly says?: string;
}

/** The faults of one device, in the order they were planted. */
export class Faults {
  #planted: { fault: Fault; left: number }[] = [];

  plant(fault: Fault): void {
    this.#planted.push({ fault, left: fault.times ?? 1 });
  }

  clear(): void {
    this.#planted = [];
  }

  /** The fault that this line trips over, counted as used, or undefined. */
  trip(line: string): Fault | undefined {
    const hit = this.#planted.find(({ fault, left }) => left > 0 && fault.on.test(line));
    if (hit) hit.left -= 1;
    return hit?.fault;
  }
}
