import { ChangeError, messageOf } from '../errors.ts';
import { nearest } from '../library/check.ts';
import { LibraryError } from '../library/complaints.ts';
import type { Library } from '../library/library.ts';
import { Bench, NoBench } from './bench.ts';
import { callOn, type Told } from './calling.ts';
import type { CallShape } from './case-schema.ts';
import type { Case } from './cases.ts';
import { type Miss, missesOf } from './expectations.ts';
import { typeRunning } from './given.ts';
import { readRecording } from './recording.ts';
import { strayText } from './replay.ts';

/** How a case went: it passed where nothing was missed. */
export interface Verdict {
  readonly case: Case;
  readonly misses: readonly Miss[];
  /** Milliseconds. */
  readonly took: number;
}

/** Cases that run at the same time: one waits for SSH while another works. */
const AT_ONCE = 4;

/** Runs cases, each on a switch of its own, and tells each verdict as soon as it is there. They come back in their own order. */
export async function runCases(cases: readonly Case[], library: Library, tell: Tell = {}, stop?: AbortSignal): Promise<Verdict[]> {
  const verdicts: Verdict[] = [];
  const waiting = [...cases.entries()];
  const worker = async () => {
    for (let next = waiting.shift(); next && !stop?.aborted; next = waiting.shift()) {
      const [nth, one] = next;
      tell.begins?.(one);
      const started = performance.now();
      const misses = await missesIn(one, library);
      const verdict = { case: one, misses, took: performance.now() - started };
      verdicts[nth] = verdict;
      tell.ended?.(verdict);
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, cases.length) }, worker));
  return verdicts.filter(verdict => verdict !== undefined);
}

export interface Tell {
  readonly begins?: (one: Case) => void;
  readonly ended?: (verdict: Verdict) => void;
}

async function missesIn(one: Case, library: Library): Promise<Miss[]> {
  const platform = library.platforms.get(one.platform);
  if (!platform) return [miss(one, unknownPlatform(one.platform, library))];
  try {
    const { vars, uplinks } = one.given;
    const recording = one.given.recording && readRecording(one.given.recording.path);
    await using bench = await Bench.open({ platform, lab: one.lab, vars, uplinks, recording });
    const misses = await tried(one, recording?.call, bench);
    // What follows is only the consequence.
    const [stray] = bench.replay?.strays ?? [];
    return stray && one.given.recording ? [{ place: one.given.recording.place, message: strayText(stray), lines: [] }] : misses;
  } catch (thrown) {
    if (thrown instanceof NoBench) return [miss(one, thrown.message)];
    if (thrown instanceof LibraryError) return thrown.complaints.map(complaint => ({ ...complaint, lines: [] }));
    throw thrown;
  }
}

function unknownPlatform(name: string, { platforms }: Library): string {
  const near = nearest(name, platforms.keys());
  return `there is no platform ${name}${near ? `; did you mean ${near}?` : ''}`;
}

async function tried(one: Case, recorded: CallShape | undefined, bench: Bench): Promise<Miss[]> {
  const { given } = one;
  const calls = one.calls.length > 0 || !recorded ? one.calls : [recorded];
  try {
    await typeRunning(given.running, bench, Date.now() + given.callTime);
  } catch (thrown) {
    if (!(thrown instanceof ChangeError)) throw thrown;
    return [miss(one, `given: the switch does not take it: ${messageOf(thrown)}`)];
  }
  for (const fault of given.faults) bench.switch.faults.plant(fault);
  let told: Told | undefined;
  let before: string | undefined;
  for (const [nth, call] of calls.entries()) {
    if (told?.error !== undefined) return [miss(one, `call ${nth} of ${calls.length} failed: ${told.error}`)];
    before = bench.running;
    told = await callOn(bench, call, given.callTime);
  }
  if (!told) return [miss(one, 'call is missing: there is nothing to send')];
  return missesOf(one, told, { before, after: bench.running });
}

const miss = (one: Case, message: string): Miss => ({ place: one.place, message, lines: [] });
