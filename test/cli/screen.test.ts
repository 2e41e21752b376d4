import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Bench, type Ended, MAIN, Running } from './run.ts';

const DEVICES = {
  'sw-ios': 'cisco_ios',
  'sw-eos': 'arista_eos',
  'sw-junos': 'juniper_junos',
  'sw-os10': 'dell_os10',
  'sw-ovs': 'openvswitch',
};
const PORTS = { 'sw-ios': 'Gi1/0/1', 'sw-eos': 'Et1', 'sw-junos': 'xe-0/0/1', 'sw-os10': 'ethernet1/1/1', 'sw-ovs': 'pf0vf0' };

let bench: Bench;
beforeAll(async () => {
  bench = await Bench.start({ devices: DEVICES });
});
afterAll(() => bench[Symbol.asyncDispose]());

/** Runs mercury on a terminal of that width, as script(1) of util-linux makes one. */
async function onScreen(
  columns: number,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<Ended & { lines: readonly string[] }> {
  const words = [process.execPath, MAIN, ...args].map(word => `'${word}'`).join(' ');
  await using running = new Running('script', ['-qec', `stty cols ${columns} rows 50; exec ${words}`, '/dev/null'], {
    env: { ...bench.env, TERM: 'xterm-256color', ...env },
  });
  const ended = await running.ended;
  return { ...ended, lines: plain(ended.out).split('\n') };
}

const plain = (text: string) => text.replace(/\x1b\[[0-9;]*m/g, '').replaceAll('\r', '');
describe('on a terminal', () => {
  it('of 80 columns a plan fits on every platform, its places shortened, and says where those files are', async () => {
    const fits = await Promise.all(
      Object.entries(PORTS).map(([device, port]) =>
        onScreen(80, ['plan', 'attach_port', device, port, '--mode', 'trunk', '--native', '100', '--allowed', '200-202']),
      ),
    );
    for (const { status, lines } of fits) {
      expect(status).toBe(0);
      expect(lines.length).toBeGreaterThan(15);
      expect(lines.filter(line => line.length > 80)).toEqual([]);
      expect(lines.some(line => /^ {4}.* {2}attach_port\.yml:\d+$/.test(line))).toBe(true);
      expect(lines.some(line => /attach_port\.yml.* in playbooks\/\w+$/.test(line))).toBe(true);
    }
    // A long command is broken between words, and all of it is there.
    const ovs = fits.at(-1)?.lines.join('\n') ?? '';
    expect(ovs.replace(/\n {10}(?=\S)/g, ' ')).toContain(
      '-- add-port br-int pf0vf0 -- set Port pf0vf0 vlan_mode=native-untagged tag=100 trunks=200-202',
    );
  });

  it('of 140 columns a plan shows whole paths in one column', async () => {
    const { lines } = await onScreen(140, ['plan', 'attach_port', 'sw-junos', 'xe-0/0/1', '--native', '100']);
    const places = lines.flatMap(line => /^ {4}\S.*? {2,}(?=(?:playbooks|templates)\/)/.exec(line)?.[0].length ?? []);
    expect(places.length).toBeGreaterThan(10);
    expect(new Set(places).size).toBe(1);
    expect(lines.filter(line => line.length > 140)).toEqual([]);
  });

  it('is coloured, and plain under NO_COLOR', async () => {
    const words = ['plan', 'attach_port', 'sw-eos', 'Et1', '--native', '100'];
    const [coloured, bare] = await Promise.all([onScreen(80, words), onScreen(80, words, { NO_COLOR: '1' })]);
    expect(coloured.out).toContain('\x1b[32m');
    expect(bare.out).not.toContain('\x1b');
    const steady = (text: string) => text.replace(/mercury-[0-9a-f]{10}/g, 'mercury-change');
    expect(steady(plain(coloured.out))).toBe(steady(plain(bare.out)));
  });

  it('apply to several devices counts those that have ended, and keeps the audit’s JSON off the screen', async () => {
    const { status, lines, out } = await onScreen(80, [
      'apply',
      'add_network',
      Object.keys(DEVICES).join(','),
      '--vlan',
      '300',
      '--name',
      'tenant',
    ]);
    expect(status).toBe(0);
    const counted = lines.filter(line => /^\[\d\/5\] sw-\w+ (applied|unchanged)$/.test(line));
    expect(counted.map(line => line.slice(0, 5))).toEqual(['[1/5]', '[2/5]', '[3/5]', '[4/5]', '[5/5]']);
    expect(lines.indexOf(counted.at(-1) ?? '')).toBeLessThan(lines.findIndex(line => line.startsWith('sw-ios add_network: applied')));
    expect(out).not.toContain('"audit"');
    // What a device printed is not broken.
    expect(lines.filter(line => line.length > 80 && !/^ {4}(?:[+-]| {2})/.test(line))).toEqual([]);
  });

  it('a failure is told last, with what to do next', async () => {
    const { status, lines } = await onScreen(80, ['apply', 'attach_port', 'sw-ios', 'Gi1/0/1', '--native', '1']);
    expect(status).toBe(3);
    expect(lines.filter(line => line !== '')).toEqual([
      'refused: sw-ios: VLAN 1 is outside 2-1001,1006-4094',
      'Nothing was changed. Ask for something else; "mercury plan" with the same words',
      'tells without a switch whether it would do.',
    ]);
  });

  it('of 80 columns the demo fits', async () => {
    const { status, lines } = await onScreen(80, ['demo'], { NO_COLOR: '1' });
    expect(status).toBe(0);
    expect(lines.filter(line => line.length > 80)).toEqual([]);
    expect(lines.at(-2)).toMatch(/^Play with it: /);
  });
});
