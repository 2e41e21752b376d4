/** As many characters of one command's output as are kept; a device that prints more is broken or was asked the wrong thing. */
export const OUTPUT_LIMIT = 8 * 1024 * 1024;

/** What a terminal needs of the connection under it; ssh.ts is the one that is used. */
export interface Connection {
  /** An interactive channel with a wide terminal, so that nothing is wrapped. */
  openShell(): Promise<Channel>;
  /** Runs one command on a channel of its own. Rejects with ChangeError `session_lost` when the connection drops. */
  exec(command: string): Promise<ExecOutput>;
  /** Whether the connection still stands. */
  readonly alive: boolean;
  /** Ends it, and waits until it has: a device counts a session for as long as it stands. */
  close(): Promise<void>;
}

export interface Channel {
  write(text: string): void;
  /** Text as it comes, in pieces of any size. */
  onText(listener: (text: string) => void): void;
  onClose(listener: () => void): void;
  close(): void;
}

export interface ExecOutput {
  readonly stdout: string;
  readonly stderr: string;
  /** undefined when a signal ended the command. */
  readonly status: number | undefined;
}
