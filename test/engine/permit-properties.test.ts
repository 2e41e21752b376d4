import { describe, expect, it } from 'vitest';
import { verdictOf } from '../../server/engine/permit.ts';
import { plan } from '../../server/engine/plan.ts';
import { ChangeError } from '../../server/errors.ts';
import { covers } from '../../server/library/covers.ts';
import type { Library } from '../../server/library/library.ts';
import type { Rule } from '../../server/library/lists.ts';
import { canonicalPort } from '../../server/library/ports.ts';
import type { ChangeRequest, Method } from '../../server/model.ts';
import fc from '../chance.ts';
import { asked, DEVICES, libraryWith, PLATFORMS } from '../policies.ts';

/* Any policy, any request. What a list means is said here once more, name by name, and nothing of the server is asked about it. */

interface WrittenRule {
  readonly callers?: string[];
  readonly devices?: string[];
  readonly ports?: string[];
  readonly methods?: Method[];
  readonly vlans?: number[];
  readonly network_types?: string[];
  readonly allow?: true;
  readonly deny?: string;
}

const CALLERS: Readonly<Record<string, readonly string[]>> = {
  '*': ['ironic-1', 'ironic-22', 'bob'],
  'ironic-*': ['ironic-1', 'ironic-22'],
  'ironic-?': ['ironic-1'],
  bob: ['bob'],
  'cli:*': ['cli:bob', 'cli:alice'],
  'cli:a*': ['cli:alice'],
};
const ON: Readonly<Record<string, readonly string[]>> = {
  all: ['leaf-1', 'leaf-2', 'access-1', 'spine-1', 'dpu-1'],
  leaf: ['leaf-1', 'leaf-2'],
  'row-*': ['leaf-1', 'leaf-2', 'access-1'],
  'leaf-?': ['leaf-1', 'leaf-2'],
  'leaf-1': ['leaf-1'],
  'spine-1': ['spine-1'],
};
const EOS = ['Ethernet1', 'Ethernet2', 'Ethernet12', 'Ethernet49/1', 'Port-Channel1', 'Port-Channel12'];
const IOS = ['GigabitEthernet1/0/1', 'GigabitEthernet1/0/12', 'Port-channel1'];
const JUNOS = ['xe-0/0/1', 'xe-0/0/12', 'ae1'];
const OVS = ['pf0vf1', 'tap0', 'tap0-1'];
/** On any of the platforms; `tap0-1` is itself a port of one of them, which only a denial means. */
const PORTS: Readonly<Record<string, readonly string[]>> = {
  '*': [...EOS, ...IOS, ...JUNOS, ...OVS],
  'Ethernet*': ['Ethernet1', 'Ethernet2', 'Ethernet12', 'Ethernet49/1'],
  'Ethernet1-9': ['Ethernet1', 'Ethernet2'],
  Ethernet1: ['Ethernet1'],
  'Po*': ['Port-Channel1', 'Port-Channel12', 'Port-channel1'],
  'Gi1/0/1-9': ['GigabitEthernet1/0/1'],
  'xe-0/0/?': ['xe-0/0/1'],
  'tap0-1': ['tap0'],
};
const METHODS: readonly Method[] = [
  'attach_port',
  'update_port',
  'detach_port',
  'join_lag',
  'attach_lag',
  'add_network',
  'is_port_supported',
];
const TYPES = ['vlan', 'vxlan'];

const oneOf = <T>(...items: readonly T[]) => fc.constantFrom(...items);
/** Left out, empty, or some of them. */
const some = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(fc.uniqueArray(arbitrary, { maxLength: 3 }), { nil: undefined });
const vlan = fc.integer({ min: 1, max: 12 });

const listsOf = {
  callers: some(oneOf(...Object.keys(CALLERS))),
  devices: some(oneOf(...Object.keys(ON))),
  ports: some(oneOf(...Object.keys(PORTS))),
  methods: some(oneOf(...METHODS)),
  vlans: some(vlan),
  network_types: some(oneOf(...TYPES)),
};
const bare = (record: object) => Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined));
const lists = fc.record(listsOf).map(bare);
const allowing = lists.map((record): WrittenRule => ({ ...record, allow: true }));
const denying = lists.map((record): WrittenRule => ({ ...record, deny: 'no' }));
const rule = fc.oneof({ weight: 3, arbitrary: allowing }, denying);
/** Two that have much in common. */
const alike = fc
  .tuple(lists, lists, fc.subarray(Object.keys(listsOf), { minLength: 3 }), fc.subarray(Object.keys(listsOf)), fc.boolean(), fc.boolean())
  .map(([one, other, shared, dropped, firstAllows, secondAllows]): [WrittenRule, WrittenRule] => {
    const only = (record: Readonly<Record<string, unknown>>, keep: (key: string) => boolean) =>
      Object.fromEntries(Object.entries(record).filter(([key]) => keep(key)));
    const first = only(one, key => !dropped.includes(key));
    const second = { ...other, ...only(first, key => shared.includes(key)) };
    const end = (allows: boolean) => (allows ? ({ allow: true } as const) : { deny: 'no' });
    return [
      { ...first, ...end(firstAllows) },
      { ...second, ...end(secondAllows) },
    ];
  });
