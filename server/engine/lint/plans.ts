import { ChangeError, messageOf } from '../../errors.ts';
import type { Library } from '../../library/library.ts';
import { CALL_NAMES } from '../../library/names.ts';
import { type Finding, OWN_RULES } from '../../library/rules.ts';
import type { Platform, Playbook } from '../../library/written.ts';
import type { ChangePlan, ChangeRequest, Device, Values } from '../../model.ts';
import { plan } from '../plan.ts';
import { SAMPLES, type Sample, sampleRequest, spotOn } from '../samples.ts';
import { findingOf } from './finding.ts';

/** What a call would have typed by a playbook. */
export interface Planned {
  readonly platform: Platform;
  readonly playbook: Playbook;
  readonly plan: ChangePlan;
}

/** Inventories whose devices all have vars of their own would make plans for each. */
const MOST_DEVICES = 20;

/** Every sample request that a platform supports, for each set of vars that its devices have. What cannot be planned is a finding. */
export function samplePlans(library: Library): { plans: Planned[]; findings: Finding[] } {
  const plans: Planned[] = [];
  const findings: Finding[] = [];
  for (const platform of library.platforms.values()) {
    for (const vars of varsOf(platform, library)) {
      const bare = withNames(platform);
      const device = deviceOf(platform, vars);
      const only: Library = { platforms: new Map([[platform.name, bare]]), devices: new Map([[device.name, device]]) };
      const spot = spotOn([{ device, platform: bare }]);
      for (const sample of SAMPLES.flatMap(one => variantsOf(one, platform))) {
        const playbook = platform.playbooks.get(sample.method);
        const request = sampleRequest(sample, spot, 'mercury-lint');
        if (!playbook || !request) continue;
        const made = planFor(request, playbook, only);
        if ('rule' in made) findings.push(made);
        else plans.push({ platform, playbook, plan: made });
      }
    }
  }
  return { plans, findings };
}

/** The different vars of a platform's devices; without any device, none at all. */
function varsOf(platform: Platform, library: Library): Values[] {
  const devices = [...library.devices.values()].filter(device => device.platform === platform.name);
  const different = new Map(devices.map(({ vars }) => [JSON.stringify(vars), vars]));
  return different.size === 0 ? [{}] : [...different.values()].slice(0, MOST_DEVICES);
}

/** The platform without what `prefix` puts before its commands; where it gives no example of a port, names of our own are its ports. */
function withNames(platform: Platform): Platform {
  const { prefix: _, ...rest } = platform;
  const { example } = platform.interfaces;
  if (example && (example.lag !== undefined || platform.supports.lag.length === 0)) return rest;
  return { ...rest, interfaces: { pattern: /^port\d+$/, lag: /^lag(\d+)$/, short: {}, example: { port: 'port7', lag: 'lag10' } } };
}

function deviceOf(platform: Platform, vars: Values): Device {
  return {
    name: 'sample',
    platform: platform.name,
    address: '192.0.2.1',
    port: 22,
    credentials: 'none',
    hostKeys: [],
    switchIds: [],
    uplinks: [],
    physicalNetworks: [],
    vars,
    source: platform.source,
  };
}

/** A sample in every form that the platform supports: with and without what a call may leave out, trunks as hybrid ports, each aggregation. */
function variantsOf(sample: Sample, platform: Platform): Sample[] {
  const { supports } = platform;
  const { args, about } = sample;
  const hasOwn = args.aggregation !== undefined;
  if (about !== undefined && !supports.lag.some(how => !hasOwn || how === args.aggregation)) return [];
  if (args.mode === undefined) return [sample];
  const hasNative = args.native_vlan !== null;
  if (args.mode === 'trunk' && !hasNative && !supports.trunkWithoutNative) return [];
  const modes = args.mode === 'trunk' && hasNative ? ['trunk', 'hybrid'] : [args.mode];
  const forms: Values[] = modes.filter(mode => supports.modes.some(one => one === mode)).map(mode => ({ mode }));
  const aggregations: Values[] = about === undefined || hasOwn ? [{}] : supports.lag.map(aggregation => ({ aggregation }));
  const told: Values[] = [{}, toldOf(sample, platform)];
  return forms.flatMap(form =>
    aggregations.flatMap(aggregation => told.map(more => ({ ...sample, args: { ...args, ...form, ...aggregation, ...more } }))),
  );
}

/** What a call may say besides, as far as the method has a meaning for it and the platform takes it. */
function toldOf({ method }: Sample, { supports, description }: Platform): Values {
  const text = 'node-42';
  const fits = text.length <= description.max && !description.never?.test(text);
  const told: Values = {
    ...(fits ? { description: text } : {}),
    ...(supports.mtu ? { mtu: 9000 } : {}),
    mac: '52:54:00:aa:bb:cc',
    port_id: 'port-uuid',
    node: 'node-uuid',
    instance: 'instance-uuid',
  };
  return Object.fromEntries(Object.entries(told).filter(([name]) => CALL_NAMES[method].includes(name)));
}

function planFor(request: ChangeRequest, playbook: Playbook, library: Library): ChangePlan | Finding {
  try {
    return plan(request, library);
  } catch (thrown) {
    if (!(thrown instanceof ChangeError)) throw thrown;
    const [, file = playbook.source.file, line = playbook.source.line, said] = /^(\S+):(\d+): (.*)/s.exec(messageOf(thrown)) ?? [];
    const who = `${callOf(request)}: ${said ?? messageOf(thrown)}`;
    return findingOf('renders', OWN_RULES.renders, { file, line: Number(line) }, undefined, who);
  }
}

/** A call in a few words: `attach_port trunk`. */
export function callOf({ method, args: { mode, default_vlan } }: Pick<ChangeRequest, 'method' | 'args'>): string {
  const how = mode ?? (default_vlan === undefined ? undefined : 'with a default VLAN');
  return how === undefined || how === null ? method : `${method} ${String(how)}`;
}
