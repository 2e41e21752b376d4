import { at, ChangeError, inShort } from '../errors.ts';
import type { Library } from '../library/library.ts';
import { callerName, type Rule } from '../library/lists.ts';
import type { Policy } from '../library/policy.ts';
import { canonicalPort } from '../library/ports.ts';
import type { ChangeRequest, Device, Place } from '../model.ts';
import { toRanges } from '../vlans.ts';
import { deviceOf } from './plan.ts';

/** What the network team's policy says to a request. */
export interface Verdict {
  /** undefined: it is allowed. */
  readonly refusal?: ChangeError | undefined;
  /** What decided: a rule, or a protected VLAN or port. undefined where there is no policy, or no rule is for the request. */
  readonly place?: Place | undefined;
  /** The rules that came first and are not for the request, and why. */
  readonly passed: readonly { readonly place: Place; readonly why: string }[];
}

/** Everything that rules ask about. */
interface Facts {
  readonly request: ChangeRequest;
  readonly device: Device;
  readonly subject: string;
  /** The port, and the LAG that it joins, by their long names. */
  readonly ports: readonly string[];
  /** Every VLAN that the call names, whatever for. */
  readonly vlans: readonly number[];
  readonly networkType: string;
}

/**
 * Held against the freeze and then the policy, before anything is planned. Answers with what allows it.
 * @throws ChangeError `frozen`, `not_permitted`, `unknown_device`
 */
export function permit(request: ChangeRequest, library: Library): Place | undefined {
  const { refusal, place } = verdictNow(request, library);
  if (refusal) throw refusal;
  return place;
}

/** The freeze may have begun just now; the policy decides where there is none. */
export function verdictNow(request: ChangeRequest, library: Library): Verdict {
  return freezeOf(request, library) ?? verdictOf(request, library);
}

/** What stops a request for the time being. Nobody is kept from asking. */
export function freezeOf(request: ChangeRequest, library: Library): Verdict | undefined {
  if (request.method === 'is_port_supported') return undefined;
  const { device } = deviceOf(request, library);
  const freeze = library.freeze?.now().find(one => one.devices.has(device) && !one.except.has(request.caller));
  if (!freeze) return undefined;
  const message = `${device.name} is frozen: ${freeze.reason} (${at(freeze.place)}); nothing was changed, try again later`;
  return { refusal: new ChangeError('frozen', message), place: freeze.place, passed: [] };
}

/** What the policy says, whatever is frozen. Pure. */
export function verdictOf(request: ChangeRequest, library: Library): Verdict {
  const facts = factsOf(request, library);
  const { policy } = library;
  if (!policy) return { passed: [] };
  const kept = protectionOf(facts, policy);
  if (kept) return { refusal: kept.refusal, place: kept.place, passed: [] };
  const passed: (Miss & { readonly rule: Rule })[] = [];
  for (const rule of policy.rules) {
    const missed = rule.deny === undefined ? missesOf(facts, rule) : farFrom(facts, rule);
    if (missed.weight > 0) passed.push({ ...missed, rule });
    else return { place: rule.place, passed: told(passed), refusal: rule.deny === undefined ? undefined : denial(facts, rule) };
  }
  return { refusal: noRule(facts, policy, passed), passed: told(passed) };
}

const told = (passed: readonly (Miss & { readonly rule: Rule })[]) =>
  passed.map(({ rule, why }) => ({ place: rule.place, why: why.join('; ') }));

function factsOf(request: ChangeRequest, library: Library): Facts {
  const { device, platform } = deviceOf(request, library);
  const { args, method, alsoNamed = [] } = request;
  const names = [args.port, method === 'join_lag' ? args.lag : null].filter(name => typeof name === 'string');
  const ports = names.map(name => canonicalPort(name, platform));
  // No vendor has such a name, and patterns take their time over one.
  const endless = ports.find(port => port.length > 255);
  if (endless !== undefined) throw new ChangeError('not_valid', `${device.name}: ${JSON.stringify(inShort(endless))} is no port name`);
  const { native_vlan, allowed_vlans, default_vlan, vlan } = args;
  const vlans = [native_vlan, default_vlan, vlan, allowed_vlans, alsoNamed].flat().filter(id => typeof id === 'number');
  const subject = [device.name, ...ports.slice(0, 1).map(port => inShort(port))].join(' ');
  // Every VLAN is one of a network of this type, unless the call says otherwise.
  return { request, device, subject, ports, vlans: [...new Set(vlans)], networkType: request.networkType ?? 'vlan' };
}

/** Neither a rule nor its absence makes these anybody's. */
function protectionOf({ device, subject, ports, vlans }: Facts, { protectedVlans, protectedPorts }: Policy): Verdict | undefined {
  const where = { platform: device.platform };
  for (const { place, devices, ports: kept } of protectedPorts) {
    const port = devices.has(device) ? ports.find(name => kept.has({ port: name, ...where })) : undefined;
    if (port !== undefined) return { ...no(`${device.name} ${inShort(port)} is protected: nobody may change it`, place), passed: [] };
  }
  const ids = vlans.filter(id => protectedVlans?.vlans.has(id));
  if (!protectedVlans || ids.length === 0) return undefined;
  const message = `${subject}: ${vlanText(ids)} protected: nobody is granted ${inShort(protectedVlans.vlans.text)}`;
  return { ...no(message, protectedVlans.place), passed: [] };
}

