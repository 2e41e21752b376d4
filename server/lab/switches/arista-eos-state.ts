import { readRanges } from '../../vlans.ts';
import type { Reply } from '../switch.ts';
import type { Config, Port } from './arista-eos-config.ts';
import { shortName } from './arista-eos-config.ts';
import type { ConfigSession, EosBox } from './arista-eos-sessions.ts';

export const INVALID = '% Invalid input';

/** What a command does for the terminal it was typed on. */
export type Run = (state: EosState, ...values: string[]) => Reply;

/** The ids of a VLAN list as a person types one; undefined where EOS would call it invalid. */
export function idsOf(text: string): number[] | undefined {
  const ids = readRanges(text);
  return ids && ids.length > 0 && ids.every(id => id >= 1 && id <= 4094) ? ids : undefined;
}

/** [scrapli] and recorded sessions: the prompt shows only so much of a session's name. */
const PROMPT_CUT = 6;

/** Where one terminal stands: its mode, the session it edits, the interface or VLANs it is in. */
export class EosState {
  readonly box: EosBox;
  mode: 'exec' | 'privileged' | 'config' = 'exec';
  /** undefined in `configure terminal`, where every line is live at once. */
  session: ConfigSession | undefined;
  context: { readonly kind: 'if'; readonly name: string } | { readonly kind: 'vlan'; readonly text: string } | undefined;
  length = 24;

  constructor(box: EosBox) {
    this.box = box;
  }

  get config(): Config {
    return this.session?.config ?? this.box.config;
  }

  prompt(): string {
    const name = this.box.hostname;
    if (this.mode === 'exec') return `${name}>`;
    if (this.mode === 'privileged') return `${name}#`;
    const session = this.session ? `-s-${this.session.name.slice(0, PROMPT_CUT)}` : '';
    return `${name}(config${session}${this.#contextText()})#`;
  }

  #contextText(): string {
    if (!this.context) return '';
    return this.context.kind === 'if' ? `-if-${shortName(this.context.name)}` : `-vlan-${this.context.text}`;
  }

  /** Leaves whatever it was in. A session stays pending: only `commit` and `abort` end one. */
  to(mode: 'exec' | 'privileged'): Reply {
    this.mode = mode;
    this.session = undefined;
    this.context = undefined;
    return {};
  }

  configure(session?: ConfigSession): Reply {
    this.mode = 'config';
    this.session = session;
    this.context = undefined;
    return {};
  }

  /** The interface being edited; undefined if somebody else's commit took it away. */
  get port(): Port | undefined {
    return this.context?.kind === 'if' ? this.config.interfaces.get(this.context.name) : undefined;
  }

  get vlans(): number[] {
    return this.context?.kind === 'vlan' ? (readRanges(this.context.text) ?? []) : [];
  }
}
