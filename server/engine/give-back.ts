import { ChangeError } from '../errors.ts';
import type { GiveBack, Line, Step } from '../model.ts';
import { soon } from './come-back.ts';
import { commit } from './commit.ts';
import { unlessBusy, type Visit, wholeOf } from './visit.ts';

/**
 * Types what the device itself printed before the change: the one case in which something is typed that no file says. The port is closed and
 * cleared first, and opens last. Answers whether the device prints the same again; false too where there was nothing to give back.
 */
export async function giveBack(visit: Visit, means: GiveBack, printed: string, deadline: number): Promise<boolean> {
  const { plan } = visit;
  const lines = linesIn(printed, means);
  if (lines.length === 0) return false;
  visit.terminal.speak(means.dialect);
  await unlessBusy(plan, deadline, () => visit.terminal.enter(plan.configMode, soon(deadline)));
  await visit.type([...means.clear, restoring(means, lines, printed)], soon(deadline));
  await commit(visit, means.transaction, deadline);
  return wholeOf(await visit.look([means.read], soon(deadline))) === printed;
}

/** @throws ChangeError for a line that cannot be typed: better closed than given back by halves */
function linesIn(printed: string, { lines, read }: GiveBack): Line[] {
  return [...printed.matchAll(new RegExp(lines.source, 'gm'))].map(match => {
    const text = match[1] ?? match[0];
    if (/[^\x20-\x7e]/.test(text)) throw new ChangeError('not_as_asked', 'what it had before holds a character that cannot be typed');
    return { text, place: read.source };
  });
}

function restoring({ into, open, unless }: GiveBack, lines: readonly Line[], printed: string): Step {
  return { ...into, task: 'Give back what it had', lines: [...into.lines, ...lines, ...(unless.test(printed) ? [] : open.lines)] };
}
