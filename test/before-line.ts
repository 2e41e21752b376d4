import type { LabDevice } from '../server/lab/ssh-server.ts';

/** Has something happen once, as a line is about to be typed on a lab switch: that which `which` picks by its text, or by how many were typed. */
export function beforeLine({ typed }: LabDevice, which: RegExp | ((line: string, count: number) => boolean), happens: () => void): void {
  const { push } = typed;
  let done = false;
  typed.push = (line: string) => {
    if (!done && (which instanceof RegExp ? which.test(line) : which(line, typed.length))) {
      done = true;
      happens();
    }
    return push.call(typed, line);
  };
}
