import { describe, expect, it } from 'vitest';
import { explanationOf, originsOf } from '../../server/engine/origins.ts';
import { plan } from '../../server/engine/plan.ts';
import { SAMPLES, sampleRequest, spotOn } from '../../server/engine/samples.ts';
import { valuesFor } from '../../server/engine/values.ts';
import { at } from '../../server/errors.ts';
import { loadLibrary } from '../../server/library/library.ts';
import type { ChangeRequest, Device } from '../../server/model.ts';
import { ROOT } from '../harness.ts';

const library = loadLibrary({ root: ROOT, playbooks: 'playbooks', templates: 'templates', inventory: 'inventory' });
const eos = library.devices.get('leaf-201') as Device;

function requestOn(device: Device, name: string): ChangeRequest {
  const platform = library.platforms.get(device.platform);
  const sample = SAMPLES.find(one => one.name === name);
  if (!platform || !sample) throw new Error(`no sample ${name}`);
  return sampleRequest(sample, spotOn([{ device, platform }]), 'explained') as ChangeRequest;
}

function originsIn(name: string, device = eos) {
  const explanation = explanationOf(plan(requestOn(device, name), library), library);
  return Object.fromEntries(
    explanation.origins.map(({ name: own, value, from, place }) => [own, `${String(value)} by ${from}${place ? ` ${at(place)}` : ''}`]),
  );
}

describe('who said what', () => {
  it('tells the call, the playbook, the platform and the layers of the inventory apart, with file and line', () => {
    expect(originsIn('attach_port.access-described')).toMatchObject({
      native_vlan: '100 by the call',
      description: 'node 42 by the call',
      allowed_vlans: 'null by nobody: the call leaves it out',
      portfast: 'true by the playbook playbooks/arista_eos/attach_port.yml:4',
      describe: expect.stringMatching(/^true by group leaf inventory\/example\.yml:\d+$/),
    });
    expect(originsIn('attach_lag.access').aggregation).toMatch(/^lacp by the platform playbooks\/arista_eos\/platform\.yml:\d+$/);
    expect(originsIn('delete_lag').lag).toBe('Port-Channel10 by follows from the port');
  });

  it('names the last layer where several say something, and who says which ports are uplinks', () => {
    const dpu = library.devices.get('dpu-501') as Device;
    expect([...(dpu.setBy?.keys() ?? [])].toSorted()).toEqual(['become', 'bridge', 'uplinks']);
    expect(dpu.setBy?.get('bridge')).toMatchObject({ layer: 'group smartnic', place: { file: 'inventory/example.yml' } });
    expect(dpu.setBy?.get('uplinks')?.layer).toBe('the device');
  });

  it.each([...library.devices.values()])('is the value that the templates of $platform see, for every sample', device => {
    const platform = library.platforms.get(device.platform);
    if (!platform) throw new Error('no platform');
    for (const { name } of SAMPLES) {
      const request = requestOn(device, name);
      const playbook = platform.playbooks.get(request.method);
      if (!playbook) continue;
      const values = valuesFor(request, device, platform, playbook);
      const origins = originsOf(request, device, platform, playbook);
      expect(origins.length, name).toBeGreaterThan(0);
      for (const origin of origins) {
        expect(origin.value).toEqual(values[origin.name]);
        if (origin.from === 'the call' && !['port', 'network_name', 'lag'].includes(origin.name))
          expect(origin.value).toEqual(request.args[origin.name]);
        // Whoever wrote it down wrote it in a file, on a line.
        if (/^(?:the playbook|the platform|defaults|group|the device)/.test(origin.from)) expect(origin.place?.line).toBeGreaterThan(0);
      }
    }
  });

  it('tells the values that stand in a line', () => {
    const { usedAt } = explanationOf(plan(requestOn(eos, 'attach_port.access'), library), library);
    expect(usedAt({ file: 'templates/arista_eos/access.hbs', line: 3 })).toEqual(['native_vlan']);
    expect(usedAt({ file: 'templates/arista_eos/access.hbs', line: 4 })).toEqual([]);
  });
});
