import { describe, expect, it } from 'vitest';
import { makeHostKey } from '../../server/lab/host-key.ts';
import type { Device } from '../../server/model.ts';
import { complaintsOf, INVENTORY_FILE, LibraryOnDisk } from './files.ts';

const KEY = `SHA256:${'A'.repeat(43)}`;
const DEFAULTS = 'defaults: { platform: acme, credentials: lab }\n';
const ED25519 = 'AAAAC3NzaC1lZDI1NTE5AAAAIAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8g';

function devicesOf(text: string, knownHosts?: string): ReadonlyMap<string, Device> {
  using library = new LibraryOnDisk({ [INVENTORY_FILE]: DEFAULTS + text });
  if (knownHosts !== undefined) library.write('inventory/known_hosts', knownHosts);
  return library.load().devices;
}

const wayTo = (name: string, text: string) =>
  devicesOf(text)
    .get(name)
    ?.jumps?.map(({ name, port }) => `${name}:${port}`);

describe('the way to a device', () => {
  it('leads over another device, and over those that lead to that one', () => {
    const text = `devices:
  a: { address: 192.0.2.1 }
  b: { address: 192.0.2.2, port: 2222, jump: a }
  c: { address: 192.0.2.3, jump: b }
`;
    expect(wayTo('a', text)).toBeUndefined();
    expect(wayTo('b', text)).toEqual(['a:22']);
    expect(wayTo('c', text)).toEqual(['a:22', 'b:2222']);
  });

  it('leads over a host that is no device, which has keys and a profile of its own', () => {
    const devices = devicesOf(`devices:
  sw1:
    address: 192.0.2.1
    host_keys: any
    ssh_profile: legacy
    jump: { address: bastion.example.net, port: 2222, credentials: ops, host_keys: ['${KEY}'] }
`);
    expect(devices.get('sw1')).toMatchObject({ hostKeys: 'any', sshProfile: 'legacy' });
    expect(devices.get('sw1')?.jumps).toEqual([
      { name: 'bastion.example.net', address: 'bastion.example.net', port: 2222, credentials: 'ops', hostKeys: [KEY] },
    ]);
  });

  it('leads over hosts that lie behind one another', () => {
    const text = `devices:
  gate: { address: 192.0.2.9 }
  sw1:
    address: 192.0.2.1
    jump: { address: inner, credentials: ops, jump: { address: outer, credentials: ops, jump: gate } }
`;
    expect(wayTo('sw1', text)).toEqual(['gate:22', 'outer:22', 'inner:22']);
  });

  it('is that of the group or the defaults, and a device may say that it needs none', () => {
    const text = `groups:
  far: { jump: { address: bastion, credentials: ops } }
devices:
  sw1: { address: 192.0.2.1, groups: [far] }
  sw2: { address: 192.0.2.2, groups: [far], jump: null }
`;
    expect(wayTo('sw1', text)).toEqual(['bastion:22']);
    expect(wayTo('sw2', text)).toBeUndefined();
  });

  it('does not lead over the device itself, where a whole group jumps over one of it', () => {
    const text = `groups: { far: { jump: sw1 } }
devices:
  sw1: { address: 192.0.2.1, groups: [far] }
  sw2: { address: 192.0.2.2, groups: [far] }
`;
    expect(wayTo('sw1', text)).toBeUndefined();
    expect(wayTo('sw2', text)).toEqual(['sw1:22']);
  });

  it.each([
    [
      'a device that is not there',
      'sw1: { address: x, jump: leaf-O1 }\n  leaf-01: { address: y }',
      '3: jump: no device leaf-O1; did you mean leaf-01?',
    ],
    ['itself', 'sw1: { address: x, jump: sw1 }', '3: jump goes round in a circle: sw1 → sw1; `jump: null` says where it begins'],
    [
      'a circle',
      'a: { address: x, jump: b }\n  b: { address: y, jump: null }\n  c: { address: z, jump: d }\n  d: { address: w, jump: c }',
      '5: jump goes round in a circle: c → d → c; `jump: null` says where it begins',
    ],
    [
      'four hosts',
      'a: { address: x }\n  b: { address: x, jump: a }\n  c: { address: x, jump: b }\n  d: { address: x, jump: c }\n  e: { address: x, jump: d }',
      '7: e is 4 jumps away; there may be 3',
    ],
    [
      'a host without credentials',
      'sw1: { address: x, jump: { address: y } }',
      '3: devices.sw1.jump.credentials is missing (Name of an entry in the credentials file)',
    ],
    [
      'a number',
      'sw1: { address: x, jump: 7 }',
      '3: devices.sw1.jump: must be the name of a device, or have an address, credentials and host_keys',
    ],
    [
      'an unknown key',
      'sw1: { address: x, jump: { address: y, credentials: z, hostkeys: any } }',
      '3: unknown key hostkeys; did you mean host_keys?',
    ],
  ])('is complained about, with its line, where it leads over %s', (_what, devices, complaint) => {
    expect(complaintsOf({ [INVENTORY_FILE]: `${DEFAULTS}devices:\n  ${devices}\n` })).toContain(`${INVENTORY_FILE}:${complaint}`);
  });

  it('is not complained about a second time where the device it leads over is wrong', () => {
    const text = `${DEFAULTS}devices:\n  a: { address: x, platform: nobodys }\n  b: { address: y, jump: a }\n`;
    expect(complaintsOf({ [INVENTORY_FILE]: text })).toEqual([`${INVENTORY_FILE}:3: no platform nobodys`]);
  });
});

