import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LabDevice } from '../../server/lab/ssh-server.ts';
import { LAGS } from '../cases.ts';
import { Mercury, PLATFORMS } from '../harness.ts';
import { Conductor, conductorReady } from './conductor.ts';

const { ready, why } = conductorReady();
if (!ready) console.error(`\n!!! LEFT OUT: Ironic's own client: ${why}\n`);

const IRONIC = 'ironic.common.exception.';
const VLANS = { 100: 'provisioning', 200: 'tenant', 201: 'storage', 300: 'idle' };

/*
 * Ironic's own client makes all five calls over real HTTP, on lab switches of every platform.
 */
describe.skipIf(!ready)(ready ? 'Ironic’s own client' : `Ironic’s own client (left out: ${why})`, () => {
  let mercury: Mercury;
  let conductor: Conductor;
  const device = (name: string): LabDevice => mercury.device(name);
  const portOf = (name: string, nth = 0) => device(name).device.ports[nth] ?? '';

  beforeAll(async () => {
    mercury = await Mercury.start({ devices: Object.fromEntries(PLATFORMS.map(platform => [platform, platform])) });
    conductor = new Conductor(mercury.service.url);
    await Promise.all(
      PLATFORMS.map(async name => {
        for (const [vlan, network] of Object.entries(VLANS)) await mercury.onNetwork('add_network', name, Number(vlan), network);
      }),
    );
  });
  afterAll(async () => {
    await conductor[Symbol.asyncDispose]();
    await mercury[Symbol.asyncDispose]();
  });

  describe.each(PLATFORMS)('on %s', name => {
    it('configures a port, and gets the stock members back, and ours', async () => {
      const told = await conductor.updatePort(name, portOf(name), { native_vlan: 100, default_vlan: 300 });
      expect(told).toMatchObject({
        result: {
          switch_id: name,
          port_name: portOf(name),
          description: `Ironic Port ${portOf(name)}`,
          mode: 'access',
          native_vlan: 100,
          allowed_vlans: [],
          default_vlan: 300,
          lag_name: null,
          status: 'configured',
          outcome: 'applied',
        },
      });
      expect((await conductor.updatePort(name, portOf(name), { native_vlan: 100 })).result).toMatchObject({ outcome: 'unchanged' });
    });

    it('resets it to the idle network, twice, and the second types nothing', async () => {
      const first = await conductor.resetPort(name, portOf(name), { native_vlan: 100, default_vlan: 300 });
      expect(first.result).toMatchObject({
        switch_id: name,
        port_name: portOf(name),
        description: 'Default port configuration',
        mode: 'access',
        native_vlan: 100,
        allowed_vlans: [],
        default_vlan: 300,
        status: 'reset',
        outcome: 'applied',
      });
      expect(first.result).not.toHaveProperty('lag_name');
      const second = await conductor.resetPort(name, portOf(name), { native_vlan: 200, allowed_vlans: [201], default_vlan: 300 });
      expect(second.result).toMatchObject({ status: 'reset', outcome: 'unchanged', devices: [{ commands: [] }] });
    });

    it.each([
      ['a trunk with a native VLAN', { mode: 'trunk', native_vlan: 100, allowed_vlans: [201, 200, 200] }],
      ['a trunk without one', { mode: 'trunk', native_vlan: null, allowed_vlans: [200, 201] }],
      ['a hybrid port', { mode: 'hybrid', native_vlan: 100, allowed_vlans: [200] }],
    ])('configures %s, echoes the list as it was sent, and resets it closed', async (_, wanted) => {
      const closed = await conductor.resetPort(name, portOf(name, 1), {});
      expect(closed.result).toMatchObject({ status: 'reset' });
      const before = device(name).device.running();
      const told = await conductor.updatePort(name, portOf(name, 1), wanted);
      expect(told.result).toMatchObject({ ...wanted, status: 'configured', outcome: 'applied' });
      expect((await conductor.updatePort(name, portOf(name, 1), wanted)).result).toMatchObject({ outcome: 'unchanged' });
      expect((await conductor.resetPort(name, portOf(name, 1), {})).result).toMatchObject({ outcome: 'applied' });
      expect(device(name).device.running()).toBe(before);
    });

    it('makes a LAG, lets a port join and leave, and deletes it', async () => {
      const lag = LAGS[name] ?? '';
      const before = device(name).device.running();
      const wanted = { native_vlan: 100, allowed_vlans: null };
      expect((await conductor.updateLag([name], lag, wanted)).result).toEqual({
        switch_ids: [name],
        lag_name: lag,
        description: `Ironic LAG ${lag}`,
        mode: 'access',
        native_vlan: 100,
        aggregation_mode: 'lacp',
        allowed_vlans: [],
        default_vlan: null,
        status: 'configured',
        outcome: 'applied',
        request_id: expect.any(String),
        devices: [expect.objectContaining({ device: name, outcome: 'applied' })],
      });
      const joined = await conductor.updatePort(name, portOf(name, 5), { ...wanted, lag_name: lag });
      expect(joined.result).toMatchObject({ status: 'configured', lag_name: lag, outcome: 'applied' });
      expect(await conductor.deleteLag([name], lag)).toMatchObject({ raised: `${IRONIC}InvalidParameterValue`, code: 400 });
      expect((await conductor.resetPort(name, portOf(name, 5))).result).toMatchObject({ outcome: 'applied' });
      expect((await conductor.deleteLag([name], lag)).result).toMatchObject({ switch_ids: [name], lag_name: lag, status: 'deleted' });
      expect(device(name).device.running()).toBe(before);
    });

    it('raises NetworkError with the switch’s own words when the switch refuses a line', async () => {
      const { running } = device(name).device;
      const before = running.call(device(name).device);
      device(name).faults.plant({ on: /100/, does: 'refuse' });
      const told = await conductor.updatePort(name, portOf(name, 2), { native_vlan: 100 });
      expect(told).toMatchObject({ raised: `${IRONIC}NetworkError`, code: 500 });
      expect(told.message).toContain(`${name} `);
      expect(told.message).toContain(portOf(name, 2));
      expect(told.message).toMatch(/ \((?:playbooks|templates)\/\S+:\d+\)/);
      device(name).faults.clear();
      expect(device(name).device.running()).toBe(before);
    });
  });

  it('lists the switches', async () => {
    const { result } = await conductor.getSwitches();
    expect(Object.keys(result ?? {}).sort()).toEqual([...PLATFORMS].sort());
    for (const name of PLATFORMS)
      expect(result?.[name]).toEqual({ switch_id: name, device_name: name, device_type: name, allowed_vlans: null });
  });

  describe('raises InvalidParameterValue, which Ironic catches per port, and nothing is typed, for', () => {
    const [name = ''] = PLATFORMS;
    it.each([
      ['an unknown switch', 'tor-9', 'Gi1/0/1', { native_vlan: 100 }, /no switch in the inventory is called tor-9/],
      ['no switch', null, 'Gi1/0/1', { native_vlan: 100 }, /no switch_id/],
      ['an empty switch', '', 'Gi1/0/1', { native_vlan: 100 }, /no switch_id/],
      ['no port', name, null, { native_vlan: 100 }, /no port_id/],
      ['a port name that cannot be one', name, 'P1; touch x #', { native_vlan: 100 }, /is no port name of/],
      [
        'a mode that is none',
        name,
        undefined,
        { native_vlan: 100, mode: 'Access' },
        /mode must be access, trunk or hybrid, and not "Access"/,
      ],
      ['a VLAN in quotes', name, undefined, { native_vlan: '100' }, /native_vlan must be a whole number from 1 to 4094, and not "100"/],
      ['VLAN 100.5', name, undefined, { native_vlan: 100.5 }, /native_vlan must be a whole number/],
      ['VLAN 0', name, undefined, { native_vlan: 0 }, /native_vlan must be a whole number/],
      ['no VLAN', name, undefined, { native_vlan: null }, /an access port needs native_vlan/],
      ['VLAN 1', name, undefined, { native_vlan: 1 }, /VLAN 1 is outside/],
      [
        'a list that is none',
        name,
        undefined,
        { mode: 'trunk', native_vlan: 100, allowed_vlans: 7 },
        /allowed_vlans must be a list, and not 7/,
      ],
      ['a list with a text', name, undefined, { mode: 'trunk', native_vlan: 100, allowed_vlans: [200, 'x'] }, /allowed_vlans holds "x"/],
      ['a trunk without a list', name, undefined, { mode: 'trunk', native_vlan: 100 }, /a trunk needs allowed_vlans/],
      ['an idle VLAN that is none', name, undefined, { native_vlan: 100, default_vlan: 4095 }, /default_vlan must be a whole number/],
    ])('%s', async (_, switchId, port, wanted, message) => {
      const logins = device(name).logins;
      const told = await conductor.updatePort(switchId, port === undefined ? portOf(name, 3) : port, wanted);
      expect(told).toMatchObject({ raised: `${IRONIC}InvalidParameterValue`, code: 400 });
      expect(told.message).toMatch(message);
      expect(device(name).logins).toBe(logins);
    });

    it('an uplink', async () => {
      const told = await conductor.updatePort(name, device(name).device.uplinks[0] ?? '', { native_vlan: 100 });
      expect(told).toMatchObject({ raised: `${IRONIC}InvalidParameterValue`, code: 400, message: expect.stringContaining('is an uplink') });
    });

    it('parameters that are missing or that nobody knows, with the message kept', async () => {
      expect(await conductor.call('update_port', { switch_id: name })).toMatchObject({
        raised: `${IRONIC}InvalidParameterValue`,
        message: expect.stringContaining('port_name'),
      });
      expect(await conductor.call('reset_port', { switch_id: name, port_name: 'x', native_vlan: 1, colour: 'red' })).toMatchObject({
        raised: `${IRONIC}InvalidParameterValue`,
        message: expect.stringContaining('colour'),
      });
      expect(await conductor.call('init_host')).toMatchObject({
        raised: `${IRONIC}InvalidParameterValue`,
        message: expect.stringContaining('init_host'),
      });
    });
  });

  it('raises NetworkError for a switch that cannot be reached', async () => {
    await using gone = await Mercury.start({ devices: { gone: 'arista_eos' } });
    await using other = new Conductor(gone.service.url);
    await gone.lab[Symbol.asyncDispose]();
    const told = await other.updatePort('gone', 'Ethernet1', { native_vlan: 100 });
    expect(told).toMatchObject({ raised: `${IRONIC}NetworkError`, code: 503, message: expect.stringContaining('gone') });
  });

  it('carries a cast out, and the connection stays fit for calls', async () => {
    const [name = ''] = PLATFORMS;
    const reset = { switch_id: name, port_name: portOf(name, 4), native_vlan: null, allowed_vlans: null, default_vlan: 300 };
    expect(await conductor.call('reset_port', reset, { cast: true })).toEqual({ result: null });
    expect((await conductor.resetPort(name, portOf(name, 4), { default_vlan: 300 })).result).toMatchObject({ outcome: 'unchanged' });
  });

  it('is answered by every one of 50 calls at once that share one id', async () => {
    const wanted = PLATFORMS.flatMap(name =>
      device(name)
        .device.ports.slice(0, 10)
        .map(port => ({ name, port })),
    );
    const told = await Promise.all(
      wanted.map(({ name, port }) => {
        const kwargs = { switch_id: name, port_name: port, native_vlan: null, allowed_vlans: null, default_vlan: null };
        return conductor.call('reset_port', kwargs, { request_id: 'req-5f0e3c1e-0000-4000-8000-000000000001' });
      }),
    );
    expect(told.map(one => one.result?.status)).toEqual(wanted.map(() => 'reset'));
    expect(told.map(one => one.result?.port_name)).toEqual(wanted.map(({ port }) => port));
  });

  it('leaves no live token of its context in the audit', () => {
    expect(JSON.stringify(mercury.audit)).not.toContain('gAAAA');
    expect(mercury.audit.some(line => line.why.project_id === 'project-1')).toBe(true);
  });
});
