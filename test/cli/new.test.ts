import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { withDevice } from '../../server/kit/new-device.ts';
import { PLATFORMS } from '../harness.ts';
import { Tree } from '../kit/tree.ts';

describe('mercury new platform', () => {
  it('leaves a platform that lints clean, begun from each of those that are shipped', async () => {
    using tree = new Tree(PLATFORMS);
    for (const like of PLATFORMS) {
      const { status, out, err } = await tree.mercury(['new', 'platform', `like_${like}`, '--like', like]);
      expect({ like, status, err }).toEqual({ like, status: 0, err: '' });
      expect(out).toContain(`Written, begun from ${like}:\n  playbooks/like_${like}/add_network.yml\n`);
      // Nothing refers to the other one any more, but for what says where it comes from.
      for (const file of readdirSync(join(tree.path, 'playbooks', `like_${like}`))) {
        const lines = tree.read(`playbooks/like_${like}/${file}`).split('\n');
        expect(lines.filter(line => new RegExp(`\\b${like}\\b`).test(line) && !line.startsWith('# Begun from'))).toEqual([]);
      }
    }
    expect(await tree.mercury(['lint'])).toMatchObject({
      status: 0,
      out: expect.stringMatching(/^all good: 10 platforms, 90 playbooks, /),
    });
  });

  it('brings its cases along, which pass on the switch that the lab has', async () => {
    using tree = new Tree(['dell_os10']);
    expect((await tree.mercury(['new', 'platform', 'acme_os', '--like', 'dell_os10'])).status).toBe(0);
    expect(tree.read('test/cases/acme_os/attach_port.yml')).toContain('\nlab: dell_os10\n');
    const { status, out } = await tree.mercury(['test', '--platform', 'acme_os', 'test/cases/acme_os/attach_port.yml']);
    expect({ status, last: out.trimEnd().split('\n').at(-1) }).toEqual({ status: 0, last: expect.stringMatching(/^7 passed in /) });
    // It is a platform of its own: what is changed there changes nothing elsewhere.
    tree.edit('templates/acme_os/access.hbs', 'switchport access vlan {{native_vlan}}', 'switchport access vlan 666');
    const changed = await tree.mercury(['test', 'test/cases/acme_os/attach_port.yml', 'test/cases/dell_os10/attach_port.yml']);
    expect(changed.out).not.toMatch(/FAILED {2}dell_os10/);
    expect(changed.out).toMatch(/FAILED {2}acme_os/);
  });

  it('writes nothing with --dry-run', async () => {
    using tree = new Tree();
    const { status, out } = await tree.mercury(['new', 'platform', 'acme_os', '--like', 'arista_eos', '--dry-run']);
    expect(status).toBe(0);
    expect(out).toContain('Would be written, begun from arista_eos:\n  playbooks/acme_os/');
    expect(existsSync(join(tree.path, 'playbooks', 'acme_os'))).toBe(false);
  });

  it.each([
    [['cisco_ios', '--like', 'arista_eos'], 'playbooks/cisco_ios is there already: it is left alone'],
    [['acme_os', '--like', 'arista_eo'], 'no platform arista_eo; did you mean arista_eos?'],
    [['../acme', '--like', 'arista_eos'], '../acme: a platform is called as Netmiko and Ansible do: acme_os'],
  ])('refuses %j', async (words, message) => {
    using tree = new Tree();
    expect(await tree.mercury(['new', 'platform', ...words])).toMatchObject({ status: 2, err: expect.stringContaining(message) });
  });
});

const NEW = ['new', 'device', 'leaf-202', '--address', '192.0.2.202'];