describe('host keys from a known_hosts file', () => {
  const text = (more = '') => `devices:
  sw1: { address: 192.0.2.1, port: 2222, known_hosts: inventory/known_hosts, host_keys: ['${KEY}']${more} }
  sw2: { address: 192.0.2.2, known_hosts: inventory/known_hosts }
`;

  it('count together with those of the inventory, by address and port', () => {
    const { fingerprint } = makeHostKey();
    const devices = devicesOf(text(), `[192.0.2.1]:2222,192.0.2.9 ssh-ed25519 ${ED25519}\n`);
    const { hostKeys } = devices.get('sw1') as Device;
    expect(hostKeys).toEqual([KEY, expect.stringMatching(/^SHA256:[\w+/]{43}$/)]);
    expect(hostKeys).not.toContain(fingerprint);
    expect(devices.get('sw1')?.knownHosts).toMatchObject({ file: 'inventory/known_hosts', types: ['ssh-ed25519'] });
    expect(devices.get('sw2')).toMatchObject({ hostKeys: [], knownHosts: { why: 'inventory/known_hosts has no line for 192.0.2.2' } });
  });

  it('are those of a jump host too, unless it names a file of its own', () => {
    const more = ', jump: { address: 192.0.2.9, credentials: ops }';
    const devices = devicesOf(text(more), `192.0.2.9 ssh-ed25519 ${ED25519}\n`);
    expect(devices.get('sw1')?.jumps?.[0]?.hostKeys).toHaveLength(1);
  });

  it('are complained about where the file is not there, or wrong, once', () => {
    expect(complaintsOf({ [INVENTORY_FILE]: DEFAULTS + text() })).toEqual(['inventory/known_hosts:1: there is no such file']);
    expect(complaintsOf({ [INVENTORY_FILE]: DEFAULTS + text(), 'inventory/known_hosts': '# keys\nsw1\n' })).toEqual([
      'inventory/known_hosts:2: is no line of known_hosts: hosts, type of key, key',
    ]);
  });
});

it('takes no SSH profile that nobody knows', () => {
  const text = `${DEFAULTS}devices:\n  sw1: { address: x, ssh_profile: weak }\n`;
  expect(complaintsOf({ [INVENTORY_FILE]: text })).toEqual([`${INVENTORY_FILE}:3: devices.sw1.ssh_profile: must be modern or legacy`]);
});