const rules = fc.array(rule, { maxLength: 5 });
const guard = fc.record({
  vlans: fc.uniqueArray(vlan, { maxLength: 3 }),
  ports: fc.dictionary(
    oneOf('all', 'leaf', 'spine-1'),
    fc.uniqueArray(oneOf(...Object.keys(PORTS).filter(key => key !== '*')), { maxLength: 2 }),
    {
      maxKeys: 2,
    },
  ),
});

const OWN: Readonly<Record<string, readonly string[]>> = { 'leaf-1': EOS, 'leaf-2': EOS, 'access-1': IOS, 'spine-1': JUNOS, 'dpu-1': OVS };
const isLag = (port: string) => /^(?:Port-[Cc]hannel|ae)/.test(port);

const request: fc.Arbitrary<ChangeRequest> = fc
  .record({
    caller: oneOf('ironic-1', 'ironic-22', 'bob', 'cli:bob', 'cli:alice'),
    device: oneOf(...Object.keys(OWN)),
    method: oneOf(...METHODS),
    native: fc.option(vlan),
    allowed: fc.option(fc.uniqueArray(vlan, { maxLength: 3 })),
    fallback: fc.option(vlan),
    alsoNamed: fc.uniqueArray(vlan, { maxLength: 2 }),
    networkType: fc.option(oneOf(...TYPES), { nil: undefined }),
    nth: fc.nat(),
  })
  .map(({ native, allowed, fallback, nth, ...what }) => {
    const own = OWN[what.device] ?? [];
    const port = own[nth % own.length] ?? '';
    const lag = own.find(isLag) ?? null;
    const vlans = { mode: allowed ? 'trunk' : 'access', native_vlan: native, allowed_vlans: allowed, default_vlan: fallback };
    const args = what.method === 'add_network' ? { vlan: native ?? 5, network_name: null } : { port, ...vlans };
    return asked({ ...what, args: what.method === 'join_lag' ? { ...args, lag } : args });
  });

/** What a request names, read from it by hand. */
function namedBy({ args, method, alsoNamed = [], device, caller }: ChangeRequest) {
  const vlans = [args.native_vlan, args.default_vlan, args.vlan, args.allowed_vlans, alsoNamed].flat().filter(id => typeof id === 'number');
  const ports = [args.port, method === 'join_lag' ? args.lag : null].filter(name => typeof name === 'string');
  return { caller: caller.scheme === 'cli' ? `cli:${caller.name}` : caller.name, device, method, ports, vlans };
}

const means = (table: Readonly<Record<string, readonly string[]>>, patterns: readonly string[] | undefined, name: string) =>
  patterns?.some(pattern => table[pattern]?.includes(name)) ?? true;

function ruleOf(written: readonly WrittenRule[], library: Library, asking: ChangeRequest): WrittenRule | undefined {
  const { place, refusal } = verdictOf(asking, library);
  const nth = library.policy?.rules.findIndex(one => one.place === place) ?? -1;
  expect(nth < 0 || (refusal === undefined) === (written[nth]?.allow === true)).toBe(true);
  return written[nth];
}

const RUNS = { numRuns: 800 };

