import type { LabDevice } from '../server/lab/ssh-server.ts';

/** Calls `work` whenever the switch is about to get a line that matches. */
export function onLine({ typed }: LabDevice, line: RegExp, work: () => void): void {
  const { push } = typed;
  typed.push = (...lines: string[]) => {
    if (lines.some(one => line.test(one))) work();
    return push.apply(typed, lines);
  };
}
