import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { lintLibrary } from '../../server/library/library.ts';
import { Folder } from '../cli/run.ts';
import { ROOT } from '../harness.ts';
import { answer, PLATFORMS, policyFrom } from '../policies.ts';
import { complaintsOf, LibraryOnDisk } from './files.ts';

const ARISTA = PLATFORMS.get('arista_eos')?.title;

const complaintsAbout = (text: string) => policyFrom(text).complaints;
/** What one rule that allows is complained about; its keys stand on lines of their own from line 2. */
const inRule = (...lines: string[]) =>
  complaintsAbout(['rules:', ...lines.map((line, i) => `${i === 0 ? '  - ' : '    '}${line}`), '    allow: true'].join('\n'));

describe('lint of inventory/policy.yml', () => {
  it('takes a policy that uses everything, and places every rule on its line', () => {
    const text = [
      'protected:',
      '  vlans: 1,4000-4094',
      '  ports:',
      '    leaf: [Ethernet49/1, Po1000]',
      '    all: ["*uplink*"]',
      'rules:',
      '  # Whoever sits here has the credentials anyway.',
      "  - callers: ['cli:*']",
      '    allow: true',
      '  - callers: [ironic-*, ironic]',
      '    devices: [leaf, access-1, dpu-*]',
      '    ports: [Ethernet1-48, Gi1/0/1-24, pf0vf*]',
      '    methods: [attach_port, detach_port]',
      '    vlans: [100, 200]',
      '    network_types: [vlan]',
      '    allow: true',
      '  - deny: Nobody else, not yet.',
    ].join('\n');
    const { policy, complaints } = policyFrom(text);
    expect(complaints).toEqual([]);
    expect(policy.rules.map(({ place }) => place.line)).toEqual([8, 10, 17]);
    expect(policy.rules[1]?.vlans?.text).toBe('100,200');
    expect(policy.rules[2]?.deny).toBe('Nobody else, not yet.');
  });

  it.each([
    ['an unknown key', ['caller: [ironic]'], ['2: unknown key caller; did you mean callers?']],
    ['a list that is none', ['callers: ironic'], ['2: rules.0.callers: must be a list of callers']],
    ['a list with nothing after its key', ['callers:'], ['2: rules.0.callers: must be a list of callers']],
    ['an empty name', ["callers: ['']"], ['2: rules.0.callers.0: must not be empty']],
    ['a device that is not there', ['devices: [leaf-9]'], ['2: no device and no group leaf-9; did you mean leaf-1?']],
    ['a pattern that no device is like', ['devices: ["rack-*"]'], ['2: no device and no group is like rack-*']],
    ['a method that is none', ['methods: [attach_prt]'], ['2: no method attach_prt; did you mean attach_port?']],
    ['one of Ironic’s', ['methods: [update_port,', '  reset_port]'], ['3: no method reset_port; Ironic’s reset_port is detach_port here']],
    ['VLANs that are none', ['vlans: 100-x'], ['2: 100-x is no list of VLANs such as 100,200-299']],
    ['a VLAN out of range', ['vlans: 100,4095'], ['2: 4095 is no VLAN']],
    ['a range of VLANs that goes down', ['vlans: 200-100'], ['2: 200-100 is no list of VLANs such as 100,200-299']],
    ['a network type that no platform carries', ['network_types: [vxlan]'], ['2: no platform carries vxlan networks; there are vlan']],
    [
      'a port that none of its devices can have',
      ['devices: [leaf]', 'ports: [Ethernt1-48]'],
      [`3: Ethernt1-48 is no port name of ${ARISTA}`],
    ],
    [
      'one of several platforms',
      ['devices: [leaf, access]', 'ports: [xe-0/0/1]'],
      ['3: xe-0/0/1 is no port name of any of arista_eos, cisco_ios'],
    ],
    ['ports that go down', ['ports: [Ethernet48-1]'], ['2: Ethernet48-1: 48-1 goes down']],
    ['endless ports', ['ports: [Port-Channel1-999999]'], ['2: Port-Channel1-999999: 1-999999 is more than 10000 numbers']],
  ])('complains of %s', (_, lines, complaints) => {
    expect(inRule(...lines)).toEqual(complaints);
  });

  it.each([
    [
      'neither allows nor denies',
      'rules:\n  - callers: [ironic]',
      ['2: rules.0: the rule says neither `allow: true` nor `deny:` with a reason'],
    ],
    ['does both', 'rules:\n  - allow: true\n    deny: no', ['2: rules.0: a rule allows or denies, not both']],
    ['does not allow', 'rules:\n  - allow: false', ['2: rules.0.allow: must be true; a rule that forbids says deny, and why']],
    ['denies without a reason', 'rules:\n  - deny: true', ['2: rules.0.deny: must be the reason, in words']],
    ['denies with an empty one', "rules:\n  - deny: ' '", ['2: rules.0.deny: must be the reason, in words']],
  ])('complains of a rule that %s', (_, text, complaints) => {
    expect(complaintsAbout(text)).toEqual(complaints);
  });

  it('complains of what is protected and not there', () => {
    const text = 'protected:\n  vlans: 0\n  ports:\n    leef: [Ethernet1]\n    leaf: [Ethernet49/1,\n      Eternet50]\n  vlan: 1';
    expect(complaintsAbout(text)).toEqual(['7: unknown key vlan; did you mean vlans?']);
    expect(complaintsAbout(text.replace('\n  vlan: 1', ''))).toEqual([
      '2: 0 is no VLAN',
      '4: no device and no group leef; did you mean leaf?',
      `6: Eternet50 is no port name of ${ARISTA}`,
    ]);
  });

  it('knows a group that nobody is in', () => {
    expect(inRule('devices: [empty]')).toEqual([]);
  });

  describe('complains of a rule that an earlier one decides for it', () => {
    const decided = /^\d+: this rule decides nothing: all that it is for is decided by the one at inventory\/policy\.yml:2$/;
    const covered = (earlier: string, later: string) =>
      complaintsAbout(`rules:\n  - ${earlier}\n  - ${later}`).some(one => decided.test(one));

    it.each([
      ['the same rule', '{ callers: [a], vlans: 5, allow: true }', '{ callers: [a], vlans: 5, allow: true }'],
      ['one of its callers', '{ callers: [ironic-*], allow: true }', '{ callers: [ironic-1], deny: no }'],
      ['a narrower pattern of callers', '{ callers: [ironic*], allow: true }', '{ callers: [ironic-*-b], allow: true }'],
      ['one of its devices', '{ devices: [leaf], deny: no }', '{ devices: [leaf-2], allow: true }'],
      ['a group, after all devices', '{ devices: [all], allow: true }', '{ devices: [leaf], allow: true }'],
      ['some of its ports', '{ ports: [Ethernet1-48], allow: true }', '{ devices: [leaf], ports: [Et7, Ethernet40-48], allow: true }'],
      ['some of its VLANs', '{ vlans: 100-199, allow: true }', '{ vlans: "100,150-160", allow: true }'],
      ['some of its methods', '{ methods: [attach_port, detach_port], deny: no }', '{ methods: [detach_port], allow: true }'],
      ['a port, after a denial of all its ports', '{ ports: ["*"], deny: no }', '{ ports: ["Ethernet*"], allow: true }'],
      ['everything, after everything', '{ allow: true }', '{ callers: [a], ports: [Ethernet1], vlans: 5, deny: no }'],
    ])('%s', (_, earlier, later) => {
      expect(covered(earlier, later)).toBe(true);
    });

    it.each([
      ['other callers', '{ callers: [ironic-*], allow: true }', '{ callers: [ironic], allow: true }'],
      ['callers at the terminal, whom no * means', "{ callers: ['*'], allow: true }", "{ callers: ['cli:*'], allow: true }"],
      ['a wider pattern', '{ callers: [ironic-?], allow: true }', '{ callers: [ironic-*], allow: true }'],
      ['a group, after all who are in it today', '{ devices: [leaf-1, leaf-2], allow: true }', '{ devices: [leaf], allow: true }'],
      ['the ports of more platforms', '{ ports: ["Ethernet*"], allow: true }', '{ ports: [Ethernet1-4, Gi1/0/1], allow: true }'],
      ['a wider range', '{ ports: [Ethernet1-47], allow: true }', '{ devices: [leaf], ports: [Ethernet1-48], allow: true }'],
      ['calls for no port', '{ ports: ["*"], allow: true }', '{ methods: [add_network], allow: true }'],
      ['calls that name no VLAN', '{ vlans: 1-4094, deny: no }', '{ vlans: 100, allow: true }'],
      // A trunk with 100 and 300 is not for the first.
      ['calls that name other VLANs as well', '{ vlans: 100-199, allow: true }', '{ vlans: 150, deny: no }'],
      // A port that joins a LAG: one of the two may be another.
      ['calls that name another port as well', '{ ports: [Ethernet1-9], allow: true }', '{ ports: [Ethernet5], deny: no }'],
      ['what an empty list leaves', '{ callers: [], allow: true }', '{ callers: [], allow: true }'],
    ])('but not of one for %s', (_, earlier, later) => {
      expect(covered(earlier, later)).toBe(false);
    });
  });

  it('complains of a rule that would grant protected VLANs alone', () => {
    expect(
      complaintsAbout('protected: { vlans: 1-99 }\nrules:\n  - { vlans: 10-20, allow: true }\n  - { vlans: 90-110, allow: true }'),
    ).toEqual(['3: this rule grants no VLAN: all of 10-20 is protected']);
  });
});

