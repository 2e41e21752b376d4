import { ChangeError } from '../errors.ts';
import type { ChangePlan } from '../model.ts';
import { Hold } from './lock/hold.ts';
import { NO_LOCKS } from './lock/none.ts';
import { Session } from './session.ts';
import { type Look, Visit } from './visit.ts';
import type { World } from './world.ts';

/** What the device itself says, without changing anything, and so without its lock: may the request be carried out, and does it hold already? */
export async function inspect(plan: ChangePlan, world: World): Promise<{ allowed: Look; holds: Look }> {
  const { device, request } = plan;
  using _turn = await world.queue.turn(device.name, request.deadline);
  await using hold = await Hold.take(NO_LOCKS, device, request.deadline);
  await using session = await Session.open(plan, world, hold, request.deadline);
  const visit = new Visit(plan, session);
  const allowed = await look(visit, 'require');
  return { allowed, holds: allowed.holds ? await look(visit, 'verify') : allowed };
}

/** A device that refuses a read has answered too: no. */
async function look(visit: Visit, list: 'require' | 'verify'): Promise<Look> {
  try {
    return await visit.look(visit.plan[list], visit.plan.request.deadline);
  } catch (thrown) {
    if (!(thrown instanceof ChangeError) || thrown.kind !== 'rejected') throw thrown;
    return { holds: false, misses: [thrown.message], texts: new Map() };
  }
}
