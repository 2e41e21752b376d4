/**
 * The part of a running configuration that begins with a line: that line, and those below it that are indented deeper; where a vendor prints a
 * whole path on each line, all lines that begin so. Indented as much less as the first line is. Empty when there is none.
 */
export function sectionOf(running: string, header: string): string[] {
  const found: string[] = [];
  /** How deep the header stands that the next lines may be below. */
  let depth: number | undefined;
  for (const line of running.split('\n')) {
    const indent = line.search(/\S/);
    if (indent < 0) continue;
    if (depth !== undefined && indent > depth) {
      found.push(line.slice(depth).trimEnd());
      continue;
    }
    const isHeader = line.trim() === header || line.trimStart().startsWith(`${header} `);
    depth = isHeader ? indent : undefined;
    if (isHeader) found.push(line.trim());
  }
  return found;
}

/** Lines as they are compared: indentation, remarks and empty lines aside. */
export function plainLines(text: string): string[] {
  return text
    .split('\n')
    .map(line => line.trim())
    .filter(line => line !== '' && line !== '!');
}
