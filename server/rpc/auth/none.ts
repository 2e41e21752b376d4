import type { Caller } from '../../model.ts';

/** No authentication: whoever can reach the port. The config allows it on loopback addresses only, unless it says otherwise in words. */
export function anyone(address: string): Caller {
  return { name: 'anyone', address, scheme: 'none' };
}
