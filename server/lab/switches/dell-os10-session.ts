import { filtered, type Grammar } from '../grammar.ts';
import type { CliSession, Reply } from '../switch.ts';
import type { Config, Port, Vlan } from './dell-os10-config.ts';
import type { Os10Store } from './dell-os10-store.ts';

/** No caret; one space or two after the colon, by release [obs]. */
export const UNRECOGNIZED = '% Error: Unrecognized command.';
const INCOMPLETE = '% Error: Incomplete command.';

export type Mode = 'exec' | 'config' | 'port' | 'lag' | 'vlan';

/** A user at an OS10 prompt. */
export class Os10Session implements CliSession {
  readonly store: Os10Store;
  mode: Mode = 'exec';
  /** The interface being edited: `ethernet1/1/1`, `port-channel10` or `vlan100`. */
  edited = '';
  /** From `start transaction` to `commit`: what is typed stays in the candidate. */
  transaction = false;
  length = 24;
  readonly #hostname: string;
  readonly #grammar: Grammar<Os10Session>;
  #unpaged = false;

  constructor(parts: { hostname: string; store: Os10Store; grammar: Grammar<Os10Session> }) {
    this.#hostname = parts.hostname;
    this.store = parts.store;
    this.#grammar = parts.grammar;
  }

  prompt(): string {
    if (this.mode === 'exec') return `${this.#hostname}# `;
    if (this.mode === 'config') return `${this.#hostname}(config)# `;
    const short = this.edited.replace('ethernet', 'eth').replace('port-channel', 'po-').replace('vlan', 'vl-');
    return `${this.#hostname}(conf-if-${short})# `;
  }

  paging() {
    return { lines: this.#unpaged || this.length === 0 ? 0 : this.length - 1, more: '--more--' };
  }

  hangUp(): void {
    this.store.unlock(this);
  }

  enter(line: string): Reply {
    const [, command = line, filter] = /^((?:do )? *show .*?) \| (.*)$/.exec(line.trim()) ?? [];
    this.#unpaged = filter === 'no-more';
    const reply = this.#run(command.trim());
    const text = filter === undefined ? reply.text : cut(reply.text ?? '', filter);
    return { ...reply, ...this.#logged(text) };
  }

  #run(line: string): Reply {
    const [modes, command] = this.#understood(line);
    const match = this.#grammar.match(modes, command);
    if (!match.found) return { text: match.why === 'incomplete' ? INCOMPLETE : UNRECOGNIZED };
    return match.run(this);
  }

  /**
   * `do` runs EXEC commands from every configuration mode, `do commit` and `do start transaction` among them [docs].
   * Global commands are taken within an interface too, and leave it [docs: `no interface range vlan` typed in conf-range-po-3].
   */
  #understood(line: string): [readonly string[], string] {
    if (this.mode === 'exec') return [['exec', 'login'], line];
    if (line.startsWith('do ')) return [['exec'], line.slice(3)];
    return [this.mode === 'config' ? ['config'] : [this.mode, 'config'], line];
  }

  /** A log line lands in the middle of what is being printed. */
  #logged(text: string | undefined): { text?: string } {
    const [first, ...rest] = text ? text.split('\n') : [];
    const lines = [...(first === undefined ? [] : [first]), ...this.store.takeLog(), ...rest];
    return lines.length > 0 ? { text: lines.join('\n') } : {};
  }

  to(mode: Mode, edited = ''): Reply {
    this.mode = mode;
    this.edited = edited;
    return {};
  }

  /** Changes the candidate; outside a transaction all that is in it is in force at once. `edit` answers why the device refuses. */
  change(edit: (candidate: Config) => string | undefined): Reply {
    const refused = this.store.barred(this) ?? edit(this.store.candidate);
    if (refused !== undefined) return { text: refused };
    if (!this.transaction) this.store.commit();
    return {};
  }

  /** A LAG and a VLAN are gone when they were deleted meanwhile, or never committed. */
  portIn(config: Config): Port | undefined {
    return config.ports.get(this.edited);
  }

  vlanIn(config: Config): Vlan | undefined {
    return config.vlans.get(Number(this.edited.slice('vlan'.length)));
  }
}

function cut(text: string, filter: string): string {
  if (filter === 'no-more') return text;
  return filtered(text, filter.replaceAll('"', ''), { include: 'grep', exclude: 'except' }) ?? UNRECOGNIZED;
}
