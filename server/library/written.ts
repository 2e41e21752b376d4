import type { Answer, Dialect, Line, Method, Mode, Place, Transaction, Value, Values } from '../model.ts';
import type { RuleText } from './rules.ts';

/** What the network team wrote, compiled: blocks are templates, patterns are patterns, and everything knows where it stands. */

export type WrittenMode = Mode<Template, Template>;

/** A vendor: how to talk to its devices, what they can do, and its playbooks. */
export interface Platform {
  readonly name: string;
  readonly title: string;
  readonly aliases: readonly string[];
  readonly session: 'shell' | 'exec';
  readonly modes: ReadonlyMap<string, WrittenMode>;
  readonly configMode: string;
  readonly readMode: string;
  readonly onOpen: readonly Template[];
  /** Put before every command of an exec session, if it renders to anything. */
  readonly prefix?: Template;
  readonly failures: readonly RegExp[];
  readonly noise: readonly RegExp[];
  readonly pager?: Dialect['pager'];
  readonly typeAhead?: Dialect['typeAhead'];
  readonly transaction?: Transaction<Task>;
  readonly giveBack?: WrittenGiveBack;
  readonly save?: Task;
  readonly interfaces: {
    readonly pattern: RegExp;
    /** Names of LAGs; group 1 is the number by which members name it. */
    readonly lag?: RegExp;
    readonly short: Readonly<Record<string, string>>;
    /** What sample requests are about. */
    readonly example?: { readonly port: string; readonly lag?: string };
  };
  readonly vlans: {
    readonly ids: ReadonlySet<number>;
    readonly text: string;
    readonly name: { readonly max: number; readonly pattern: RegExp };
  };
  readonly description: { readonly max: number; readonly never?: RegExp };
  readonly supports: Supports;
  readonly vars: Values;
  readonly varPlaces: Readonly<Record<string, Place>>;
  readonly lint: WrittenLint;
  readonly playbooks: ReadonlyMap<string, Playbook>;
  readonly source: Place;
}

/** What a linter has to know of the vendor's CLI. */
export interface WrittenLint {
  /** Group 1 names what the line, and those below it, are about. */
  readonly under?: RegExp;
  /** How lines may begin; undefined: anyhow. */
  readonly words?: { readonly read: readonly string[]; readonly change: readonly string[] };
  readonly rules: readonly LintRule[];
}

export type LintList = 'tasks' | 'rescue' | 'reads';

export interface LintRule extends RuleText {
  readonly id: string;
  /** undefined: whatever the method. */
  readonly methods?: readonly Method[];
  readonly of: readonly LintList[];
  readonly on?: 'port' | 'lag';
  readonly asks: LintQuestion;
  readonly place: Place;
}

export type LintQuestion =
  | { readonly kind: 'never' | 'needs'; readonly pattern: RegExp }
  /** `until` undoes what `pattern` found. */
  | { readonly kind: 'after'; readonly line: RegExp; readonly pattern: RegExp; readonly until?: RegExp }
  | { readonly kind: 'not_after'; readonly line: RegExp; readonly pattern: RegExp }
  | { readonly kind: 'with'; readonly line: RegExp; readonly pattern: RegExp };

/** See GiveBack in model.ts. */
export interface WrittenGiveBack {
  readonly read: Task;
  /** The method of a playbook. */
  readonly clear: string;
  readonly into: Task;
  readonly lines: RegExp;
  readonly open: Task;
  readonly unless: RegExp;
}

export interface Supports {
  readonly modes: readonly PortMode[];
  readonly networkTypes: readonly string[];
  /** Whether a trunk may come without a native VLAN. */
  readonly trunkWithoutNative: boolean;
  readonly lag: readonly Aggregation[];
  readonly mtu: boolean;
}

export type PortMode = 'access' | 'trunk' | 'hybrid';
export type Aggregation = 'lacp' | 'static';

/** A compiled Handlebars block; renders to lines that know where they were written. */
export interface Template {
  readonly place: Place;
  /** The names it uses, wherever they stand. */
  readonly names: readonly { readonly name: string; readonly place: Place }[];
  render(values: Values, typed: (value: Value, place: Place) => string): readonly Line[];
}

export interface Playbook {
  readonly method: string;
  readonly platform: string;
  readonly title: Template;
  /** The platform's, and over them its own. */
  readonly vars: Values;
  readonly varPlaces: Readonly<Record<string, Place>>;
  readonly require: readonly Task[];
  readonly tasks: readonly Task[];
  /** A list of its own, or the method whose list it shares. */
  readonly verify: readonly Task[] | string;
  /** A list of its own, or the method that is run with the port alone. */
  readonly rescue: readonly Task[] | string;
  readonly source: Place;
}

export interface Task {
  readonly name: Template;
  readonly source: Place;
  readonly commands: Template;
  readonly when: Readonly<Record<string, readonly Value[]>>;
  /** Values for this task alone, over all others. */
  readonly vars: Readonly<Record<string, Template>>;
  /** undefined: the mode of the list it stands in. */
  readonly mode?: string;
  readonly expect: readonly Expectation<Template>[];
  readonly reject: readonly Expectation<Template>[];
  readonly tolerate: readonly Template[];
  readonly answer: readonly Answer<Template>[];
  readonly retry?: { readonly times: number /** Milliseconds. */; readonly delay: number };
  /** A platform's own step: the mode it leaves the session in when it worked, where that is not the one it was typed in. */
  readonly lands?: string;
}

/** What an output must, or must not, show. */
export type Expectation<T> = TextExpectation<T> | VlanExpectation<T>;

export interface TextExpectation<T> {
  readonly kind: 'text';
  readonly pattern: T;
  readonly means?: T;
  readonly place: Place;
}

export interface VlanExpectation<T> {
  readonly kind: 'vlans';
  readonly pattern: T;
  /** All that the pattern captures, read together, is exactly this list; or (`hold`) has these in it. */
  readonly how: 'are' | 'hold';
  readonly list: T;
  /** The header line above names the port, in its first group. */
  readonly under?: T;
  /** Ports that do not count. */
  readonly except?: T;
  readonly means?: T;
  readonly place: Place;
}
