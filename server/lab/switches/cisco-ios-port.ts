import { readRanges, span, toPairs, toSet } from '../../vlans.ts';

/** What an IOS switch port is configured as; undefined where the running configuration shows no line. */
export interface Port {
  readonly description?: string | undefined;
  readonly access: number;
  readonly native: number;
  /** undefined: no list configured, which means all VLANs. */
  readonly allowed?: readonly number[] | undefined;
  readonly mode?: 'access' | 'trunk' | undefined;
  readonly nonegotiate: boolean;
  readonly portfast?: 'edge' | 'trunk' | undefined;
  readonly shutdown: boolean;
}

export const FRESH: Port = { access: 1, native: 1, nonegotiate: false, shutdown: false };

/** The interface's block of the running configuration, in the order in which IOS writes it. */
export function interfaceText(name: string, port: Port): string[] {
  const lines = [
    port.description === undefined ? '' : `description ${port.description}`,
    port.access === 1 ? '' : `switchport access vlan ${port.access}`,
    port.native === 1 ? '' : `switchport trunk native vlan ${port.native}`,
    ...(port.allowed ? allowedText(port.allowed) : []),
    port.mode ? `switchport mode ${port.mode}` : '',
    port.nonegotiate ? 'switchport nonegotiate' : '',
    port.shutdown ? 'shutdown' : '',
    port.portfast === 'edge' ? 'spanning-tree portfast' : '',
    port.portfast === 'trunk' ? 'spanning-tree portfast trunk' : '',
  ];
  return [`interface ${name}`, ...lines.filter(line => line !== '').map(line => ` ${line}`)];
}

/** IOS writes two neighbours as `10,11`, three as `10-12`, and splits a long list over lines that say `add`. */
function allowedText(ids: readonly number[]): string[] {
  if (ids.length === 0) return ['switchport trunk allowed vlan none'];
  const parts = toPairs(ids).flatMap(([a, b]) => (a === b ? [`${a}`] : b === a + 1 ? [`${a}`, `${b}`] : [`${a}-${b}`]));
  const lines: string[] = [];
  for (let i = 0; i < parts.length; i += 14) {
    lines.push(`switchport trunk allowed vlan ${i === 0 ? '' : 'add '}${parts.slice(i, i + 14).join(',')}`);
  }
  return lines;
}

/** The port with its allowed list changed, or the words in which IOS refuses the list. */
export function withAllowed(port: Port, text: string, how: 'replace' | 'add' | 'remove'): Port | string {
  const ids = readRanges(text);
  if (!ids || ids.some(id => id < 1 || id > 4094)) {
    return `Command rejected: Bad VLAN list - character #${text.length} (EOL) delimits a VLAN\nnumber which is out of the range 1..4094.`;
  }
  // No list means all of them, so `add` on a port without one changes nothing.
  const now = port.allowed ?? span(1, 4094);
  const next = how === 'replace' ? ids : how === 'add' ? toSet([...now, ...ids]) : now.filter(id => !ids.includes(id));
  return { ...port, allowed: next.length === 4094 ? undefined : next };
}
