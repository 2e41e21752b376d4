/**
 * The nouns, in the order a call meets them. A call becomes a ChangeRequest, a request becomes a ChangePlan, a plan becomes a ChangeResult.
 * Nothing here does anything and nothing is imported. What became of it has its nouns in result.ts, what the network team
 * writes in library/written.ts.
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
  /** Neutron's type of the network, where the call says one. */
  readonly networkType?: string | undefined;
  /** VLANs that the call names and that no template sees, such as those that a port is to be taken off: the policy looks at them all. */
  readonly alsoNamed?: readonly number[] | undefined;
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

/** An SSH server, and what it must show to be believed: a device, or a jump host on the way to one. */
export interface Host {
  readonly name: string;
  readonly address: string;
  readonly port: number;
  /** Name of an entry in the credentials file. */
  readonly credentials: string;
  /** Fingerprints as OpenSSH prints them, or `any`: accept whatever key comes (labs only). */
  readonly hostKeys: readonly string[] | 'any';
  /** What a known_hosts file says of it: types of the keys, to ask for first; keys that are refused; why it knows none. */
  readonly knownHosts?: { file: string; types: readonly string[]; revoked: ReadonlyMap<string, Place>; why?: string } | undefined;
  /** `legacy` allows algorithms that have been given up elsewhere because they are too weak; old switches have no others. */
  readonly sshProfile?: 'modern' | 'legacy' | undefined;
}

/** A device of the inventory, its layers (defaults, groups in order, device) folded into one. */
export interface Device extends Host {
  readonly platform: string;
  /** Names of its groups, in order. */
  readonly groups?: readonly string[] | undefined;
  /** The hosts that lead to it, in order. */
  readonly jumps?: readonly Host[] | undefined;
  /** MAC addresses by which Ironic knows the switch: lower case, no separators. */
  readonly switchIds: readonly string[];
  /** Ports and LAGs that nobody may attach or detach. */
  readonly uplinks: readonly string[];
  /** VLANs that calls may name on this device; undefined: all that the platform allows. */
  readonly allowedVlans?: ReadonlySet<number> | undefined;
  readonly physicalNetworks: readonly string[];
  readonly vars: Values;
  /** Which layer of the inventory says what the vars are, and the uplinks. */
  readonly setBy?: ReadonlyMap<string, SetBy> | undefined;
  readonly source: Place;
}

/** A layer of the inventory, `defaults`, `group leaf` or `the device`, and where it says something. */
export interface SetBy {
  readonly layer: string;
  readonly place: Place;
}

/** What a platform types around a change; each part is there only where the vendor has it. */
export interface Transaction<T> {
  /** Read before anything else: no commit is on trial, ours or anybody's. */
  readonly settled?: T;
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
  /** What the platform lets be typed ahead may be: all that is refused in it does no harm. */
  readonly ahead?: boolean;
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
  /** What a pager that cannot be switched off shows at the end of a page, and the key that turns it. */
  readonly pager?: { readonly prompt: RegExp; readonly key: string };
  /** Lines that may be typed before the one above them is answered, and how many at one go. */
  readonly typeAhead?: { readonly of: RegExp; readonly lines: number };
}

/** What closes the port if all else failed: a change of its own, in a candidate of its own name. */
export interface Rescue {
  readonly file: string;
  readonly dialect: Dialect;
  readonly transaction?: Transaction<Step>;
  readonly steps: readonly Step[];
  readonly checks: readonly Step[];
}

/**
 * What gives a port back what it had, where no transaction does: lines that the device itself printed for it before anything was typed.
 * They are the only ones that are not decided before login.
 */
export interface GiveBack {
  readonly dialect: Dialect;
  readonly transaction?: Transaction<Step>;
  /** Prints them. */
  readonly read: Step;
  /** Closes the port, and takes off it what the change may have left. */
  readonly clear: readonly Step[];
  readonly into: Step;
  /** Group 1 of each match is typed again, in the order it was printed. */
  readonly lines: RegExp;
  /** Typed last, unless what was printed matches `unless`. */
  readonly open: Step;
  readonly unless: RegExp;
}

/** Everything that can be typed for a request, decided before anyone logs in. */
export interface ChangePlan {
  readonly request: ChangeRequest;
  readonly device: Device;
  /** What it is about, for messages: the port by its long name, or `VLAN 100`. */
  readonly subject: string;
  readonly title: string;
  readonly file: string;
  readonly dialect: Dialect;
  readonly configMode: string;
  readonly readMode: string;
  readonly require: readonly Step[];
  readonly steps: readonly Step[];
  readonly verify: readonly Step[];
  readonly giveBack?: GiveBack;
  readonly rescue?: Rescue;
  readonly transaction?: Transaction<Step>;
  readonly save?: Step;
  /** What it touches: two that touch one thing each, of the same kind and not the same one, may share a commit. */
  readonly concerns: 'a port' | 'a network' | 'more';
  /** With what it leads others into one commit, where the platform has commits: names that no change has by itself. Rendered when needed. */
  readonly inCompany?: () => { readonly dialect: Dialect; readonly transaction?: Transaction<Step> };
}
