import type { Fault } from '../server/lab/faults.ts';
import type { ChangePlan } from '../server/model.ts';
import { type BenchLine, linesOf } from './bench.ts';
import { CASES, type Case, planOf } from './cases.ts';

/** A change, the switch as it is before, and how the change must end there. */
export interface Situation {
  readonly plan: ChangePlan;
  /** What Mercury typed on the switch before, change by change. */
  readonly ready: readonly (readonly BenchLine[])[];
  /** What a person typed there. */
  readonly byHand: readonly string[];
  readonly faults: readonly Fault[];
  readonly ends: RegExp;
}

const SERVING = { mode: 'access', native_vlan: 100, mtu: 9000, node: 'node-uuid' };
/** What the golden files have no room for: a list too long for one line, a name that is made up, and what only one platform has. */
const MORE: readonly (Case & { readonly only?: string })[] = [
  {
    name: 'attach_port.long-trunk',
    method: 'attach_port',
    args: { mode: 'trunk', native_vlan: 100, allowed_vlans: everySecond(2000, 60) },
  },
  { name: 'delete_network.unnamed', method: 'delete_network', args: { vlan: 100 } },
  { name: 'attach_port.mtu', method: 'attach_port', args: SERVING, only: 'openvswitch' },
  { name: 'join_lag.mtu', method: 'join_lag', args: SERVING, about: 'member', only: 'openvswitch' },
  { name: 'update_port.mtu', method: 'update_port', args: SERVING, only: 'openvswitch' },
  { name: 'update_port.described', method: 'update_port', args: golden('attach_port.access-described').args, only: 'openvswitch' },
];

export function casesOf(platform: string): Case[] {
  return [...CASES, ...MORE.filter(({ only }) => only === undefined || only === platform)];
}

/** A VLAN that a person put on a port, in a way that Mercury would not. */
const BY_HAND: Readonly<Record<string, readonly string[]>> = {
  juniper_junos: [
    'configure',
    'set interfaces xe-0/0/5 unit 0 family ethernet-switching interface-mode trunk',
    'set interfaces xe-0/0/5 unit 0 family ethernet-switching vlan members 300',
    'set interfaces xe-0/0/5 native-vlan-id 100',
    'commit',
    'exit',
  ],
};

/** The first is the usual one; the others show what it cannot. */
export function situationsOf(platform: string, wanted: Case): [Situation, ...Situation[]] {
  let made = 0;
  const typed = (one: Omit<Case, 'name'>) => {
    made += 1;
    return typedWhenWell(planOf(platform, one, `ready-${made}`));
  };
  const networks = (vlans: readonly number[]) =>
    vlans.map(vlan => typed({ method: 'add_network', args: { vlan, network_name: `net-${vlan}` } }));
  const plan = planOf(platform, wanted);
  const nothing = plan.steps.length === 0;
  const well: Situation = { plan, ready: [], byHand: [], faults: [], ends: nothing ? /^unchanged$/ : /^applied$/ };
  const last = plan.steps.at(-1)?.lines.at(-1)?.text ?? '';
  const refused = { on: new RegExp(`^${last.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')}$`), does: 'refuse' } as const;
  const failed: Situation[] = nothing ? [] : [{ ...well, faults: [refused], ends: /^(?:undone|rescued) / }];
  const other = golden(wanted.args.mode === 'access' ? 'attach_port.trunk' : 'attach_port.access-described');

  if (wanted.method === 'add_network') return [well, ...failed];
  if (wanted.method === 'delete_network') {
    const ready = [typed({ method: 'add_network', args: wanted.args })];
    const used: Situation = { ...well, ready, ends: /^refused / };
    return [
      { ...well, ready },
      ...failed.map(situation => ({ ...situation, ready })),
      { ...used, ready: [...ready, ...networks([200, 201, 202, 300]), typed(golden('attach_port.trunk'))] },
      { ...used, ready: [...ready, typed(golden('attach_port.access'))] },
      ...(BY_HAND[platform] ? [{ ...used, ready: [...ready, ...networks([300])], byHand: BY_HAND[platform] }] : []),
    ];
  }
  if (wanted.about !== undefined) return onLag(wanted, well, failed, networks, typed);
  const ready = networks(vlansIn([wanted]));
  const serving = [...networks(vlansIn([wanted, other])), typed(other)];
  // A port that serves somebody is taken off its network when an attach fails: on every platform that takes the rescue.
  if (wanted.method === 'attach_port') return [{ ...well, ready }, ...failed.map(one => ({ ...one, ready: serving, ends: /^rescued / }))];
  return [{ ...well, ready: serving }, ...failed.map(one => ({ ...one, ready: serving }))];
}

/** A LAG that is made, one that serves by a member, and a member that leaves. */
function onLag(
  wanted: Case,
  well: Situation,
  failed: readonly Situation[],
  networks: (vlans: readonly number[]) => BenchLine[][],
  typed: (one: Omit<Case, 'name'>) => BenchLine[],
): [Situation, ...Situation[]] {
  const other = golden(wanted.args.mode === 'access' ? 'attach_lag.trunk-without-native' : 'attach_lag.access');
  const { aggregation = null } = wanted.args;
  const attached = typed({ ...other, args: { ...other.args, aggregation } });
  const joined = typed({ method: 'join_lag', args: { ...other.args, aggregation }, about: 'member' });
  const ready = networks(vlansIn([wanted, other]));
  const serving = [...ready, attached, joined];
  const fails = (before: Situation['ready']) => failed.map(one => ({ ...one, ready: before }));
  if (wanted.method === 'is_port_supported') return [{ ...well, ready: [...ready, attached] }];
  if (wanted.method === 'delete_lag')
    return [{ ...well, ready: [...ready, attached] }, ...fails([...ready, attached]), { ...well, ready: serving, ends: /^refused / }];
  if (wanted.method === 'detach_port') return [{ ...well, ready: serving }, ...fails(serving)];
  return [{ ...well, ready }, { ...well, ready: serving }, ...fails(serving)];
}

function vlansIn(cases: readonly Case[]): number[] {
  const named = cases.flatMap(({ args }) => [args.native_vlan, args.allowed_vlans, args.default_vlan].flat());
  return [...new Set(named)].filter(vlan => typeof vlan === 'number');
}

/** The lines of a plan that goes well. */
export function typedWhenWell(plan: ChangePlan): BenchLine[] {
  return linesOf(plan).filter(line => line.when !== 'if it fails');
}

function golden(name: string): Case {
  const found = CASES.find(one => one.name === name);
  if (!found) throw new Error(`there is no case ${name}`);
  return found;
}

function everySecond(first: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => first + 2 * i);
}
