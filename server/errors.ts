import { masked } from './log.ts';
import type { Place } from './model.ts';
import type { ChangeResult, Outcome } from './result.ts';

/** What went wrong, as the caller needs to tell it apart. One table says what each means outside. */
export type Kind =
  | 'bad_request'
  | 'unknown_device'
  | 'unsupported'
  | 'not_valid'
  | 'not_permitted'
  | 'frozen'
  | 'not_possible'
  | 'unreachable'
  | 'login_refused'
  | 'host_key'
  | 'timeout'
  | 'busy'
  | 'no_lock'
  | 'rejected'
  | 'not_as_asked'
  | 'session_lost'
  | 'lock_lost'
  | 'shutting_down'
  | 'internal';

interface Meaning {
  /** JSON-RPC error code. Ironic reads it as an HTTP status. */
  readonly code: number;
  /** The only two classes that Ironic's network interface catches per port; any other leaves its remaining ports unreset. */
  readonly ironicClass: 'InvalidParameterValue' | 'NetworkError';
  /** The CLI's exit status. */
  readonly exit: number;
}

const refusedByUs = { code: 400, ironicClass: 'InvalidParameterValue', exit: 3 } as const;
const refusedByDevice = { code: 500, ironicClass: 'NetworkError', exit: 4 } as const;
const tryLater = { code: 503, ironicClass: 'NetworkError', exit: 5 } as const;

/** kind → JSON-RPC code, Ironic class, exit status. */
export const MEANINGS: Readonly<Record<Kind, Meaning>> = {
  bad_request: { code: -32602, ironicClass: 'InvalidParameterValue', exit: 2 },
  unknown_device: refusedByUs,
  unsupported: refusedByUs,
  not_valid: refusedByUs,
  not_permitted: refusedByUs,
  frozen: tryLater,
  not_possible: { ...refusedByDevice, code: 400, ironicClass: 'InvalidParameterValue' },
  unreachable: tryLater,
  login_refused: refusedByDevice,
  host_key: refusedByDevice,
  timeout: tryLater,
  busy: tryLater,
  no_lock: tryLater,
  rejected: refusedByDevice,
  not_as_asked: refusedByDevice,
  session_lost: refusedByDevice,
  lock_lost: refusedByDevice,
  shutting_down: tryLater,
  internal: { code: 500, ironicClass: 'NetworkError', exit: 1 },
};

/** Exit statuses of outcomes that are no success, where they say more than the kind. */
export const OUTCOME_EXITS: Readonly<Partial<Record<Outcome, number>>> = { undone: 6, rescued: 7, unknown: 8 };

/** The one error that is thrown on purpose: a kind, a sentence a network engineer can act on, and the evidence. */
export class ChangeError extends Error {
  override readonly name = 'ChangeError';
  readonly kind: Kind;
  /** What is true of the device after it; `refused` until something has been typed. */
  readonly outcome: Outcome;
  readonly results: readonly ChangeResult[];
  /** The device's own words, when it refused. */
  readonly said: string;

  constructor(
    kind: Kind,
    message: string,
    evidence: { outcome?: Outcome; results?: readonly ChangeResult[]; said?: string; cause?: unknown } = {},
  ) {
    super(message, evidence.cause === undefined ? undefined : { cause: evidence.cause });
    this.kind = kind;
    this.outcome = evidence.outcome ?? 'refused';
    this.results = evidence.results ?? [];
    this.said = evidence.said ?? '';
  }

  /** The same failure, told with what became of the devices. */
  with(outcome: Outcome, results: readonly ChangeResult[], message = this.message): ChangeError {
    return new ChangeError(this.kind, message, { outcome, results, said: this.said, cause: this.cause ?? this });
  }
}

/** `file:line`, as editors and terminals link it. A variable, or a file that is not there, has no line: 0. */
export function at(place: Place): string {
  return place.line === 0 ? place.file : `${place.file}:${place.line}`;
}

/** The message of whatever was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** A name or a sentence that a caller made up, short enough to be read by a person. Half a secret would be masked nowhere. */
export function inShort(text: string, most = 100): string {
  const shown = masked(text);
  return shown.length > most ? `${shown.slice(0, most)}…` : shown;
}