describe('whatever the policy and the request', () => {
  it('what is allowed names no caller, device, method, port or VLAN outside of the rule that allows it', () => {
    const property = fc.property(rules, request, (written, asking) => {
      const library = libraryWith({ rules: written });
      if (verdictOf(asking, library).refusal) return;
      const by = ruleOf(written, library, asking);
      const named = namedBy(asking);
      expect(by?.allow).toBe(true);
      expect(means(CALLERS, by?.callers, named.caller)).toBe(true);
      expect(means(ON, by?.devices, named.device)).toBe(true);
      expect(by?.methods?.includes(named.method) ?? true).toBe(true);
      for (const port of named.ports) expect(means(PORTS, by?.ports, port)).toBe(true);
      for (const id of named.vlans) expect(by?.vlans?.includes(id) ?? true).toBe(true);
      for (const list of Object.values(by ?? {})) expect(list).not.toEqual([]);
    });
    fc.assert(property, RUNS);
  });

  it('what names anything that an earlier rule denies is not allowed', () => {
    const property = fc.property(rules, request, (written, asking) => {
      const library = libraryWith({ rules: written });
      const by = ruleOf(written, library, asking);
      const { caller, device, method, ports, vlans } = namedBy(asking);
      for (const earlier of written.slice(0, by ? written.indexOf(by) : written.length)) {
        if (earlier.deny === undefined) continue;
        const isForIt =
          means(CALLERS, earlier.callers, caller) &&
          means(ON, earlier.devices, device) &&
          (earlier.methods?.includes(method) ?? true) &&
          (earlier.network_types?.includes(asking.networkType ?? 'vlan') ?? true) &&
          (earlier.ports === undefined || ports.some(port => means(PORTS, earlier.ports, port))) &&
          (earlier.vlans === undefined || vlans.some(id => earlier.vlans?.includes(id)));
        expect(isForIt).toBe(false);
      }
    });
    fc.assert(property, RUNS);
  });

  it('a rule that denies, put on top, allows nothing that was not allowed before', () => {
    const property = fc.property(rules, denying, request, (written, denial, asking) => {
      const without = verdictOf(asking, libraryWith({ rules: written })).refusal;
      const under = verdictOf(asking, libraryWith({ rules: [denial, ...written] })).refusal;
      expect(without !== undefined && under === undefined).toBe(false);
    });
    fc.assert(property, RUNS);
  });

  it('a rule that allows, put at the end, refuses nothing that was allowed before', () => {
    const property = fc.property(rules, allowing, request, (written, more, asking) => {
      const without = verdictOf(asking, libraryWith({ rules: written }));
      const above = verdictOf(asking, libraryWith({ rules: [...written, more] }));
      if (without.place) expect(above.refusal?.message).toBe(without.refusal?.message);
    });
    fc.assert(property, RUNS);
  });

  it('what is protected is granted to nobody', () => {
    const property = fc.property(guard, rules, request, (kept, written, asking) => {
      const { refusal } = verdictOf(asking, libraryWith({ protected: kept, rules: [...written, { allow: true }] }));
      const { device, ports, vlans } = namedBy(asking);
      const isKept = Object.entries(kept.ports).some(([name, patterns]) => {
        const here = ON[name]?.includes(device);
        return here && ports.some(port => means(PORTS, patterns, port));
      });
      if (isKept || vlans.some(id => kept.vlans.includes(id))) expect(refusal?.message).toMatch(/ protected: nobody /);
    });
    fc.assert(property, RUNS);
  });

  it('an uplink of the inventory is nobody’s, whatever is allowed', () => {
    const uplink = DEVICES.get('leaf-1')?.uplinks[0] ?? '';
    const property = fc.property(oneOf<Method>('attach_port', 'update_port', 'detach_port', 'is_port_supported'), vlan, (method, id) => {
      const asking = asked({ method, args: { port: uplink, mode: 'access', native_vlan: id + 1 } });
      expect(() => plan(asking, libraryWith({ rules: [{ allow: true }] }))).toThrow(ChangeError);
      expect(() => plan(asking, libraryWith({ rules: [{ allow: true }] }))).toThrow(/is an uplink/);
    });
    fc.assert(property, { numRuns: 50 });
  });

  it('a rule that is said to decide nothing decides nothing', () => {
    const PLAIN: Rule = { place: { file: '', line: 0 } };
    let covered = 0;
    const property = fc.property(alike, fc.array(request, { minLength: 20, maxLength: 20 }), ([first, second], all) => {
      const both = libraryWith({ rules: [first, second] });
      const [earlier = PLAIN, later = PLAIN] = both.policy?.rules ?? [];
      if (!covers(earlier, later, { devices: DEVICES, platforms: PLATFORMS })) return;
      covered += 1;
      for (const asking of all) expect(verdictOf(asking, both).place === later.place).toBe(false);
    });
    fc.assert(property, { numRuns: 2000 });
    expect(covered).toBeGreaterThan(50);
  });

  it('the names of this test mean on the platforms what they mean here', () => {
    for (const [name, device] of DEVICES) {
      const platform = PLATFORMS.get(device.platform);
      for (const port of OWN[name] ?? []) {
        expect(platform && canonicalPort(port, platform)).toBe(port);
        expect(platform?.interfaces.pattern.test(port) || platform?.interfaces.lag?.test(port)).toBe(true);
      }
    }
  });
});
