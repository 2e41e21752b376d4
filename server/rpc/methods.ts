import * as z from 'zod';
import { change, changeInOrder, changeSideBySide, type Desk, worst } from '../engine/change.ts';
import { inspect } from '../engine/execute.ts';
import { plan } from '../engine/plan.ts';
import { ChangeError } from '../errors.ts';
import type { ChangeRequest, ChangeResult } from '../model.ts';
import { type MercuryMethod, type NetworkParams, type PortParams, paramsSchemas, type QueryParams } from './params.ts';
import { resultOf } from './reply.ts';
import { type CallInfo, deviceOfLink, linksOf, networkRequests, portRequests } from './requests.ts';

/** Carries out one call of Mercury's own vocabulary; `params` as they came. */
export async function callMethod(method: MercuryMethod, params: unknown, info: CallInfo, desk: Desk): Promise<unknown> {
  switch (method) {
    case 'get_allowed_network_types':
      return allowedNetworkTypes(read(method, params), desk);
    case 'is_link_valid':
      return answerQuery(read(method, params), query => linkReasons(query, info, desk));
    case 'is_port_supported':
      return answerQuery(read(method, params), query => portReasons(query, info, desk));
    case 'attach_port':
    case 'update_port':
    case 'detach_port': {
      const requests = portRequests(method, read(method, params) as PortParams, info, desk.library);
      return toResult(await inOrder(requests, desk));
    }
    case 'add_network':
    case 'delete_network': {
      const requests = networkRequests(method, read(method, params) as NetworkParams, info, desk.library);
      return toResult(await changeSideBySide(requests, desk));
    }
  }
}

function read<M extends MercuryMethod>(method: M, params: unknown): z.infer<(typeof paramsSchemas)[M]> {
  const parsed = paramsSchemas[method].safeParse(params ?? {});
  if (!parsed.success) throw new ChangeError('bad_request', z.prettifyError(parsed.error).replaceAll('✖ ', '').replaceAll('\n', ' '));
  return parsed.data as z.infer<(typeof paramsSchemas)[M]>;
}

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
  const named = params.mode ?? params.native_vlan ?? params.network?.segmentation_id;
  const method = named === undefined || named === null ? 'is_port_supported' : 'attach_port';
  for (const request of portRequests(method, params, info, desk.library)) plan(request, desk.library);
  return [];
}

/** The same, and the device is asked whether the port is there. */
async function portReasons(params: QueryParams, info: CallInfo, desk: Desk): Promise<string[]> {
  await linkReasons(params, info, desk);
  const reasons: string[] = [];
  for (const request of portRequests('is_port_supported', params, info, desk.library)) {
    const planned = plan(request, desk.library);
    if (params.dry_run) continue;
    reasons.push(...(await inspect(planned, desk.world)).allowed.misses);
  }
  return reasons;
}
