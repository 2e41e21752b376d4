import type { LabSwitch } from '../../server/lab/switch.ts';
import type { BenchLine } from '../bench.ts';
import { type Case, LAGS, PORTS, planOf } from '../cases.ts';
import { portOf } from '../harness.ts';
import { typedWhenWell } from '../situations.ts';

/** A change as a caller asks for it, and what is on the switch before. */
export interface Move {
  readonly name: string;
  /** What makes the switch ready: changes that were made before, in order. */
  readonly ready: readonly Omit<Case, 'name'>[];
  /** The method and its params, for a device of that name. */
  call(device: string): readonly [method: string, params: object];
  /** What is asked instead where a failed change has closed the port, and nobody but an attach may open it. */
  reopen?(device: string): readonly [method: string, params: object];
  /** The ports that the change is about, by their place on the switch. */
  readonly about: readonly string[];
  /** The plan whose lines are typed. */
  readonly plan: Omit<Case, 'name'>;
}

export const NETWORKS: readonly Omit<Case, 'name'>[] = [100, 200, 201, 300].map(vlan => ({
  method: 'add_network',
  args: { vlan, network_name: `net-${vlan}` },
}));
export const ACCESS = { mode: 'access', native_vlan: 100, allowed_vlans: null };
export const TRUNK = { mode: 'trunk', native_vlan: 200, allowed_vlans: [201, 300] };
const attached: Omit<Case, 'name'> = { method: 'attach_port', args: ACCESS };
const trunked: Omit<Case, 'name'> = { method: 'attach_port', args: TRUNK };

/** Every method that configures, on one platform. */
export function movesOn(platform: string): Move[] {
  const port = PORTS[platform] ?? '';
  const lag = LAGS[platform] ?? '';
  const onPort =
    (method: string, more: object = {}) =>
    (device: string) =>
      [method, { port: portOf(device, port), ...more }] as const;
  const onNetwork = (method: string, vlan: number) => (device: string) =>
    [method, { network: { segmentation_id: vlan, name: `net-${vlan}`, network_type: 'vlan' }, devices: [device] }] as const;
  const attachedLag: Omit<Case, 'name'> = { method: 'attach_lag', args: ACCESS, about: 'lag' };
  const joined: Omit<Case, 'name'> = { method: 'join_lag', args: ACCESS, about: 'member' };
  const onLag = (wanted: object) => (device: string) =>
    ['update_lag', { switch_ids: [device], lag_name: lag, description: null, aggregation_mode: 'lacp', ...wanted }] as const;
  const join = (wanted: object) => (device: string) =>
    ['update_port', { switch_id: device, port_name: port, description: null, lag_name: lag, ...wanted }] as const;
  const about = [port];
  const moves: Move[] = [
    { name: 'attach_port access', ready: NETWORKS, call: onPort('attach_port', ACCESS), about, plan: attached },
    {
      name: 'attach_port trunk',
      ready: [...NETWORKS, attached],
      call: onPort('attach_port', TRUNK),
      about,
      plan: trunked,
    },
    {
      name: 'update_port',
      ready: [...NETWORKS, attached],
      call: onPort('update_port', TRUNK),
      reopen: onPort('attach_port', TRUNK),
      about,
      plan: { method: 'update_port', args: TRUNK },
    },
    { name: 'detach_port', ready: [...NETWORKS, trunked], call: onPort('detach_port'), about, plan: { method: 'detach_port', args: {} } },
    {
      name: 'attach_lag',
      ready: [...NETWORKS, attachedLag, joined],
      call: onLag(TRUNK),
      about,
      plan: { method: 'attach_lag', args: TRUNK, about: 'lag' },
    },
    {
      name: 'join_lag',
      ready: [...NETWORKS, attachedLag],
      call: join(ACCESS),
      about,
      plan: joined,
    },
    { name: 'add_network', ready: NETWORKS, call: onNetwork('add_network', 400), about: [], plan: network('add_network') },
    {
      name: 'delete_network',
      ready: [...NETWORKS, network('add_network')],
      call: onNetwork('delete_network', 400),
      about: [],
      plan: network('delete_network'),
    },
  ];
  // Where there are no LAGs, nothing is planned; where VLANs are not made, there is nothing to type.
  return moves.filter(({ plan }) => (plan.about === undefined || lag !== '') && planOf(platform, plan).steps.length > 0);
}

function network(method: 'add_network' | 'delete_network'): Omit<Case, 'name'> {
  return { method, args: { vlan: 400, network_name: 'net-400' } };
}

/** What Mercury would have typed for changes that were made before. Making a plan takes longer than typing it. */
const scripts = new Map<string, readonly (readonly BenchLine[])[]>();

function scriptsOf(platform: string, changes: Move['ready']): readonly (readonly BenchLine[])[] {
  const key = JSON.stringify([platform, changes]);
  const known = scripts.get(key) ?? changes.map((change, nth) => typedWhenWell(planOf(platform, change, `ready-${nth}-change`)));
  scripts.set(key, known);
  return known;
}

/** Types it on a switch, without any network between. */
export function makeReady(device: LabSwitch, changes: Move['ready']): void {
  for (const lines of scriptsOf(device.platform, changes)) {
    const session = device.openCli?.();
    for (const line of lines) typeOn(device, session, line);
    session?.hangUp();
  }
}

function typeOn(device: LabSwitch, session: ReturnType<NonNullable<LabSwitch['openCli']>> | undefined, line: BenchLine): void {
  if (!session) {
    device.exec?.(line.sent);
    return;
  }
  let reply = session.enter(line.sent);
  for (let { ask } = reply; ask; { ask } = reply) {
    const { text } = ask;
    reply = ask.answer(line.answers.find(({ question }) => question.test(text.trimEnd()))?.answer ?? '');
  }
}
