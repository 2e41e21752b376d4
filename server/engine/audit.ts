import { at, ChangeError } from '../errors.ts';
import type { ChangeRequest, Place } from '../model.ts';
import type { ChangeResult, Outcome } from '../result.ts';
import type { SaveReport } from './saver.ts';

/** Where audit lines go: pino, in the real service. */
export type AuditSink = (line: AuditLine, message: string) => void;

/** One line per change, per refusal and per save that was put off: who, what, why and how; pino adds when. */
export interface AuditLine {
  readonly event: 'change' | 'plan' | 'refusal' | 'save';
  readonly who: ChangeRequest['caller'];
  readonly what: Readonly<Record<string, unknown>>;
  readonly why: ChangeRequest['why'];
  readonly how: Readonly<Record<string, unknown>>;
}

/** What became of a request. */
export interface Ended {
  readonly result?: ChangeResult | undefined;
  /** Where it ended in an error. */
  readonly failure?: unknown;
  /** The line of the policy, or of the freeze, that decided. */
  readonly rule?: Place | undefined;
}

/** What became of a request, as one line. */
export function audit(request: ChangeRequest, ended: Ended, sink: AuditSink): void {
  const { result, failure } = ended;
  const outcome: Outcome =
    failure === undefined ? (result?.outcome ?? 'unknown') : failure instanceof ChangeError ? failure.outcome : 'unknown';
  const event = outcome === 'refused' ? 'refusal' : outcome === 'planned' ? 'plan' : 'change';
  sink(
    { event, who: request.caller, what: whatOf(request, result), why: request.why, how: howOf(outcome, ended) },
    `${request.method} ${request.device} ${String(request.args.port ?? request.args.vlan ?? '')}: ${outcome}`,
  );
}

/** A call that was refused before it was known which device it is about. */
export function auditRefusal(
  call: Pick<ChangeRequest, 'id' | 'caller' | 'why'> & { method: string },
  failure: ChangeError,
  sink: AuditSink,
): void {
  const { id, method, caller, why } = call;
  sink({ event: 'refusal', who: caller, what: { request: id, method }, why, how: howOf('refused', { failure }) }, `${method}: refused`);
}

/** Nobody asked for it by itself. */
const OURSELVES = { name: 'mercury', address: '', scheme: 'none' };

/** What became of the changes whose `saved` was `pending`. */
export function auditSave({ device, platform, requests, tries, waited, failure, again }: SaveReport, sink: AuditSink): void {
  const saved = failure === undefined ? { state: 'yes' } : { state: 'no', why: failure };
  const next = again === undefined ? {} : { again };
  const line = { what: { device, platform, requests }, how: { saved, tries, waited, ...next } };
  sink({ event: 'save', who: OURSELVES, why: {}, ...line }, `save ${device}: ${failure === undefined ? 'saved' : 'not saved'}`);
}

function whatOf(request: ChangeRequest, result: ChangeResult | undefined): Record<string, unknown> {
  // All of it: whether the device still is as it was asked to be can be asked by this line alone.
  const values = Object.entries(request.args).filter(([, value]) => value !== null);
  return {
    request: request.id,
    method: request.method,
    device: request.device,
    ...(result ? { platform: result.platform } : {}),
    ...Object.fromEntries(values),
    ...(request.dryRun ? { dry_run: true } : {}),
  };
}

function howOf(outcome: Outcome, { result, failure, rule }: Ended): Record<string, unknown> {
  return {
    outcome,
    ...(rule === undefined ? {} : { rule: at(rule) }),
    ...(failure === undefined
      ? {}
      : {
          kind: failure instanceof ChangeError ? failure.kind : 'internal',
          error: failure instanceof Error ? failure.message : String(failure),
        }),
    ...(result
      ? {
          playbook: result.file,
          commands: outcome === 'planned' ? undefined : result.steps.flatMap(step => step.exchanges.map(exchange => exchange.sent)),
          diff: result.diff,
          saved: result.saved,
          timings: result.timings,
        }
      : {}),
  };
}
