import type { Results, Run, Who, WorkResult } from './results.ts';

/** The results as an SVG: a group of bars for each work, each group by its own scale. It follows the reader's light or dark theme. */

const WIDTH = 860;
const LEFT = 190;
const RIGHT = 210;
const BAR = 16;
const GAP = 6;
const TITLE = 34;
const HEAD = 64;
const LABELS: Readonly<Record<Who, string>> = {
  mercury: 'Mercury',
  floor: 'floor',
  'netmiko one session': 'netmiko, one session',
  'netmiko per call': 'netmiko, per call',
};
const CLASSES: Readonly<Record<Who, string>> = {
  mercury: 'mercury',
  floor: 'floor',
  'netmiko one session': 'one',
  'netmiko per call': 'each',
};

const STYLE = `
  svg { --ink: #1f2328; --faint: #59636e; --rule: #d1d9e0; --mercury: #0969da; --floor: #818b98; --one: #d4a72c; --each: #bc4c00; }
  @media (prefers-color-scheme: dark) {
    svg { --ink: #f0f6fc; --faint: #9198a1; --rule: #3d444d; --mercury: #4493f8; --floor: #656c76; --one: #d29922; --each: #db6d28; }
  }
  text { font: 13px -apple-system, 'Segoe UI', 'Noto Sans', Helvetica, Arial, sans-serif; fill: var(--ink); }
  .title { font-weight: 600; font-size: 14px; } .head { font-weight: 600; font-size: 17px; } .faint { fill: var(--faint); }
  .mercury { fill: var(--mercury); } .floor { fill: var(--floor); } .one { fill: var(--one); } .each { fill: var(--each); }
  .short { fill-opacity: .35; } line { stroke: var(--rule); }`;

export function chartOf(results: Results): string {
  let y = HEAD;
  const groups = results.works.map(work => {
    const top = y;
    y += TITLE + work.runs.length * (BAR + GAP) + 8;
    return group(work, top);
  });
  const { dryRuns } = results;
  const answered = dryRuns ? [...dryRuns.platforms, { ...dryRuns.floor, platform: undefined }] : [];
  const most = Math.max(...answered.map(one => one.perSecond));
  const last = answered.map(({ platform, perSecond, latency }, i) =>
    bar(y + TITLE + i * (BAR + GAP), {
      label: platform ?? 'express alone',
      share: perSecond / most,
      kind: platform === undefined ? 'floor' : 'mercury',
      value: `${perSecond.toLocaleString('en')} a second, p99 ${latency.p99.toFixed(1)} ms`,
    }),
  );
  if (dryRuns) last.unshift(heading(y, dryRuns.id, `${dryRuns.title}: longer is better`));
  const height = y + (dryRuns ? TITLE + answered.length * (BAR + GAP) : 0) + 16;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="How long each work took">`,
    `<style>${STYLE}\n</style>`,
    `<text x="16" y="30" class="head">Until it is on the switch, read back and saved</text>`,
    `<text x="16" y="50" class="faint">Seconds; each work by its own scale. Shorter is better. ≈: scaled up from what fitted into the time.</text>`,
    ...groups,
    ...last,
    '</svg>\n',
  ].join('\n');
}

function group(work: WorkResult, top: number): string {
  const longest = Math.max(...work.runs.map(({ wall }) => wall));
  const bars = work.runs.map((run, i) =>
    bar(top + TITLE + i * (BAR + GAP), {
      label: run.who === 'floor' && run.sessions > work.switches ? 'floor, per call' : LABELS[run.who],
      share: run.wall / longest,
      kind: `${CLASSES[run.who]}${isShort(run) ? ' short' : ''}`,
      value: sayingOf(run, work),
    }),
  );
  return [heading(top, work.id, work.title), ...bars].join('\n');
}

/** Did not do what was asked. */
const isShort = (run: Run) => run.done < run.calls && !run.scaled;

function sayingOf(run: Run, { runs }: WorkResult): string {
  const seconds = `${run.scaled ? '≈ ' : ''}${run.wall >= 100 ? run.wall.toFixed(0) : run.wall.toFixed(1)} s`;
  if (isShort(run)) return `${seconds}, and ${run.done} of ${run.calls} done`;
  const mercury = runs.find(({ who }) => who === 'mercury');
  if (!mercury || run === mercury || isShort(mercury)) return seconds;
  const times = run.wall / mercury.wall;
  return `${seconds}  (× ${times >= 10 ? times.toFixed(0) : times.toFixed(1)})`;
}

function heading(top: number, id: string, text: string): string {
  return `<line x1="16" x2="${WIDTH - 16}" y1="${top + 4}" y2="${top + 4}"/><text x="16" y="${top + 23}" class="title"><tspan class="faint">${id}</tspan> ${escaped(text)}</text>`;
}

function bar(top: number, { label, share, kind, value }: { label: string; share: number; kind: string; value: string }): string {
  const length = Math.max(2, share * (WIDTH - LEFT - RIGHT));
  const middle = top + BAR - 4;
  return [
    `<text x="${LEFT - 10}" y="${middle}" text-anchor="end" class="faint">${escaped(label)}</text>`,
    `<rect x="${LEFT}" y="${top}" width="${length.toFixed(1)}" height="${BAR}" rx="3" class="${kind}"/>`,
    `<text x="${(LEFT + length + 8).toFixed(1)}" y="${middle}">${escaped(value)}</text>`,
  ].join('');
}

const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
