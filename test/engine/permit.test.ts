import { describe, expect, it } from 'vitest';
import { verdictOf } from '../../server/engine/permit.ts';
import { at, ChangeError } from '../../server/errors.ts';
import type { Method, Values } from '../../server/model.ts';
import { type Asked, answer, asked, libraryWith } from '../policies.ts';
import { worked } from '../worked.ts';

/** Line 2 is the first rule. */
const POLICY = `rules:
  - { callers: ['cli:*'], allow: true }
  - { devices: [spine], deny: the spines are not ours }
  - { callers: [ironic*], devices: [leaf, access], ports: [Ethernet1-48, Po*, Gi1/0/1-24], vlans: '100-199,300', allow: true }
  - { callers: [ironic*], methods: [add_network], vlans: 100-199, allow: true }
`;

describe('the first rule that is for a call', () => {
  it.each<[string, Asked, string]>([
    ['allows it', {}, 'yes inventory/policy.yml:4'],
    [
      'may be another one for another method',
      { method: 'add_network', args: { vlan: 100, network_name: null } },
      'yes inventory/policy.yml:5',
    ],
    [
      'denies it, in the words of whoever wrote it',
      { device: 'spine-1', args: { port: 'xe-0/0/1' } },
      'spine-1 xe-0/0/1: denied: the spines are not ours (inventory/policy.yml:3)',
    ],
    [
      'decides before a later one that would say otherwise',
      { caller: 'cli:alice', device: 'spine-1', args: { port: 'xe-0/0/1' } },
      'yes inventory/policy.yml:2',
    ],
    ['knows a port by its short name', { args: { port: 'et7', native_vlan: 100 } }, 'yes inventory/policy.yml:4'],
  ])('%s', (_, what, said) => {
    expect(answer(POLICY, what)).toBe(said);
  });
});

describe('what no rule is for', () => {
  it.each<[string, Asked, string]>([
    [
      'the VLAN',
      { args: { port: 'Ethernet7', native_vlan: 666 } },
      'leaf-1 Ethernet7: VLAN 666 is not in 100-199,300 (inventory/policy.yml:4)',
    ],
    [
      'several VLANs',
      { args: { port: 'Ethernet7', native_vlan: 100, allowed_vlans: [666, 100, 667, 9] } },
      'leaf-1 Ethernet7: VLANs 9,666-667 are not in 100-199,300 (inventory/policy.yml:4)',
    ],
    [
      'the port',
      { args: { port: 'Ethernet60', native_vlan: 100 } },
      'leaf-1 Ethernet60: Ethernet60 is not among Ethernet1-48, Po*, Gi1/0/1-24 (inventory/policy.yml:4)',
    ],
    [
      'both',
      { args: { port: 'Ethernet60', native_vlan: 7 } },
      'leaf-1 Ethernet60: Ethernet60 is not among Ethernet1-48, Po*, Gi1/0/1-24, and VLAN 7 is not in 100-199,300 (inventory/policy.yml:4)',
    ],
    [
      'the device',
      { device: 'dpu-1', args: { port: 'pf0vf0', native_vlan: 100 } },
      'dpu-1 pf0vf0: dpu-1 is not among leaf, access, and pf0vf0 is not among Ethernet1-48, Po*, Gi1/0/1-24 (inventory/policy.yml:4)',
    ],
    ['the caller', { caller: 'bob' }, 'leaf-1 Ethernet7: no rule allows bob anything (inventory/policy.yml)'],
    [
      'a method without a port, by the rule that comes closest',
      { method: 'delete_network', args: { vlan: 100 } },
      'leaf-1: delete_network is not among add_network (inventory/policy.yml:5)',
    ],
  ])('is refused, and told what would have to be different: %s', (_, what, said) => {
    expect(answer(POLICY, what)).toBe(said);
  });

  it('is everything, where there are no rules', () => {
    expect(answer('', {})).toBe('leaf-1 Ethernet7: no rule allows ironic anything (inventory/policy.yml)');
    expect(answer('', { caller: 'cli:root' })).toBe('leaf-1 Ethernet7: no rule allows cli:root anything (inventory/policy.yml)');
  });

  it('is nothing, where there is no policy', () => {
    const library = { ...libraryWith(''), policy: undefined };
    expect(verdictOf(asked({ caller: 'bob' }), library)).toEqual({ passed: [] });
  });

  it('tells why each rule was passed over', () => {
    const { passed, refusal } = verdictOf(asked({ args: { port: 'Ethernet7', native_vlan: 666 } }), libraryWith(POLICY));
    expect(refusal).toBeInstanceOf(ChangeError);
    expect(refusal).toMatchObject({ kind: 'not_permitted', outcome: 'refused' });
    expect(passed.map(({ place, why }) => `${at(place)} ${why}`)).toEqual([
      'inventory/policy.yml:2 ironic is not among cli:*',
      'inventory/policy.yml:3 leaf-1 is not among spine',
      'inventory/policy.yml:4 VLAN 666 is not in 100-199,300',
      'inventory/policy.yml:5 attach_port is not among add_network; VLAN 666 is not in 100-199',
    ]);
  });
});

