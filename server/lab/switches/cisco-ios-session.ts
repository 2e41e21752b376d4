import { filtered, type Grammar } from '../grammar.ts';
import type { CliSession, LabUser, Reply } from '../switch.ts';
import { groupOf } from './cisco-ios-channel.ts';
import type { Port } from './cisco-ios-port.ts';

export type IosMode = 'exec' | 'privileged' | 'config' | 'config-if' | 'config-vlan';

/** The switch as its sessions see it. */
export interface IosBox {
  readonly hostname: string;
  readonly user: LabUser;
  readonly vlans: Map<number, string>;
  readonly interfaces: Map<string, Port>;
  running(): string;
  save(): void;
}

const PROMPT_CUT = 20;
const LINE_LIMIT = 254;

/** One user at an IOS prompt: the mode, what is being edited, and the error texts. */
export class IosSession implements CliSession {
  readonly device: IosBox;
  readonly #grammar: Grammar<IosSession>;
  mode: IosMode = 'exec';
  /** The interface being edited. */
  port = '';
  /** The VLAN being edited: made or renamed only when the user leaves the sub-mode. */
  vlan: { readonly id: number; readonly name?: string } | undefined;
  /** Terminal length; 0 switches the pager off. */
  length = 24;

  constructor(device: IosBox, grammar: Grammar<IosSession>) {
    this.device = device;
    this.#grammar = grammar;
  }

  prompt(): string {
    const name = this.device.hostname;
    if (this.mode === 'exec') return `${name}>`;
    if (this.mode === 'privileged') return `${name}#`;
    return `${name.slice(0, PROMPT_CUT)}(${this.mode})#`;
  }

  paging() {
    return { lines: this.length === 0 ? 0 : this.length - 1, more: ' --More-- ' };
  }

  hangUp(): void {
    // Nothing to give back: every line was live. A VLAN whose sub-mode was never left does not exist.
  }

  enter(line: string): Reply {
    if (line.length > LINE_LIMIT) return { text: '% Invalid input detected: line too long' };
    // Only what is shown can be filtered: in a description, | is a letter like any other.
    const [command = '', filter] = /^\s*(?:do )?show /.test(line) ? line.split(/ \| (.*)/s) : [line];
    const match = this.#grammar.match(this.#modes(), command);
    if (!match.found) return { text: this.#refuse(match.why, match.column, line) };
    const reply = match.run(this);
    if (filter === undefined || reply.text === undefined) return reply;
    const text = filtered(reply.text, filter, { include: 'include', exclude: 'exclude', section: 'section' });
    return text === undefined ? { text: this.#refuse('unknown', line.indexOf('|') + 2, line) } : { ...reply, text };
  }

  /** Goes to a mode; leaving (config-vlan) is what makes the VLAN. */
  to(mode: IosMode): Reply {
    if (this.vlan) this.device.vlans.set(this.vlan.id, this.vlan.name ?? this.device.vlans.get(this.vlan.id) ?? unnamed(this.vlan.id));
    this.vlan = undefined;
    this.mode = mode;
    return {};
  }

  /** In a sub-mode every global configuration command is taken too, and leaves the sub-mode. */
  #modes(): string[] {
    if (!this.mode.startsWith('config-')) return [this.mode];
    const own = this.mode === 'config-if' ? [groupOf(this.port) === undefined ? 'config-if-port' : 'config-if-channel'] : [];
    return [this.mode, ...own, 'config'];
  }

  #refuse(why: 'unknown' | 'incomplete', column: number, line: string): string {
    if (why === 'incomplete') return '% Incomplete command.\n';
    // An unknown first word in exec is taken for a host name to telnet to.
    if ((this.mode === 'exec' || this.mode === 'privileged') && column === line.search(/\S/)) {
      return '% Unknown command or computer name, or unable to find computer address';
    }
    return invalid(this.prompt().length, column);
  }
}

/** IOS points at the first letter it does not understand; the prompt stands left of it. */
export function invalid(promptWidth: number, column: number): string {
  return `${' '.repeat(promptWidth + Math.max(0, column))}^\n% Invalid input detected at '^' marker.\n`;
}

/** The name of a VLAN that nobody named. */
export function unnamed(id: number): string {
  return `VLAN${String(id).padStart(4, '0')}`;
}
