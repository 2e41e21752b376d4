import { describe, expect, it } from 'vitest';
import { plan } from '../../server/engine/plan.ts';
import { SAMPLES, type Sample, sampleRequest, spotOn } from '../../server/engine/samples.ts';
import { loadLibrary } from '../../server/library/library.ts';
import { type ChangeRequest, type Device, PLAYBOOK_METHODS } from '../../server/model.ts';
import { PLATFORMS, ROOT } from '../harness.ts';

const library = loadLibrary({ root: ROOT, playbooks: 'playbooks', templates: 'templates', inventory: 'inventory' });
const platformOf = (device: Device) => {
  const platform = library.platforms.get(device.platform);
  if (!platform) throw new Error(`no platform ${device.platform}`);
  return platform;
};
const eos = library.devices.get('leaf-201') as Device;
const on = (device: Device) => ({ device, platform: platformOf(device) });
const access = SAMPLES[0] as Sample;

describe('the sample requests', () => {
  it('are of every method', () => {
    expect([...new Set(SAMPLES.map(({ method }) => method))].toSorted()).toEqual(PLAYBOOK_METHODS.toSorted());
  });

  it.each([...library.devices.values()])('are planned on $name as it is in the inventory', device => {
    const spot = spotOn([on(device)]);
    for (const sample of SAMPLES) {
      const planned = plan(sampleRequest(sample, spot, 'sample') as ChangeRequest, library);
      expect(planned.require.length + planned.verify.length, sample.name).toBeGreaterThan(0);
    }
  });

  it('are about an example of every shipped platform', () => {
    for (const name of PLATFORMS) expect(library.platforms.get(name)?.interfaces.example?.lag, name).toMatch(/\d$/);
  });

  it('leave uplinks alone, on either side of an edit', () => {
    const [before, after] = [on({ ...eos, uplinks: ['Ethernet7', 'Port-Channel10'] }), on({ ...eos, uplinks: ['Ethernet8'] })];
    expect(spotOn([before, after])).toMatchObject({ port: 'Ethernet9', lag: 'Port-Channel11' });
  });

  it('name VLANs that the device allows on both sides', () => {
    const allowing = (...ids: number[]) => on({ ...eos, allowedVlans: new Set(ids) });
    const spot = spotOn([allowing(10, 20, 30), allowing(20, 30, 40)]);
    const { args } = sampleRequest(SAMPLES.find(({ name }) => name === 'attach_port.trunk') as Sample, spot, 'sample') as ChangeRequest;
    expect([args.native_vlan, args.allowed_vlans].flat().every(id => id === 20 || id === 30)).toBe(true);
    expect(spotOn([on(eos)]).vlans).toBe(undefined);
  });

  it('are none on a platform that has no example', () => {
    expect(sampleRequest(access, { device: 'x' }, 'sample')).toBe(undefined);
    expect(sampleRequest({ method: 'add_network', args: { vlan: 100 } }, { device: 'x' }, 'sample')).toMatchObject({ args: { vlan: 100 } });
  });
});
