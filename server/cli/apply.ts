import { changeInOrder, changeSideBySide, type Desk, worst } from '../engine/change.ts';
import type { Job } from '../engine/job.ts';
import { Queue, type Turn } from '../engine/queue.ts';
import { ChangeError } from '../errors.ts';
import type { ChangeRequest } from '../model.ts';
import type { ChangeResult, Outcome } from '../result.ts';
import { resultOf } from '../rpc/reply.ts';
import { complain, paint, paintOutcome, sayJson } from './paint.ts';
import { requestsFrom } from './request.ts';
import { type CommonOptions, openDesk, readConfig, terminalAudit } from './setup.ts';
import { showResult } from './show.ts';
import { uncut } from './signals.ts';
import type { RequestOptions } from './words.ts';

/** Carries a change out from this terminal, as the service would. */
export async function applyCommand(words: readonly (string | undefined)[], options: CommonOptions & RequestOptions): Promise<number> {
  const config = readConfig(options);
  const desk = openDesk(options, config, terminalAudit());
  const requests = requestsFrom(words, options, desk.library, Date.now() + config.call_time);
  const quiet = options.json === true || !process.stderr.isTTY;
  // The links of one port, and the switches of one LAG, belong together: if one fails, those before it are taken back.
  // Devices that were listed stand for themselves.
  const listed = options.request === undefined && requests.every(request => request.method !== 'attach_lag');
  const together = !listed && requests.some(request => request.args.port !== undefined);
  const results = requests.length === 1 || together ? await inOrder(requests, desk) : await sideBySide(requests, desk, quiet);
  if (options.json) sayJson(resultOf(worst(results.map(result => result.outcome)), results));
  else for (const result of results) showResult(result);
  return 0;
}

function inOrder(requests: readonly ChangeRequest[], desk: Desk): Promise<ChangeResult[]> {
  return uncut(
    () => changeInOrder(requests, desk),
    signal => complain(`${signal}: a change is not left half-way; this ends when the device is done`),
  );
}

function sideBySide(requests: readonly ChangeRequest[], desk: Desk, quiet: boolean): Promise<ChangeResult[]> {
  const gate = new Gate();
  const outcomes: Outcome[] = [];
  const work = () =>
    changeSideBySide(requests, { ...desk, world: { ...desk.world, queue: gate } }, (device, outcome) => {
      outcomes.push(outcome);
      const count = paint('dim', `[${outcomes.length}/${requests.length}]`, process.stderr);
      if (!quiet) complain(`${count} ${device} ${paintOutcome(outcome, process.stderr)}`);
    });
  return uncut(work, signal => {
    gate.closed = true;
    complain(`${signal}: finishing what has begun, beginning nothing new`);
  }).catch((thrown: unknown) => {
    // Each device stands for itself here: that others were changed does not make it unknown what this one is.
    if (!(thrown instanceof ChangeError)) throw thrown;
    throw thrown.with(outcomes.length === 0 ? thrown.outcome : worst(outcomes.filter(outcome => outcome !== 'applied')), thrown.results);
  });
}

/** A queue that can be told to let nobody else in. */
class Gate extends Queue<Job> {
  closed = false;

  override async join(device: string, deadline: number, job: Job): Promise<Turn<Job> | undefined> {
    const turn = await super.join(device, deadline, job);
    if (!this.closed) return turn;
    turn?.[Symbol.dispose]();
    throw new ChangeError('shutting_down', `${device}: stopped before anything was typed there`);
  }
}
