import { describe, expect, it } from 'vitest';
import { missesOf } from '../../server/engine/check.ts';
import { renderStep } from '../../server/engine/render.ts';
import type { Values } from '../../server/model.ts';
import fc from '../chance.ts';
import { ATTACH_FILE, altered, LibraryOnDisk } from '../library/files.ts';

/** What a verify task with this `expect:` or `reject:` (as YAML) says of an output. */
function misses(checks: string, output: string, values: Values = {}): string[] {
  using library = new LibraryOnDisk(altered(ATTACH_FILE, '    expect: vlan {{native_vlan}}', checks.replace(/^/gm, '    ')));
  const verify = library.load().platforms.get('acme')?.playbooks.get('attach_port')?.verify;
  const task = typeof verify === 'string' ? undefined : verify?.[0];
  const step =
    task &&
    renderStep(task, 'exec', {
      values: { port: 'p1', native_vlan: 100, allowed_vlans: [200, 201], uplinks: ['p48', 'p49'], ...values },
      session: 'shell',
    });
  if (!step) throw new Error('the task renders to nothing');
  return missesOf(step, output);
}

const RUNNING = `interface p1
 switchport access vlan 100
 switchport trunk allowed vlan 100,200-201
interface p2
 switchport access vlan 300
 switchport trunk allowed vlan add 400,402
interface p48
 switchport trunk allowed vlan 2-1001
`;

