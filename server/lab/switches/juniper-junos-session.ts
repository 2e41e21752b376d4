import type { Grammar } from '../grammar.ts';
import { patternOf } from '../grammar.ts';
import type { CliSession, LabUser, Reply } from '../switch.ts';
import type { Committed, Database, Editing, Editor } from './juniper-junos-database.ts';
import { CONFIGURATION } from './juniper-junos-schema.ts';
import {
  braces,
  branchAt,
  compared,
  type Place,
  placeOf,
  put,
  remove,
  type Statement,
  setLines,
  type Tree,
  type Word,
  wordsOf,
} from './juniper-junos-tree.ts';

/** What a session sees of the switch it is logged in to. */
export interface Box {
  readonly hostname: string;
  readonly user: LabUser;
  readonly database: Database;
  /** Every port that is on the box. */
  readonly installed: readonly string[];
}

/** A part of a configuration that a `show` is about to print; pipes choose how. */
interface Shown {
  readonly tree: Tree;
  readonly statement: Statement;
  readonly path: readonly string[];
}

/** One user of a Junos CLI: operational mode, and configuration mode with its levels. */
export class JunosSession implements CliSession {
  readonly box: Box;
  readonly #who: string;
  readonly #commands: Grammar<JunosSession>;
  editor: Editor | undefined;
  /** The level of `edit`, as words. */
  level: readonly string[] = [];
  length = 24;
  #all = false;
  #shown: Shown | undefined;
  #line = '';
  #command = '';
  #refused = false;

  /** @param who as Junos lists this login to others, when it holds the configuration */
  constructor(box: Box, who: string, commands: Grammar<JunosSession>) {
    this.box = box;
    this.#who = who;
    this.#commands = commands;
  }

  prompt(): string {
    const name = `${this.box.user.username}@${this.box.hostname}`;
    if (!this.editor) return `\n${name}> `;
    const minutes = this.box.database.minutesLeft;
    const waiting = minutes === undefined ? '' : `# commit confirmed will be rolled back in ${minutes} minutes\n`;
    return `\n${waiting}[${['edit', ...this.level].join(' ')}]\n${name}# `;
  }

