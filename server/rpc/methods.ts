import { auditRefusal } from '../engine/audit.ts';
import { change, changeInOrder, changeSideBySide, type Desk, worst } from '../engine/change.ts';
import { inspect } from '../engine/inspect.ts';
import { verdictOf } from '../engine/permit.ts';
import { plan } from '../engine/plan.ts';
import { ChangeError } from '../errors.ts';
import type { ChangePlan, ChangeRequest } from '../model.ts';
import type { ChangeResult } from '../result.ts';
import { type Context, type MercuryMethod, type PortParams, type QueryParams, readParams as read } from './params.ts';
import { resultOf } from './reply.ts';
import { type CallInfo, deviceOfLink, linksOf, networkRequests, portRequests, whyOf } from './requests.ts';

/** What is known of a call before its params are read. */
export interface Call extends CallInfo {
  readonly id: string;
  /** The service is about to stop. */
  readonly closing: boolean;
}

/** Carries out one call of Mercury's own vocabulary; `params` as they came. */
export async function callMethod(
  method: Exclude<MercuryMethod, 'verify_port'>,
  params: Record<string, unknown>,
  info: Call,
  desk: Desk,
): Promise<unknown> {
  if (isChange(method)) {
    const requests = requestsOf(method, params, info, desk);
    return toResult(await (isOnNetwork(method) ? changeSideBySide(requests, desk) : inOrder(requests, desk)));
  }
  if (info.closing) throw closing();
  switch (method) {
    case 'get_allowed_network_types':
      return allowedNetworkTypes(read(method, params), desk);
    case 'is_link_valid':
      return answerQuery(read(method, params), query => linkReasons(query, info, desk));
    case 'is_port_supported': {
      const query = read(method, params);
      // Whether the port is there would be a guess: what is answered is what would be asked.
      return query.dry_run ? supportPlan(query, info, desk) : answerQuery(query, () => portReasons(query, info, desk));
    }
  }
}

type Change = Exclude<MercuryMethod, 'get_allowed_network_types' | 'is_link_valid' | 'is_port_supported' | 'verify_port'>;
const isChange = (method: MercuryMethod): method is Change => /^(?:attach|update|detach|add|delete)_/.test(method);
const isOnNetwork = (method: Change): method is 'add_network' | 'delete_network' => method.endsWith('_network');

/** The requests that a call becomes. One that becomes none is a refusal too, and audited here: nobody else will. */
function requestsOf(method: Change, params: Record<string, unknown>, info: Call, desk: Desk): ChangeRequest[] {
  try {
    if (info.closing) throw closing();
    return isOnNetwork(method)
      ? networkRequests(method, read(method, params), info, desk.library)
      : portRequests(method, read(method, params), info, desk.library);
  } catch (thrown) {
    const { id, caller } = info;
    if (thrown instanceof ChangeError) auditRefusal({ id, method, caller, why: whyOf(params.context as Context) }, thrown, desk.audit);
    throw thrown;
  }
}

export const closing = () => new ChangeError('shutting_down', 'the service is shutting down; nothing was typed');

async function inOrder(requests: readonly ChangeRequest[], desk: Desk): Promise<ChangeResult[]> {
  const [only] = requests;
  return requests.length === 1 && only ? [await change(only, desk)] : changeInOrder(requests, desk);
}

function toResult(results: readonly ChangeResult[]): unknown {
  return resultOf(worst(results.map(result => result.outcome)), results);
}

/** What the devices that `port` names can carry, or what any device can. */
function allowedNetworkTypes(params: { port?: PortParams['port'] | null | undefined }, { library }: Desk): string[] {
  const links = linksOf(params.port);
  const devices = links.length > 0 ? links.map(link => deviceOfLink(link, library)) : [...library.devices.values()];
  const perDevice = devices.map(device => library.platforms.get(device.platform)?.supports.networkTypes ?? []);
  const all = [...new Set(perDevice.flat())];
  return links.length > 0 ? all.filter(type => perDevice.every(types => types.includes(type))) : all;
}

async function answerQuery(params: QueryParams, reasonsFor: (params: QueryParams) => Promise<string[]>): Promise<unknown> {
  const reasons = await reasonsFor(params).catch((thrown: unknown) => {
    // "Cannot be reached" is no answer to the question; "refused by us" is.
    if (thrown instanceof ChangeError && NO.has(thrown.kind)) return [thrown.message];
    throw thrown;
  });
  return params.explain ? { valid: reasons.length === 0, reasons } : reasons.length === 0;
}

const NO = new Set(['unknown_device', 'unsupported', 'not_valid', 'not_permitted', 'not_possible']);

/** Complete and allowed, by what the library knows; no device is touched. */
async function linkReasons(params: QueryParams, info: CallInfo, desk: Desk): Promise<string[]> {
  const named = params.mode ?? params.native_vlan ?? params.allowed_vlans?.[0] ?? params.network?.segmentation_id;
  const method = named === undefined || named === null ? 'is_port_supported' : 'attach_port';
  for (const request of portRequests(method, params, info, desk.library)) allowedPlan(request, desk);
  return [];
}

/** @throws ChangeError not_permitted, and whatever a plan throws. A freeze is not asked about: what is allowed stays so meanwhile. */
function allowedPlan(request: ChangeRequest, { library }: Desk): ChangePlan {
  const { refusal } = verdictOf(request, library);
  if (refusal) throw refusal;
  return plan(request, library);
}

/** The same, and the device is asked whether the port is there. */
async function portReasons(params: QueryParams, info: CallInfo, desk: Desk): Promise<string[]> {
  await linkReasons(params, info, desk);
  const reasons: string[] = [];
  for (const request of portRequests('is_port_supported', params, info, desk.library)) {
    reasons.push(...(await inspect(allowedPlan(request, desk), desk.world)).allowed.misses);
  }
  return reasons;
}

async function supportPlan(params: QueryParams, info: CallInfo, desk: Desk): Promise<unknown> {
  await linkReasons(params, info, desk);
  return toResult(await inOrder(portRequests('is_port_supported', params, info, desk.library), desk));
}
