import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { call } from '../../server/cli/call.ts';
import type { Service } from '../../server/cli/serve.ts';
import type { Ovs } from './ovs.ts';
import { realSwitchReady } from './ready.ts';
import { run } from './run.ts';
import { SmartNic } from './smartnic.ts';

const { ready, why } = realSwitchReady();
if (!ready) console.error(`\n!!! LEFT OUT: Mercury on a real switch: ${why}\n`);

/*
 * JSON-RPC over HTTP, OpenSSH's sshd, Open vSwitch, and frames between two servers: nothing on the path is ours to fake.
 */
describe.skipIf(!ready)(ready ? 'Mercury on a real Open vSwitch' : `Mercury on a real Open vSwitch (left out: ${why})`, () => {
  let nic: SmartNic;
  let ovs: Ovs;
  let service: Service;
  let folder: string;
  beforeAll(async () => {
    nic = await SmartNic.start();
    ({ ovs, service, folder } = nic);
    // As the kernel makes a representor: nobody has brought it up.
    for (const { port } of ovs.servers) await run('ip', ['-n', ovs.namespace, 'link', 'set', 'dev', port, 'down']);
  });
  afterAll(() => nic?.[Symbol.asyncDispose]());

  const portOf = (server: 0 | 1) => ovs.servers[server].port;
  const ask = (method: string, server: 0 | 1, more: object = {}) => {
    const port = {
      id: `port-${server}`,
      address: `52:54:00:00:00:0${server}`,
      device_id: 'instance-1',
      // As Ironic knows a SmartNIC: the host that runs Open vSwitch, and the representor on it.
      local_link_information: [{ hostname: 'smartnic', port_id: portOf(server) }],
    };
    return nic.ask(method, { port, context: { node: 'node-1' }, ...more });
  };
  const reach = (deadline = 20) => ovs.servers[0].ping(ovs.servers[1].address, { count: 1, deadline });

  it('attaches two servers to VLAN 100, and they reach each other', async () => {
    expect(await reach(1)).toBe(false);
    expect(await ask('attach_port', 0, { native_vlan: 100 })).toMatchObject({ outcome: 'applied' });
    expect(await reach(1)).toBe(false);
    expect(await ask('attach_port', 1, { native_vlan: 100 })).toMatchObject({ outcome: 'applied' });
    expect(await reach()).toBe(true);
    expect(await ask('attach_port', 1, { native_vlan: 100 })).toMatchObject({ outcome: 'unchanged' });
  });

  it('says on the port whose it is', async () => {
    expect(await ovs.vsctl('get', 'Interface', portOf(1), 'external_ids')).toBe(
      '{attached-mac="52:54:00:00:00:01", iface-id=port-1, iface-status=active, node-uuid=node-1, vm-uuid=instance-1}',
    );
  });

  it('moves one to VLAN 200, and they do not reach each other', async () => {
    expect(await ask('update_port', 1, { native_vlan: 200 })).toMatchObject({ outcome: 'applied' });
    expect(await reach(1)).toBe(false);
    expect(await ask('update_port', 1, { native_vlan: 100 })).toMatchObject({ outcome: 'applied' });
    expect(await reach()).toBe(true);
  });

  it('detaches one, and they do not; attaches it again, and they do', async () => {
    expect(await ask('detach_port', 1)).toMatchObject({ outcome: 'applied' });
    expect(await reach(1)).toBe(false);
    expect(await ask('detach_port', 1)).toMatchObject({ outcome: 'unchanged' });
    expect(await ask('attach_port', 1, { native_vlan: 100 })).toMatchObject({ outcome: 'applied' });
    expect(await reach()).toBe(true);
  });

  it('makes a trunk whose native VLAN is the other one’s', async () => {
    expect(await ask('update_port', 1, { mode: 'trunk', native_vlan: 100, allowed_vlans: [200, 201, 202] })).toMatchObject({
      outcome: 'applied',
    });
    expect(await reach()).toBe(true);
    expect(await ask('update_port', 1, { mode: 'trunk', native_vlan: null, allowed_vlans: [100, 200] })).toMatchObject({
      outcome: 'applied',
    });
    expect(await reach(1)).toBe(false);
    expect(await ask('update_port', 1, { native_vlan: 100 })).toMatchObject({ outcome: 'applied' });
    expect(await reach()).toBe(true);
  });

  it('does not change a port that was taken down; attaching it brings it up again', async () => {
    await run('ip', ['-n', ovs.namespace, 'link', 'set', 'dev', portOf(1), 'down']);
    await ovs.vsctl('wait-until', 'Interface', portOf(1), 'admin_state=down');
    expect(await ask('update_port', 1, { native_vlan: 200 })).toMatchObject({ outcome: 'refused' });
    expect(await reach(1)).toBe(false);
    expect(await ask('attach_port', 1, { native_vlan: 100 })).toMatchObject({ outcome: 'applied' });
    expect(await reach()).toBe(true);
  });

  it('refuses a device that is not there and a bridge that is not there, and changes nothing', async () => {
    const before = await ovs.vsctl('show');
    const link = (port_id: string) => ({ port: { local_link_information: [{ hostname: 'smartnic', port_id }] }, native_vlan: 100 });
    expect(await call(service.url, 'attach_port', link('nosuchport'))).toMatchObject({ error: { data: { outcome: 'refused' } } });
    expect(await call(service.url, 'attach_port', link('br-int'))).toMatchObject({ error: { data: { outcome: 'refused' } } });
    expect(await call(service.url, 'is_port_supported', link(portOf(0)))).toMatchObject({ result: true });
    expect(await call(service.url, 'is_port_supported', link('nosuchport'))).toMatchObject({ result: false });
    expect(await ovs.vsctl('show')).toBe(before);
  });

  it('takes hostile text for what it is: one word', async () => {
    const description = `$(touch ${folder}/owned) ; reboot \` ' & | > /dev/null`;
    expect(await ask('update_port', 1, { native_vlan: 100, description })).toMatchObject({ outcome: 'applied' });
    expect(await ovs.vsctl('get', 'Port', portOf(1), 'external_ids:description')).toBe(JSON.stringify(description));
    expect(await ask('detach_port', 0)).toMatchObject({ outcome: 'applied' });
  });
});
