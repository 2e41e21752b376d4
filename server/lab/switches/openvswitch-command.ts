import type { Database } from './openvswitch-database.ts';

/** A command of ovs-vsctl being carried out: what was typed, and the copy of the database that the transaction works on. */
export interface Run {
  readonly database: Database;
  readonly format: 'list' | 'json';
  readonly options: ReadonlyMap<string, string | undefined>;
  readonly args: readonly string[];
}

export interface Command {
  /** How few and how many arguments it takes. */
  readonly count: readonly [number, number];
  readonly options?: readonly string[];
  /** Prints a table, not lines. */
  readonly table?: boolean;
  /** Tables and columns are looked up for all commands before the first is carried out. */
  readonly prepare?: (run: Run) => void;
  /** Answers the lines it prints, if any. */
  readonly run: (run: Run) => readonly string[] | undefined;
}
