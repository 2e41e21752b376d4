import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { at } from '../../server/errors.ts';
import { type Case, readCases } from '../../server/kit/cases.ts';
import { runCases, type Verdict } from '../../server/kit/run.ts';
import { Complaints } from '../../server/library/complaints.ts';
import { loadLibrary } from '../../server/library/library.ts';
import { PLATFORMS, ROOT } from '../harness.ts';

/* The network team's cases are tests of ours: what `mercury test` runs when nothing else is said. */

const complaints = new Complaints();
const cases = readCases(['test/cases'], ROOT, complaints);
complaints.throwIfAny();
const library = loadLibrary({ root: ROOT, playbooks: 'playbooks', templates: 'templates', inventory: 'inventory' });

const key = ({ place, name }: Case) => `${at(place)} ${name}`;
const verdicts = new Map<string, Verdict>();
beforeAll(async () => {
  for (const verdict of await runCases(cases, library)) verdicts.set(key(verdict.case), verdict);
}, 240_000);

/** What has to be called so that each playbook is tried: a LAG is attached and joined by Ironic’s calls. */
const CALLED = [
  ...['attach_port', 'update_port', 'detach_port', 'is_port_supported', 'is_link_valid', 'get_allowed_network_types'],
  ...['add_network', 'delete_network', 'reset_port', 'update_lag', 'delete_lag'],
];
const ENDINGS = ['applied', 'unchanged', 'refused', 'planned', 'undone'];

describe.each(PLATFORMS)('the cases of %s', platform => {
  const own = cases.filter(one => one.platform === platform);

  it.each(own)('$name', one => {
    const verdict = verdicts.get(key(one));
    expect(verdict?.misses.map(({ place, message, lines }) => [`${at(place)}: ${message}`, ...lines].join('\n'))).toEqual([]);
  });

  it('call every method', () => {
    const called = new Set(own.flatMap(({ calls }) => calls.map(({ method }) => method)));
    expect(CALLED.filter(method => !called.has(method))).toEqual([]);
  });

  it('try every mode, and every way to end but the unknown', () => {
    const modes = new Set(own.flatMap(({ calls }) => calls.map(({ params }) => params.mode ?? 'access')));
    expect([...modes].sort()).toEqual(['access', 'hybrid', 'trunk']);
    const endings = new Set(own.map(({ expect: wanted }) => wanted.outcome));
    expect(ENDINGS.filter(outcome => !endings.has(outcome as 'applied'))).toEqual([]);
  });
});

it('are of shipped platforms, a folder each', () => {
  expect(
    readdirSync(join(ROOT, 'test', 'cases'), { withFileTypes: true })
      .flatMap(entry => (entry.isDirectory() ? [basename(entry.name)] : []))
      .sort(),
  ).toEqual(PLATFORMS.toSorted());
});