describe('an empty list', () => {
  it.each(['callers: []', 'devices: []', 'ports: []', 'methods: []', 'network_types: []', 'vlans: []', "vlans: ''"])(
    '%s allows nothing',
    list => {
      expect(answer(`rules: [{ ${list}, allow: true }]`, {})).not.toMatch(/^yes/);
      expect(answer(`rules: [{ ${list}, allow: true }]`, { method: 'detach_port', args: { port: 'Ethernet7' } })).not.toMatch(/^yes/);
    },
  );

  it.each(['callers: []', 'devices: []', 'ports: []', 'methods: []', 'network_types: []', 'vlans: []'])('%s denies nothing', list => {
    expect(answer(`rules: [{ ${list}, deny: no }, { allow: true }]`, {})).toMatch(/^yes/);
  });
});

describe('callers', () => {
  const yes = (callers: string, caller: string) => answer(`rules: [{ callers: [${callers}], allow: true }]`, { caller }).startsWith('yes');

  it.each([
    ["'*'", ['ironic', 'a b', ''], ['cli:alice']],
    ["'cli:*'", ['cli:alice'], ['alice', 'ironic']],
    ['cli:alice', ['cli:alice'], ['cli:bob', 'alice']],
    ['ironic-?', ['ironic-1'], ['ironic-', 'ironic-10', 'xironic-1']],
    ['i.c', ['i.c'], ['ixc']],
  ])('%s', (pattern, inside, outside) => {
    for (const caller of inside) expect([caller, yes(pattern, caller)]).toEqual([caller, true]);
    for (const caller of outside) expect([caller, yes(pattern, caller)]).toEqual([caller, false]);
  });

  it('are not those of the terminal for a name in a certificate that looks like it', () => {
    const request = { ...asked(), caller: { name: 'cli:alice', address: '192.0.2.9', scheme: 'certificate' } };
    expect(verdictOf(request, libraryWith("rules: [{ callers: ['cli:*', cli:alice], allow: true }]")).refusal?.message).toContain(
      'no rule allows',
    );
    expect(verdictOf(request, libraryWith("rules: [{ callers: ['cli*'], allow: true }]")).refusal).toBeUndefined();
  });
});

/** Every member that names a VLAN, in every method that has it. */
const PORT: Values = { port: 'Ethernet7' };
const NAMING: readonly [Method, string, Values, (readonly number[])?][] = [
  ...(['attach_port', 'update_port'] as const).flatMap((method): [Method, string, Values, (readonly number[])?][] => [
    [method, 'native_vlan', { ...PORT, mode: 'access', native_vlan: 666 }],
    [method, 'allowed_vlans', { ...PORT, mode: 'trunk', native_vlan: 100, allowed_vlans: [100, 666, 101] }],
    [method, 'default_vlan', { ...PORT, mode: 'access', native_vlan: 100, default_vlan: 666 }],
    [method, 'a VLAN that no template sees', { ...PORT, mode: 'access', native_vlan: 100 }, [666]],
  ]),
  ['detach_port', 'default_vlan', { ...PORT, default_vlan: 666 }],
  ['detach_port', 'a VLAN that it is to be taken off', PORT, [100, 666]],
  ['attach_lag', 'native_vlan', { port: 'Port-Channel7', native_vlan: 666 }],
  ['attach_lag', 'allowed_vlans', { port: 'Port-Channel7', native_vlan: 100, allowed_vlans: [666] }],
  ['attach_lag', 'default_vlan', { port: 'Port-Channel7', native_vlan: 100, default_vlan: 666 }],
  ['join_lag', 'native_vlan', { ...PORT, lag: 'Port-Channel7', native_vlan: 666 }],
  ['join_lag', 'allowed_vlans', { ...PORT, lag: 'Port-Channel7', native_vlan: 100, allowed_vlans: [666] }],
  ['join_lag', 'default_vlan', { ...PORT, lag: 'Port-Channel7', native_vlan: 100, default_vlan: 666 }],
  ['add_network', 'vlan', { vlan: 666, network_name: 'x' }],
  ['delete_network', 'vlan', { vlan: 666, network_name: 'x' }],
];

describe.each(NAMING)('%s with VLAN 666 as %s', (method, _, args, alsoNamed = []) => {
  const what: Asked = { method, args, alsoNamed };

  it('is refused by a rule for other VLANs, denied by one for this VLAN, and refused where it is protected', () => {
    expect(answer('rules: [{ vlans: 100-199, allow: true }]', what)).toContain('VLAN 666 is not in 100-199');
    expect(answer('rules: [{ vlans: 666, deny: not this one }, { allow: true }]', what)).toContain('VLAN 666: denied: not this one');
    expect(answer('protected: { vlans: 600-699 }\nrules: [{ allow: true }]', what)).toContain(
      'VLAN 666 is protected: nobody is granted 600-699',
    );
    expect(answer('rules: [{ vlans: "100-199,666", allow: true }]', what)).toBe('yes inventory/policy.yml:1');
  });
});

