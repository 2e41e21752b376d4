import type { Dialect, Line, Step } from '../model.ts';
import type { Exchange } from '../result.ts';

/** A logged-in session on a device, spoken to in whole steps. */
export interface Terminal {
  /** false once the connection is gone or its state cannot be trusted any more. */
  readonly alive: boolean;
  /** Gets into a mode of the platform. @throws ChangeError rejected, timeout, session_lost */
  enter(mode: string, deadline: number): Promise<void>;
  /**
   * Types a step's lines in the step's mode, one by one but for those that may be typed ahead, and stops at the first that the device refuses.
   * `more`: other lines follow at once, so whether the last answer is whole is seen when they are echoed.
   * @throws ChangeError rejected, timeout, session_lost; `exchanges` of what was typed until then are in `heard`
   */
  run(
    step: Pick<Step, 'mode' | 'lines' | 'tolerate' | 'answer' | 'ahead'>,
    deadline: number,
    heard?: (exchange: Exchange) => void,
    more?: boolean,
  ): Promise<readonly Exchange[]>;
  /** Whether the last prompt was that of `mode`. */
  landed(mode: string): boolean;
  /** From now on speaks this dialect: the same modes, entered by other names. */
  speak(dialect: Dialect): void;
  /** Makes sure that somebody is still there, after a while of silence. @throws ChangeError timeout, session_lost */
  probe(deadline: number): Promise<void>;
  /** Logs out. */
  close(): Promise<void>;
}

/** A line as it will be typed: the step's own text, or with the prefix that runs a parent mode's read from here. */
export function typedLine(line: Line, prefix: string | undefined): string {
  return prefix === undefined ? line.text : `${prefix} ${line.text}`;
}
