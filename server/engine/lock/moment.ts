/** A moment by two clocks: one never jumps, the other goes on while the machine sleeps. */
export interface Moment {
  readonly steady: number;
  readonly wall: number;
}

export function now(): Moment {
  return { steady: performance.now(), wall: Date.now() };
}

/** Milliseconds, at the least, that others may have seen go by. */
export function since(then: Moment): number {
  return Math.max(performance.now() - then.steady, Date.now() - then.wall);
}
