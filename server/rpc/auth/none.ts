import { addressOf, type Scheme } from './scheme.ts';

/** No authentication: whoever can reach the port. The config allows it on loopback addresses only, unless it says otherwise in words. */
export const none: Scheme = {
  caller: async request => ({ name: 'anyone', address: addressOf(request), scheme: 'none' }),
};
