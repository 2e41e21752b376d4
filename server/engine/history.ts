import type { Library } from '../library/library.ts';
import { CALL_NAMES } from '../library/names.ts';
import { lagOf } from '../library/ports.ts';
import type { Caller, ChangeRequest, Method, Value, Values, Why } from '../model.ts';
import type { Outcome } from '../result.ts';
import { type About, aboutRequest, type Standing } from './drift.ts';

/** A change as its audit line tells it. */
export interface Recorded {
  /** The request's id. */
  readonly id: string;
  /** ISO 8601. */
  readonly time: string;
  readonly method: Method;
  readonly device: string;
  /** All that the line says of what was asked, and more. */
  readonly what: Readonly<Record<string, unknown>>;
  readonly outcome: Outcome;
  readonly caller: Caller;
  readonly why: Why;
}

/**
 * What every port, LAG and network should be by the audit: what its last change asked for. Changes in the order in which they ended.
 * A change that failed after something was typed leaves open what its port should be; one that was refused changes nothing.
 */
export function standingsOf(changes: readonly Recorded[], library: Library, deadline: number): Standing[] {
  const history = new History(library);
  for (const change of changes) history.add(change);
  return history.standings(deadline);
}

interface Entry {
  readonly nth: number;
  readonly change: Recorded;
  readonly about: About;
  readonly args: Values;
}

const GOOD: ReadonlySet<Outcome> = new Set(['applied', 'unchanged']);
const BAD: ReadonlySet<Outcome> = new Set(['undone', 'rescued', 'unknown']);
/** Methods that leave a LAG without networks. */
const OFF: ReadonlySet<Method> = new Set(['detach_port', 'delete_lag']);

class History {
  readonly #library: Library;
  /** The last change of each port, LAG and network. */
  readonly #last = new Map<string, Entry>();
  /** The last change that touched what a LAG carries: its own, or that of a port which joined it. */
  readonly #lags = new Map<string, Entry>();
  #count = 0;

  constructor(library: Library) {
    this.#library = library;
  }

  add(change: Recorded): void {
    if (!GOOD.has(change.outcome) && !BAD.has(change.outcome)) return;
    const args = argsOf(change);
    const entry: Entry = { nth: ++this.#count, change, about: aboutRequest({ ...change, args }, this.#library), args };
    this.#last.delete(keyOf(entry));
    this.#last.set(keyOf(entry), entry);
    this.#addToLag(entry);
    if (change.outcome !== 'undone') this.#forgetDeleted(entry);
  }

  standings(deadline: number): Standing[] {
    return [...this.#last.values()].flatMap(entry => this.#standing(entry, deadline) ?? []);
  }

  #addToLag(entry: Entry): void {
    const lag = this.#lagOf(entry);
    // What was undone is as it was.
    if (lag === undefined || entry.change.outcome === 'undone') return;
    const before = this.#lags.get(lag);
    // A port that failed to join a LAG on the VLANs which that has already did not change them.
    const harmless = BAD.has(entry.change.outcome) && entry.change.method === 'join_lag';
    if (harmless && before && isKnown(before) && sameVlans(before.args, entry.args)) return;
    this.#lags.set(lag, entry);
  }

  /** A VLAN that was deleted may be there again because a port was put on it: some switches make it then. */
  #forgetDeleted({ about: { device = '' }, args }: Entry): void {
    const { native_vlan, default_vlan, allowed_vlans } = args;
    for (const vlan of [native_vlan, default_vlan, ...(Array.isArray(allowed_vlans) ? allowed_vlans : [])]) {
      const key = keyOf({ about: { device, vlan: Number(vlan), method: '' } });
      if (this.#last.get(key)?.change.method === 'delete_network') this.#last.delete(key);
    }
  }

  #standing(entry: Entry, deadline: number): Standing | undefined {
    const { change, args } = entry;
    const about: About = { ...entry.about, request: change.id, time: change.time };
    if (!isKnown(entry)) return { about, notKnown: `its last change, ${told(change)}` };
    const request: ChangeRequest = { ...requestOf(change, deadline), args };
    const later = this.#lags.get(this.#lagOf(entry) ?? '');
    if (!later || later.nth <= entry.nth) return { about, request };
    if (!isKnown(later)) return { about, notKnown: `its LAG was changed since, by ${told(later.change)}` };
    // A port that joined made the LAG again, and its own checks see to that.
    if (OFF.has(change.method)) return undefined;
    if (later.change.method === 'detach_port')
      return { about, notKnown: `its LAG was taken off its networks since, by ${told(later.change)}` };
    if (later.change.method === 'delete_lag') return { about, request };
    // A LAG and its members carry what the last of them was given.
    return { about, request: { ...request, args: { ...args, ...vlansOf(later.args) } } };
  }

  /** The LAG that a change is about, with its device. */
  #lagOf({ change, args }: Entry): string | undefined {
    const device = this.#library.devices.get(change.device);
    const name = change.method === 'join_lag' ? args.lag : args.port;
    const lag = device && typeof name === 'string' ? lagOf(name, device, this.#library.platforms) : undefined;
    return lag === undefined ? undefined : `${change.device} ${lag}`;
  }
}

const keyOf = ({ about: { device = '', port, vlan } }: Pick<Entry, 'about'>) => `${device} ${port ?? `VLAN ${vlan}`}`;

const isKnown = ({ change }: Entry) => GOOD.has(change.outcome);

const told = ({ method, time, outcome }: Recorded) => `${method} at ${time}, ended ${outcome}`;

function vlansOf({ mode, native_vlan, allowed_vlans }: Values): Values {
  return { mode: mode ?? null, native_vlan: native_vlan ?? null, allowed_vlans: allowed_vlans ?? null };
}

const sameVlans = (a: Values, b: Values) => JSON.stringify(vlansOf(a)) === JSON.stringify(vlansOf(b));

/** What a line of the audit asked for, to be asked again. */
export function requestOfLine(change: Recorded): ChangeRequest {
  return { ...requestOf(change, 0), args: argsOf(change), dryRun: true };
}

function requestOf({ id, method, device, caller, why }: Recorded, deadline: number): Omit<ChangeRequest, 'args'> {
  return { id, method, device, caller, why, dryRun: false, deadline };
}

/** What the call said: names that the line has for other things are no names of a call. */
function argsOf({ method, what }: Recorded): Values {
  return Object.fromEntries(CALL_NAMES[method].flatMap(name => (isValue(what[name]) ? [[name, what[name]]] : [])));
}

function isValue(value: unknown): value is Value {
  if (Array.isArray(value)) return value.every(one => typeof one === 'string' || typeof one === 'number');
  return ['string', 'number', 'boolean'].includes(typeof value);
}
