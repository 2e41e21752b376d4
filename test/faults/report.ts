import { appendFileSync } from 'node:fs';

/** One fault, and what became of it. */
export interface Met {
  /** What kind of fault it was, as a row of the table. */
  readonly row: string;
  /** Another way to sort the same faults. */
  readonly place?: string;
  /** Whether it happened: a change may end before it gets to a byte. */
  readonly struck: boolean;
  /** Each a sentence: what was told and is not so, a port that was open, what was left behind. */
  readonly lies: readonly string[];
}

export interface Row {
  readonly name: string;
  readonly tried: number;
  readonly survived: number;
  readonly lies: number;
}

/** Prints a suite's table; `npm test`, which says where in FAULT_TABLE, prints all of them together at its end. */
export function report(title: string, met: readonly Met[]): void {
  const rowsBy = (by: (one: Met) => string) => [...Map.groupBy(met, by)].map(([name, list]) => rowOf(name, list));
  const places = rowsBy(({ place }) => place ?? '').filter(({ name }) => name !== '');
  const table: Table = { title, rows: rowsBy(({ row }) => row), places };
  if (process.env.FAULT_TABLE) appendFileSync(process.env.FAULT_TABLE, `${JSON.stringify(table)}\n`);
  else console.log(tableOf([table]));
}

function rowOf(name: string, met: readonly Met[]): Row {
  // What never happened was survived by nobody.
  const struck = met.filter(one => one.struck);
  const survived = struck.filter(one => one.lies.length === 0).length;
  return { name, tried: struck.length, survived, lies: met.flatMap(one => one.lies).length };
}

export interface Table {
  readonly title: string;
  readonly rows: readonly Row[];
  readonly places: readonly Row[];
}

export function tableOf(tables: readonly Table[]): string {
  const cells = (name: string, ...more: (string | number)[]) => `${name.padEnd(58)}${more.map(cell => String(cell).padStart(10)).join('')}`;
  const line = (name: string, rows: readonly Row[]) =>
    cells(name, ...(['tried', 'survived', 'lies'] as const).map(key => rows.reduce((sum, row) => sum + row[key], 0)));
  const every = tables.flatMap(({ rows }) => rows);
  return [
    cells('Faults', 'tried', 'survived', 'lies told'),
    ...tables.flatMap(({ title, rows, places }) => [
      title,
      ...rows.map(row => line(`  ${row.name}`, [row])),
      ...(places.length > 0 ? ['  of these'] : []),
      ...places.map(row => line(`    ${row.name}`, [row])),
    ]),
    line('all', every),
  ].join('\n');
}
