import type { Command, Run } from './openvswitch-command.ts';
import { type Columns, ROW_ID, type Row, TABLES, type TableName } from './openvswitch-database.ts';
import {
  type Column,
  type Datum,
  Fatal,
  isMap,
  jsonDatum,
  printAtom,
  printDatum,
  readDatum,
  readString,
  sameDatum,
  sorted,
  sortedMap,
} from './openvswitch-values.ts';

const ANY = Number.POSITIVE_INFINITY;
const IF_EXISTS = ['--if-exists'];

/** The commands of ovs-vsctl that work on any record of any table. Tables and columns by their whole names: no abbreviations. */
export const RECORD_COMMANDS: Readonly<Record<string, Command>> = {
  get: { count: [2, ANY], options: IF_EXISTS, prepare: run => readKeysOf(run), run: get },
  list: { count: [1, ANY], options: ['--if-exists', '--columns'], table: true, prepare: shownColumns, run: list },
  find: { count: [1, ANY], options: ['--columns'], table: true, prepare: run => [shownColumns(run), keysOf(run, 1)], run: find },
  set: { count: [3, ANY], options: IF_EXISTS, prepare: run => keysOf(run, 2), run: set },
  add: { count: [4, ANY], options: IF_EXISTS, prepare: run => column(tableOf(run), run.args[2] ?? ''), run: run => change(run, union) },
  remove: {
    count: [4, ANY],
    options: IF_EXISTS,
    prepare: run => column(tableOf(run), run.args[2] ?? ''),
    run: run => change(run, without),
  },
  clear: { count: [3, ANY], options: IF_EXISTS, prepare: run => run.args.slice(2).map(name => column(tableOf(run), name)), run: clear },
  'wait-until': { count: [2, ANY], prepare: run => keysOf(run, 2), run: waitUntil },
};

function tableOf({ args: [name = ''] }: Run): TableName {
  const table = Object.keys(TABLES).find(known => known.toLowerCase() === name.toLowerCase());
  if (table === undefined) throw new Fatal(`unknown table "${name}"`);
  return table as TableName;
}

function column(table: TableName, name: string): Column {
  const columns: Columns = TABLES[table];
  const found = Object.hasOwn(columns, name) ? columns[name] : undefined;
  if (!found) throw new Fatal(`${table} does not contain a column whose name matches "${name}"`);
  return found;
}

function rowOf(run: Run, name: string): Row | undefined {
  const table = tableOf(run);
  const row = run.database.row(table, name);
  if (!row && !run.options.has('--if-exists')) throw new Fatal(`no row "${name}" in table ${table}`);
  return row;
}

interface Keyed {
  readonly name: string;
  readonly type: Column;
  readonly key?: string;
  /** What follows the column and its key. */
  readonly rest: string;
}

/** Reads `column`, `column:key`, and whatever comes behind. */
export function keyed(argument: string, table: TableName): Keyed {
  const name = /^[^:=, [\]{}!<>]*/.exec(argument)?.[0] ?? '';
  if (name === '') throw new Fatal(`${argument}: missing column name`);
  const type = column(table, name);
  if (argument[name.length] !== ':') return { name, type, rest: argument.slice(name.length) };
  const key = /^(?:"(?:[^"\\]|\\.)*"|(?:\\.|[^:=, [\]{}!<>\\])*)/.exec(argument.slice(name.length + 1))?.[0] ?? '';
  const bare = key.startsWith('"') ? key : key.replace(/\\(.)/g, '$1');
  return { name, type, key: bare, rest: argument.slice(name.length + 1 + key.length) };
}

/** Looks the columns of the arguments from `first` on up. */
function keysOf(run: Run, first: number): Keyed[] {
  const table = tableOf(run);
  return run.args.slice(first).map(argument => keyed(argument, table));
}

/** What `get` is asked for: the one place where a row's id passes for a column. */
function readKeysOf(run: Run): Keyed[] {
  const table = tableOf(run);
  return run.args.slice(2).map(argument => (argument === '_uuid' ? { name: '_uuid', type: ROW_ID, rest: '' } : keyed(argument, table)));
}

