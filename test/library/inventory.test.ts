import { describe, expect, it } from 'vitest';
import { findDevice } from '../../server/library/library.ts';
import type { Device } from '../../server/model.ts';
import { complaintsOf, type Files, GOOD, INVENTORY_FILE, LibraryOnDisk, lineWith, PLATFORM_FILE } from './files.ts';

const KEY = `SHA256:${'A'.repeat(43)}`;
const OTHER_KEY = `SHA256:${'b'.repeat(43)}`;

function device(name: string, inventory: string, more: Files = {}): Device {
  using library = new LibraryOnDisk({ [INVENTORY_FILE]: inventory, ...more });
  const found = library.load().devices.get(name);
  if (!found) throw new Error(`no ${name}`);
  return found;
}

describe('the layers of a device', () => {
  const layers = `defaults:
  platform: acme
  credentials: lab
  port: 2200
  host_keys: any
  vars: { a: default, b: default, c: default, d: default }
groups:
  leaf:
    port: 2201
    host_keys: ['${KEY}']
    uplinks: [p48, p49]
    vars: { b: leaf, c: leaf, d: leaf }
  berlin:
    credentials: berlin
    uplinks: [p50]
    physical_networks: [physnet1]
    vars: { c: berlin, d: berlin, e: [1, 2] }
devices:
  plain: { address: 192.0.2.1 }
  leaf1: { address: 192.0.2.2, groups: [leaf, berlin], vars: { d: own } }
  leaf2: { address: 192.0.2.3, groups: [berlin, leaf], port: 22, host_keys: ['${OTHER_KEY}'], uplinks: [] }
`;

  it('are the defaults where nothing else is said', () => {
    expect(device('plain', layers)).toMatchObject({
      platform: 'acme',
      credentials: 'lab',
      port: 2200,
      hostKeys: 'any',
      uplinks: [],
      physicalNetworks: [],
      vars: { a: 'default', b: 'default', c: 'default', d: 'default' },
    });
  });

  it('are laid over each other: groups in order, then the device, and a later one wins', () => {
    expect(device('leaf1', layers)).toMatchObject({
      credentials: 'berlin',
      port: 2201,
      hostKeys: [KEY],
      uplinks: ['p50'],
      physicalNetworks: ['physnet1'],
    });
    expect(device('leaf2', layers)).toMatchObject({ credentials: 'berlin', port: 22, hostKeys: [OTHER_KEY], uplinks: [] });
  });

  it('merge their vars name by name', () => {
    expect(device('leaf1', layers).vars).toEqual({ a: 'default', b: 'leaf', c: 'berlin', d: 'own', e: [1, 2] });
    expect(device('leaf2', layers).vars).toEqual({ a: 'default', b: 'leaf', c: 'leaf', d: 'leaf', e: [1, 2] });
  });

  it('may stand in any number of files', () => {
    const groups = { 'inventory/z.yml': 'groups: { late: { port: 2022, vars: { from: z } } }\n', 'inventory/empty.yml': '# nothing yet\n' };
    const found = device(
      'sw1',
      'defaults: { platform: acme, credentials: lab }\ndevices:\n  sw1: { address: x, groups: [late] }\n',
      groups,
    );
    expect(found).toMatchObject({ port: 2022, vars: { from: 'z' }, source: { file: INVENTORY_FILE, line: 3 } });
  });

  it('end in SSH’s own port, and in no host key rather than any', () => {
    expect(device('sw1', GOOD[INVENTORY_FILE] ?? '')).toMatchObject({ port: 22, hostKeys: [] });
  });

  it('may name a platform as other tools do', () => {
    const aliased = {
      [PLATFORM_FILE]: (GOOD[PLATFORM_FILE] ?? '').replace('session:', 'aliases: [acme.acme.acme, netmiko_acme]\nsession:'),
    };
    expect(device('sw1', 'devices: { sw1: { platform: netmiko_acme, address: x, credentials: lab } }', aliased).platform).toBe('acme');
  });

  it('write uplinks by their long names, so that a short one in the inventory still protects them', () => {
    const short = { [PLATFORM_FILE]: (GOOD[PLATFORM_FILE] ?? '').replace("'^p\\d+$'", () => "'^port\\d+$', short: { P: port }") };
    const found = device('sw1', 'devices: { sw1: { platform: acme, address: x, credentials: lab, uplinks: [p48, P 49, port50] } }', short);
    expect(found.uplinks).toEqual(['port48', 'port49', 'port50']);
  });
});

describe('a device', () => {
  const inventory = `defaults: { platform: acme, credentials: lab }
devices:
  sw1: { address: x, switch_ids: ['00:1C:73:AA:BB:01', 001c.73aa.bb02] }
  sw2: { address: y, switch_ids: [00-1c-73-aa-bb-03] }
  001c73aabb09: { address: z }
`;

  it.each(['sw1', '00:1c:73:aa:bb:01', '001C.73AA.BB01', '00-1c-73-aa-bb-02', '001c73aabb02'])('is found as %s', name => {
    using library = new LibraryOnDisk({ [INVENTORY_FILE]: inventory });
    expect(findDevice(library.load(), name)?.name).toBe('sw1');
  });

  it('is found by its name before its address', () => {
    using library = new LibraryOnDisk({ [INVENTORY_FILE]: inventory.replace('00-1c-73-aa-bb-03', '00-1c-73-aa-bb-09') });
    const loaded = library.load();
    expect(findDevice(loaded, '001c73aabb09')?.name).toBe('001c73aabb09');
    expect(findDevice(loaded, '00:1c:73:aa:bb:09')?.name).toBe('sw2');
  });

  it.each(['', 'sw', 'SW1', '00:1c:73:aa:bb', 'constructor', '__proto__', '..'])('is not found as %j', name => {
    using library = new LibraryOnDisk({ [INVENTORY_FILE]: inventory });
    expect(findDevice(library.load(), name)).toBeUndefined();
  });
});