describe('mercury new device', () => {
  it('adds a device, and leaves every other line as it was', async () => {
    using tree = new Tree();
    const before = tree.read('inventory/example.yml');
    const { status, out } = await tree.mercury([...NEW, '--platform', 'arista_eos', '--group', 'leaf', '--uplink', 'Ethernet49/1']);
    expect(status).toBe(0);
    const after = tree.read('inventory/example.yml');
    const entry = `
  leaf-202:
    platform: arista_eos
    groups: [leaf]
    address: 192.0.2.202
    uplinks: [Ethernet49/1]
    host_keys: []    # nothing is believed yet: "mercury keyscan leaf-202" shows its keys, its console proves them
`;
    expect(after).toBe(before + entry);
    expect(out).toContain('Written to inventory/example.yml:\n  leaf-202:\n    platform: arista_eos\n');
    expect(await tree.mercury(['lint'])).toMatchObject({ status: 0, out: expect.stringContaining('6 devices') });
    expect(await tree.mercury(['plan', 'attach_port', 'leaf-202', 'Et1', '--native', '100'])).toMatchObject({ status: 0 });
  });

  it('takes the platform from its group, and begins a file where there is none', async () => {
    using tree = new Tree();
    expect((await tree.mercury([...NEW, '--group', 'smartnic', '--port', '2222', '--switch-id', '00:1c:73:aa:bb:01'])).status).toBe(0);
    expect(tree.read('inventory/example.yml')).toContain(
      "  leaf-202:\n    groups: [smartnic]\n    address: 192.0.2.202\n    port: 2222\n    switch_ids: ['00:1c:73:aa:bb:01']\n",
    );
    const file = join(tree.path, 'inventory', 'more.yml');
    expect(
      (await tree.mercury(['new', 'device', 'leaf-203', '--address', '192.0.2.203', '--group', 'smartnic', '--file', file])).status,
    ).toBe(0);
    expect(tree.read('inventory/more.yml')).toMatch(/^devices:\n {2}leaf-203:\n {4}groups: \[smartnic\]\n/);
    const two = await tree.mercury(['new', 'device', 'leaf-204', '--address', '192.0.2.204', '--platform', 'arista_eos']);
    expect(two).toMatchObject({
      status: 2,
      err: expect.stringContaining('the inventory has several files (inventory/example.yml, inventory/more.yml): say which with --file'),
    });
  });

  it('takes it out again where the inventory is wrong with it', async () => {
    using tree = new Tree();
    const before = tree.read('inventory/example.yml');
    const wrong = await tree.mercury([...NEW, '--platform', 'arista_eos', '--uplink', 'no such port']);
    expect(wrong).toMatchObject({
      status: 2,
      err: expect.stringMatching(/inventory\/example\.yml:\d+: uplinks: no such port is no port name/),
    });
    expect(tree.read('inventory/example.yml')).toBe(before);
    const file = join(tree.path, 'inventory', 'more.yml');
    expect((await tree.mercury([...NEW, '--platform', 'acme_os', '--file', file])).err).toContain('no platform acme_os');
    expect(existsSync(file)).toBe(false);
  });

  it.each([
    [['leaf-201', '--address', '192.0.2.9', '--platform', 'arista_eos'], 'leaf-201 is in the inventory already'],
    [['leaf-202', '--address', '192.0.2.9', '--group', 'leafs'], 'no group leafs in the inventory; did you mean leaf?'],
    [['leaf-202', '--address', '192.0.2.9', '--group', 'leaf'], '--platform is needed'],
    [
      ['leaf-202', '--address', '192.0.2.9', '--platform', 'arista_eos', '--file', '/elsewhere/x.yml'],
      '--file /elsewhere/x.yml: the inventory is',
    ],
  ])('refuses %j, and writes nothing with --dry-run', async (words, message) => {
    using tree = new Tree();
    const before = tree.read('inventory/example.yml');
    expect(await tree.mercury(['new', 'device', ...words])).toMatchObject({ status: 2, err: expect.stringContaining(message) });
    expect((await tree.mercury([...NEW, '--platform', 'arista_eos', '--dry-run'])).out).toContain(
      'Would be written to inventory/example.yml:',
    );
    expect(tree.read('inventory/example.yml')).toBe(before);
  });
});

describe('a device in the text of an inventory', () => {
  const entry = 'sw-9:\n  platform: x\n';
  it.each([
    ['', 'devices:\n  sw-9:\n    platform: x\n'],
    ['devices: {}   # none yet\n', 'devices:  # none yet\n  sw-9:\n    platform: x\n'],
    ['devices:\n    a: { platform: y }   # the first\n', 'devices:\n    a: { platform: y }   # the first\n    sw-9:\n      platform: x\n'],
    [
      'devices:\n  a:\n    platform: y\n    # of a\n\n# about groups\ngroups:\n  g: {}\n',
      'devices:\n  a:\n    platform: y\n    # of a\n  sw-9:\n    platform: x\n\n# about groups\ngroups:\n  g: {}\n',
    ],
    ['groups: {}\n', 'groups: {}\n\ndevices:\n  sw-9:\n    platform: x\n'],
    ['devices:\n  a: { platform: y }', 'devices:\n  a: { platform: y }\n  sw-9:\n    platform: x\n'],
  ])('goes to the end of the devices of %j', (before, after) => {
    expect(withDevice(before, 'x.yml', entry)).toBe(after);
  });

  it('is left to its owner where devices stand in braces', () => {
    expect(() => withDevice('devices: { a: { platform: y } }\n', 'x.yml', entry)).toThrow('x.yml has its devices in braces');
  });
});
