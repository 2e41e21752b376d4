/**
 * What a simulated switch is, seen from the SSH server in front of it.
 * A vendor's file in switches/ knows its commands, modes and error texts exactly and nothing of SSH;
 * echo, paging, delays and faults are the same for all and live in terminal.ts.
 */

/** How long the lab pretends that something takes. `kind` picks which of the lab's delays applies. */
export type Work = 'command' | 'commit' | 'save';

/** What a device prints in answer to one line. Lines are separated by \n; the terminal makes them \r\n. */
export interface Reply {
  readonly text?: string;
  /** The device asks instead of returning to its prompt. */
  readonly ask?: Question;
  readonly work?: Work;
  /** The device logs the user out. */
  readonly bye?: boolean;
}

export interface Question {
  readonly text: string;
  /** A password: typed without echo. */
  readonly secret?: boolean;
  /** One key answers it, without Enter. */
  readonly key?: boolean;
  readonly answer: (typed: string) => Reply;
}

/** One logged-in user at a prompt. */
export interface CliSession {
  /** The prompt to print now, trailing space included if the vendor prints one. May span lines (Junos `[edit]`). */
  prompt(): string;
  enter(line: string): Reply;
  /** Lines per page, or 0 when paging is off; `more` is what the pager prints. */
  paging(): { readonly lines: number; readonly more: string };
  /** The connection is gone: what the vendor does with an uncommitted candidate happens here. */
  hangUp(): void;
}

export interface ExecResult {
  readonly stdout: string;
  readonly stderr: string;
  readonly status: number;
  /** The connection drops instead. */
  readonly cut?: boolean;
}

/** What a device that does its own echo needs of the channel under it. */
export interface RawWire {
  write(data: string): void;
  /** Drops the connection, after what was written. */
  cut(): void;
}

/** One logged-in user of such a device: keys as they come. */
export interface RawSession {
  keys(data: string): void;
  hangUp(): void;
}

/** The box itself: it outlives its sessions. Exactly one of `openCli`, `openWire` and `exec` is there. */
export interface LabSwitch {
  readonly platform: string;
  readonly hostname: string;
  /** Printed after login, before the first prompt. */
  readonly banner?: string;
  /** Names of the server-facing ports, all in the state the network team leaves them in: detached. */
  readonly ports: readonly string[];
  /** Ports that lead into the network: trunks with a list of their own, nobody's to attach. */
  readonly uplinks: readonly string[];
  openCli?(): CliSession;
  /** For a device that is no CLI of ours: a recording. */
  openWire?(wire: RawWire): RawSession;
  exec?(command: string): ExecResult;
  /** The running configuration as text, for tests to compare: what is in force now, never a candidate. */
  running(): string;
  /** The startup configuration: what a reload would bring back. Absent where a change is persistent at once. */
  saved?(): string;
  /** What this vendor says to a command it does not know; used to inject a refused line. */
  refusal(line: string): string;
}

/** Who may log in, and the enable secret if the vendor has one. */
export interface LabUser {
  readonly username: string;
  readonly password: string;
  readonly enable: string;
}

/** Builds one vendor's switch; a stack, when it is to have more server-facing ports than the vendor's usual few. */
export type SwitchMaker = (hostname: string, user: LabUser, ports?: number) => LabSwitch;

/** Names of so many ports on as many members of a stack as that takes: 47 on each, and the uplink of the first is none of them. */
export function stacked(count: number, nameOf: (member: number, port: number) => string): string[] {
  return Array.from({ length: count }, (_, i) => nameOf(Math.floor(i / 47), i % 47));
}