describe('the policy of a library', () => {
  const POLICY = 'inventory/policy.yml';

  it('is none where there is no file, and an empty file is one', () => {
    using none = new LibraryOnDisk();
    expect(none.load().policy).toBeUndefined();
    for (const text of ['', '# later\n', '{}', 'rules: []\n']) {
      using empty = new LibraryOnDisk({ [POLICY]: text });
      expect(empty.load().policy).toMatchObject({ file: POLICY, rules: [] });
    }
  });

  it('stands in policy.yml or policy.yaml, and not in both', () => {
    using other = new LibraryOnDisk({ 'inventory/policy.yaml': 'rules: [{ allow: true }]' });
    expect(other.load().policy?.rules).toHaveLength(1);
    expect(complaintsOf({ [POLICY]: '', 'inventory/policy.yaml': '' })).toEqual([
      'inventory/policy.yaml:1: there is inventory/policy.yml already',
    ]);
  });

  it('is no inventory, and nor are the freeze and the examples; any other name is', () => {
    const rules = 'rules: []\n';
    expect(complaintsOf({ 'inventory/policy.example.yml': rules, 'inventory/freeze.example.yaml': 'all: x' })).toEqual([]);
    expect(complaintsOf({ 'inventory/policy.old.yml': rules, 'inventory/policies.yml': rules })).toEqual([
      'inventory/policies.yml:1: unknown key rules',
      'inventory/policy.old.yml:1: unknown key rules',
    ]);
  });

  it('is complained about with the rest, with file and line', () => {
    expect(complaintsOf({ [POLICY]: 'rules:\n  - devices: [sw2]\n    allow: true\n', 'inventory/freeze.yml': '\nsw3: away\n' })).toEqual([
      'inventory/freeze.yml:2: no device and no group sw3; did you mean sw1?',
      'inventory/policy.yml:2: no device and no group sw2; did you mean sw1?',
    ]);
    expect(complaintsOf({ [POLICY]: 'rules: [' })[0]).toMatch(/^inventory\/policy\.yml:1: not YAML: /);
  });

  it('is not blamed for names in an inventory file that cannot be read', () => {
    const broken = { 'inventory/more.yml': 'devices: [', [POLICY]: 'rules: [{ devices: [sw2], allow: true }]' };
    expect(complaintsOf(broken)).toHaveLength(1);
  });

  it('knows the groups of a device', () => {
    const grouped = 'groups: { row: {} }\ndevices:\n  sw1: { platform: acme, credentials: lab, address: 192.0.2.1, groups: [row] }\n';
    using library = new LibraryOnDisk({ 'inventory/lab.yml': grouped, [POLICY]: 'rules: [{ devices: [row], allow: true }]' });
    const { devices, policy } = library.load();
    const [device] = devices.values();
    expect(device?.groups).toEqual(['row']);
    expect(device && policy?.rules[0]?.devices?.has(device)).toBe(true);
  });

  it('is wrong if it has `all` for a device of that name', () => {
    const named = 'devices:\n  all: { platform: acme, credentials: lab, address: 192.0.2.1 }\n';
    expect(complaintsOf({ 'inventory/lab.yml': named, [POLICY]: 'rules: [{ devices: [all], allow: true }]' })).toEqual([
      'inventory/policy.yml:1: all means every device here, and the inventory has something of that name',
    ]);
  });
});

