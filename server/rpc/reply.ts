import jsonrpc from 'jsonrpc-lite';
import { ChangeError, MEANINGS } from '../errors.ts';
import type { ChangeResult, Outcome } from '../result.ts';

/** Ironic's JSON-RPC client rebuilds an exception only from this module. */
const IRONIC = 'ironic.common.exception.';

/** A change result as the caller gets it. */
export function resultOf(outcome: Outcome, results: readonly ChangeResult[]): Record<string, unknown> {
  return { outcome, devices: results.map(deviceResult) };
}

function deviceResult(result: ChangeResult): Record<string, unknown> {
  return {
    device: result.device,
    platform: result.platform,
    outcome: result.outcome,
    diff: result.diff,
    saved: result.saved,
    commands: result.steps.flatMap(step =>
      step.exchanges.map(({ sent, received, place }) => ({
        task: step.task,
        source: `${place.file}:${place.line}`,
        sent,
        ...(received === '' ? {} : { received }),
      })),
    ),
    timings: result.timings,
  };
}

/**
 * Whatever was thrown, as a JSON-RPC error. An error that nobody expected says no more than that: its text may hold anything.
 * `ours` is the server's own id of the call.
 */
export function toRpcError(thrown: unknown, ours: string, forIronic: boolean): jsonrpc.JsonRpcError {
  if (!(thrown instanceof ChangeError)) {
    return new jsonrpc.JsonRpcError(`internal error; the log says more under ${ours}`, 500, {
      class: `${IRONIC}NetworkError`,
      kind: 'internal',
      outcome: 'unknown',
      request_id: ours,
    });
  }
  const { code, ironicClass } = MEANINGS[thrown.kind];
  const about = { kind: thrown.kind, outcome: thrown.outcome, request_id: ours };
  // The protocol's own errors carry a class only for Ironic, which would otherwise lose the message.
  const data = thrown.kind === 'bad_request' && !forIronic ? about : { class: IRONIC + ironicClass, ...about };
  const devices = thrown.results.length > 0 ? { devices: thrown.results.map(deviceResult) } : {};
  return new jsonrpc.JsonRpcError(thrown.message, code, { ...data, ...devices });
}

/** The protocol's own errors: not JSON, not a request, no such method. */
export function protocolError(code: -32700 | -32600 | -32601, message: string, forIronic: boolean): jsonrpc.JsonRpcError {
  return forIronic
    ? new jsonrpc.JsonRpcError(message, code, { class: `${IRONIC}InvalidParameterValue` })
    : new jsonrpc.JsonRpcError(message, code);
}
