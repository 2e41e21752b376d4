import { describe, expect, it } from 'vitest';
import { Mercury } from '../harness.ts';

describe.each(['cisco_ios', 'juniper_junos'])('a lab switch of %s that is to have 100 ports', platform => {
  it('is a stack, whose last port can be attached as any other', async () => {
    await using mercury = await Mercury.start({ devices: { stack: platform }, lab: { ports: 100 } });
    const { ports, uplinks } = mercury.device('stack').device;
    expect(new Set([...ports, ...uplinks]).size).toBe(100 + uplinks.length);
    expect((await mercury.onNetwork('add_network', 'stack', 100, 'tenant')).outcome).toBe('applied');
    expect((await mercury.onPort('attach_port', 'stack', ports.at(-1) ?? '', { native_vlan: 100 })).outcome).toBe('applied');
  });
});
