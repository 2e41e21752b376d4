import { readRanges, span, toPairs, toSet } from '../../vlans.ts';

export type ChannelMode = 'active' | 'passive' | 'on' | 'desirable' | 'auto';

/** What an IOS switch port or a Port-channel is configured as; undefined where the running configuration shows no line. */
export interface Port {
  readonly description?: string | undefined;
  readonly routed: boolean;
  readonly access: number;
  readonly native: number;
  /** undefined: no list configured, which means all VLANs. */
  readonly allowed?: readonly number[] | undefined;
  readonly mode?: 'access' | 'trunk' | undefined;
  readonly nonegotiate: boolean;
  readonly portfast?: 'edge' | 'trunk' | undefined;
  readonly shutdown: boolean;
  /** Of a port: the Port-channel that it is a member of. */
  readonly channel?: { readonly group: number; readonly mode: ChannelMode } | undefined;
  /** Of a Port-channel: whether a member serves alone as long as nobody answers its LACP; off by itself. [docs: Catalyst 9300 17.16] */
  readonly standalone: boolean;
}

export const FRESH: Port = { routed: false, access: 1, native: 1, nonegotiate: false, shutdown: false, standalone: false };

/**
 * The interface's block of the running configuration, in the order in which IOS writes it: channel-group after all of switchport
 * [published configurations], the rest of the order [memory].
 */
export function interfaceText(name: string, port: Port): string[] {
  const lines = [
    port.description === undefined ? '' : `description ${port.description}`,
    ...(port.routed ? ['no switchport', 'no ip address'] : switchportText(port)),
    port.shutdown ? 'shutdown' : '',
    port.channel ? `channel-group ${port.channel.group} mode ${port.channel.mode}` : '',
    port.standalone ? 'no port-channel standalone-disable' : '',
    port.portfast === 'edge' ? 'spanning-tree portfast' : '',
    port.portfast === 'trunk' ? 'spanning-tree portfast trunk' : '',
  ];
  return [`interface ${name}`, ...lines.filter(line => line !== '').map(line => ` ${line}`)];
}

function switchportText(port: Port): string[] {
  return [
    port.access === 1 ? '' : `switchport access vlan ${port.access}`,
    port.native === 1 ? '' : `switchport trunk native vlan ${port.native}`,
    ...(port.allowed ? allowedText(port.allowed) : []),
    port.mode ? `switchport mode ${port.mode}` : '',
    port.nonegotiate ? 'switchport nonegotiate' : '',
  ];
}

/** Gi1/0/1, Po10: as tables and messages write a name. */
export function shortName(name: string): string {
  return name.replace(/^([A-Z][a-z])[A-Za-z-]*/, '$1');
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