function no(message: string, place: Place): Pick<Verdict, 'refusal' | 'place'> {
  return { refusal: new ChangeError('not_permitted', `${message} (${at(place)})`), place };
}

/** Why a rule is not for a request. The weight is that of the first things that people ask: who, then on which device, then what. */
interface Miss {
  readonly weight: number;
  readonly why: readonly string[];
}

/** What a rule lists, from the weightiest: of two rules that miss, that one is closer which misses later. */
function questions({ request, device, ports, networkType }: Facts, rule: Rule): [missed: boolean, why: string][] {
  const { caller, method } = request;
  const { callers, devices, methods, networkTypes } = rule;
  return [
    [callers?.has(caller) === false, `${inShort(callerName(caller))} is not among ${inShort(callers?.text ?? '')}`],
    // What is for ports is not for a whole device.
    [rule.ports !== undefined && ports.length === 0, `the call names no port, and the rule is for ${inShort(rule.ports?.text ?? '')}`],
    [methods?.has(method) === false, `${method} is not among ${inShort(methods?.text ?? '')}`],
    [devices?.has(device) === false, `${device.name} is not among ${inShort(devices?.text ?? '')}`],
    [networkTypes?.has(networkType) === false, `network type ${inShort(networkType)} is not among ${inShort(networkTypes?.text ?? '')}`],
  ];
}

/** A rule that allows is for a request when it holds everything that the request names. */
function missesOf(facts: Facts, rule: Rule): Miss {
  const { device, ports, vlans } = facts;
  const { platform } = device;
  const strangers = ports.filter(port => rule.ports?.has({ port, platform }) === false);
  const ids = vlans.filter(id => rule.vlans?.has(id) === false);
  const list = inShort(rule.vlans?.text ?? '');
  return weighed([
    ...questions(facts, rule),
    [strangers.length > 0, `${inShort(strangers.join(', '))} is not among ${inShort(rule.ports?.text ?? '')}`],
    rule.vlans?.ids.size === 0
      ? [true, 'its list of VLANs is empty, which allows nothing']
      : [ids.length > 0, `${vlanText(ids)} not in ${list}`],
  ]);
}

/** A rule that denies is for a request when it holds anything that the request names. */
function farFrom(facts: Facts, rule: Rule): Miss {
  const { device, ports, vlans } = facts;
  const { platform } = device;
  return weighed([
    ...questions(facts, rule),
    [
      rule.ports !== undefined && ports.length > 0 && !ports.some(port => rule.ports?.has({ port, platform })),
      `${inShort(ports.join(', '))} is not among ${inShort(rule.ports?.text ?? '')}`,
    ],
    [rule.vlans !== undefined && !vlans.some(id => rule.vlans?.has(id)), `it names no VLAN of ${inShort(rule.vlans?.text ?? '')}`],
  ]);
}

function weighed(asked: readonly [missed: boolean, why: string][]): Miss {
  const weight = asked.reduce((sum, [missed]) => sum * 2 + Number(missed), 0);
  return { weight, why: asked.flatMap(([missed, why]) => (missed ? [why] : [])) };
}

/** The reason in the network team's words, after what of the request made the rule one for it. */
function denial({ subject, device, ports, vlans }: Facts, rule: Rule): ChangeError {
  const { platform } = device;
  const ids = vlans.filter(id => rule.vlans?.has(id));
  const port = ports.find((name, nth) => nth > 0 && rule.ports?.has({ port: name, platform }));
  const about = [
    subject,
    ...(port === undefined ? [] : [inShort(port)]),
    ...(ids.length > 0 ? [vlanText(ids).replace(/ (?:is|are)$/, '')] : []),
  ];
  return new ChangeError('not_permitted', `${about.join(': ')}: denied: ${rule.deny} (${at(rule.place)})`);
}

/** No rule is for it: what would have to be different, by the rule that comes closest. */
function noRule(facts: Facts, policy: Policy, passed: readonly (Miss & { readonly rule: Rule })[]): ChangeError {
  const { request, subject } = facts;
  const allowing = passed.filter(({ rule }) => rule.deny === undefined);
  const [closest] = allowing.toSorted((a, b) => a.weight - b.weight);
  const caller = inShort(callerName(request.caller));
  const message =
    closest === undefined || closest.rule.callers?.has(request.caller) === false
      ? `${subject}: no rule allows ${caller} anything (${policy.file})`
      : `${subject}: ${closest.why.join(', and ')} (${at(closest.rule.place)})`;
  return new ChangeError('not_permitted', message);
}

/** `VLAN 666 is`, `VLANs 666-667 are`. */
function vlanText(ids: readonly number[]): string {
  const [only] = ids;
  return ids.length === 1 ? `VLAN ${only} is` : `VLANs ${inShort(toRanges(ids))} are`;
}
