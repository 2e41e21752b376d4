/** What a running configuration says of one port, whatever platform it is from. */

/** A section begins at the margin, and in `ovs-vsctl show` at a bridge and at a port. */
const SECTIONS = /\n(?=\S| {4}\S| {8}Port )/;

/** All sections whose first line names the port. */
export function partOf(running: string, port: string): string {
  return sectionsIn(running, line => names(line, port));
}

/** All sections whose first line names none of the ports. */
export function restOf(running: string, ports: readonly string[]): string {
  return sectionsIn(running, line => !ports.some(port => names(line, port)));
}

/** Whether a line that was typed configures the port: it names it, and does not read. */
export function configures(line: string, port: string): boolean {
  return names(line, port) && !/(?:^| )(?:show|test|list|list-ports)(?: |$)/.test(line);
}

function sectionsIn(running: string, wanted: (head: string) => boolean): string {
  const sections = running.split(SECTIONS);
  return sections.filter(section => wanted(section.split('\n', 1)[0] ?? '')).join('\n');
}

const names = (line: string, port: string) => line.replaceAll('"', '').split(/[\s=]/).includes(port);
