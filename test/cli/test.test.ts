import { describe, expect, it } from 'vitest';
import { Tree } from '../kit/tree.ts';
import { MAIN, Running, startMercury } from './run.ts';

const CASES = `cases:
  - name: An access port
    call: &call
      method: attach_port
      params: { port: { local_link_information: [{ port_id: Gi1/0/7 }] }, native_vlan: 100 }
    expect:
      outcome: applied
      running:
        interface GigabitEthernet1/0/7: { has: switchport access vlan 100 }
  - name: <Refused> & "undone"
    given: { faults: [{ on: ^no shutdown, does: refuse }] }
    call: *call
    expect: { outcome: undone }
`;
const FILE = 'test/cases/cisco_ios/attach_port.yml';
const wellTree = () => {
  const tree = new Tree();
  tree.write(FILE, CASES.replace('outcome: undone', 'outcome: rescued'));
  return tree;
};

describe('mercury test', () => {
  it('runs the cases of a tree, a line each, and ends with 0', async () => {
    using tree = wellTree();
    const { status, out, err } = await tree.mercury(['test']);
    expect({ status, err }).toEqual({ status: 0, err: '' });
    expect(out.trimEnd().split('\n')).toEqual([
      `ok      cisco_ios: An access port  ${FILE}:2`,
      `ok      cisco_ios: <Refused> & "undone"  ${FILE}:10`,
      expect.stringMatching(/^2 passed in \d+\.\d s$/),
    ]);
  });

  it('shows what a failed case missed, with file and line, and ends with 10', async () => {
    using tree = wellTree();
    tree.edit('templates/cisco_ios/access.hbs', 'switchport access vlan {{native_vlan}}', 'switchport access vlan 666');
    const { status, out } = await tree.mercury(['test', FILE]);
    expect(status).toBe(10);
    expect(out).toContain(`FAILED  cisco_ios: An access port  ${FILE}:2\n    ${FILE}:7: outcome: expected applied, but it is `);
    expect(out).toMatch(/1 passed, 1 failed in \d/);
  });

  it('tells CI in JUnit’s XML, whatever a name holds', async () => {
    using tree = new Tree();
    tree.write(FILE, CASES);
    const { status, out } = await tree.mercury(['test', '--format', 'junit']);
    expect(status).toBe(10);
    expect(out).toMatch(
      /^<\?xml version="1\.0" encoding="UTF-8"\?>\n<testsuites name="mercury test" tests="2" failures="1" errors="0" time="\d+\.\d{3}">\n/,
    );
    expect(out).toContain(`<testsuite name="${FILE}" tests="2" failures="1"`);
    expect(out).toContain(
      `<testcase name="&lt;Refused&gt; &amp; &quot;undone&quot;" classname="cisco_ios" file="${FILE}" line="10" time="`,
    );
    expect(out).toContain(`<failure message="${FILE}:13: outcome: expected undone, but it is rescued">`);
    expect(out.trimEnd().split('\n').at(-1)).toBe('</testsuites>');
  });

  it('tells machines in JSON', async () => {
    using tree = new Tree();
    tree.write(FILE, CASES);
    const { status, out } = await tree.mercury(['test', '--json']);
    expect(status).toBe(10);
    expect(JSON.parse(out)).toMatchObject({
      passed: 1,
      failed: 1,
      cases: [
        { name: 'An access port', platform: 'cisco_ios', file: FILE, line: 2, passed: true, misses: [] },
        { passed: false, misses: [{ file: FILE, line: 13, message: 'outcome: expected undone, but it is rescued' }] },
      ],
    });
  });

  it('runs the cases of one platform, and names the nearest where there are none', async () => {
    using tree = wellTree();
    tree.write('test/cases/arista_eos/x.yml', CASES.replaceAll('Gi1/0/7', 'Et7').replaceAll('GigabitEthernet1/0/7', 'Ethernet7'));
    expect((await tree.mercury(['test', '--platform', 'arista_eos'])).out).toMatch(/2 passed in/);
    const unknown = await tree.mercury(['test', '--platform', 'arista_eo']);
    expect(unknown).toMatchObject({ status: 2, err: expect.stringContaining('there are no cases of arista_eo; did you mean arista_eos?') });
  });

  it('ends with 2 on a path that is not there, on a file that is wrong, and on playbooks that are', async () => {
    using tree = wellTree();
    expect(await tree.mercury(['test', 'test/case'])).toMatchObject({ status: 2, err: expect.stringContaining('there is no ') });
    tree.edit(FILE, 'outcome: applied', 'otcome: applied');
    expect(await tree.mercury(['test'])).toMatchObject({ status: 2, err: `${FILE}:7: unknown key otcome; did you mean outcome?\n` });
    tree.edit('playbooks/cisco_ios/attach_port.yml', 'verify:', 'verfy:');
    expect(await tree.mercury(['test'])).toMatchObject({
      status: 2,
      err: expect.stringContaining('unknown key verfy; did you mean verify?'),
    });
  });

  it('counts in one line on a terminal, and shows there only what fails', async () => {
    using tree = new Tree();
    tree.write(FILE, CASES);
    const words = [process.execPath, MAIN, '--root', tree.path, 'test'].map(word => `'${word}'`).join(' ');
    await using running = new Running('script', ['-qec', `stty cols 60 rows 20; exec ${words}`, '/dev/null'], {
      cwd: tree.path,
      env: { TERM: 'xterm-256color' },
    });
    const { status, out } = await running.ended;
    expect(status).toBe(10);
    const plain = out.replace(/\x1b\[[0-9;]*m/g, '');
    const drawn = plain.split('\r\x1b[2K').flatMap(part => (part.startsWith('[') ? [part] : []));
    expect(drawn[0]).toMatch(/^\[0\/2\] {2}cisco_ios: An access port {2}\d+\.\d s$/);
    expect(drawn.filter(line => line.length >= 60)).toEqual([]);
    expect(drawn.some(line => /^\[[12]\/2\] {2}1 failed /.test(line))).toBe(true);
    expect(plain).toContain('FAILED  cisco_ios: <Refused> & "undone"');
    expect(plain).not.toContain('ok ');
    expect(plain).toMatch(/1 passed, 1 failed in \d+\.\d s\r\n$/);
  });
});

describe('mercury test --watch', () => {
  it('runs again what a changed template, playbook or file of cases bears on, and ends with 0 at Ctrl-C', async () => {
    using tree = wellTree();
    const other = CASES.replace('outcome: undone', 'outcome: undone')
      .replaceAll('Gi1/0/7', 'Et7')
      .replaceAll('GigabitEthernet1/0/7', 'Ethernet7');
    tree.write('test/cases/arista_eos/x.yml', other);
    await using running = startMercury(['--root', tree.path, 'test', '--watch'], { cwd: tree.path });
    const waits = async (times: number) => running.prints(new RegExp(`(?:Waiting for a change[\\s\\S]*){${times}}`));
    await waits(1);
    expect(running.out).toContain('4 passed');

    // A template of one platform: the other’s cases are left alone.
    let seen = running.out.length;
    tree.edit('templates/cisco_ios/access.hbs', 'switchport access vlan {{native_vlan}}', 'switchport access vlan 666');
    await waits(2);
    expect(running.out.slice(seen)).toContain('templates/cisco_ios/access.hbs has changed');
    expect(running.out.slice(seen)).toContain('1 passed, 1 failed');
    expect(running.out.slice(seen)).not.toContain('arista_eos');

    // What cannot be read is told, and run as soon as it can.
    seen = running.out.length;
    tree.edit('playbooks/cisco_ios/attach_port.yml', 'verify:', 'verfy:');
    await waits(3);
    expect(running.err).toContain('unknown key verfy; did you mean verify?');
    tree.edit('templates/cisco_ios/access.hbs', 'switchport access vlan 666', 'switchport access vlan {{native_vlan}}');
    await waits(4);
    tree.edit('playbooks/cisco_ios/attach_port.yml', 'verfy:', 'verify:');
    await waits(5);
    expect(running.out.slice(seen)).toContain('2 passed');

    seen = running.out.length;
    tree.edit('test/cases/arista_eos/x.yml', 'An access port', 'A port of access');
    await waits(6);
    expect(running.out.slice(seen)).toContain('arista_eos: A port of access');
    expect(running.out.slice(seen)).toContain('2 passed');

    seen = running.out.length;
    tree.write('playbooks/README.md', 'nothing that a case depends on');
    await waits(7);
    expect(running.out.slice(seen)).toContain('No case depends on that.');

    running.signal('SIGINT');
    expect(await running.ended).toMatchObject({ status: 0 });
  });
});
