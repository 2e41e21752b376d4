import { at, ChangeError } from '../errors.ts';
import type { Dialect, Step } from '../model.ts';
import type { Exchange } from '../result.ts';
import { within } from '../transport/deadline.ts';
import { type Connection, type ExecOutput, OUTPUT_LIMIT } from '../transport/transport.ts';
import { refusalIn } from './failures.ts';
import { clean, plain } from './screen.ts';
import type { Terminal } from './terminal.ts';

/** A Linux box: each command runs on a channel of its own and its exit status tells success. There are no modes. */
export class ExecTerminal implements Terminal {
  readonly #connection: Connection;
  #dialect: Dialect;
  readonly #device: string;
  #trusted = true;

  constructor(connection: Connection, parts: { dialect: Dialect; device: string }) {
    this.#connection = connection;
    this.#dialect = parts.dialect;
    this.#device = parts.device;
  }

  get alive(): boolean {
    return this.#trusted && this.#connection.alive;
  }

  async enter(): Promise<void> {
    // Every command starts in the same place.
  }

  speak(dialect: Dialect): void {
    this.#dialect = dialect;
  }

  landed(): boolean {
    return true;
  }

  async run(
    step: Pick<Step, 'lines' | 'tolerate'>,
    deadline: number,
    heard: (exchange: Exchange) => void = () => {},
  ): Promise<readonly Exchange[]> {
    const exchanges: Exchange[] = [];
    for (const { text, place } of step.lines) {
      const output = await this.#exec(text, deadline);
      const exchange = { sent: text, received: this.#words(output).trimEnd(), place };
      exchanges.push(exchange);
      heard(exchange);
      const refusal = this.#refusal(output, step.tolerate);
      if (refusal !== undefined) {
        throw new ChangeError('rejected', `${this.#device} refused "${text}" (${at(place)}): ${refusal}`, { said: refusal });
      }
    }
    return exchanges;
  }

  /** A command of every shell, which does nothing (POSIX). */
  async probe(deadline: number): Promise<void> {
    await this.#exec('true', deadline);
  }

  async close(): Promise<void> {
    this.#trusted = false;
    await this.#connection.close();
  }

  async #exec(command: string, deadline: number): Promise<ExecOutput> {
    try {
      const output = await within(this.#connection.exec(command), deadline, `hear from ${this.#device} after "${command}"`);
      // What goes beyond is not kept: nothing can be said about an answer of which a part is missing.
      if (output.stdout.length + output.stderr.length < OUTPUT_LIMIT) return output;
      throw new ChangeError('session_lost', `${this.#device} said more than 8 MB after "${command}"`);
    } catch (thrown) {
      this.#trusted = false;
      throw thrown;
    }
  }

  /** What it printed, without the lines that are no part of an answer. */
  #words({ stdout, stderr }: Pick<ExecOutput, 'stdout' | 'stderr'>): string {
    const lines = clean(plain(`${stdout}${stderr}`)).split('\n');
    return lines.filter(line => !this.#dialect.noise.some(pattern => pattern.test(line))).join('\n');
  }

  /** A failure is an exit status, or the vendor's words in spite of one of 0. */
  #refusal({ stdout, stderr, status }: ExecOutput, tolerate: readonly RegExp[]): string | undefined {
    const words = this.#words({ stdout, stderr });
    const said = refusalIn(words, this.#dialect.failures, tolerate);
    if (said !== undefined) return said;
    if (status === 0 || tolerate.some(pattern => pattern.test(words))) return undefined;
    return this.#words({ stdout: '', stderr }).trim() || `exit status ${status ?? 'unknown, ended by a signal'}`;
  }
}
