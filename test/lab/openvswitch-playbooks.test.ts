import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { execute } from '../../server/engine/execute.ts';
import { plan } from '../../server/engine/plan.ts';
import { realWorld } from '../../server/engine/world.ts';
import { LAB_USER, type Lab, startLab } from '../../server/lab/lab.ts';
import type { OpenVswitch } from '../../server/lab/switches/openvswitch.ts';
import { lintLibrary } from '../../server/library/library.ts';
import type { Method, Values } from '../../server/model.ts';

/** What a command printed. */
const said = (box: OpenVswitch, command: string) => {
  const { stdout, stderr } = box.exec(command);
  return `${stdout}${stderr}`.trimEnd();
};

describe('the Open vSwitch playbooks on the lab box', () => {
  it('plugs, changes and unplugs a port, and types nothing twice', async () => {
    await using site = await startSite();
    const before = site.box.running();
    const attach = {
      port: 'pf0vf3',
      mode: 'trunk',
      native_vlan: 10,
      allowed_vlans: [20, 30, 31, 32],
      description: "it's node 7; {a=b}, [c]",
      ...IDS,
    };
    expect(await site.does('attach_port', attach)).toBe('applied');
    expect(await site.does('attach_port', attach)).toBe('unchanged');
    expect(await site.does('attach_port', { ...attach, description: "it's node 7" })).toBe('applied');
    expect(said(site.box, 'ovs-vsctl get Port pf0vf3 vlan_mode tag trunks')).toBe('native-untagged\n10\n[20, 30, 31, 32]');
    expect(await site.does('update_port', { port: 'pf0vf3', mode: 'access', native_vlan: 7, mtu: 9000 })).toBe('applied');
    expect(said(site.box, 'ovs-vsctl get Port pf0vf3 vlan_mode tag trunks external_ids')).toBe(
      'access\n7\n[]\n{description="it\'s node 7"}',
    );
    expect(await site.does('delete_network', { vlan: 7 })).toContain('refused dpu-1: No port uses VLAN 7: VLAN 7 is still used by pf0vf3');
    expect(await site.does('detach_port', { port: 'pf0vf3', default_vlan: 99 })).toBe('applied');
    expect(said(site.box, 'ovs-vsctl get Port pf0vf3 tag external_ids -- get Interface pf0vf3 external_ids')).toBe('99\n{}\n{}');
    expect(await site.does('detach_port', { port: 'pf0vf3' })).toBe('applied');
    expect(await site.does('detach_port', { port: 'pf0vf3' })).toBe('unchanged');
    expect(await site.does('delete_network', { vlan: 7 })).toBe('unchanged');
    expect(site.box.running()).toBe(before);
  });

  it('takes a port out of whichever bridge holds it, but attaches none that a bond holds', async () => {
    await using site = await startSite();
    said(site.box, 'ovs-vsctl add-port ovsbr1 pf0vf3 tag=5 -- add-bond br-int bond0 pf0vf4 pf0vf5');
    expect(await site.does('attach_port', { port: 'pf0vf3', mode: 'access', native_vlan: 100 })).toBe('applied');
    expect(said(site.box, 'ovs-vsctl port-to-br pf0vf3')).toBe('br-int');
    for (const method of ['attach_port', 'update_port'] as const) {
      expect(await site.does(method, { port: 'pf0vf4', mode: 'access', native_vlan: 100 })).toContain(
        'refused dpu-1: pf0vf4 stands by itself: pf0vf4 is a member of a bond',
      );
    }
    expect(await site.does('attach_port', { port: 'ovsbr1', mode: 'access', native_vlan: 100 })).toContain('ovsbr1 is a bridge');
  });

  it('leaves a port detached when it did not come up as asked', async () => {
    await using site = await startSite();
    const before = site.box.running();
    expect(await site.does('attach_port', { port: 'pf0vf3', mode: 'access', native_vlan: 100, mtu: 65000 })).toMatch(
      /^rescued .*did not take the MTU/,
    );
    expect(await site.does('attach_port', { port: 'pf0vf3', mode: 'access', native_vlan: 100, node: '"' })).toMatch(
      /^refused .*cannot be typed/,
    );
    expect(site.box.running()).toBe(before);
  });

  it('brings up the device of a port, and does not change one that somebody took down', async () => {
    await using site = await startSite();
    const state = () => said(site.box, 'ovs-vsctl get Interface pf0vf3 admin_state');
    const access = { port: 'pf0vf3', mode: 'access', native_vlan: 100 };
    expect(await site.does('attach_port', access)).toBe('applied');
    expect(state()).toBe('up');
    said(site.box, 'sudo -n ip link set dev pf0vf3 down');
    const before = site.box.running();
    expect(await site.does('update_port', { ...access, native_vlan: 200 })).toMatch(/^refused .*pf0vf3 is down; attach it first/);
    expect(site.box.running()).toBe(before);
    expect(await site.does('attach_port', access)).toBe('applied');
    expect(state()).toBe('up');
    said(site.box, 'sudo -n ip link set dev pf0vf3 down');
    expect(await site.does('detach_port', { port: 'pf0vf3', default_vlan: 99 })).toBe('applied');
    expect(state()).toBe('up');
  });

  it('leaves a port detached whose device does not come up', async () => {
    await using site = await startSite();
    const before = site.box.running();
    const access = { port: 'pf0vf3', mode: 'access', native_vlan: 100 };
    for (const fault of [
      { on: /ip link set/, does: 'refuse', says: 'Cannot find device "pf0vf3"' },
      { on: /ip link set/, does: 'ignore' },
    ] as const) {
      site.lab.device('dpu-1').faults.plant(fault);
      expect(await site.does('attach_port', access)).toMatch(/^rescued /);
      expect(site.box.running()).toBe(before);
    }
  });

  it('takes out of its bridge a port whose device is gone', async () => {
    await using site = await startSite();
    expect(await site.does('attach_port', { port: 'pf0vf3', mode: 'access', native_vlan: 100 })).toBe('applied');
    site.box.netdevs.delete('pf0vf3');
    expect(await site.does('detach_port', { port: 'pf0vf3' })).toBe('applied');
    expect(await site.does('detach_port', { port: 'pf0vf3' })).toBe('unchanged');
  });

  it('does not say that a port is as it was when it was taken down and the session was lost', async () => {
    await using site = await startSite();
    expect(await site.does('attach_port', { port: 'pf0vf3', mode: 'access', native_vlan: 100 })).toBe('applied');
    site.lab.device('dpu-1').faults.plant({ on: /mod-port br-int pf0vf3 down$/, does: 'cutAfter' });
    expect(await site.does('detach_port', { port: 'pf0vf3' })).toContain('rescued dpu-1 pf0vf3: ');
    expect(said(site.box, 'ovs-vsctl --if-exists get Interface pf0vf3 ofport')).toBe('');
  });

  it('leaves a serving port as it was asked to be where only the answer was lost', async () => {
    await using site = await startSite();
    expect(await site.does('attach_port', { port: 'pf0vf3', mode: 'access', native_vlan: 100 })).toBe('applied');
    site.lab.device('dpu-1').faults.plant({ on: /set Port pf0vf3 vlan_mode=access tag=200/, does: 'cutAfter' });
    expect(await site.does('update_port', { port: 'pf0vf3', mode: 'access', native_vlan: 200 })).toBe('applied');
    expect(said(site.box, 'ovs-vsctl get Port pf0vf3 tag')).toBe('200');
  });

  it('gives a serving port back as it was when a change is refused', async () => {
    await using site = await startSite();
    await site.does('attach_port', { port: 'pf0vf3', mode: 'access', native_vlan: 100 });
    const before = site.box.running();
    site.lab.device('dpu-1').faults.plant({ on: /set Port/, does: 'refuse' });
    expect(await site.does('update_port', { port: 'pf0vf3', mode: 'access', native_vlan: 200 })).toMatch(/^undone /);
    expect(site.box.running()).toBe(before);
  });
});

