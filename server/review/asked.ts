import { verdictOf } from '../engine/permit.ts';
import { ChangeError } from '../errors.ts';
import type { Library } from '../library/library.ts';
import type { ChangeRequest } from '../model.ts';
import type { Sheet } from './rows.ts';
import { refusal, sheetOf } from './sheet.ts';
import { ID, type Seen } from './subjects.ts';

/** A call that is played besides the shipped samples: the team's own, or one that really came. */
export interface Asked {
  readonly name: string;
  /** Held against the policy too; without it, who asks is nobody in particular. */
  readonly isHeld: boolean;
  /** @throws ChangeError as the call itself would */
  requests(library: Library): readonly ChangeRequest[];
}

/** Each request of each call on both sides; one that either side refuses before it names a device is about none. */
export function playedRequests(asked: readonly Asked[], before: Library, after: Library): Seen[] {
  return asked.flatMap(one => {
    const [old, now] = [sheetsOf(one, before), sheetsOf(one, after)];
    const keys = [...new Set([...old.keys(), ...now.keys()])];
    return keys.flatMap(key => {
      const [a, b] = [old.get(key), now.get(key)];
      const request = b?.request ?? a?.request;
      if (!request) return [];
      const device = after.devices.get(request.device) ?? before.devices.get(request.device);
      // A device that only one side knows: the other refuses it, in the words of the call.
      const sheets = { old: a?.sheet ?? old.get('')?.sheet, now: b?.sheet ?? now.get('')?.sheet };
      return [{ sample: one.name, request, devices: [request.device], before, after, platform: device?.platform ?? '', ...sheets }];
    });
  });
}

interface Answered {
  readonly request?: ChangeRequest;
  readonly sheet: Sheet;
}

/** By device, method and port; what was refused as a whole is under no name. */
function sheetsOf({ requests, isHeld }: Asked, library: Library): Map<string, Answered> {
  try {
    return new Map(
      requests(library).map(found => {
        const request = { ...found, id: ID };
        const refused = isHeld && library.devices.has(request.device) ? verdictOf(request, library).refusal : undefined;
        const key = [request.device, request.method, String(request.args.port ?? '')].join(' ');
        return [key, { request, sheet: refused ? refusal(refused) : sheetOf(request, library) }];
      }),
    );
  } catch (thrown) {
    if (!(thrown instanceof ChangeError) || thrown.kind === 'internal') throw thrown;
    return new Map([['', { sheet: refusal(thrown) }]]);
  }
}
