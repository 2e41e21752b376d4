import { describe, expect, it } from 'vitest';
import fc from '../chance.ts';
import { Mercury, PLATFORMS } from '../harness.ts';

/*
 * Many callers, one switch: however their calls fall together, the switch ends as if they had been made one after the other, and so does each
 * answer. The order is that of the audit; the same calls in that order, on a switch of their own, must say and leave the same.
 */

interface Call {
  readonly method: string;
  readonly nth: number;
  readonly more: object;
}

const VLAN = fc.constantFrom(100, 200, 300);
const CALL: fc.Arbitrary<Call> = fc.record({
  nth: fc.integer({ min: 0, max: 2 }),
  method: fc.constantFrom('attach_port', 'attach_port', 'update_port', 'detach_port'),
  more: fc.oneof(
    VLAN.map(native_vlan => ({ native_vlan })),
    VLAN.map(native_vlan => ({ mode: 'trunk', native_vlan, allowed_vlans: [201, 202] })),
    fc.constant({ native_vlan: 1 }),
  ),
});

const RUNS = 4;

describe.each(PLATFORMS)('%s', platform => {
  it('ends as if one call had come after the other', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(CALL, { minLength: 2, maxLength: 7 }), async calls => {
        await using together = await switchWithNetworks(platform);
        const from = together.audit.length;
        await Promise.all(calls.map((call, number) => make(together, call, number)));
        const done = together.audit.slice(from).map(({ why, how }) => ({ number: Number(why.reason), outcome: how.outcome }));
        expect(done).toHaveLength(calls.length);

        await using alone = await switchWithNetworks(platform);
        for (const { number, outcome } of done) {
          const call = calls[number];
          if (call) expect({ number, outcome: await make(alone, call, number) }).toEqual({ number, outcome });
        }
        expect(alone.device('sw').device.running()).toBe(together.device('sw').device.running());
      }),
      { numRuns: RUNS },
    );
  });
});

async function switchWithNetworks(platform: string): Promise<Mercury> {
  const mercury = await Mercury.start({ devices: { sw: platform } });
  for (const vlan of [100, 200, 201, 202, 300]) await mercury.onNetwork('add_network', 'sw', vlan, `net-${vlan}`);
  return mercury;
}

/** The reason is the number of the call, to be found again in the audit. */
async function make(mercury: Mercury, { method, nth, more }: Call, number: number): Promise<string> {
  const port = mercury.device('sw').device.ports[nth] ?? '';
  const params = method === 'detach_port' ? {} : more;
  return (await mercury.onPort(method, 'sw', port, { ...params, context: { reason: String(number) } })).outcome;
}
