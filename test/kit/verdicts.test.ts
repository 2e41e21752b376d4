import { beforeAll, describe, expect, it } from 'vitest';
import { at } from '../../server/errors.ts';
import { readCases } from '../../server/kit/cases.ts';
import { runCases } from '../../server/kit/run.ts';
import { Complaints } from '../../server/library/complaints.ts';
import { type Library, loadLibrary } from '../../server/library/library.ts';
import { ROOT } from '../harness.ts';
import { Tree } from './tree.ts';

let library: Library;
beforeAll(() => {
  library = loadLibrary({ root: ROOT, playbooks: 'playbooks', templates: 'templates', inventory: 'inventory' });
});

/** What is missed in a file of cases, a text each, the lines of a difference below. */
async function missesIn(text: string, platform = 'cisco_ios'): Promise<string[]> {
  using tree = new Tree();
  tree.write(`test/cases/${platform}/x.yml`, text);
  const complaints = new Complaints();
  const cases = readCases(['test/cases'], tree.path, complaints);
  complaints.throwIfAny();
  const verdicts = await runCases(cases, library);
  return verdicts.flatMap(({ misses }) => misses.map(({ place, message, lines }) => [`${at(place)}: ${message}`, ...lines].join('\n')));
}

/** One case that attaches a port, and what is expected of it at line 8. */
const attached = (expectation: string, given = '') => `cases:
  - name: An access port
    given:
      vars: { portfast: false }${given}
    call:
      method: attach_port
      params: { port: { local_link_information: [{ port_id: Gi1/0/7 }] }, native_vlan: 100 }
    expect: ${expectation}
`;
const FILE = 'test/cases/cisco_ios/x.yml';

