import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeLabFiles } from '../../server/cli/lab.ts';
import { execute } from '../../server/engine/execute.ts';
import { plan } from '../../server/engine/plan.ts';
import { worldWith } from '../../server/engine/world.ts';
import { LAB_USER, type Lab, startLab } from '../../server/lab/lab.ts';
import { loadLibrary } from '../../server/library/library.ts';
import type { ChangePlan } from '../../server/model.ts';
import { openTerminal } from '../../server/terminal/open.ts';
import { soon } from '../ends.ts';
import { ROOT } from '../harness.ts';
import { complaintsOf, GOOD, LibraryOnDisk, PLATFORM_FILE } from '../library/files.ts';
import { line } from './device.ts';

describe('`pager` of platform.yml', () => {
  const withPager = (pager: string) => ({ [PLATFORM_FILE]: `${GOOD[PLATFORM_FILE]}pager: ${pager}\n` });
  const AT = `${PLATFORM_FILE}:${(GOOD[PLATFORM_FILE] ?? '').split('\n').length}`;

  it.each([
    ["{ prompt: '^--More--' }", ' '],
    ["{ prompt: '^--More--', key: m }", 'm'],
    ['{ prompt: \'^--More--\', key: "\\n" }', '\n'],
  ])('%s', (pager, key) => {
    using library = new LibraryOnDisk(withPager(pager));
    const read = library.load().platforms.get('acme')?.pager;
    expect(read?.key).toBe(key);
    expect(['--More--', '--More-- ', 'x --More--', '--More-- x'].map(text => read?.prompt.test(text))).toEqual([true, true, false, false]);
  });

  it.each([
    ['without a prompt', '{ key: q }', /^pager\.prompt\b|pager/],
    ['with two keys', "{ prompt: x, key: '  ' }", /pager\.key: must be one character$/],
    ['with a pattern that is none', "{ prompt: '(' }", /Invalid regular expression/],
    ['with an unknown key', '{ prompt: x, keys: q }', /unknown key keys; did you mean key\?$/],
  ])('is refused %s', (_what, pager, says) => {
    const complaints = complaintsOf(withPager(pager));
    expect(complaints).toHaveLength(1);
    expect(complaints[0]).toMatch(new RegExp(`^${AT}: .*${says.source}`));
  });

  it('is refused where nothing pages', () => {
    const exec = (GOOD[PLATFORM_FILE] ?? '').replace('session: shell', 'session: exec').replace(/modes:[\s\S]*?(?=failures)/, '');
    expect(complaintsOf({ [PLATFORM_FILE]: `${exec}pager: { prompt: x }\n` })).toContainEqual(
      expect.stringMatching(/pager: an exec session has no terminal, so nothing pages there$/),
    );
  });
});

describe('a switch whose pager nothing switches off', () => {
  let folder: string;
  let lab: Lab;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'mercury-pager-'));
    for (const part of ['playbooks', 'templates']) cpSync(join(ROOT, part), join(folder, part), { recursive: true });
    lab = await startLab({ devices: { sw1: 'cisco_ios' } });
    writeLabFiles(lab, folder);
  });
  afterAll(async () => {
    await lab[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true });
  });

  /** An attach on a platform whose `on_open` leaves the pager on. */
  function planWith(pager: string): ChangePlan {
    const path = join(folder, 'playbooks/cisco_ios/platform.yml');
    const text = readFileSync(join(ROOT, 'playbooks/cisco_ios/platform.yml'), 'utf8');
    const paging = text
      .replace('on_open: [terminal length 0, terminal width 511]', () => `on_open: [terminal width 511]\n${pager}`)
      .replace(/^type_ahead: .*$/m, '');
    expect(paging).not.toBe(text);
    writeFileSync(path, paging);
    const library = loadLibrary({ root: folder, playbooks: 'playbooks', templates: 'templates', inventory: 'inventory' });
    const caller = { name: 'test', address: '', scheme: 'none' };
    const args = { port: lab.device('sw1').device.ports[0] ?? '', mode: 'access', native_vlan: 100, allowed_vlans: null };
    return plan(
      { id: 'paged-0001', method: 'attach_port', device: 'sw1', args, caller, why: {}, dryRun: false, deadline: soon() },
      library,
    );
  }

  const world = worldWith((device, dialect, deadline) => openTerminal(device, dialect, LAB_USER, deadline));

  it('is read to the end, page by page, and configured', async () => {
    const attach = planWith("pager: { prompt: '^ --More--' }");
    const terminal = await world.open(attach.device, attach.dialect, soon());
    const step = { mode: 'privileged_exec', lines: [line('show running-config')], tolerate: [], answer: [] };
    const [shown] = await terminal.run(step, soon());
    await terminal.close();
    const interfaces = (text: string) => text.split('\n').filter(row => row.startsWith('interface '));
    expect(interfaces(shown?.received ?? '')).toEqual(interfaces(lab.device('sw1').device.running()));
    expect(interfaces(shown?.received ?? '').length).toBeGreaterThan(12);
    expect(shown?.received).not.toContain('More');
    expect((await execute(attach, world)).outcome).toBe('applied');
    expect((await execute(attach, world)).outcome).toBe('unchanged');
  });

  it('without `pager` fails the read at once, and says what is missing', async () => {
    const attach = planWith('');
    const terminal = await world.open(attach.device, attach.dialect, soon());
    const step = { mode: 'privileged_exec', lines: [line('show running-config')], tolerate: [], answer: [] };
    await expect(terminal.run(step, soon())).rejects.toMatchObject({
      kind: 'session_lost',
      message: expect.stringMatching(
        /^sw1 stops at a pager that its platform\.yml does not name after "show running-config": [\s\S]* --More--$/,
      ),
    });
    await terminal.close();
  });
});
