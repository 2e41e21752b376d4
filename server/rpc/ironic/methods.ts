import { auditRefusal } from '../../engine/audit.ts';
import { changeInOrder, type Desk, worst } from '../../engine/change.ts';
import { ChangeError } from '../../errors.ts';
import type { Library } from '../../library/library.ts';
import type { ChangeRequest } from '../../model.ts';
import { complaintsOf } from '../complain.ts';
import { type Call, closing } from '../methods.ts';
import type { Context } from '../params.ts';
import { resultOf } from '../reply.ts';
import { type CallInfo, whyOf } from '../requests.ts';
import { type IronicMethod, type IronicParams, ironicSchemas } from './params.ts';
import { deleteLag, resetPort, updateLag, updatePort } from './requests.ts';

/** Carries out one call of Ironic's networking RPC API; the answer has the stock service's members, and ours after them. */
export async function callIronic(method: IronicMethod, params: Record<string, unknown>, info: Call, desk: Desk): Promise<unknown> {
  if (method === 'get_switches') {
    if (info.closing) throw closing();
    read(method, params);
    return switches(desk.library);
  }
  const { requests, stock } = accepted(method, params, info, desk);
  const results = await changeInOrder(requests, desk);
  return { ...stock, ...resultOf(worst(results.map(result => result.outcome)), results) };
}

type Change = Exclude<IronicMethod, 'get_switches'>;

/** What a call means, and what the stock service would answer to it. */
interface Meant {
  readonly requests: ChangeRequest[];
  readonly stock: Readonly<Record<string, unknown>>;
}

/** @throws ChangeError bad_request, unknown_device, not_valid */
export function ironicRequests(method: Change, params: Record<string, unknown>, info: CallInfo, library: Library): Meant {
  const meant = <M extends Change>(
    name: M,
    requestsOf: (said: IronicParams<M>, info: CallInfo, library: Library) => ChangeRequest[],
    stockOf: (said: IronicParams<M>) => Record<string, unknown>,
  ): Meant => {
    const said = read(name, params);
    const stock = stockOf(said);
    return { requests: requestsOf(said, info, library), stock: said.dry_run ? { ...stock, status: 'planned' } : stock };
  };
  switch (method) {
    case 'update_port':
      return meant(method, updatePort, portConfigured);
    case 'reset_port':
      return meant(method, resetPort, portReset);
    case 'update_lag':
      return meant(method, updateLag, lagConfigured);
    case 'delete_lag':
      return meant(method, deleteLag, lagDeleted);
  }
}

/** A call that becomes no request is a refusal too, and audited here: nobody else will. */
function accepted(method: Change, params: Record<string, unknown>, info: Call, desk: Desk): Meant {
  try {
    if (info.closing) throw closing();
    return ironicRequests(method, params, info, desk.library);
  } catch (thrown) {
    const { id, caller } = info;
    if (thrown instanceof ChangeError) auditRefusal({ id, method, caller, why: whyOf(params.context as Context) }, thrown, desk.audit);
    throw thrown;
  }
}

/** @throws ChangeError bad_request when a parameter is missing or nobody knows it */
function read<M extends IronicMethod>(method: M, params: unknown): IronicParams<M> {
  const parsed = ironicSchemas[method].safeParse(params);
  if (parsed.success) return parsed.data as IronicParams<M>;
  throw new ChangeError('bad_request', `${method}: ${complaintsOf(parsed.error)}`);
}

// The stock service echoes what it was asked; an absent or null list of VLANs becomes an empty one.

function portConfigured(params: IronicParams<'update_port'>): Record<string, unknown> {
  const { switch_id, port_name, description, mode, native_vlan, allowed_vlans, default_vlan, lag_name } = params;
  return {
    switch_id,
    port_name,
    description,
    mode,
    native_vlan,
    allowed_vlans: allowed_vlans ?? [],
    default_vlan: default_vlan ?? null,
    lag_name: lag_name ?? null,
    status: 'configured',
  };
}

function portReset({ switch_id, port_name, native_vlan, default_vlan }: IronicParams<'reset_port'>): Record<string, unknown> {
  return {
    switch_id,
    port_name,
    description: 'Default port configuration',
    mode: 'access',
    native_vlan,
    allowed_vlans: [],
    default_vlan: default_vlan ?? null,
    status: 'reset',
  };
}

function lagConfigured(params: IronicParams<'update_lag'>): Record<string, unknown> {
  const { switch_ids, lag_name, description, mode, native_vlan, aggregation_mode, allowed_vlans, default_vlan } = params;
  return {
    switch_ids,
    lag_name,
    description,
    mode,
    native_vlan,
    aggregation_mode,
    allowed_vlans: allowed_vlans ?? [],
    default_vlan: default_vlan ?? null,
    status: 'configured',
  };
}

const lagDeleted = ({ switch_ids, lag_name }: IronicParams<'delete_lag'>) => ({ switch_ids, lag_name, status: 'deleted' });

/** Every switch of the inventory, with the VLANs that it allows: ranges spelt out, null where it has no list of its own. */
function switches({ devices }: Library): Record<string, unknown> {
  return Object.fromEntries(
    [...devices.values()].map(({ name, platform, allowedVlans }) => [
      name,
      { switch_id: name, device_name: name, device_type: platform, allowed_vlans: allowedVlans ? [...allowedVlans].join(',') : null },
    ]),
  );
}
