import { ChangeError } from '../errors.ts';
import type { ChangeRequest, ChangeResult, Outcome } from '../model.ts';

/** Where audit lines go: pino, in the real service. */
export type AuditSink = (line: AuditLine, message: string) => void;

/** One line per change and per refusal: who, what, why and how; pino adds when. */
export interface AuditLine {
  readonly event: 'change' | 'plan' | 'refusal';
  readonly who: ChangeRequest['caller'];
  readonly what: Readonly<Record<string, unknown>>;
  readonly why: ChangeRequest['why'];
  readonly how: Readonly<Record<string, unknown>>;
}

/** What became of a request, as one line. `failure` is there when it ended in an error. */
export function audit(request: ChangeRequest, result: ChangeResult | undefined, failure: unknown, sink: AuditSink): void {
  const outcome: Outcome =
    failure === undefined ? (result?.outcome ?? 'unknown') : failure instanceof ChangeError ? failure.outcome : 'unknown';
  const event = outcome === 'refused' ? 'refusal' : outcome === 'planned' ? 'plan' : 'change';
  sink(
    { event, who: request.caller, what: whatOf(request, result), why: request.why, how: howOf(outcome, result, failure) },
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
  sink(
    { event: 'refusal', who: caller, what: { request: id, method }, why, how: howOf('refused', undefined, failure) },
    `${method}: refused`,
  );
}

function whatOf(request: ChangeRequest, result: ChangeResult | undefined): Record<string, unknown> {
  const { args } = request;
  const named = [
    'port',
    'mode',
    'native_vlan',
    'allowed_vlans',
    'default_vlan',
    'vlan',
    'network_name',
    'description',
    'mtu',
    'lag',
    'aggregation',
  ];
  const values = named.flatMap(name => (args[name] === undefined || args[name] === null ? [] : [[name, args[name]]]));
  return {
    request: request.id,
    method: request.method,
    device: request.device,
    ...(result ? { platform: result.platform } : {}),
    ...Object.fromEntries(values),
    ...(request.dryRun ? { dry_run: true } : {}),
  };
}

function howOf(outcome: Outcome, result: ChangeResult | undefined, failure: unknown): Record<string, unknown> {
  return {
    outcome,
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
