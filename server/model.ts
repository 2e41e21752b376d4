/**
 * The nouns, in the order a call meets them. A call becomes a ChangeRequest, a request becomes a ChangePlan, a plan becomes a ChangeResult.
 * Nothing here does anything and nothing is imported. What the network team writes has its nouns in library/written.ts.
 */

// ---------------------------------------------------------------- who asks, and for what

/** The methods that a playbook may stand behind; a playbook's file is named after its method. */
export const PLAYBOOK_METHODS = [
  'attach_port',
  'detach_port',
  'update_port',
  'attach_lag',
  'join_lag',
  'delete_lag',
  'add_network',
  'delete_network',
  'is_port_supported',
] as const;
export type Method = (typeof PLAYBOOK_METHODS)[number];

/** Who is on the other end of the HTTP connection. */
export interface Caller {
  readonly name: string;
  readonly address: string;
  readonly scheme: string;
}

/** Why: what the caller's `context` says, for the audit. Never its token. */
export interface Why {
  readonly request_id?: string;
  readonly global_request_id?: string;
  readonly user?: string;
  readonly project_id?: string;
  readonly node?: string;
  readonly reason?: string;
}

/** A value a template may see. */
export type Value = string | number | boolean | null | readonly (string | number)[];
export type Values = Readonly<Record<string, Value>>;

export interface ChangeRequest {
  /** Ours, unique per call; the caller's own ids repeat. */
  readonly id: string;
  readonly method: Method;
  /** Inventory name. */
  readonly device: string;
  /** What the call says, by the names that templates use. */
  readonly args: Values;
  readonly caller: Caller;
  readonly why: Why;
  readonly dryRun: boolean;
  /** When the caller stops waiting: milliseconds since the epoch. */
  readonly deadline: number;
}

// ---------------------------------------------------------------- what it is about

/** Where something was written: every complaint and every typed line can name it. `line` counts from 1. */
export interface Place {
  readonly file: string;
  readonly line: number;
}

/** A device of the inventory, its layers (defaults, groups in order, device) folded into one. */
export interface Device {
  readonly name: string;
  readonly platform: string;
  readonly address: string;
  readonly port: number;
  /** Name of an entry in the credentials file. */
  readonly credentials: string;
  /** Fingerprints as OpenSSH prints them, or `any`: accept whatever key comes (labs only). */
  readonly hostKeys: readonly string[] | 'any';
  /** MAC addresses by which Ironic knows the switch: lower case, no separators. */
  readonly switchIds: readonly string[];
  /** Ports and LAGs that nobody may attach or detach. */
  readonly uplinks: readonly string[];
  /** VLANs that calls may name on this device; undefined: all that the platform allows. */
  readonly allowedVlans?: ReadonlySet<number> | undefined;
  readonly physicalNetworks: readonly string[];
  readonly vars: Values;
  readonly source: Place;
}

/** How to log in to devices of one kind; read from a file outside the repository. */
export interface Credentials {
  readonly username: string;
  readonly password?: string | undefined;
  /** Path of a private key file. */
  readonly private_key?: string | undefined;
  readonly passphrase?: string | undefined;
  /** The enable secret, where the platform asks for one. */
  readonly enable?: string | undefined;
}

/** What a platform types around a change; each part is there only where the vendor has it. */
export interface Transaction<T> {
  /** Shows what the candidate would change. */
  readonly diff?: T;
  readonly commit: T;
  /** Makes a timed commit permanent. */
  readonly confirm?: T;
  /** Takes back a commit that is not confirmed yet. */
  readonly undo?: T;
  readonly discard: T;
  /** Typed on a new session after the old one was lost, to drop what it left behind. */
  readonly abandon?: T;
  /** Somebody else holds the configuration: worth trying again. */
  readonly busy?: RegExp;
}

export interface Line {
  readonly text: string;
  readonly place: Place;
}

