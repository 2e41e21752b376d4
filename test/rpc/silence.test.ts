import { describe, it } from 'vitest';
import { beforeLine } from '../before-line.ts';
import { reachedFrom } from '../exposure.ts';
import { Mercury } from '../harness.ts';

/* A connection that goes silent while a change is taken back: a new login may well be answered, if somebody tries one. */

/** What a rescue, or taking back, types first. */
const TAKES_BACK: Readonly<Record<string, RegExp>> = {
  cisco_ios: /^shutdown$/,
  arista_eos: /^abort$/,
  juniper_junos: /^rollback 0$/,
  dell_os10: /^discard$/,
};

describe.concurrent('a switch that answers no more while a failed attach is taken back', () => {
  it.for(Object.keys(TAKES_BACK))('is logged in to again, and the port is closed (%s)', async (platform, { expect }) => {
    await using mercury = await Mercury.start({ devices: { sw: platform }, callTime: 30_000 });
    const device = mercury.device('sw');
    const [port = ''] = device.device.ports;
    await mercury.onNetwork('add_network', 'sw', 100, 'tenant');
    device.faults.plant({ on: /guilty/, does: 'refuse', times: 9 });
    beforeLine(device, /guilty/, () => device.faults.plant({ on: TAKES_BACK[platform] ?? /$^/, does: 'stall' }));
    const told = await mercury.onPort('attach_port', 'sw', port, { native_vlan: 100, description: 'guilty' });
    expect(told).toMatchObject({ outcome: expect.stringMatching(/^(?:undone|rescued)$/), kind: 'rejected' });
    expect(reachedFrom(port, device)).toBe('closed');
  });
});
