import type { Answered, DryRunResult, Results, Run, WorkResult } from './results.ts';

/** The results as text, for the terminal and for README.md. */

const HEAD = ['', 'done', 'right', 'wall s', 'CPU s', 'MB', 'sessions', 'saves', 'commits', '× Mercury'];

export function workText(work: WorkResult): string {
  const rows = work.runs.map(run => [run.who, ...cellsOf(run), ratioText(work, run)]);
  const notes = work.runs.flatMap(run => [
    ...(run.latency
      ? [`a call of ${run.who}: p50 ${run.latency.p50} ms, p99 ${run.latency.p99} ms; last answer after ${run.answered} s`]
      : []),
    ...(run.loop ? [`event loop late by p50 ${run.loop.p50} ms, p99 ${run.loop.p99} ms, at most ${run.loop.max} ms`] : []),
    ...(run.probe ? [`a cheap call meanwhile: p50 ${run.probe.p50} ms, p99 ${run.probe.p99} ms, at most ${run.probe.max} ms`] : []),
    ...Object.entries(run.failures).map(([why, count]) => `${run.who}: ${count} × ${why}`),
  ]);
  return [`\n${work.id}  ${work.title}`, ...aligned([HEAD, ...rows]), ...notes].join('\n  ');
}

export function dryRunText({ title, platforms, floor, memory, loop, auditedPerCall, callers }: DryRunResult): string {
  const head = ['', 'calls/s', 'p50 ms', 'p99 ms', 'CPU ms a call', 'plan alone ms'];
  const row = (who: string, { perSecond, latency, cpuPerCall }: Answered, planAlone: string) => [
    who,
    perSecond.toLocaleString('en'),
    ...[latency.p50, latency.p99, cpuPerCall].map(String),
    planAlone,
  ];
  const rows = [...platforms.map(one => row(one.platform, one, String(one.planAlone))), row('express alone', floor, '')];
  const notes = `${callers} callers; ${memory} MB; event loop late by p99 ${loop.p99} ms; ${auditedPerCall} audit lines a call`;
  return [`\nW5  ${title}`, ...aligned([head, ...rows]), notes].join('\n  ');
}

function cellsOf(run: Run): string[] {
  const about = run.scaled ? '~' : '';
  const done = `${run.done}/${run.calls}`;
  const counts = [run.sessions, run.saves, run.commits].map(String);
  return [done, String(run.right), `${about}${run.wall.toFixed(2)}`, `${about}${run.cpu.toFixed(2)}`, String(run.memory), ...counts];
}

function ratioText({ ratios, runs }: WorkResult, run: Run): string {
  if (run.who === 'mercury') return run.done < run.calls && !run.scaled ? 'not done' : '1';
  const ratio = ratios[run.who];
  return ratio === undefined || runs.length === 1 ? '–' : timesText(1 / ratio);
}

/** How many times as long as Mercury it took. */
const timesText = (times: number) => `${times >= 10 ? times.toFixed(0) : times.toFixed(2)}`;

function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map(row => row[column]?.length ?? 0))) ?? [];
  return rows.map(row => row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join('  '));
}

/** A table for README.md. */
export function tableOf({ works, dryRuns }: Results): string {
  const rows = works.map(work => {
    const [mercury, floor, one, each] = (['mercury', 'floor', 'netmiko one session', 'netmiko per call'] as const).map(who =>
      work.runs.find(run => run.who === who),
    );
    const counted = mercury ? `${mercury.sessions} / ${mercury.commits || mercury.saves}` : '';
    const cpu = mercury ? `${mercury.cpu.toFixed(1)} s, ${mercury.memory} MB` : '';
    return [`${work.id}: ${work.title}`, wallText(mercury), wallText(floor), wallText(one), wallText(each), counted, cpu];
  });
  const head = ['', 'Mercury', 'floor', 'netmiko, one session', 'netmiko, a session per call', 'logins / saves', 'CPU and memory'];
  const dry = dryRuns?.platforms.map(one => `\`${one.platform}\` ${paceText(one)}`);
  return [
    `| ${head.join(' | ')} |`,
    `|---|${head
      .slice(1)
      .map(() => '---:')
      .join('|')}|`,
    ...rows.map(row => `| ${row.join(' | ')} |`),
    ...(dryRuns && dry
      ? [
          '',
          `Dry runs a second, on one processor, with ${dryRuns.callers} callers: ${dry.join(', ')}. Express alone, with such an answer at hand and nothing done for it: ${paceText(dryRuns.floor)}.`,
        ]
      : []),
  ].join('\n');
}

const paceText = ({ perSecond, latency }: Answered) => `${perSecond.toLocaleString('en')} (p99 ${latency.p99.toFixed(1)} ms)`;

function wallText(run: Run | undefined): string {
  if (!run) return '';
  const seconds = `${run.scaled ? '≈ ' : ''}${run.wall >= 100 ? run.wall.toFixed(0) : run.wall.toFixed(1)} s`;
  return run.done < run.calls && !run.scaled ? `${run.done} of ${run.calls} in ${seconds}` : seconds;
}