describe('complaints about the inventory', () => {
  const base = 'defaults: { platform: acme, credentials: lab }\n';
  const cases: readonly { what: string; text: string; at: string; says: string }[] = [
    {
      what: 'an unknown group',
      text: `${base}groups: { leaf: {} }\ndevices:\n  sw1:\n    address: x\n    groups:\n      - leef\n`,
      at: 'leef',
      says: 'no group leef; did you mean leaf?',
    },
    {
      what: 'an unknown platform',
      text: 'devices:\n  sw1: { platform: acne, address: x, credentials: lab }\n',
      at: 'sw1',
      says: 'no platform acne; did you mean acme?',
    },
    {
      what: 'a platform like no other',
      text: 'devices:\n  sw1: { platform: junos, address: x, credentials: lab }\n',
      at: 'sw1',
      says: 'no platform junos',
    },
    { what: 'no platform', text: 'devices:\n  sw1: { address: x, credentials: lab }\n', at: 'sw1', says: 'sw1 has no platform' },
    { what: 'no credentials', text: 'devices:\n  sw1: { address: x, platform: acme }\n', at: 'sw1', says: 'sw1 has no credentials' },
    {
      what: 'no address',
      text: `${base}devices:\n  sw1: {}\n`,
      at: 'sw1',
      says: 'devices.sw1.address is missing (IPv4, IPv6 or host name)',
    },
    {
      what: 'a port that is none',
      text: `${base}devices:\n  sw1:\n    address: x\n    port: 65536\n`,
      at: 'port',
      says: 'devices.sw1.port: Too big: expected number to be <=65535',
    },
    {
      what: 'a bad MAC',
      text: `${base}devices:\n  sw1:\n    address: x\n    switch_ids:\n      - 00:1c:73:aa:bb:01\n      - 00:1c:73:aa:bb:0g\n`,
      at: '0g',
      says: '00:1c:73:aa:bb:0g is no MAC address',
    },
    {
      what: 'a bad fingerprint',
      text: `${base}devices:\n  sw1:\n    address: x\n    host_keys:\n      - ${KEY}\n      - 'MD5:16:27:ac'\n`,
      at: 'MD5',
      says: 'devices.sw1.host_keys.1: must be a fingerprint as ssh-keygen -l prints it: SHA256:…',
    },
    {
      what: 'a fingerprint that is no list',
      text: `${base}devices:\n  sw1:\n    address: x\n    host_keys: ${KEY}\n`,
      at: 'host_keys',
      says: 'devices.sw1.host_keys: must be `any` or a list of fingerprints',
    },
    {
      what: 'two devices with one switch id, in two notations',
      text: `${base}devices:\n  sw1: { address: x, switch_ids: ['00:1c:73:aa:bb:01'] }\n  sw2: { address: y, switch_ids: [001C.73AA.BB01] }\n`,
      at: 'sw2',
      says: 'sw2 and sw1 have the same switch id',
    },
    {
      what: 'a name with a space',
      text: `${base}devices:\n  ok: { address: x }\n  not ok: { address: x }\n`,
      at: 'not ok',
      says: 'devices.not ok: a name has only letters, digits, dots, dashes and underscores',
    },
    {
      what: 'a secret in the inventory',
      text: `${base}devices:\n  sw1:\n    address: x\n    password: hunter2\n`,
      at: 'password',
      says: 'unknown key password',
    },
  ];

  it.each(cases)('name $what', ({ text, at, says }) => {
    const changes = { [INVENTORY_FILE]: text };
    expect(complaintsOf(changes)).toEqual([`${lineWith(changes, INVENTORY_FILE, at)}: ${says}`]);
  });

  it('name a group and a device that two files have', () => {
    const twice = 'groups: { leaf: {} }\ndevices:\n  sw1: { address: x, platform: acme, credentials: lab }\n';
    expect(complaintsOf({ [INVENTORY_FILE]: twice, 'inventory/z.yml': twice })).toEqual([
      'inventory/z.yml:1: group leaf is there twice',
      'inventory/z.yml:3: device sw1 is there twice',
    ]);
  });

  it('name a default that two files set differently: defaults are for every device', () => {
    const base = { [INVENTORY_FILE]: 'defaults:\n  credentials: lab\n  vars: { site: berlin, mtu: 9000 }\n' };
    expect(complaintsOf({ ...base, 'inventory/z.yml': 'defaults:\n  credentials: lab\n  vars: { site: berlin }\n' })).toEqual([]);
    expect(complaintsOf({ ...base, 'inventory/z.yml': 'defaults:\n  credentials: other\n  vars:\n    site: paris\n' })).toEqual([
      'inventory/z.yml:2: the default of credentials is another in inventory/lab.yml',
      'inventory/z.yml:4: the default of vars.site is another in inventory/lab.yml',
    ]);
  });

  it('name what only some devices of a platform set', () => {
    const uses = {
      'playbooks/acme/detach_port.yml': (GOOD['playbooks/acme/detach_port.yml'] ?? '').replace('close {{port}}', 'close {{port}} {{site}}'),
    };
    const all = `${base}devices:\n  sw1: { address: x, vars: { site: a } }\n  sw2: { address: y, vars: { site: b } }\n`;
    expect(complaintsOf({ ...uses, [INVENTORY_FILE]: all })).toEqual([]);
    expect(complaintsOf({ ...uses, [INVENTORY_FILE]: all.replace(', vars: { site: b }', '') })).toEqual([
      'playbooks/acme/detach_port.yml:4: {{site}} is set by nobody',
    ]);
  });
});
