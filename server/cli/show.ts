import { basename } from 'node:path';
import type { Explanation } from '../engine/origins.ts';
import { type ScriptLine, script } from '../engine/script.ts';
import { undoOf } from '../engine/undo.ts';
import { at, ChangeError, type Kind, MEANINGS, messageOf, OUTCOME_EXITS } from '../errors.ts';
import type { Complaint } from '../library/complaints.ts';
import { LibraryError } from '../library/complaints.ts';
import type { ChangePlan } from '../model.ts';
import type { ChangeResult, Outcome, Saved } from '../result.ts';
import { resultOf } from '../rpc/reply.ts';
import { linesOf, type Row, showRehearsal, showRows, showScript } from './listing.ts';
import { complain, paint, paintOutcome, say, sayJson, screenWidth, wrapped } from './paint.ts';
import { originAsJson, showOrigins } from './show-origins.ts';

/** A plan as a person reads it: each line that would be typed, in order, under its task, with the place where it was written. */
export function showPlan(plan: ChangePlan, explanation?: Explanation): void {
  say(paint('bold', plan.title));
  say(paint('dim', `${plan.device.name} (${plan.dialect.platform}), ${plan.file}`));
  showScript(script(plan).map(line => ({ ...line, source: sourceOf(line, explanation) })));
  if (explanation) showOrigins(explanation);
  const ways = undoOf(plan);
  if (ways.length === 0) return;
  say();
  say(paint('bold', 'How a failure is taken back'));
  for (const way of ways) say(`  ${way}`);
}

/** Where a line is written; explained, also which task types it and the values that stand in it. */
function sourceOf({ place, by }: ScriptLine, explanation: Explanation | undefined): string {
  if (!place) return '';
  if (!explanation) return at(place);
  const through = by && by.file !== place.file ? ` by ${basename(at(by))}` : '';
  const uses = explanation.usedAt(place);
  return `${at(place)}${through}${uses.length > 0 ? ` (${uses.join(', ')})` : ''}`;
}

export function planAsJson(plan: ChangePlan, explanation?: Explanation): object {
  const lines = script(plan).map(({ when, task, mode, sent, place, by }) => ({
    ...{ when, task, mode, sent, source: place ? at(place) : null },
    ...(explanation ? { task_source: by ? at(by) : null, uses: explanation.usedAt(place) } : {}),
  }));
  return {
    outcome: 'planned',
    undo: undoOf(plan),
    title: plan.title,
    device: plan.device.name,
    platform: plan.dialect.platform,
    playbook: plan.file,
    lines,
    ...(explanation ? { values: explanation.origins.map(originAsJson) } : {}),
  };
}

/** What became of one device: the outcome, what was typed and what it said to that, and what is different now. */
export function showResult(result: ChangeResult): void {
  const { device, method, outcome, saved, steps, diff, timings } = result;
  const time = timings.total > 0 ? `  ${paint('dim', `${(timings.total / 1000).toFixed(1)} s`)}` : '';
  say(
    `${paint('bold', device)} ${method}: ${paintOutcome(outcome)}${outcome === 'unchanged' ? ', it was so already' : savedText(saved)}${time}`,
  );
  const rows = steps.flatMap(({ task, exchanges }) =>
    exchanges.map(({ sent, received, place }): Row => ({ task, sent, received, source: at(place) })),
  );
  if (outcome === 'planned') return showRehearsal(rows);
  showRows(rows);
  // A platform with a candidate has shown its difference in a step of its own.
  if (diff.trim() === '' || rows.some(({ received }) => received?.trim() === diff.trim())) return;
  say('  What is different now');
  for (const line of linesOf(diff)) say(`    ${line.startsWith('-') ? paint('red', line) : paint('green', line)}`);
}

function savedText(saved: Saved): string {
  if (saved.state === 'no') return paint('yellow', `, not saved: ${saved.why}`);
  return saved.state === 'yes' ? ', saved' : '';
}

