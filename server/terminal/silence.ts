import type { Kind } from '../errors.ts';
import type { Reading } from './reading.ts';

/** What the device may ask on the way; a secret is looked up only when it is asked for. */
export interface Question {
  readonly question: RegExp;
  readonly answer: string | (() => string);
}

/** What it means that a screen stays as it is for `after` milliseconds. */
export interface Verdict {
  readonly after: number;
  readonly kind: Kind;
  /** What the device does, to be followed by what its screen shows. */
  readonly sentence: string;
}

/** A question that is on the screen again is asked again once its echo had time to come. */
const ASKED_AGAIN = { after: 500, kind: 'rejected', sentence: 'asks again, it did not take the answer' } as const;
/** Longer than any pause that a device makes in the middle of a line that looks like this; far shorter than a call may take. */
const lost = (sentence: string, after = 2000): Verdict => ({ after, kind: 'session_lost', sentence });
/** A prompt that is printed once more, below a log line, may be all that a busy device does for a while. */
const NO_ECHO = lost('shows a prompt and no echo of the line', 5000);
const RESTLESS = lost('answers an empty line with more than its prompt');
const WAITS = {
  pager: lost('stops at a pager that its platform.yml does not name'),
  question: lost('asks what nobody answers'),
  prompt: lost('shows a prompt that is none of its platform.yml'),
} as const;

/** A device takes longer over a login than over any line: between its banner and its prompt there may be seconds. */
const LOGIN = { after: 5000, kind: 'login_refused' } as const;

/** What to think of a device that says nothing more; undefined: that it is at work. `settling`: it has been given empty lines to answer. */
export function verdictOn(
  reading: Reading,
  { answered, settling, isLogin }: { answered: readonly Question[]; settling: boolean; isLogin: boolean },
): Verdict | undefined {
  const verdict = verdictOnLine(reading, answered, settling);
  return verdict && isLogin ? { ...verdict, ...LOGIN } : verdict;
}

function verdictOnLine(reading: Reading, answered: readonly Question[], settling: boolean): Verdict | undefined {
  const { tail } = reading;
  if (tail === '') return undefined;
  if (answered.some(({ question }) => question.test(tail))) return ASKED_AGAIN;
  if (reading.prompt !== undefined) return settling ? RESTLESS : NO_ECHO;
  const waiting = waitingAt(tail);
  return waiting && WAITS[waiting];
}

const PAGER = /-+ ?[(<]?more\b|\(q\)uit|\bpress\b.*(?:key|space|enter|return)|\bto continue\b|^lines? \d+-\d+|^\(END\)$/i;
const QUESTIONS = [
  /\?[\s:]*(?:[[(][^\])]*[\])][\s:?]*)*$/,
  /[[(](?:y|n|yes|no|confirm|default)\b[^\])]*[\])][\s:?>]*$/i,
  /\b(?:password|passphrase|passcode|secret|username|user name|login|token|name)\s*:$/i,
];
/** Characters at the end of a line that are looked at. */
const LONGEST = 300;
/** A name and a sign, as on every CLI and every shell; a bar of such signs is progress. */
const PROMPTS = [/^(?=.*[\w~)\]])\S.{0,120}(?<![#>])[#>]$/, /^\S*@\S*(?: \S+)?[$%]$/, /^\S{0,64}[~\w)\]]\$$/];

/**
 * What a line looks like behind which a device waits for somebody; undefined: like nothing of that kind. A command that takes its time
 * leaves an empty line, or one such as `Copying...`.
 */
export function waitingAt(line: string): 'pager' | 'question' | 'prompt' | undefined {
  const tail = line.slice(-LONGEST);
  if (PAGER.test(tail)) return 'pager';
  if (QUESTIONS.some(question => question.test(tail))) return 'question';
  return PROMPTS.some(prompt => prompt.test(tail)) ? 'prompt' : undefined;
}