function get(run: Run): readonly string[] {
  const [, record = ''] = run.args;
  const row = rowOf(run, record);
  return row ? readKeysOf(run).map((keyed, i) => got(run, row, keyed, run.args[i + 2] ?? '')) : [];
}

function got(run: Run, row: Row, { name, type, key, rest }: Keyed, argument: string): string {
  if (rest !== '') throw new Fatal(`${argument}: trailing garbage "${rest}" in argument`);
  const datum = row.get(name) ?? [];
  if (key === undefined) return printDatum(datum, type);
  if (!isMap(datum)) throw new Fatal(`cannot specify key to get for non-map column ${name}`);
  const value = datum.get(readString(key));
  if (value !== undefined) return printAtom(value);
  if (run.options.has('--if-exists')) return '';
  throw new Fatal(`no key "${readString(key)}" in ${tableOf(run)} record "${run.args[1] ?? ''}" column ${name}`);
}

function shownColumns(run: Run): string[] {
  const table = tableOf(run);
  const wanted = run.options.get('--columns');
  if (wanted === undefined) return ['_uuid', ...Object.keys(TABLES[table]).sort()];
  const names = wanted.split(/[, ]+/).filter(name => name !== '');
  if (names.length === 0) throw new Fatal('must specify at least one column name');
  for (const name of names) shownColumn(table, name);
  return names;
}

function shownColumn(table: TableName, name: string): Column {
  return name === '_uuid' ? ROW_ID : column(table, name);
}

function list(run: Run): readonly string[] {
  const records = run.args.slice(1);
  const rows = records.length === 0 ? [...run.database.rows(tableOf(run)).values()] : records.flatMap(name => rowOf(run, name) ?? []);
  return shown(run, rows);
}

/** Real rows come in no order to rely on; here in the order they were made. Of the operators only `=` and `!=` are known. */
function find(run: Run): readonly string[] {
  const conditions = keysOf(run, 1).map((keyed, i) => condition(keyed, run.args[i + 1] ?? ''));
  return shown(
    run,
    [...run.database.rows(tableOf(run)).values()].filter(row => conditions.every(holds => holds(row))),
  );
}

/** Waits for the row, then for what is asked of it. Nothing changes here meanwhile: what is not true now ends as `--timeout` ends it, by SIGALRM. */
function waitUntil(run: Run): undefined {
  const row = run.database.row(tableOf(run), run.args[1] ?? '');
  if (!row || !keysOf(run, 2).every((keyed, i) => condition(keyed, run.args[i + 2] ?? '')(row))) throw new Fatal('', 128 + 14);
}

function condition({ name, type, key, rest }: Keyed, argument: string): (row: Row) => boolean {
  const [, operator, text] = /^(!?=)(.+)$/s.exec(rest) ?? [];
  if (operator === undefined || text === undefined) {
    const operators = '"=", "!=", "<", ">", "<=", ">=", "{=}", "{!=}", "{<}", "{>}", "{<=}", "{>=}", "{in}", or "{not-in}"';
    throw new Fatal(`${argument}: argument does not end in ${operators} followed by a value.`);
  }
  if (key === undefined) {
    const wanted = readDatum(text, type);
    return row => sameDatum(row.get(name) ?? [], wanted) === (operator === '=');
  }
  if (type.of !== 'map') throw new Fatal(`cannot specify key to check for non-map column ${name}`);
  // The value is read as a set of words: `key=two words` is never equal to a value with a blank in it, `key="two words"` is.
  const words = readDatum(text, { of: 'string', min: 0, max: ANY });
  return row => {
    const datum = row.get(name);
    const found = datum && isMap(datum) ? datum.get(readString(key)) : undefined;
    return found !== undefined && sameDatum([found], words) === (operator === '=');
  };
}