/** Shows whatever was thrown and answers with the exit status that it means. `command`: the one whose --help says how it is used. */
export function showError(thrown: unknown, json: boolean, command: string): number {
  if (thrown instanceof LibraryError) {
    showComplaints(thrown.complaints, json);
    return 2;
  }
  if (!(thrown instanceof ChangeError)) {
    if (json) sayJson({ error: { kind: 'internal', message: messageOf(thrown) } });
    complain(thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown));
    return 1;
  }
  if (json) sayJson({ error: { kind: thrown.kind, message: thrown.message }, ...resultOf(thrown.outcome, thrown.results) });
  else showFailure(thrown, command);
  return OUTCOME_EXITS[thrown.outcome] ?? MEANINGS[thrown.kind].exit;
}

function showFailure(failure: ChangeError, command: string): void {
  const { kind, outcome, results, message } = failure;
  for (const result of results) if (result.steps.length > 0 || results.length > 1) showResult(result);
  if (kind === 'bad_request') return complainWith('error', message, `"mercury ${command} --help" says how.`);
  complainWith(outcome, message, NEXT_BY_OUTCOME[outcome] ?? NEXT_BY_KIND[kind]);
}

/** A failure on standard error, and what to do next. */
export function complainWith(what: Outcome | 'error', message: string, next?: string): void {
  const width = screenWidth(process.stderr);
  const head = what === 'error' ? paint('red', what, process.stderr) : paintOutcome(what, process.stderr);
  for (const line of wrapped(`${head}: ${message}`, width)) complain(line);
  for (const line of wrapped(next ?? '', width)) if (line !== '') complain(paint('dim', line, process.stderr));
}

/** What to do next, by what is true of the device. */
const NEXT_BY_OUTCOME: Readonly<Partial<Record<Outcome, string>>> = {
  undone: 'Nothing has changed. Mend the cause, then run it again.',
  rescued: 'The port is closed on purpose. Mend the cause, then attach it again.',
  unknown: 'Look at the device before anything else; "mercury verify" with the same words asks it without changing anything.',
};

/** The same where nothing was changed. */
const NEXT_BY_KIND: Readonly<Record<Kind, string>> = {
  bad_request: 'Nothing was changed. "mercury --help" names the commands.',
  unknown_device: 'The devices are in the inventory folder; "mercury lint" reads all of it.',
  unsupported: 'Nothing was changed. What a platform can do stands in its platform.yml, and in the playbooks beside that.',
  not_valid: 'Nothing was changed. Ask for something else; "mercury plan" with the same words tells without a switch whether it would do.',
  not_permitted: '"mercury explain" with the same words says by which rule, and what is passed over.',
  frozen: 'Nothing was changed. Run it again when the freeze is over; who works on the device meanwhile is in its `except`.',
  not_possible: 'Nothing was changed. The playbook asks this of the device first: mend it there, or ask for something else.',
  unreachable: 'Nothing was changed. See whether the device is up and its address in the inventory is right, then run it again.',
  login_refused: 'Nothing was changed. See the entry that the inventory names for this device in the credentials file.',
  host_key: 'Nothing was changed. If that is the device’s own key (its console shows it), put it into host_keys in the inventory.',
  timeout: 'Nothing was changed. Run it again when the device answers faster, or raise call_time.',
  busy: 'Nothing was changed. Run it again when the other change has ended.',
  no_lock: 'Nothing was changed. Mend what keeps the locks (`lock`, `lock_dir` or `etcd` in the settings), then run it again.',
  rejected: 'Nothing was changed. See whether the device has what that line names, and whether the user of the credentials may type it.',
  not_as_asked: 'Nothing was changed. Compare what the device shows with the line of the playbook that is named.',
  session_lost: 'Nothing was changed. Run it again; if it happens again, the log of the device may say why it hangs up.',
  lock_lost: 'Nothing was changed. Somebody else has the device, or what keeps the locks does not answer: see to that, then run it again.',
  shutting_down: 'Nothing was changed. Run it again when the service has started anew.',
  internal: 'This is a fault of Mercury, and its log has all of it. Look at the device before anything else.',
};

export function showComplaints(complaints: readonly Complaint[], json: boolean): void {
  if (json) sayJson({ complaints: complaints.map(({ place, message }) => ({ ...place, message })) });
  else for (const { place, message } of complaints) complain(`${paint('bold', at(place), process.stderr)}: ${message}`);
}