describe('expect', () => {
  it.each([
    ["expect: '^ switchport access vlan {{native_vlan}}$'", []],
    ["expect: '^ switchport access vlan 10$'", ['it does not show "switchport access vlan 10", but "switchport access vlan 100"']],
    ["expect: '^ switchport trunk native vlan 10$'", ['it does not show "switchport trunk native vlan 10"']],
    // Cut at its last blank, this is no pattern.
    [
      "expect: '^ switchport (?:access vlan|trunk native vlan) 10$'",
      ['it does not show "switchport (?:access vlan|trunk native vlan) 10", but "switchport access vlan 100"'],
    ],
    ["expect: '^ switchport (?:mode trunk|mode dot1q)$'", ['it does not show "switchport (?:mode trunk|mode dot1q)"']],
    ["expect: { text: '^ shutdown$', means: '{{port}} is open' }", ['p1 is open']],
    [
      "expect:\n  - ' vlan 100'\n  - ' vlan 999'\n  - { text: nothing, means: it is empty }",
      ['it does not show "vlan 999"', 'it is empty'],
    ],
    ["expect: '{{#if description}}^ description {{description}}{{/if}}'", []],
    ["expect: { vlans: '^ switchport access vlan (\\d+)$', are: '100,300' }", []],
    [
      "expect: { vlans: '^ switchport access vlan (\\d+)$', are: '{{vlans native_vlan}}' }",
      ['its VLANs are 100,300 where they should be 100'],
    ],
    ["expect: { vlans: ' allowed vlan (?:add )?(.+)$', are: '2-1001' }", []],
    ["expect: { vlans: '^ no such line (.+)$', are: '{{native_vlan}}' }", ['its VLANs are none where they should be 100']],
    ["expect: { vlans: '^ no such line (.+)$', are: '{{native_vlan}}', means: '{{port}} carries nothing' }", ['p1 carries nothing']],
    ["expect: { vlans: ' allowed vlan (?:add )?(.+)$', hold: '{{vlans native_vlan allowed_vlans}}' }", []],
    ["expect: { vlans: ' access vlan (.+)$', hold: '100,200' }", ['its VLANs are 100,300 where they should hold 100,200']],
  ])('%s', (checks, wanted) => {
    expect(misses(checks, RUNNING)).toEqual(wanted);
  });

  it('takes a value for nothing but its own text, whatever signs it has', () => {
    expect(
      misses("expect: '^ description {{description}}$'", ' description a+b (c) [d]? $1 ^x\\y|z', {
        description: 'a+b (c) [d]? $1 ^x\\y|z',
      }),
    ).toEqual([]);
    expect(misses("expect: '^ description {{description}}$'", ' description anything', { description: '.*' })).toHaveLength(1);
    const text = fc.string({ minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(text, text, (description, other) => {
        fc.pre(other.trim() !== description.trim());
        expect(misses("expect: '^\\[{{description}}\\]$'", `[${description}]`, { description })).toEqual([]);
        expect(misses("expect: '^\\[{{description}}\\]$'", `[${other}]`, { description })).toHaveLength(1);
      }),
      { numRuns: 60 },
    );
  });

  it('cannot be weakened by a value that holds the renderer’s own marks', () => {
    expect(misses("expect: '^\\[{{description}}\\]$'", '[]', { description: '\uE0007\uE001' })).toHaveLength(1);
  });
});

describe('reject', () => {
  it.each([
    ["reject: '^ shutdown$'", []],
    ["reject: '^ switchport access'", ['it shows "switchport access"']],
    ["reject: { text: '^ switchport access vlan {{native_vlan}}', means: '{{port}} is taken' }", ['p1 is taken']],
    ["reject:\n  - nothing\n  - { vlans: ' access vlan (.+)$', hold: '300' }", ['VLAN 300 is still there:']],
    [
      "reject: { vlans: ' vlan (?:add )?([\\d,-]+)$', hold: '{{native_vlan}}', under: '^interface (\\S+)$', means: 'VLAN {{native_vlan}} is used by' }",
      ['VLAN 100 is used by p1, p48'],
    ],
    [
      "reject: { vlans: ' vlan (?:add )?([\\d,-]+)$', hold: '{{native_vlan}}', under: '^interface (\\S+)$', except: '{{join uplinks}}', means: used by }",
      ['used by p1'],
    ],
    [
      "reject: { vlans: ' vlan (?:add )?([\\d,-]+)$', hold: '402', under: '^interface (?<port>\\S+)$', except: 'p48,p49', means: used by }",
      ['used by p2'],
    ],
    ["reject: { vlans: ' vlan (?:add )?([\\d,-]+)$', hold: '500', under: '^interface (\\S+)$', except: 'p48' }", []],
    ["reject: { vlans: ' vlan (?:add )?([\\d,-]+)$', are: '100' , under: '^interface (\\S+)$' }", ['VLAN 100 is still there: p1']],
    ["reject: { vlans: ' vlan (?:add )?([\\d,-]+)$', are: '402' }", []],
  ])('%s', (checks, wanted) => {
    expect(misses(checks, RUNNING)).toEqual(wanted);
  });

  const TABLE = `Port   Mode   VLANs
p1     trunk  100,200
p2     access 100
p48    trunk  2-1001
p7     down
`;

  it('knows the port by a named group', () => {
    const check = (hold: string, except = '') =>
      `reject: { vlans: '^(?<port>p\\d+) +\\w+ +(?<vlans>[\\d,-]+)$', hold: '${hold}', except: '${except}', means: on }`;
    expect(misses(check('100', 'p48'), TABLE)).toEqual(['on p1, p2']);
    expect(misses(check('200,9'), TABLE)).toEqual(['on p1, p48']);
    expect(misses(check('3000'), TABLE)).toEqual([]);
  });

  it('takes the nearest header above, and none of one below', () => {
    const check = "reject: { vlans: '^ vlan (.+)$', hold: '5', under: '^port (\\S+)$', except: 'b', means: on }";
    expect(misses(check, 'port a\n x\nport b\n vlan 5\n')).toEqual([]);
    expect(misses(check, 'port b\n x\nport a\n vlan 5\nport b\n')).toEqual(['on a']);
    expect(misses(check, ' vlan 5\nport b\n')).toEqual(['on']);
  });

  it('names each guilty port once', () => {
    const check = "reject: { vlans: '^ vlan (.+)$', hold: '5,6', under: '^port (\\S+)$', means: on }";
    expect(misses(check, 'port a\n vlan 5\n vlan 6\nport c\n vlan 5-6\n')).toEqual(['on a, c']);
  });

  it('does not take a list that it cannot read for one without the VLAN', () => {
    const check = "reject: { vlans: '^ vlan (.+)$', hold: '5', under: '^port (\\S+)$', means: on }";
    expect(misses(check, 'port a\n vlan 4,5 (native)\n')).toEqual(['on a (cannot be read: 4,5 (native))']);
    expect(misses(check, 'port a\n vlan 4,5 (native)\nport c\n vlan 5\n')).toEqual(['on a, c']);
    const empty = "expect: { vlans: '^ members (.+)$', are: '{{#if description}}5{{/if}}' }";
    expect(misses(empty, '')).toEqual([]);
    expect(misses(empty, ' members tenant-net\n')).toEqual(['it shows VLANs that cannot be read: tenant-net']);
  });
});

describe('lists as switches write them', () => {
  it.each(['100,200-201', '100 200-201', '100, 200, 201', '[100, 200, 201]', '[ 100 200-201 ]', '201,200,100', '100,200-201,'])(
    '%s',
    list => {
      expect(misses("expect: { vlans: '^VLANs: (.*)$', are: '{{vlans native_vlan allowed_vlans}}' }", `VLANs: ${list}`)).toEqual([]);
    },
  );

  it('over several lines are read together', () => {
    const output = ' switchport trunk allowed vlan 100\n switchport trunk allowed vlan add 200,201\n';
    expect(misses("expect: { vlans: 'allowed vlan (?:add )?(.+)$', are: '{{vlans native_vlan allowed_vlans}}' }", output)).toEqual([]);
  });

  it('with one VLAN too many or too few are not as asked', () => {
    const check = "expect: { vlans: '^VLANs: (.*)$', are: '{{vlans native_vlan allowed_vlans}}' }";
    expect(misses(check, 'VLANs: 100,200')).toEqual(['its VLANs are 100,200 where they should be 100,200-201']);
    expect(misses(check, 'VLANs: ALL')).toEqual(['its VLANs are 1-4094 where they should be 100,200-201']);
    expect(misses(check, 'VLANs: none')).toEqual(['its VLANs are none where they should be 100,200-201']);
    expect(misses(check, 'VLANs: nonsense')).toHaveLength(1);
  });
});