export interface Answer<T> {
  readonly question: RegExp;
  readonly answer: T;
}

// ---------------------------------------------------------------- what will be typed

/** A task after rendering: exactly what is typed, and where it was written. */
export interface Step {
  readonly task: string;
  readonly source: Place;
  readonly mode: string;
  readonly lines: readonly Line[];
  readonly expect: readonly Check[];
  readonly reject: readonly Check[];
  readonly tolerate: readonly RegExp[];
  readonly answer: readonly Answer<string>[];
  readonly retry?: { readonly times: number; readonly delay: number };
  readonly lands?: string;
}

export type Check =
  | { readonly kind: 'text'; readonly pattern: RegExp; readonly means?: string; readonly place: Place }
  | {
      readonly kind: 'vlans';
      readonly pattern: RegExp;
      readonly how: 'are' | 'hold';
      readonly list: readonly number[];
      readonly under?: RegExp;
      readonly except: readonly string[];
      readonly means?: string;
      readonly place: Place;
    };

/** A node of the mode tree: the prompt it shows, and how to get there from its parent and back. As written, or as it will be typed. */
export interface Mode<Block, Text> {
  readonly name: string;
  readonly prompt: RegExp;
  readonly parent?: string;
  readonly enter: readonly Block[];
  readonly leave: readonly Block[];
  /** Asked on the way in, answered with the `enable` secret. */
  readonly password?: RegExp;
  readonly answer: readonly Answer<Text>[];
  /** Typed before a command of the parent mode to run it from here: `do`, `run`. */
  readonly reads?: string;
}
export type PlannedMode = Mode<Line, string>;

/** How a session on the device is opened and spoken to: all that the terminal needs to know. */
export interface Dialect {
  readonly platform: string;
  readonly session: 'shell' | 'exec';
  readonly modes: ReadonlyMap<string, PlannedMode>;
  readonly onOpen: readonly Line[];
  readonly failures: readonly RegExp[];
  readonly noise: readonly RegExp[];
}

/** What closes the port if all else failed: a change of its own, in a candidate of its own name. */
export interface Rescue {
  readonly file: string;
  readonly dialect: Dialect;
  readonly transaction?: Transaction<Step>;
  readonly steps: readonly Step[];
  readonly checks: readonly Step[];
}

/** Everything that can be typed for a request, decided before anyone logs in. */
export interface ChangePlan {
  readonly request: ChangeRequest;
  readonly device: Device;
  readonly title: string;
  readonly file: string;
  readonly dialect: Dialect;
  readonly configMode: string;
  readonly readMode: string;
  readonly require: readonly Step[];
  readonly steps: readonly Step[];
  readonly verify: readonly Step[];
  readonly rescue?: Rescue;
  readonly transaction?: Transaction<Step>;
  readonly save?: Step;
}

// ---------------------------------------------------------------- what became of it

export const OUTCOMES = ['unchanged', 'applied', 'planned', 'refused', 'undone', 'rescued', 'unknown'] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** A command that was typed and what the device answered. */
export interface Exchange {
  readonly sent: string;
  readonly received: string;
  readonly place: Place;
}

export interface StepResult {
  readonly task: string;
  readonly source: Place;
  readonly exchanges: readonly Exchange[];
}

/** yes; no and why; `not needed` where a change is persistent at once or nothing was changed. */
export type Saved = { readonly state: 'yes' | 'not needed' } | { readonly state: 'no'; readonly why: string };

/** Milliseconds. */
export interface Timings {
  readonly queued: number;
  readonly login: number;
  readonly total: number;
}

export interface ChangeResult {
  readonly outcome: Outcome;
  readonly device: string;
  readonly platform: string;
  readonly method: string;
  readonly file: string;
  readonly diff: string;
  readonly saved: Saved;
  /** Everything that was typed to change something, in order; reads are left out. */
  readonly steps: readonly StepResult[];
  readonly timings: Timings;
}