describe('a rule’s ports', () => {
  const allows = (ports: string, device: string, port: string) =>
    answer(`rules: [{ ports: [${ports}], allow: true }]`, { device, args: { port, native_vlan: 100 } }).startsWith('yes');

  it.each([
    [
      'Ethernet1-48',
      'leaf-1',
      ['Ethernet1', 'Ethernet48', 'Et7'],
      ['Ethernet0', 'Ethernet49', 'Ethernet4/1', 'Ethernet007', 'Ethernet1-48'],
    ],
    ['Ethernet49-50/1', 'leaf-1', ['Ethernet49/1', 'Ethernet50/1'], ['Ethernet49/2', 'Ethernet51/1', 'Ethernet49']],
    ['Ethernet*', 'leaf-1', ['Ethernet1', 'Ethernet49/1'], ['Port-Channel1']],
    ['Ethernet1?', 'leaf-1', ['Ethernet10', 'Ethernet19'], ['Ethernet1', 'Ethernet100']],
    ['"*1-4"', 'leaf-1', ['Ethernet1', 'Port-Channel4'], ['Ethernet14', 'Ethernet11']],
    ['Po10-20', 'leaf-1', ['Port-Channel10', 'po20'], ['Port-Channel9', 'Ethernet10']],
    ['Gi1-2/0/1-24', 'access-1', ['GigabitEthernet1/0/1', 'Gi2/0/24'], ['Gi3/0/1', 'Te1/0/1', 'Gi1/1/1']],
    ['xe-0/0/0-47', 'spine-1', ['xe-0/0/0', 'xe-0/0/47'], ['xe-0/0/48', 'et-0/0/0', 'xe-0/0']],
    ['ae1-4', 'spine-1', ['ae1'], ['ae0', 'ae10']],
    ['pf0vf0-7', 'dpu-1', ['pf0vf0', 'pf0vf7'], ['pf0vf8', 'pf0vf0-7', 'pf1vf0']],
    ['eth01-12', 'dpu-1', ['eth01', 'eth12'], ['eth1', 'eth13']],
    ['tap0?1', 'dpu-1', ['tap0-1', 'tap0.1'], ['tap0', 'tap1']],
    ['a.c', 'dpu-1', ['a.c'], ['abc']],
  ])('%s on %s', (ports, device, inside, outside) => {
    for (const port of inside) expect([port, allows(ports, device, port)]).toEqual([port, true]);
    for (const port of outside) expect([port, allows(ports, device, port)]).toEqual([port, false]);
  });

  it('are those of either reading in a denial, where a range is a possible name', () => {
    const text = 'rules: [{ ports: [tap0-1], deny: mine }, { allow: true }]';
    const yes = (port: string) => answer(text, { device: 'dpu-1', args: { port, native_vlan: 100 } }).startsWith('yes');
    expect(['tap0', 'tap1', 'tap0-1', 'tap2'].map(yes)).toEqual([false, false, false, true]);
  });
});

it('finds nothing wrong with policy.example.yml, on the inventory of example.yml', () => {
  using folder = new Folder();
  for (const [from, to] of Object.entries({ 'example.yml': 'example.yml', 'policy.example.yml': 'policy.yml' }))
    copyFileSync(join(ROOT, 'inventory', from), join(folder.path, to));
  const { library, complaints } = lintLibrary({ root: ROOT, playbooks: 'playbooks', templates: 'templates', inventory: folder.path });
  expect(complaints).toEqual([]);
  expect(library.policy?.rules).toHaveLength(6);
});
