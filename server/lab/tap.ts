/**
 * Hears where in its work a device is, so that a test can do something to the network at exactly that point.
 * While a tap is there, whatever was printed up to a moment is on the wire before the tap hears of it, and the device waits until the tap returns.
 */
export type Tap = (moment: Moment) => void | Promise<void>;

/**
 * login: the password came, and is not answered yet. welcome: half of what a shell says first is out.
 * echo: half of the line's echo is out, and its Enter was not read. typed: all of its echo is out, and the line did nothing yet.
 * done: it did what it does, and nothing was said. output: half of what it says is out. prompt: all but the end of the prompt is out.
 * answered: all of it is out.
 * Where each command has a channel of its own there is no echo, and in place of the prompt the exit status is still missing.
 */
export const PARTS = ['login', 'welcome', 'echo', 'typed', 'done', 'output', 'prompt', 'answered'] as const;
export type Part = (typeof PARTS)[number];

export interface Moment {
  readonly part: Part;
  /** What was typed; empty before anything was. */
  readonly line: string;
  /** The TCP port of the other end: which connection it is. */
  readonly peer: number;
  /** Bytes that this connection has carried away from the device. */
  readonly sent: number;
  /** Settles when the device notices that the connection is gone. */
  readonly hungUp: Promise<void>;
}