const IDS = {
  port_id: '550e8400-e29b-41d4-a716-446655440000',
  mac: 'fa:16:3e:00:00:01',
  node: 'abcdef01-e29b-41d4-a716-446655440000',
  instance: null,
};

interface Site extends AsyncDisposable {
  readonly lab: Lab;
  readonly box: OpenVswitch;
  /** The outcome, and what went wrong if something did. */
  does(method: Method, args: Values): Promise<string>;
}

/** The lab box behind its SSH server, and the playbooks of this platform. */
async function startSite(): Promise<Site> {
  const lab = await startLab({ devices: { 'dpu-1': 'openvswitch' } });
  const { device, port, fingerprint } = lab.device('dpu-1');
  const inventory = mkdtempSync(join(tmpdir(), 'mercury-ovs-'));
  const entry = { platform: 'openvswitch', address: '127.0.0.1', port, credentials: 'lab', host_keys: [fingerprint], uplinks: ['p0'] };
  writeFileSync(join(inventory, 'lab.yml'), JSON.stringify({ devices: { 'dpu-1': entry } }));
  const { library } = lintLibrary({ root: join(import.meta.dirname, '../..'), playbooks: 'playbooks', templates: 'templates', inventory });
  const world = realWorld({ get: () => LAB_USER });
  return {
    lab,
    box: device as OpenVswitch,
    async does(method, args) {
      const around = { caller: { name: 'test', address: '', scheme: 'none' }, why: {}, dryRun: false, deadline: Date.now() + 20_000 };
      try {
        return (await execute(plan({ id: 'req-1', method, device: 'dpu-1', args, ...around }, library), world)).outcome;
      } catch (thrown) {
        return `${(thrown as { outcome?: string }).outcome} ${(thrown as Error).message}`;
      }
    },
    async [Symbol.asyncDispose]() {
      rmSync(inventory, { recursive: true });
      await lab[Symbol.asyncDispose]();
    },
  };
}