  paging() {
    return { lines: this.#all || this.length === 0 ? 0 : this.length - 1, more: '---(more)---' };
  }

  hangUp(): void {
    this.editor?.leave();
    this.editor = undefined;
  }

  enter(line: string): Reply {
    this.#line = line;
    this.#shown = undefined;
    this.#all = false;
    this.#refused = false;
    const [command = '', ...pipes] = line.split(/\|(?=(?:[^"]*"[^"]*")*[^"]*$)/).map(part => part.trimEnd());
    this.#command = command;
    const run = this.editor ? /^\s*run\s+/.exec(command)?.[0] : undefined;
    const match = this.#commands.match(
      [this.editor && run === undefined ? 'configuration' : 'operational'],
      command.slice(run?.length ?? 0),
    );
    if (!match.found) {
      const column = match.column + (run?.length ?? 0);
      const first = match.why === 'unknown' && column === line.search(/\S/);
      return { text: this.#caret(column, first ? 'unknown command.' : 'syntax error, expecting <command>.') };
    }
    return this.#piped(
      match.run(this),
      pipes.map(pipe => pipe.trim()),
    );
  }

  /** Each pipe works on what the one before it left. */
  #piped(reply: Reply, pipes: readonly string[]): Reply {
    if (this.#refused) return reply;
    const shown = this.#shown;
    let lines = shown ? braces(shown.tree, shown.statement) : reply.text?.split('\n');
    if (lines === undefined)
      return pipes.length > 0 ? { text: this.#caret(this.#line.indexOf('|'), 'syntax error, expecting <command>.') } : reply;
    for (const pipe of pipes) {
      const next = this.#pipe(pipe, lines, shown);
      if (!next) return { text: this.#caret(this.#line.lastIndexOf(pipe), 'syntax error, expecting <command>.') };
      lines = next;
    }
    return { ...reply, text: lines.join('\n') };
  }

  #pipe(pipe: string, lines: readonly string[], shown: Shown | undefined): string[] | undefined {
    const [, verb, source] = /^(match|except) +(?:"([^"]*)"|\S+)$/.exec(pipe) ?? [];
    if (verb) {
      const wanted = patternOf(source ?? pipe.slice(verb.length).trim(), 'i');
      if (!wanted) return undefined;
      return lines.filter(line => wanted.test(line) === (verb === 'match'));
    }
    if (pipe === 'no-more') {
      this.#all = true;
      return [...lines];
    }
    if (!shown) return undefined;
    // There are no groups here to inherit from.
    if (pipe === 'display inheritance no-comments') return [...lines];
    if (pipe === 'display set') return setLines(shown.tree, shown.statement, ['set', ...shown.path].join(' '));
    const back = /^compare(?: rollback (\d+))?$/.exec(pipe);
    // `compare` alone sets the candidate against what is in force; in operational mode it needs a rollback to compare with.
    if (!back || (!this.editor && back[1] === undefined) || shown.path.length > 0) return undefined;
    const old = this.box.database.earlier(Number(back[1] ?? 0));
    return old ? compared(old, shown.tree, CONFIGURATION) : undefined;
  }

  #caret(column: number, words: string): string {
    this.#refused = true;
    const prompt = this.prompt().split('\n').at(-1) ?? '';
    return words.startsWith('error:') ? words : `${' '.repeat(prompt.length + Math.max(0, column))}^\n${words}`;
  }

  /** What `rest`, the end of the line's command, says of the configuration at this level; or the refusal. */
  #place(rest: string): Place | Reply {
    const words = wordsOf(rest, this.#command.length - rest.length);
    const above = this.level.map((text): Word => ({ text, at: 0 }));
    const place = words ? placeOf(CONFIGURATION, [...above, ...words]) : { wrong: 'syntax error.' };
    return 'wrong' in place ? { text: this.#caret(place.at ?? this.#command.length, place.wrong) } : place;
  }

  show(tree: Tree, rest = ''): Reply {
    const place = rest === '' ? { path: this.level, values: [], statement: statementAt(this.level) } : this.#place(rest);
    if (!('path' in place)) return place;
    const branch = branchAt(tree, place.path);
    // A place that is not configured prints nothing.
    this.#shown = { tree: branch ?? new Map(), statement: branch ? place.statement : { is: 'container' }, path: place.path };
    return {};
  }

  change(rest: string, how: 'set' | 'delete'): Reply {
    const editor = this.editor;
    const place = this.#place(rest);
    if (!editor || !('path' in place)) return place as Reply;
    const locked = editor.locked();
    if (locked) return { text: locked };
    const { is, stays } = place.statement;
    if (how === 'set') {
      if (place.values.length === 0 && is !== 'flag' && !stays) return { text: this.#caret(this.#command.length, 'missing argument.') };
      put(editor.candidate, place);
      return {};
    }
    if (is === 'leaf' && place.values.length > 0) return { text: this.#caret(this.#command.lastIndexOf(' ') + 1, 'syntax error.') };
    return remove(editor.candidate, CONFIGURATION, place) ? {} : { text: 'warning: statement not found' };
  }

  edit(rest: string): Reply {
    const place = this.#place(rest);
    if (!('path' in place)) return place;
    if (!place.statement.stays) return { text: this.#caret(this.#command.length, 'missing argument.') };
    this.level = place.path;
    return {};
  }

  configure(editing: Editing): Reply {
    const opened = this.box.database.open(editing, this.#who);
    if (typeof opened === 'string') return { text: opened };
    this.editor = opened;
    this.level = [];
    const holder = this.box.database.exclusive;
    const others =
      holder && holder !== opened ? `Users currently editing the configuration:\n  ${holder.who}\n      exclusive [edit]\n` : '';
    const warning = editing === 'shared' ? others : 'warning: uncommitted changes will be discarded on exit\n';
    return { text: `${warning}Entering configuration mode` };
  }

  commit({ done, text }: Committed, quit = false): Reply {
    if (done && quit) return { text: `${text}\n${this.#leave()}`, work: 'commit' };
    return { text, work: 'commit' };
  }

  rollback(n: number): Reply {
    return { text: this.editor?.locked() ?? this.editor?.rollback(n) ?? '' };
  }

  /** `exit configuration-mode`: what is not committed is asked about. */
  exit(): Reply {
    const editor = this.editor;
    if (!editor?.changed) return { text: this.#leave() };
    const kept = editor.editing === 'shared';
    const auto = editor.editing === 'exclusive' ? "warning: Auto rollback on exiting 'configure exclusive'\n" : '';
    const question = `${kept ? 'Exit with' : 'Discard'} uncommitted changes? [yes,no] (yes) `;
    return {
      text: `The configuration has been changed but not committed\n${auto}`,
      ask: {
        text: question,
        answer: typed => {
          const said = typed.trim();
          if (said === 'no') return {};
          if (said !== 'yes' && said !== '') return this.exit();
          return { text: kept ? `\n${this.#leave()}` : `\nwarning: discarding uncommitted changes\nload complete\n${this.#leave()}` };
        },
      },
    };
  }

  #leave(): string {
    this.hangUp();
    return 'Exiting configuration mode';
  }
}

function statementAt(path: readonly string[]): Statement {
  const place = placeOf(
    CONFIGURATION,
    path.map(text => ({ text, at: 0 })),
  );
  return 'wrong' in place ? CONFIGURATION : place.statement;
}
