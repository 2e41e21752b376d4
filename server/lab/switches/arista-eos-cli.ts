import { filtered } from '../grammar.ts';
import type { CliSession, Reply } from '../switch.ts';
import { isLag } from './arista-eos-config.ts';
import { grammar } from './arista-eos-grammar.ts';
import type { EosBox } from './arista-eos-sessions.ts';
import { EosState, INVALID } from './arista-eos-state.ts';

/** One logged-in user at an EOS prompt. */
export class EosCli implements CliSession {
  readonly #state: EosState;

  constructor(box: EosBox) {
    this.#state = new EosState(box);
  }

  prompt(): string {
    return this.#state.prompt();
  }

  paging() {
    const { length } = this.#state;
    return { lines: length === 0 ? 0 : length - 1, more: ' --More-- ' };
  }

  hangUp(): void {
    // Nothing is dropped: a session that was neither committed nor aborted stays pending, and takes one of the five places.
  }

  enter(line: string): Reply {
    // `do` is taken in every configuration mode, though show commands work there without it.
    const command = this.#state.mode === 'config' ? line.replace(/^\s*do /, '') : line;
    // Only what is shown can be filtered; elsewhere a bar is part of the value.
    const [asked = '', filter] = /^\s*show /.test(command) ? command.split(/ \| (.*)/s) : [command];
    const match = grammar.match(this.#modes(command !== line), asked);
    if (!match.found) return { text: this.#refuse(match.why, asked) };
    const reply = match.run(this.#state);
    if (filter === undefined || reply.text === undefined || reply.text.startsWith('% ')) return reply;
    return { ...reply, text: filtered(reply.text, filter, { include: 'include', exclude: 'exclude', section: 'section' }) ?? INVALID };
  }

  /** In a sub-mode every configuration command is taken too, and leaves the sub-mode; show commands work everywhere. */
  #modes(done: boolean): string[] {
    const { mode, session, context } = this.#state;
    if (mode === 'exec') return ['exec', 'any'];
    if (mode === 'privileged') return ['privileged', 'read', 'any'];
    if (done) return ['read', 'any'];
    const kind = context?.kind === 'if' ? ['if', isLag(context.name) ? 'lag' : 'member'] : (context?.kind ?? []);
    return [kind, 'config', ...(session ? ['session'] : []), 'read', 'any'].flat();
  }

  #refuse(why: 'unknown' | 'incomplete', line: string): string {
    const privileged = this.#state.mode === 'exec' && grammar.match(['privileged', 'read'], line).found;
    if (privileged) return `${INVALID} (privileged mode required)`;
    return why === 'incomplete' ? '% Incomplete command' : INVALID;
  }
}
