import type { Command, Run } from './openvswitch-command.ts';
import type { Database } from './openvswitch-database.ts';
import { PORT_COMMANDS } from './openvswitch-ports.ts';
import { RECORD_COMMANDS } from './openvswitch-records.ts';
import { Fatal } from './openvswitch-values.ts';

/*
 * The command line of ovs-vsctl: options, then commands with `--` between them. All of them are one transaction:
 * everything is checked first, then carried out on a copy of the database, which replaces the old one only if nothing failed.
 * Order and texts of the complaints were recorded from Debian's 3.1.0.
 */

export interface Ran {
  readonly stdout: string;
  readonly stderr: string;
  readonly status: number;
  /** The database as the transaction leaves it; undefined: it failed, nothing was changed. */
  readonly database?: Database;
}

interface Global {
  format: 'list' | 'json';
}

/** One command with what was typed for it. */
interface Call {
  readonly name: string;
  readonly command: Command;
  readonly options: ReadonlyMap<string, string | undefined>;
  readonly args: readonly string[];
}

const VERSION = 'ovs-vsctl (Open vSwitch) 3.1.0\nDB Schema 8.3.1\n';

/** true: takes a value. */
const GLOBAL_OPTIONS: Readonly<Record<string, boolean>> = { '--timeout': true, '--format': true, '--no-wait': false };
const COMMAND_OPTIONS: Readonly<Record<string, boolean>> = {
  '--if-exists': false,
  '--may-exist': false,
  '--with-iface': false,
  '--columns': true,
};
const COMMANDS = new Map(Object.entries({ ...PORT_COMMANDS, ...RECORD_COMMANDS }));
const SHORT: Readonly<Record<string, string>> = { t: '--timeout', f: '--format' };

/** Carries out a command line on a copy of `database`; `copy` makes it. */
export function vsctl(args: readonly string[], copy: () => Database): Ran {
  if (args[0] === '--version' || args[0] === '-V') return { stdout: VERSION, stderr: '', status: 0 };
  try {
    const { calls, global } = parse(args);
    const database = copy();
    const runs = calls.map(({ command, options, args }) => ({
      command,
      run: { database, options, args, format: global.format } satisfies Run,
    }));
    for (const { command, run } of runs) command.prepare?.(run);
    const outputs = runs.map(({ command, run }) => ({ output: command.run(run) ?? [], table: command.table ?? false }));
    database.mustKeepInterfaces();
    return { stdout: printed(outputs, global.format), stderr: '', status: 0, database };
  } catch (thrown) {
    if (!(thrown instanceof Fatal)) throw thrown;
    return { stdout: '', stderr: thrown.message === '' ? '' : `ovs-vsctl: ${thrown.message}\n`, status: thrown.status };
  }
}

/** Tables in list format keep an empty line between them, even where one is empty. */
function printed(outputs: readonly { output: readonly string[]; table: boolean }[], format: Global['format']): string {
  let tables = 0;
  return outputs
    .map(({ output, table }) => {
      const gap = table && format === 'list' && tables > 0 ? '\n' : '';
      if (table) tables += 1;
      return gap + output.map(line => `${line}\n`).join('');
    })
    .join('');
}

function parse(args: readonly string[]): { calls: Call[]; global: Global } {
  const global: Global = { format: 'list' };
  const leading = new Map<string, string | undefined>();
  let at = 0;
  while (at < args.length && args[at] !== '--' && args[at]?.startsWith('-')) at = readOption(args, at, global, leading);
  const groups: string[][] = [[]];
  for (const arg of args.slice(at)) {
    if (arg === '--') groups.push([]);
    else groups.at(-1)?.push(arg);
  }
  const filled = groups.filter(group => group.length > 0);
  if (filled.length === 0) throw new Fatal('missing command name (use --help for help)');
  return { global, calls: filled.map((group, i) => readCall(group, i === 0 ? leading : new Map())) };
}

/** Options in front of the first command: the program's own, and those of that command. Answers where to go on. */
function readOption(args: readonly string[], at: number, global: Global, leading: Map<string, string | undefined>): number {
  const arg = args[at] ?? '';
  const long = arg.startsWith('--');
  const equals = long ? arg.indexOf('=') : -1;
  const short = long ? undefined : SHORT[arg[1] ?? ''];
  const name = long ? (equals < 0 ? arg : arg.slice(0, equals)) : short;
  if (name === undefined) throw new Fatal(`invalid option -- '${arg[1]}'`);
  const takesValue = GLOBAL_OPTIONS[name] ?? COMMAND_OPTIONS[name];
  if (takesValue === undefined) throw new Fatal(`unrecognized option '${arg}'`);
  const attached = long ? (equals < 0 ? undefined : arg.slice(equals + 1)) : arg.slice(2) || undefined;
  if (!takesValue && attached !== undefined) throw new Fatal(`option '${name}' doesn't allow an argument`);
  const value = takesValue ? (attached ?? args[at + 1]) : undefined;
  if (takesValue && value === undefined)
    throw new Fatal(long ? `option '${name}' requires an argument` : `option requires an argument -- '${arg[1]}'`);
  if (name in COMMAND_OPTIONS) leading.set(name, value);
  else setGlobal(name, value ?? '', global);
  return at + (takesValue && attached === undefined ? 2 : 1);
}

function setGlobal(name: string, value: string, global: Global): void {
  if (name === '--timeout' && !/^\d+$/.test(value)) throw new Fatal(`value ${value} on -t or --timeout is invalid`);
  if (name === '--format') {
    // csv, html and table are real formats too, but nothing of ours reads them.
    if (value !== 'list' && value !== 'json') throw new Fatal(`unknown output format "${value}"`);
    global.format = value;
  }
}

function readCall(group: readonly string[], leading: ReadonlyMap<string, string | undefined>): Call {
  const options = new Map(leading);
  let at = 0;
  for (; group[at]?.startsWith('-'); at += 1) {
    const [name = '', value] = splitOnce(group[at] ?? '', '=');
    if (options.has(name)) throw new Fatal(`'${name}' option specified multiple times`);
    options.set(name, value);
  }
  const name = group[at];
  if (name === undefined) throw new Fatal('missing command name (use --help for help)');
  const command = COMMANDS.get(name);
  if (!command) throw new Fatal(`unknown command '${name}'; use --help for help`);
  const args = group.slice(at + 1);
  checkOptions(name, command, options);
  checkCount(name, command, args);
  return { name, command, options, args };
}

function checkOptions(name: string, command: Command, options: ReadonlyMap<string, string | undefined>): void {
  for (const [option, value] of options) {
    if (!command.options?.includes(option)) throw new Fatal(`'${name}' command has no '${option}' option`);
    if (COMMAND_OPTIONS[option] && value === undefined) throw new Fatal(`missing argument to '${option}' option on '${name}' command`);
    if (!COMMAND_OPTIONS[option] && value !== undefined) throw new Fatal(`'${option}' option on '${name}' does not accept an argument`);
  }
}

function checkCount(name: string, command: Command, args: readonly string[]): void {
  const [min, max] = command.count;
  if (args.length < min) throw new Fatal(`'${name}' command requires at least ${min} arguments`);
  if (args.length <= max) return;
  const misplaced = args.some(arg => arg.startsWith('-'));
  const note = misplaced ? ' (note that options must precede command names and follow a "--" argument)' : '';
  throw new Fatal(`'${name}' command takes at most ${max} arguments${note}`);
}

function splitOnce(text: string, separator: string): [string, string?] {
  const at = text.indexOf(separator);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}
