/** Every slip of a finger in the words of a line: a letter left out, typed twice, or swapped with the next. Values are left alone. */
export function slipsIn(line: string, values: readonly string[]): string[] {
  const isValue = new Array<boolean>(line.length).fill(false);
  for (const value of values) {
    for (let at = line.indexOf(value); at >= 0; at = line.indexOf(value, at + 1)) {
      const whole = /^$|[\s='"/-]/.test(line.charAt(at - 1)) && /^$|[\s'"]/.test(line.charAt(at + value.length));
      if (whole) isValue.fill(true, at, at + value.length);
    }
  }
  const isLetter = (i: number) => /[A-Za-z]/.test(line.charAt(i)) && !isValue[i];
  const slips = new Set<string>();
  for (let i = 0; i < line.length; i += 1) {
    if (!isLetter(i)) continue;
    const [before, letter, next, after] = [line.slice(0, i), line.charAt(i), line.charAt(i + 1), line.slice(i + 2)];
    slips.add(`${before}${next}${after}`);
    slips.add(`${before}${letter}${letter}${next}${after}`);
    if (isLetter(i + 1)) slips.add(`${before}${next}${letter}${after}`);
  }
  slips.delete(line);
  return [...slips];
}
