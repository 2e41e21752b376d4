import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { changeInOrder, type Desk } from '../engine/change.ts';
import { inspect } from '../engine/inspect.ts';
import { permit } from '../engine/permit.ts';
import { plan } from '../engine/plan.ts';
import { changeName } from '../engine/values.ts';
import { ChangeError, messageOf } from '../errors.ts';
import type { CallShape } from '../kit/case-schema.ts';
import { callOf, callWithoutSwitch } from '../kit/recorded-call.ts';
import { maskedIn, Recorder } from '../kit/recorder.ts';
import { type RecordingShape, recordingText } from '../kit/recording.ts';
import { redacted, redactor } from '../kit/redact.ts';
import type { ChangeRequest } from '../model.ts';
import type { Outcome } from '../result.ts';
import { openKeyring, warner } from './keyring.ts';
import { complain, paint, paintOutcome, say, sayJson } from './paint.ts';
import { readCall, requestsFrom } from './request.ts';
import { type CommonOptions, openDesk, readConfig, terminalAudit } from './setup.ts';
import { showResult } from './show.ts';
import { uncut } from './signals.ts';
import type { RequestOptions } from './words.ts';

export interface RecordOptions extends RequestOptions {
  readonly out?: string;
  readonly reads?: boolean;
  readonly anonymous?: boolean;
  readonly hide: readonly string[];
  readonly force?: boolean;
}

/** Carries a change out, or only asks, and writes the session down, whatever becomes of it. */
export async function recordCommand(words: readonly (string | undefined)[], options: CommonOptions & RecordOptions): Promise<number> {
  const config = readConfig(options);
  const recorder = new Recorder();
  const hide = options.hide.map(patternOf);
  if (options.out !== undefined && !options.force && existsSync(options.out))
    throw new ChangeError('bad_request', `${options.out} is there already; --force writes over it`);
  const desk = openDesk(options, config, terminalAudit(), { through: recorder.through });
  const requests = requestsFrom(words, options, desk.library, Date.now() + config.call_time);
  const [first] = requests;
  const device = first && desk.library.devices.get(first.device);
  if (!first || !device || requests.some(request => request.device !== device.name))
    throw new ChangeError('bad_request', 'a recording is of one device; this names several');
  const { username } = openKeyring(options.root, config, warner(config, false)).get(device.credentials);
  const write = (outcome: Outcome | undefined) => {
    const names = requests.map(request => changeName(request.id));
    const call = options.request === undefined ? requests.map(callOf) : [callWithoutSwitch(readCall(options.request))];
    const redact = redactor({ hide, anonymous: options.anonymous ? { username } : undefined });
    const sessions = recorder.sessions(names, redact);
    if (sessions.length === 0) return;
    keep(
      {
        platform: device.platform,
        device: device.name,
        recorded: new Date().toISOString(),
        ...(call[0] && !options.reads ? { call: redacted(call[0], redact) as CallShape } : {}),
        ...(outcome === undefined ? {} : { outcome }),
        sessions,
      },
      options,
    );
  };
  try {
    write(await work(requests, desk, options));
  } catch (thrown) {
    write(thrown instanceof ChangeError ? thrown.outcome : undefined);
    throw thrown;
  }
  return 0;
}

function patternOf(text: string): RegExp {
  try {
    return new RegExp(text);
  } catch (thrown) {
    throw new ChangeError('bad_request', `--hide ${text}: ${messageOf(thrown)}`);
  }
}

/** How it ended; of reads only that they could be made. */
async function work(requests: readonly ChangeRequest[], desk: Desk, options: CommonOptions & RecordOptions): Promise<Outcome | undefined> {
  if (options.reads) {
    for (const request of requests) {
      permit(request, desk.library);
      await inspect(plan(request, desk.library), desk.world);
    }
    return undefined;
  }
  const results = await uncut(
    () => changeInOrder(requests, desk),
    signal => complain(`${signal}: a change is not left half-way; this ends when the device is done`),
  );
  // Standard output is the recording’s where no file is named.
  if (options.out === undefined) for (const { device, outcome } of results) complain(`${device}: ${paintOutcome(outcome, process.stderr)}`);
  else if (!options.json) for (const result of results) showResult(result);
  return results.at(-1)?.outcome;
}

/** @throws ChangeError bad_request when it cannot be written: what was recorded is then on standard output */
function keep(shape: RecordingShape, { out, json }: RecordOptions & CommonOptions): void {
  const text = recordingText(shape);
  if (out === undefined) return void process.stdout.write(text);
  try {
    mkdirSync(dirname(out), { recursive: true });
    writeFileSync(out, text);
  } catch (thrown) {
    process.stdout.write(text);
    throw new ChangeError('bad_request', `--out ${out}: ${messageOf(thrown)}`);
  }
  const typed = shape.sessions.flat().filter(event => 'typed' in event || 'ran' in event).length;
  const about = { file: out, sessions: shape.sessions.length, lines: typed, masked: maskedIn(text) - 1 };
  if (json) return sayJson(about);
  say();
  say(`${out}: ${counted(about.lines, 'line')} in ${counted(about.sessions, 'session')}, ${counted(about.masked, 'text')} masked`);
  say(paint('dim', 'Read it before you show it around: --hide PATTERN masks what else must not be in it.'));
  say(paint('dim', `"mercury replay ${out}" plays it; so does a case: given: { recording: … }.`));
}

const counted = (count: number, what: string) => `${count} ${what}${count === 1 ? '' : 's'}`;