describe('a case that fails', () => {
  it('says which outcome came instead, and the error', async () => {
    const [miss, ...more] = await missesIn(
      attached('{ outcome: applied }', '\n      faults: [{ on: no shutdown, does: refuse, says: "% Bad day" }]'),
    );
    expect(more).toEqual([]);
    expect(miss).toMatch(
      /^test\/cases\/cisco_ios\/x\.yml:9: outcome: expected applied, but it is rescued\nswitch-1 .*refused "no shutdown" .*% Bad day/,
    );
  });

  it('shows other commands as a difference, at the line of the expectation', async () => {
    const list = ['interface GigabitEthernet1/0/7', 'shutdown', 'switchport access vlan 200'];
    const [miss] = await missesIn(attached(`\n      commands: [${list.join(', ')}]`));
    expect(miss?.split('\n').slice(0, 6)).toEqual([
      `${FILE}:9: commands: others were typed`,
      ' interface GigabitEthernet1/0/7',
      ' shutdown',
      '-switchport access vlan 200',
      '+interface GigabitEthernet1/0/7',
      '+switchport access vlan 100',
    ]);
  });

  it('tells a command that was not typed, one that was typed too early, and one that should not have been', async () => {
    const has = 'has: [no shutdown, switchport mode access, switchport access vlan 300]';
    const misses = await missesIn(attached(`\n      commands:\n        ${has}\n        lacks: switchport nonegotiate`));
    expect(misses.map(miss => miss.split('\n')[0])).toEqual([
      `${FILE}:10: commands: "switchport mode access" was not typed there: only before the one above it`,
      `${FILE}:10: commands: "switchport access vlan 300" was not typed`,
      `${FILE}:11: commands: "switchport nonegotiate" was typed (templates/cisco_ios/edge.hbs:4)`,
    ]);
  });

  it('shows a section that is another', async () => {
    const section = 'switchport access vlan 200\n          switchport mode access\n          switchport nonegotiate';
    const [miss] = await missesIn(attached(`\n      running:\n        interface GigabitEthernet1/0/7: |\n          ${section}`));
    expect(miss).toBe(
      [
        `${FILE}:11: running: interface GigabitEthernet1/0/7 is not as expected`,
        ' interface GigabitEthernet1/0/7',
        '-switchport access vlan 200',
        '+switchport access vlan 100',
        ' switchport mode access',
        ' switchport nonegotiate',
      ].join('\n'),
    );
  });

  it('tells lines that a section lacks, lines that it has, and a section that is there', async () => {
    const sections = `
      running:
        interface GigabitEthernet1/0/7:
          has: [switchport access vlan 100, shutdown]
          lacks: [switchport mode access]
        interface GigabitEthernet1/0/8: { absent: true }
        interface GigabitEthernet9/9/9: { has: shutdown }`;
    const misses = await missesIn(attached(sections));
    expect(misses.map(miss => miss.split('\n')[0])).toEqual([
      `${FILE}:11: running: interface GigabitEthernet1/0/7 has no line "shutdown"`,
      `${FILE}:12: running: interface GigabitEthernet1/0/7 has a line "switchport mode access"`,
      `${FILE}:13: running: interface GigabitEthernet1/0/8 is there`,
      `${FILE}:14: running: interface GigabitEthernet9/9/9 has no line "shutdown"`,
    ]);
    expect(misses.at(-1)).toContain('there is no such section');
  });

  it('shows what changed where nothing should have', async () => {
    const [miss] = await missesIn(attached('{ running: unchanged }'));
    expect(miss).toContain(`${FILE}:8: running: it is not as it was before the call`);
    expect(miss).toContain('\n-shutdown');
    expect(miss).toContain('\n+switchport access vlan 100');
    // Two lines around it, not all of the switch.
    expect(miss?.split('\n').length).toBeLessThan(20);
  });

  it('tells an error that nobody expected, one that says something else, and one that never came', async () => {
    const wrong = attached('{ saved: true }').replace('native_vlan: 100', 'native_vlan: 1');
    expect((await missesIn(wrong))[0]).toMatch(/x\.yml:8: there is an error\n.*VLAN 1 is outside/);
    const said = attached('{ outcome: refused, error: [VLAN 1, on a Sunday] }').replace('native_vlan: 100', 'native_vlan: 1');
    expect(await missesIn(said)).toEqual([expect.stringMatching(/error: it does not say "on a Sunday"\n.*VLAN 1 is outside/)]);
    expect(await missesIn(attached('{ error: anything }'))).toEqual([`${FILE}:8: error: it does not say "anything"\nthere is no error`]);
  });

  it('stops at a call before the last that fails', async () => {
    const two = `cases:
  - name: Two calls
    call:
      - { method: add_network, params: { network: { segmentation_id: 1 } } }
      - { method: add_network, params: { network: { segmentation_id: 100 } } }
    expect: { outcome: applied }
`;
    expect(await missesIn(two)).toEqual([
      expect.stringMatching(/^test\/cases\/cisco_ios\/x\.yml:2: call 1 of 2 failed: .*VLAN 1 is outside/),
    ]);
  });

  it('names the line of a configuration that the switch does not take', async () => {
    const given = '\n      running: |\n        vlan 100\n        interface GigabitEthernet1/0/7\n          swichport mode access';
    expect(await missesIn(attached('{ outcome: applied }', given))).toEqual([
      expect.stringMatching(
        /^test\/cases\/cisco_ios\/x\.yml:2: given: .*refused "\s*swichport mode access" \(test\/cases\/cisco_ios\/x\.yml:8\)/,
      ),
    ]);
  });

  it('says that there is no lab switch for a platform, and what to do', async () => {
    const text = attached('{ outcome: applied }').replace('cases:', 'platform: cisco_ios\nlab: acme_os\ncases:');
    const [miss] = await missesIn(text);
    expect(miss).toContain('the lab has no acme_os switch (it has cisco_ios, arista_eos, ');
    expect(miss).toContain('mercury record');
    expect(miss).toContain('lab:');
  });

  it('names the nearest platform', async () => {
    expect(await missesIn(attached('{ outcome: applied }'), 'cisco_io')).toEqual([
      'test/cases/cisco_io/x.yml:2: there is no platform cisco_io; did you mean cisco_ios?',
    ]);
  });
});

describe('a file of cases', () => {
  it.each([
    ['cases: []', ':1: cases: has no case'],
    ['cases:\n  - name: x\n    expcet: { outcome: applied }\n', ':3: unknown key expcet; did you mean expect?'],
    ['cases:\n  - name: x\n    expect: {}\n', ':3: cases.0.expect: expects nothing'],
    ['cases:\n  - name: x\n    expect: { outcome: aplied }\n', ':3: cases.0.expect.outcome: must be one of unchanged, applied'],
    [
      "cases:\n  - name: x\n    given:\n      faults:\n        - { on: '(', does: cut }\n    expect: { outcome: applied }\n",
      ':5: cases.0.given.faults.0.on: is no pattern',
    ],
    ['cases:\n  - name: x\n    given: { call_time: 5 }\n    expect: { outcome: applied }\n', ':3: cases.0.given.call_time: '],
    ['cases:\n  - name: x\n    given: { running: a, recording: b }\n    expect: { outcome: applied }\n', 'a recording is as it was'],
  ])('is refused with the line: %j', async (text, message) => {
    await expect(missesIn(text)).rejects.toThrow(message);
  });
});
