import { ChangeError, type Kind } from '../errors.ts';
import type { ChangePlan } from '../model.ts';
import type { ChangeResult, Outcome, Saved } from '../result.ts';
import { escapePattern } from './render.ts';
import type { Session } from './session.ts';
import { type Look, Visit } from './visit.ts';

/** The share of a call's time that a change may take; the rest is kept for taking it back. */
const FORWARD_SHARE = 0.7;
/** The share that may go by in the device's queue and before its lock is free: a change that began later would be cut in the middle. */
const QUEUE_SHARE = 0.5;

const NOT_NEEDED: Saved = { state: 'not needed' };

/** A plan that is to be carried out, and the answer that somebody waits for. It ends once; what is said of it later is not heard. */
export class Job {
  readonly plan: ChangePlan;
  /** It takes back what was done elsewhere, and is tried even where others are told to come later. */
  readonly urgent: boolean;
  readonly answer: Promise<ChangeResult>;
  /** When typing what was asked must have come to its end: milliseconds since the epoch. */
  readonly forward: number;
  /** Until when it may begin. */
  readonly patience: number;
  /** What verify showed before anything was typed. */
  before: Look | undefined;
  over = false;
  /** Others were taken along to the device. */
  inCompany = false;
  /** The turn is its own: nobody's change was made before it. */
  isFirst = false;
  /** It has lent its name to a commit of several. */
  lentItsName = false;
  readonly #began = Date.now();
  readonly #mayBegin: () => void;
  readonly #answer = Promise.withResolvers<ChangeResult>();
  #visit: Visit | undefined;
  #queued = 0;
  #login = 0;

  /** @param mayBegin asked when its turn has come and nothing was typed: what it throws refuses the change */
  constructor(plan: ChangePlan, mayBegin: () => void, urgent: boolean) {
    this.plan = plan;
    this.urgent = urgent;
    this.#mayBegin = mayBegin;
    this.answer = this.#answer.promise;
    const { deadline } = plan.request;
    this.forward = this.#began + (deadline - this.#began) * FORWARD_SHARE;
    this.patience = this.#began + (deadline - this.#began) * QUEUE_SHARE;
  }

  /** Its turn has come. false: it is refused, and over. */
  begins(): boolean {
    this.#queued = Date.now() - this.#began;
    try {
      this.#mayBegin();
    } catch (thrown) {
      this.fail(thrown);
    }
    return !this.over;
  }

  /** @throws ChangeError when it may not be typed any more, or those before it took so long that it would be cut in the middle */
  mayGoOn(hasTime: boolean): void {
    this.#mayBegin();
    const waitedForOthers = !this.isFirst || this.visit.phase !== 'looking';
    if (!waitedForOthers || (hasTime && Date.now() < this.patience)) return;
    const { device } = this.plan;
    throw new ChangeError('busy', `${device.name} is busy with other changes${this.visit.typed.length > 0 ? '' : '; nothing was typed'}`);
  }

  /** A session stands. @param login milliseconds that this change waited for it */
  comes(session: Session, login = 0): void {
    this.#login = login;
    this.#visit = new Visit(this.plan, session);
  }

  /** What is done on the device for it. */
  get visit(): Visit {
    if (!this.#visit) throw new Error('the change has not begun');
    return this.#visit;
  }

  succeed(outcome: 'applied' | 'unchanged', saved = NOT_NEEDED): void {
    if (this.over) return;
    this.over = true;
    this.#answer.resolve(this.#result(outcome, saved));
  }

  /** @param thrown a ChangeError, whose outcome says what is true of the device now; anything else is an error of ours */
  fail(thrown: unknown, saved = NOT_NEEDED): void {
    if (this.over) return;
    this.over = true;
    this.#answer.reject(thrown instanceof ChangeError && this.#visit ? this.#told(thrown, saved) : thrown);
  }

  #told(thrown: ChangeError, saved: Saved): ChangeError {
    const results = thrown.results.length > 0 ? thrown.results : [this.#result(thrown.outcome, saved)];
    const message = OF_THE_DEVICE.has(thrown.kind) ? thrown.message : aboutSubject(thrown.message, this.plan);
    return thrown.with(thrown.outcome, results, message);
  }

  #result(outcome: Outcome, saved: Saved): ChangeResult {
    const { visit, plan } = this;
    return {
      outcome,
      device: plan.device.name,
      platform: plan.dialect.platform,
      method: plan.request.method,
      file: plan.file,
      diff: visit.diff,
      saved,
      steps: [...visit.typed],
      timings: { queued: this.#queued, login: this.#login, total: Date.now() - this.#began },
    };
  }
}

export const visitsOf = (jobs: readonly Job[]): Visit[] => jobs.map(({ visit }) => visit);

/** What verify showed before anything was typed. */
export function beforeOf({ before }: Job): Look {
  if (!before) throw new Error('nobody has looked yet');
  return before;
}

const OF_THE_DEVICE: ReadonlySet<Kind> = new Set(['unreachable', 'login_refused', 'host_key', 'busy']);

/** Ironic's operator sees this sentence and nothing else: it names the port, also where what failed was about the device. */
function aboutSubject(message: string, { device, subject }: ChangePlan): string {
  if (message.includes(subject)) return message;
  const start = new RegExp(`^${escapePattern(device.name)}(?=[ :])`);
  return start.test(message) ? message.replace(start, `$& ${subject}`) : `${device.name} ${subject}: ${message}`;
}