function shown(run: Run, rows: readonly Row[]): string[] {
  const headings = shownColumns(run);
  const table = tableOf(run);
  const cell = (row: Row, name: string) => row.get(name) ?? [];
  if (run.format === 'json')
    return [
      JSON.stringify({ data: rows.map(row => headings.map(name => jsonDatum(cell(row, name), shownColumn(table, name)))), headings }),
    ];
  return rows.flatMap((row, i) => {
    const lines = headings.map(name => `${name.padEnd(20)}: ${printDatum(cell(row, name), shownColumn(table, name))}`);
    return i === 0 ? lines : ['', ...lines];
  });
}

function set(run: Run): undefined {
  const row = rowOf(run, run.args[1] ?? '');
  if (row) for (const argument of run.args.slice(2)) setColumn(row, tableOf(run), argument);
}

/** Carries out one `column=value` or `column:key=value`. @throws Fatal */
export function setColumn(row: Row, table: TableName, argument: string): void {
  const { name, type, key, rest } = keyed(argument, table);
  mustBeFree(table, name);
  if (!rest.startsWith('=') || rest.length === 1) throw new Fatal(`${argument}: argument does not end in "=" followed by a value.`);
  const old = row.get(name);
  if (key === undefined) {
    row.set(name, readDatum(rest.slice(1), type));
  } else {
    if (!old || !isMap(old)) throw new Fatal(`cannot specify key to set for non-map column ${name}`);
    row.set(name, sortedMap([...old, [readString(key), readString(rest.slice(1))]]));
  }
}

function mustBeFree(table: TableName, name: string): void {
  if (column(table, name).fixed) throw new Fatal(`cannot modify read-only column ${name} in table ${table}`);
}

/** `add` and `remove`: the column as it is, and each value typed. */
function change(run: Run, merge: (old: Datum, argument: string, type: Column) => Datum): undefined {
  const [, record = '', name = '', ...values] = run.args;
  const table = tableOf(run);
  const type = column(table, name);
  const row = rowOf(run, record);
  if (!row) return;
  mustBeFree(table, name);
  for (const value of values) row.set(name, merge(row.get(name) ?? [], value, type));
  const now = row.get(name) ?? [];
  if (isMap(now) || now.length <= type.max) return;
  const details = `Attempted to store ${now.length} elements in set of up to ${type.max} ${type.of}s.`;
  throw new Fatal(`transaction error: ${JSON.stringify({ details, error: 'constraint violation' })}`);
}

function union(old: Datum, argument: string, type: Column): Datum {
  const more = readDatum(argument, { ...type, min: 0, max: ANY });
  if (isMap(old)) return sortedMap([...old, ...(isMap(more) ? more : [])]);
  return isMap(more) ? old : sorted([...new Set([...old, ...more])]);
}

/** Of a map: a key, whatever its value, or a key with just that value. What is not there is no error. */
function without(old: Datum, argument: string, type: Column): Datum {
  if (!isMap(old)) {
    const gone = new Set(readDatum(argument, { ...type, min: 0, max: ANY }) as Iterable<unknown>);
    return old.filter(atom => !gone.has(atom));
  }
  if (!/(?<!\\)=/.test(argument.replace(/"(?:[^"\\]|\\.)*"/g, '')))
    return sortedMap([...old].filter(([key]) => key !== readString(argument)));
  const pairs = readDatum(argument, type);
  return sortedMap([...old].filter(([key, value]) => !(isMap(pairs) && pairs.get(key) === value)));
}

function clear(run: Run): undefined {
  const table = tableOf(run);
  const row = rowOf(run, run.args[1] ?? '');
  if (!row) return;
  for (const name of run.args.slice(2)) {
    const type = column(table, name);
    mustBeFree(table, name);
    if (type.min > 0)
      throw new Fatal(`"clear" operation cannot be applied to column ${name} of table ${table}, which is not allowed to be empty`);
    row.set(name, type.of === 'map' ? sortedMap([]) : []);
  }
}