describe('a call that names two ports', () => {
  const join = (ports: string, more = '') =>
    answer(`rules: [${more}{ ports: [${ports}], allow: true }]`, {
      method: 'join_lag',
      args: { port: 'Et7', lag: 'po7', native_vlan: 100 },
    });

  it('needs both of them', () => {
    expect(join('Ethernet7, Port-Channel7')).toMatch(/^yes/);
    expect(join('Ethernet7')).toBe('leaf-1 Ethernet7: Port-Channel7 is not among Ethernet7 (inventory/policy.yml:1)');
    expect(join('Port-Channel7')).toBe('leaf-1 Ethernet7: Ethernet7 is not among Port-Channel7 (inventory/policy.yml:1)');
  });

  it('is denied for either', () => {
    expect(join('"*"', '{ ports: [Port-Channel7], deny: a peer link }, ')).toBe(
      'leaf-1 Ethernet7: Port-Channel7: denied: a peer link (inventory/policy.yml:1)',
    );
    expect(join('"*"', '{ ports: [Ethernet7], deny: no }, ')).toContain('denied: no');
  });
});

describe('a rule for ports', () => {
  it('is for no call that is for a whole device', () => {
    const what: Asked = { method: 'add_network', args: { vlan: 100 } };
    expect(answer('rules: [{ ports: ["*"], allow: true }]', what)).toBe(
      'leaf-1: the call names no port, and the rule is for * (inventory/policy.yml:1)',
    );
    expect(answer('rules: [{ ports: ["*"], deny: no }, { allow: true }]', what)).toMatch(/^yes/);
  });
});

describe('a call that names no VLAN', () => {
  it('is for a rule that allows VLANs, and not for one that denies them', () => {
    for (const method of ['detach_port', 'is_port_supported', 'delete_lag'] as const) {
      const what: Asked = { method, args: { port: method === 'delete_lag' ? 'Port-Channel7' : 'Ethernet7' } };
      expect(answer('rules: [{ vlans: 100, allow: true }]', what)).toMatch(/^yes/);
      expect(answer('rules: [{ vlans: 1-4094, deny: no }, { allow: true }]', what)).toMatch(/^yes/);
    }
  });
});

describe('network types', () => {
  const yes = (rule: string, networkType?: string) =>
    answer(`rules: [${rule}]`, networkType === undefined ? {} : { networkType }).startsWith('yes');

  it('are vlan where the call says nothing', () => {
    expect(yes('{ network_types: [vlan], allow: true }')).toBe(true);
    expect(yes('{ network_types: [vlan], allow: true }', 'vlan')).toBe(true);
    expect(yes('{ network_types: [vlan], allow: true }', 'vxlan')).toBe(false);
    expect(yes('{ network_types: [vlan], deny: no }, { allow: true }', 'vxlan')).toBe(true);
    expect(yes('{ network_types: [vlan], deny: no }, { allow: true }')).toBe(false);
  });
});

describe('what is protected', () => {
  const policy = `protected: { ports: { row-a: [Ethernet48, Po1000], access-1: ['Te*'] } }\nrules: [{ allow: true }]`;

  it.each<[string, Asked]>([
    ['a port of a group', { args: { port: 'Ethernet48', native_vlan: 100 } }],
    ['by its short name', { args: { port: 'et48', native_vlan: 100 } }],
    ['to whoever asks', { caller: 'cli:root', args: { port: 'Ethernet48', native_vlan: 100 } }],
    ['from being taken off its network', { method: 'detach_port', args: { port: 'Ethernet48' } }],
    ['a LAG', { method: 'delete_lag', args: { port: 'Port-Channel1000' } }],
    ['a LAG that a port would join', { method: 'join_lag', args: { port: 'Ethernet1', lag: 'Po1000', native_vlan: 100 } }],
    ['by a pattern', { device: 'access-1', args: { port: 'TenGigabitEthernet1/1/4', native_vlan: 100 } }],
  ])('is nobody’s: %s', (_, what) => {
    expect(answer(policy, what)).toMatch(/^\S+ \S+ is protected: nobody may change it \(inventory\/policy\.yml:1\)$/);
  });

  it('is protected where it says so, and nowhere else', () => {
    expect(answer(policy, { device: 'leaf-2', args: { port: 'Ethernet48', native_vlan: 100 } })).toMatch(/^yes/);
  });

  it('is protected on every device by `all`', () => {
    const everywhere = "protected: { ports: { all: ['*48'] } }\nrules: [{ allow: true }]";
    for (const [device, port] of [
      ['leaf-2', 'Ethernet48'],
      ['access-1', 'Gi1/0/48'],
      ['spine-1', 'xe-0/0/48'],
    ] as const)
      expect(answer(everywhere, { device, args: { port } })).toContain('is protected');
  });
});

it('has little work with a port of any length', async () => {
  const port = `Ethernet${'1'.repeat(1_000_000)}`;
  const asked = () => answer('rules: [{ ports: ["*1*1*1*2"], allow: true }]', { args: { port } });
  expect(await worked(() => expect(asked).toThrow(/leaf-1: "Ethernet1+…" is no port name/))).toBeLessThan(1000);
});
