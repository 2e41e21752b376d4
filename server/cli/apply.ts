import { changeInOrder, changeSideBySide, worst } from '../engine/change.ts';
import type { ChangeRequest, ChangeResult } from '../model.ts';
import { resultOf } from '../rpc/reply.ts';
import { paintOutcome, sayJson } from './paint.ts';
import { type RequestOptions, requestsFrom } from './request.ts';
import { type CommonOptions, openDesk, readConfig } from './setup.ts';
import { showResult } from './show.ts';

/** Carries a change out from this terminal, as the service would. */
export async function applyCommand(words: readonly (string | undefined)[], options: CommonOptions & RequestOptions): Promise<number> {
  const config = readConfig(options);
  const desk = openDesk(options, config);
  const requests = requestsFrom(words, options, desk.library, Date.now() + config.call_time);
  const results = await carryOut(requests, desk, options.json ?? false);
  if (options.json) sayJson(resultOf(worst(results.map(result => result.outcome)), results));
  else for (const result of results) showResult(result);
  return 0;
}

async function carryOut(requests: readonly ChangeRequest[], desk: ReturnType<typeof openDesk>, json: boolean): Promise<ChangeResult[]> {
  const devices = new Set(requests.map(request => request.device));
  if (devices.size < requests.length || requests.length === 1) return changeInOrder(requests, desk);
  let ended = 0;
  return changeSideBySide(requests, desk, result => {
    ended += 1;
    if (!json && process.stderr.isTTY)
      process.stderr.write(`[${ended}/${requests.length}] ${result.device}: ${paintOutcome(result.outcome)}\n`);
  });
}
