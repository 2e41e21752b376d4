import { readdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { call, type Reply } from '../../server/cli/call.ts';
import { OUTCOMES } from '../../server/result.ts';
import { PLATFORMS } from '../harness.ts';
import { type Ended, Folder, startMercury } from './run.ts';

const folder = new Folder();
afterAll(() => folder[Symbol.dispose]());
const env = { TMPDIR: folder.path };

describe('mercury demo', () => {
  let ended: Ended;
  let url: string;
  let during: Reply;
  let leftBehind: boolean;
  beforeAll(async () => {
    await using demo = startMercury(['demo'], { env });
    [url = ''] = await demo.prints(/http:\/\/127\.0\.0\.1:\d+/);
    during = await call(url, 'get_allowed_network_types', {});
    ended = await demo.ended;
    leftBehind = demo.leftBehind;
  });

  it('plays by itself and ends with 0', () => {
    expect(ended).toMatchObject({ status: 0, err: '' });
  });

  it('is a real service while it lasts, and leaves no process, no port and no file behind', async () => {
    expect(during).toHaveProperty('result');
    expect(leftBehind).toBe(false);
    expect(readdirSync(folder.path)).toEqual([]);
    await expect(call(url, 'get_allowed_network_types', {})).rejects.toThrow(/no service/);
  });

  it('shows for every platform what was typed and which line of its playbook said so', () => {
    expect(ended.out.split('\n').filter(line => /^ \d\. /.test(line))).toHaveLength(8);
    for (const platform of PLATFORMS) expect(ended.out).toMatch(new RegExp(`^ {4}\\S.* {2,}playbooks/${platform}/\\w+\\.yml:\\d+$`, 'm'));
  });

  it('tells the outcome of every call, and sums them up', () => {
    const told = [...ended.out.matchAll(/^ {2}→ (\w+)/gm)].map(([, outcome]) => outcome as (typeof OUTCOMES)[number]);
    for (const outcome of told) expect(OUTCOMES).toContain(outcome);
    const [, summary = ''] = ended.out.split(' What became of it');
    const counts = [...summary.matchAll(/^ +(\d+) {2}(\w+) {2,}\S/gm)].map(([, count, outcome]) => [outcome ?? '', Number(count)] as const);
    expect(counts.map(([outcome]) => outcome).sort()).toEqual(['applied', 'planned', 'refused', 'rescued', 'unchanged']);
    for (const [outcome, count] of counts) expect(told.filter(one => one === outcome)).toHaveLength(count);
    expect(summary).toContain(`All ${told.length} calls ended as they should.`);
  });

  it('tells a dry run by the moments when each line would be typed', () => {
    const [, dry = ''] = ended.out.split(/^ 6\. A dry run $/m);
    const headings = ['Right after login', 'Asked first;', 'Typed\n', 'Committed', 'Read back', 'Kept', 'Typed only if it fails'];
    const places = headings.map(heading => dry.indexOf(`\n${heading}`));
    expect(places).not.toContain(-1);
    expect(places).toEqual(places.toSorted((a, b) => a - b));
  });

  it('shows a switch that fails half-way, in its own words, and its port closed', () => {
    const [, failed = ''] = ended.out.split(/^ 8\. /m);
    expect(failed).toMatch(/^ {6}% Failed to allocate hardware resources$/m);
    expect(failed).toMatch(/What the switch itself has for \S+ now\n {4}interface \S+\n {5}switchport mode access\n {5}shutdown\n/);
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('cleans up behind itself on %s', async signal => {
    await using demo = startMercury(['demo'], { env });
    await demo.prints(/^ 1\. /m);
    expect(readdirSync(folder.path)).not.toEqual([]);
    demo.signal(signal);
    expect(await demo.ended).toMatchObject({ status: signal === 'SIGINT' ? 130 : 143 });
    expect(readdirSync(folder.path)).toEqual([]);
    expect(demo.leftBehind).toBe(false);
  });
});
