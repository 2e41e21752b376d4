import type { Platform } from '../library/written.ts';
import type { ChangeRequest, Device, Method, Values } from '../model.ts';

/** A request that shows what a playbook types, whoever's device it is: the port, the LAG and the VLANs come from where it is played. */
export interface Sample {
  readonly name: string;
  readonly method: Method;
  readonly args: Values;
  /** `lag`: what it is about is the LAG; `member`: a port that joins or has joined it. */
  readonly about?: 'lag' | 'member';
}

const ACCESS: Values = { mode: 'access', native_vlan: 100, allowed_vlans: null };
const TRUNK: Values = { mode: 'trunk', native_vlan: 100, allowed_vlans: [200, 201, 202, 300] };
const TAGGED: Values = { mode: 'trunk', native_vlan: null, allowed_vlans: [200, 201, 202, 300] };
const ABOUT: Values = {
  description: 'node 42',
  mac: '52:54:00:12:34:56',
  port_id: 'port-uuid',
  node: 'node-uuid',
  instance: 'instance-uuid',
};

/** Every method in every mode, with values that show where they went. */
export const SAMPLES: readonly Sample[] = [
  { name: 'attach_port.access', method: 'attach_port', args: ACCESS },
  { name: 'attach_port.access-described', method: 'attach_port', args: { ...ACCESS, ...ABOUT } },
  { name: 'attach_port.trunk', method: 'attach_port', args: TRUNK },
  { name: 'attach_port.trunk-without-native', method: 'attach_port', args: TAGGED },
  { name: 'update_port.access', method: 'update_port', args: ACCESS },
  { name: 'update_port.trunk', method: 'update_port', args: TRUNK },
  { name: 'update_port.trunk-without-native', method: 'update_port', args: TAGGED },
  { name: 'attach_port.hybrid', method: 'attach_port', args: { ...TRUNK, mode: 'hybrid' } },
  { name: 'attach_lag.access', method: 'attach_lag', args: ACCESS, about: 'lag' },
  { name: 'attach_lag.trunk', method: 'attach_lag', args: { ...TRUNK, description: 'node 42' }, about: 'lag' },
  { name: 'attach_lag.trunk-without-native', method: 'attach_lag', args: TAGGED, about: 'lag' },
  { name: 'attach_lag.static', method: 'attach_lag', args: { ...ACCESS, aggregation: 'static' }, about: 'lag' },
  { name: 'attach_lag.two-switches', method: 'attach_lag', args: { ...ACCESS, mlag: true }, about: 'lag' },
  { name: 'join_lag.access', method: 'join_lag', args: { ...ACCESS, description: 'node 42' }, about: 'member' },
  { name: 'join_lag.trunk', method: 'join_lag', args: TRUNK, about: 'member' },
  { name: 'join_lag.trunk-without-native', method: 'join_lag', args: TAGGED, about: 'member' },
  { name: 'join_lag.static', method: 'join_lag', args: { ...ACCESS, aggregation: 'static' }, about: 'member' },
  { name: 'delete_lag', method: 'delete_lag', args: {}, about: 'lag' },
  { name: 'detach_port.lag', method: 'detach_port', args: {}, about: 'lag' },
  { name: 'detach_port.lag-default-vlan', method: 'detach_port', args: { default_vlan: 999 }, about: 'lag' },
  { name: 'is_port_supported.lag', method: 'is_port_supported', args: {}, about: 'lag' },
  { name: 'detach_port.closed', method: 'detach_port', args: {} },
  { name: 'detach_port.default-vlan', method: 'detach_port', args: { default_vlan: 999 } },
  { name: 'is_port_supported', method: 'is_port_supported', args: {} },
  { name: 'add_network', method: 'add_network', args: { vlan: 100, network_name: 'tenant-a' } },
  { name: 'add_network.unnamed', method: 'add_network', args: { vlan: 100 } },
  { name: 'delete_network', method: 'delete_network', args: { vlan: 100, network_name: 'tenant-a' } },
];

/** Where a sample is played. */
export interface Spot {
  readonly device: string;
  readonly port?: string | undefined;
  readonly lag?: string | undefined;
  /** Its VLANs, where a device may not have those that the sample names. */
  readonly vlans?: ReadonlyMap<number, number> | undefined;
}

/** undefined: it needs a port or a LAG, and the spot has none. */
export function sampleRequest({ method, args, about }: Omit<Sample, 'name'>, spot: Spot, id: string): ChangeRequest | undefined {
  const { port, lag } = spot;
  const isNetwork = method === 'add_network' || method === 'delete_network';
  const where: Values =
    about === 'lag' ? { port: lag ?? null } : method === 'join_lag' ? { port: port ?? null, lag: lag ?? null } : { port: port ?? null };
  if (!isNetwork && Object.values(where).includes(null)) return undefined;
  return {
    id,
    method,
    device: spot.device,
    args: { ...(isNetwork ? {} : where), ...withVlans(args, spot.vlans) },
    caller: { name: 'sample', address: '', scheme: 'none' },
    why: {},
    dryRun: true,
    deadline: 0,
  };
}

const OF_VLANS = ['native_vlan', 'allowed_vlans', 'default_vlan', 'vlan'];

/** The VLANs that samples name. */
const VLANS = [...new Set(SAMPLES.flatMap(({ args }) => OF_VLANS.flatMap(name => args[name] ?? [])))].map(Number);

function withVlans(args: Values, other: Spot['vlans']): Values {
  if (!other) return args;
  const one = (id: number) => other.get(id) ?? id;
  const entries = Object.entries(args).map(([name, value]) => {
    if (!OF_VLANS.includes(name)) return [name, value];
    if (typeof value === 'number') return [name, one(value)];
    return [name, Array.isArray(value) ? [...new Set(value.map(id => one(Number(id))))] : value];
  });
  return Object.fromEntries(entries) as Values;
}

/**
 * A port, a LAG and VLANs that calls may name on a device, before an edit and after it: the platform's example, or the next that is no
 * uplink, and VLANs that the inventory allows.
 */
export function spotOn(sides: readonly { readonly device: Device; readonly platform: Platform }[]): Spot {
  const free = (name: string | undefined, counts: number) => {
    let one = name;
    for (let tries = 0; one !== undefined && tries < counts; tries += 1) {
      const own = one;
      if (sides.every(({ device }) => !device.uplinks.includes(own))) return own;
      one = own.replace(/\d+(?=\D*$)/, digits => String(Number(digits) + 1));
    }
    return name;
  };
  const example = sides.map(({ platform }) => platform.interfaces.example).findLast(one => one !== undefined);
  const [first] = sides;
  return { device: first?.device.name ?? '', port: free(example?.port, 64), lag: free(example?.lag, 64), vlans: vlansOn(sides) };
}

/** The nth that is allowed for the nth that samples name; what they name where that is allowed. */
function vlansOn(sides: readonly { readonly device: Device; readonly platform: Platform }[]): Spot['vlans'] {
  const isUsable = (id: number) =>
    sides.every(({ device, platform }) => platform.vlans.ids.has(id) && (device.allowedVlans?.has(id) ?? true));
  if (VLANS.every(isUsable)) return undefined;
  const last = sides.at(-1);
  const allowed = [...(last?.device.allowedVlans ?? last?.platform.vlans.ids ?? [])];
  const usable = allowed.filter(isUsable);
  const from = usable.length > 0 ? usable : allowed;
  return new Map(VLANS.flatMap((id, nth) => (from.length > 0 && !from.includes(id) ? [[id, from[nth % from.length] ?? id] as const] : [])));
}
