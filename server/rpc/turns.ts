/** Calls that are begun in one turn of the event loop; each takes less than a millisecond until its change waits for a device. */
const A_TURN = 20;

/** Lets a thousand calls that come at once begin a few at a time, so that whatever else is to be done is done between them. */
export class Turns {
  readonly #waiting: (() => void)[] = [];
  #begun = 0;

  /** Settles when the call may begin; first come, first served. */
  async next(): Promise<void> {
    if (this.#begun >= A_TURN) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#waiting.push(resolve);
      return promise;
    }
    if (this.#begun === 0) setImmediate(() => this.#turn());
    this.#begun += 1;
  }

  #turn(): void {
    const calls = this.#waiting.splice(0, A_TURN);
    this.#begun = calls.length;
    if (calls.length === 0) return;
    setImmediate(() => this.#turn());
    for (const begin of calls) begin();
  }
}
