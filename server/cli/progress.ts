import { paint, screenWidth } from './paint.ts';

/** Milliseconds between two ticks of the clock in the line. */
const TICK = 200;

/** One line at the bottom of a terminal that says how far it is: `[12/88]  2 failed  cisco_ios: An access port  3.1 s`. Elsewhere nothing. */
export class Progress {
  readonly #total: number;
  readonly #started = performance.now();
  readonly #clock: NodeJS.Timeout | undefined;
  #done = 0;
  #failed = 0;
  #current = '';

  constructor(total: number) {
    this.#total = total;
    if (process.stderr.isTTY) this.#clock = setInterval(() => this.#draw(), TICK);
  }

  get elapsed(): string {
    return `${((performance.now() - this.#started) / 1000).toFixed(1)} s`;
  }

  begins(what: string): void {
    this.#current = what;
    this.#draw();
  }

  /** `show`: prints what is to be read above the line. */
  ended(failed: boolean, show: () => void): void {
    this.#done += 1;
    if (failed) this.#failed += 1;
    this.#clear();
    show();
    this.#draw();
  }

  done(): void {
    clearInterval(this.#clock);
    this.#clear();
  }

  #draw(): void {
    if (!this.#clock) return;
    const failed = this.#failed > 0 ? `  ${paint('red', `${this.#failed} failed`, process.stderr)}` : '';
    const count = `[${this.#done}/${this.#total}]`;
    // One column is left free: a full line would wrap, and could not be taken back.
    const room =
      screenWidth(process.stderr) - count.length - this.elapsed.length - (this.#failed > 0 ? `  ${this.#failed} failed`.length : 0) - 5;
    const what = this.#current.length > room ? `${this.#current.slice(0, Math.max(0, room - 1))}…` : this.#current;
    process.stderr.write(
      `\r\x1b[2K${paint('dim', count, process.stderr)}${failed}  ${what}  ${paint('dim', this.elapsed, process.stderr)}`,
    );
  }

  #clear(): void {
    if (this.#clock) process.stderr.write('\r\x1b[2K');
  }
}
