import { ChangeError, inShort } from '../errors.ts';
import type { Library } from '../library/library.ts';
import type { ChangeRequest } from '../model.ts';
import { ironicRequests } from './ironic/methods.ts';
import { isIronicCall } from './ironic/params.ts';
import { isMercuryMethod, readParams, type WireCall } from './params.ts';
import { type CallInfo, networkRequests, portRequests } from './requests.ts';

/**
 * What a call of either vocabulary asks for, as it came over the wire.
 * @throws ChangeError bad_request: nothing that a playbook does; else as the call itself would
 */
export function requestsOfCall({ method, params }: WireCall, info: CallInfo, library: Library): ChangeRequest[] {
  const said = params ?? {};
  if (isIronicCall(method, said) && method !== 'get_switches') return ironicRequests(method, said, info, library).requests;
  if (!isMercuryMethod(method)) throw asksForNothing(method);
  switch (method) {
    case 'add_network':
    case 'delete_network':
      return networkRequests(method, readParams(method, said), info, library);
    case 'attach_port':
    case 'update_port':
    case 'detach_port':
    case 'is_port_supported':
      return portRequests(method, readParams(method, said), info, library);
    default:
      throw asksForNothing(method);
  }
}

const NAMED = [
  ...['attach_port', 'update_port', 'detach_port', 'reset_port', 'update_lag', 'delete_lag'],
  ...['add_network', 'delete_network', 'is_port_supported'],
];

function asksForNothing(method: string): ChangeError {
  return new ChangeError('bad_request', `calls ${inShort(method)}; here it must be one of ${NAMED.join(', ')}`);
}
