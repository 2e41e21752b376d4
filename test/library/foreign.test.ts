import { describe, expect, it } from 'vitest';
import { NETMIKO, OPTIONS } from '../../server/library/foreign/ngs-options.ts';
import { inventoryText } from '../../server/library/foreign/write.ts';
import fc from '../chance.ts';
import { carriedOf, notesOf, readBack, refusalOf } from './foreign.ts';

const ironic = (keys: string, section = 'switch:tor-1') =>
  `[${section}]\ndriver_type = generic-switch\ndevice_type = netmiko_arista_eos\naddress = 192.0.2.1\nusername = admin\npassword = hunter2\n${keys}`;
const ngs = (keys: string, section = 'tor-1') =>
  `[genericswitch:${section}]\ndevice_type = netmiko_arista_eos\nip = 192.0.2.1\nusername = admin\npassword = hunter2\n${keys}`;
/** The line of the first key that is appended to either. */
const [IRONIC_LINE, NGS_LINE] = [7, 6];

const deviceOf = (text: string, name = 'tor-1') => carriedOf(text).devices.get(name);
const loginOf = (text: string) => [...carriedOf(text).logins.values()][0];

describe('a switch file of Ironic', () => {
  it('becomes an inventory and its credentials, whole', () => {
    const carried = carriedOf(
      ironic(
        'port = 2222\nkey_file = /etc/id\nenable_secret = en4ble\nmac_address = 00:00:5E:00:53:01\nallowed_vlans = 104,100, 101-103\n',
      ),
    );
    expect(carried.format).toBe('ironic');
    expect([...carried.devices]).toEqual([
      [
        'tor-1',
        {
          platform: 'arista_eos',
          address: '192.0.2.1',
          port: 2222,
          credentials: 'tor-1',
          switch_ids: ['00:00:5E:00:53:01'],
          allowed_vlans: '100-104',
        },
      ],
    ]);
    expect(notesOf(carried)).toEqual(['1: paths of private keys are carried over as they are; the files must be there for Mercury, too']);
    const { devices, credentials, complaints } = readBack(carried);
    expect(complaints).toEqual([]);
    expect([...credentials]).toEqual([['tor-1', { username: 'admin', password: 'hunter2', private_key: '/etc/id', enable: 'en4ble' }]]);
    expect(devices.get('tor-1')).toMatchObject({ port: 2222, switchIds: ['00005e005301'], hostKeys: [] });
    expect([...(devices.get('tor-1')?.allowedVlans ?? [])]).toEqual([100, 101, 102, 103, 104]);
  });

  it('has no allowed_vlans where Ironic has none: all VLANs of the platform', () => {
    const carried = carriedOf(ironic(''));
    expect(carried.devices.get('tor-1')).not.toHaveProperty('allowed_vlans');
    expect(readBack(carried).devices.get('tor-1')?.allowedVlans).toBeUndefined();
    expect(carried.notes).toEqual([]);
  });

  it('allows nothing where the list is blank, and says that Ironic did otherwise', () => {
    const carried = carriedOf(ironic('allowed_vlans =\n'));
    expect([...(readBack(carried).devices.get('tor-1')?.allowedVlans ?? ['none read'])]).toEqual([]);
    expect(notesOf(carried)).toEqual([expect.stringMatching(/^! 7: tor-1: a blank allowed_vlans allows no VLAN here/)]);
  });

  it.each(['100-', '4095', '0', '200-100', 'all', '100;200', '100, x'])(
    'allows nothing where the list is %s, which nobody can read',
    list => {
      const carried = carriedOf(ironic(`allowed_vlans = ${list}\n`));
      expect(carried.devices.get('tor-1')?.allowed_vlans).toBe('');
      expect(notesOf(carried)).toEqual([
        `! ${IRONIC_LINE}: tor-1: its allowed_vlans is no list of VLANs such as 100,200-299; no VLAN is allowed until it is`,
      ]);
    },
  );

  it('takes sections that are called [NAME], as the documentation shows them, and passes over what is no switch', () => {
    const carried = carriedOf(`[DEFAULT]\ndebug = true\n${ironic('', 'tor-1')}`);
    expect([...carried.devices.keys()]).toEqual(['tor-1']);
    expect(notesOf(carried)).toEqual([
      '1: [DEFAULT] is no switch and is passed over',
      '3: [tor-1] is carried over, though Ironic itself reads only sections called [switch:NAME]',
    ]);
  });

  it('gives default_vlan to the playbooks that detach, where the platform has that VLAN', () => {
    expect(deviceOf(ironic('default_vlan = 20\n'))?.vars).toEqual({ default_vlan: 20 });
    for (const vlan of ['1', '4095', 'x', '0']) {
      const carried = carriedOf(ironic(`default_vlan = ${vlan}\n`));
      expect(carried.devices.get('tor-1')).not.toHaveProperty('vars');
      expect(notesOf(carried)).toEqual([
        expect.stringMatching(
          /^! 7: tor-1: its default_vlan is none of the VLANs 2-4094 of Arista .*a port that is detached is closed instead$/,
        ),
      ]);
    }
    expect(notesOf(carriedOf(ironic('default_vlan = 20\nallowed_vlans = 100\n')))).toEqual([
      '! 7: tor-1: VLAN 20, its default_vlan, is not among its allowed VLANs; a detach would be refused',
    ]);
  });

  it.each([
    ['persist = false', `${IRONIC_LINE}: persist: not needed; Mercury saves after every change and says so when it could not`],
    ['native_vlan = 7', `${IRONIC_LINE}: native_vlan: not needed; every call says its native VLAN`],
    ['colour = red', `${IRONIC_LINE}: colour: no key of Ironic; left out`],
    ['pasword = hunter3', `! ${IRONIC_LINE}: [switch:tor-1]: nothing reads pasword; is it meant to be password?`],
    ['port = ssh', `! ${IRONIC_LINE}: tor-1: its port is no TCP port; 22 is taken`],
    ['port = 65536', `! ${IRONIC_LINE}: tor-1: its port is no TCP port; 22 is taken`],
    [
      'mac_address = 00:00:5e:00:53',
      `! ${IRONIC_LINE}: tor-1: its mac_address is no MAC address and is left out; Ironic finds it by its name alone`,
    ],
    ['key_file = ~/.ssh/id', '! 1: the path of its private key is not a whole one; write it from / on'],
  ])('says of %s what becomes of it', (line, note) => {
    const carried = carriedOf(ironic(`${line}\n`));
    expect(notesOf(carried)).toEqual([note]);
    expect(readBack(carried).complaints).toEqual([]);
  });

  it('warns of another driver, whose device types may mean something else', () => {
    expect(notesOf(carriedOf(ironic('').replace('generic-switch', 'noop')))).toEqual([
      '! 2: tor-1: its driver_type is not generic-switch; see that its device_type is understood',
    ]);
  });
});

describe('a file of networking-generic-switch', () => {
  it('becomes an inventory and its credentials, whole', () => {
    const keys = `secret = en4ble
ngs_mac_address = 0000.5e00.5301
ngs_trunk_ports = Ethernet49/1, Et50/1,
  Port-Channel1
ngs_physical_networks = physnet1,physnet2
ngs_port_default_vlan = 20
ngs_allowed_vlans = 20,100
`;
    const carried = carriedOf(ngs(keys));
    expect(carried.format).toBe('ngs');
    expect(Object.keys(carried.devices.get('tor-1') ?? {})).toEqual([
      'platform',
      'address',
      'credentials',
      'switch_ids',
      'uplinks',
      'physical_networks',
      'allowed_vlans',
      'vars',
    ]);
    expect(notesOf(carried)).toEqual([
      expect.stringMatching(/^! 8: ngs_trunk_ports: carried over as uplinks, which Mercury never touches/),
    ]);
    const { devices, credentials, complaints } = readBack(carried);
    expect(complaints).toEqual([]);
    expect([...credentials.values()]).toEqual([{ username: 'admin', password: 'hunter2', enable: 'en4ble' }]);
    expect(devices.get('tor-1')).toMatchObject({
      platform: 'arista_eos',
      switchIds: ['00005e005301'],
      uplinks: ['Ethernet49/1', 'Ethernet50/1', 'Port-Channel1'],
      physicalNetworks: ['physnet1', 'physnet2'],
      vars: { default_vlan: 20 },
    });
  });

  it.each([
    ['netmiko_cisco_ios', 'cisco_ios'],
    ['netmiko_arista_eos', 'arista_eos'],
    ['netmiko_juniper', 'juniper_junos'],
    ['netmiko_dell_os10', 'dell_os10'],
    ['netmiko_ovs_linux', 'openvswitch'],
    ['cisco_ios', 'cisco_ios'],
    ['ovs_linux', 'openvswitch'],
    ['juniper_junos', 'juniper_junos'],
  ])('names the platform of device_type %s', (type, platform) => {
    expect(deviceOf(ngs('').replace('netmiko_arista_eos', type))?.platform).toBe(platform);
  });

  it('takes host where there is no ip, and ip where there are both, as Netmiko does', () => {
    expect(deviceOf(ngs('').replace('ip =', 'host ='))?.address).toBe('192.0.2.1');
    expect(deviceOf(ngs('host = tor-1.example.com\n'))?.address).toBe('192.0.2.1');
  });

  it.each(Object.entries({ ...OPTIONS, ...NETMIKO }))('says why %s is not carried over', (option, { say, todo }) => {
    const carried = carriedOf(ngs(`${option} = hunter3\n`));
    expect(notesOf(carried)).toEqual([`${todo ? '! ' : ''}${NGS_LINE}: ${option}: ${say}`]);
    expect(say).not.toMatch(/\.$/);
  });

  it.each([
    ['ngs_colour = red', `${NGS_LINE}: ngs_colour: no option of networking-generic-switch; left out`],
    ['verbose = true', `${NGS_LINE}: verbose: left out; networking-generic-switch hands it to Netmiko, which Mercury does without`],
    ['ngs_trunk_port = Et1', `! ${NGS_LINE}: [genericswitch:tor-1]: nothing reads ngs_trunk_port; is it meant to be ngs_trunk_ports?`],
    [
      'ngs_allowed_vlans = 100-200',
      `! ${NGS_LINE}: tor-1: ngs_allowed_vlans has a range, which networking-generic-switch takes for no VLAN at all, and Mercury for all of the range`,
    ],
    ['secret = a$b', `${NGS_LINE}: secret has a $ and is taken as it stands; nor does the service put anything in its place`],
  ])('says of %s what becomes of it', (line, note) => {
    expect(notesOf(carriedOf(ngs(`${line}\n`)))).toEqual([note]);
  });

  it('allows nothing where ngs_allowed_vlans is blank, as it does itself', () => {
    const carried = carriedOf(ngs('ngs_allowed_vlans =\n'));
    expect(carried.devices.get('tor-1')?.allowed_vlans).toBe('');
    expect(carried.notes).toEqual([]);
  });

  it('leaves out an uplink that lint would refuse, and says so', () => {
    const carried = carriedOf(ngs('ngs_trunk_ports = Ethernet1, ge-0/0/1\n'));
    expect(carried.devices.get('tor-1')?.uplinks).toEqual(['Ethernet1']);
    expect(notesOf(carried)[1]).toMatch(/^! 6: tor-1: "ge-0\/0\/1" is no port name of Arista EOS.* and is no uplink until it is$/);
  });

  it('has the passwords as they stand: the service reads no $name either', () => {
    expect(loginOf(ngs('').replace('hunter2', () => '"$$a # b"'))?.password).toBe('$$a # b');
    expect(notesOf(carriedOf(ngs('secret = one\n  two\n')))).toEqual([
      `! ${NGS_LINE}: secret goes on in the next line, since that begins with a blank; see that it is meant`,
    ]);
  });

  it('says an option of many switches once', () => {
    const carried = carriedOf(`${ngs('ngs_batch_requests = true\n')}${ngs('ngs_batch_requests = true\n', 'tor-2')}`);
    expect(notesOf(carried)).toEqual([`6,12: ngs_batch_requests: ${OPTIONS.ngs_batch_requests?.say}`]);
  });

  it('tells the sections of the service from those of others', () => {
    const notes = notesOf(carriedOf(`[ngs_coordination]\n[ml2]\n[constructor]\n${ngs('')}`));
    expect(notes).toEqual([
      expect.stringMatching(/^1: \[ngs_coordination\] is not needed; /),
      '2: [ml2] is no switch and is passed over',
      '3: [constructor] is no switch and is passed over',
    ]);
  });
});

describe('credentials', () => {
  it('that are the same share an entry with the user’s name; any other has the name of its device', () => {
    const carried = carriedOf(`${ngs('', 'a')}${ngs('secret = x\n', 'b')}${ngs('', 'c')}${ngs('', 'admin').replace('hunter2', 'other')}`);
    expect([...carried.devices].map(([name, { credentials }]) => [name, credentials])).toEqual([
      ['a', 'admin-2'],
      ['b', 'b'],
      ['c', 'admin-2'],
      ['admin', 'admin'],
    ]);
    expect(readBack(carried).credentials.get('admin-2')).toEqual({ username: 'admin', password: 'hunter2' });
  });

  it('that lack something are a comment, and nothing of them is lost', () => {
    const carried = carriedOf(ngs('secret = en4ble\n').replace('password = hunter2\n', ''));
    expect(notesOf(carried)).toEqual([
      '! 1: the credentials tor-1 lack a password or a key_file; the entry is a comment until it is whole',
    ]);
    expect([...readBack(carried).credentials]).toEqual([]);
    expect([...readBack(carried).devices.keys()]).toEqual(['tor-1']);
  });

  it('keep an enable secret that the platform has no use for, and say so', () => {
    const carried = carriedOf(ngs('secret = x\n').replace('netmiko_arista_eos', 'netmiko_dell_os10'));
    expect(notesOf(carried)).toEqual([
      expect.stringMatching(/^1: the enable secret is carried over, though no device of Dell SmartFabric OS10 .* asks for one$/),
    ]);
  });
});

describe('a device that no inventory would take', () => {
  it.each([
    [
      'of a type that is no platform here',
      ngs('').replace('arista_eos', 'cisco_nxos'),
      'no platform goes by "netmiko_cisco_nxos"; there are arista_eos, ',
    ],
    ['without a type', ngs('').replace('device_type', '#'), 'nothing says its platform; there are arista_eos, '],
    ['without an address', ngs('').replace('ip', '#'), 'it has no address'],
    ['whose address is none', ngs('').replace('192.0.2.1', '$(reboot)'), 'its ip is no IPv4 address, IPv6 address or host name'],
    [
      'whose address is an option',
      ngs('').replace('192.0.2.1', '-oProxyCommand=x'),
      'its ip is no IPv4 address, IPv6 address or host name',
    ],
  ])('%s is written as a comment with the reason', (_, text, why) => {
    const carried = carriedOf(`${text}${ngs('', 'good')}`);
    expect([...carried.devices.keys()]).toEqual(['good']);
    expect(notesOf(carried)[0]).toMatch(/^! \d: tor-1 is written as a comment: /);
    expect(notesOf(carried)[0]).toContain(why);
    const written = inventoryText(carried, 'f');
    expect(written).toContain(`  # Not used: ${why}`);
    expect(readBack(carried).complaints).toEqual([]);
  });

  it('is taken once its comment is completed', () => {
    const carried = carriedOf(
      `${ngs('', 'good')}${ngs('ngs_mac_address = 00:00:5e:00:53:09\n', 'nexus').replace('arista_eos', 'cisco_nxos')}`,
    );
    const completed = inventoryText(carried, 'f')
      .replace(/^ {2}# (?!Not)/gm, '  ')
      .replace('  nexus:', '  nexus:\n    platform: cisco_ios');
    expect(completed).toContain(
      '\n  nexus:\n    platform: cisco_ios\n    address: 192.0.2.1\n    credentials: admin\n    switch_ids: [00:00:5e:00:53:09]\n',
    );
  });
});

describe('names', () => {
  it.each([
    ['tor 1 (left)', 'tor-1-left'],
    ['тор', 'device'],
    ['', 'device'],
    ['__proto__', 'proto'],
    ['a/b', 'a-b'],
  ])('that Mercury does not allow are changed: %j', (name, given) => {
    const carried = carriedOf(`[genericswitch:${name}]\n${ngs('').split('\n').slice(1).join('\n')}`);
    expect([...carried.devices.keys()]).toEqual([given]);
    expect(notesOf(carried)).toEqual([
      `! 1: ${given} is what Mercury calls ${JSON.stringify(name)}; who calls it by that name must change it, too`,
    ]);
    expect([...readBack(carried).devices.keys()]).toEqual([given]);
  });

  it('are told apart when two become the same', () => {
    expect([...carriedOf(`${ngs('', 'a b')}${ngs('', 'a-b')}${ngs('', 'a/b')}`).devices.keys()]).toEqual(['a-b', 'a-b-2', 'a-b-3']);
  });

  it('of a section cannot make a terminal do anything', () => {
    const notes = notesOf(carriedOf(`[\u001b[2J\u0007]\n${ngs('\u001b]0;x = 1\n')}`));
    for (const note of notes) expect(note).not.toMatch(/\p{Cc}/u);
    expect(notes).toHaveLength(2);
  });
});

it('leaves a MAC address to the first of two devices, for lint refuses twins', () => {
  const mac = (notation: string) => `ngs_mac_address = ${notation}\n`;
  const carried = carriedOf(`${ngs(mac('00:00:5e:00:53:01'), 'a')}${ngs(mac('0000.5E00.5301'), 'b')}`);
  expect(readBack(carried).complaints).toEqual([]);
  expect(carried.devices.get('b')).not.toHaveProperty('switch_ids');
  expect(notesOf(carried)).toEqual(['! 12: b: a has the same MAC address, so this one is left without; no call could tell the two apart']);
});

describe('whatever a file of switches holds', () => {
  const value = fc.oneof(
    fc.constantFrom(
      '192.0.2.7',
      '22',
      '100,200-210',
      '00:00:5e:00:53:01',
      'netmiko_cisco_ios',
      'Gi1/0/1',
      '/etc/id',
      '$ANSIBLE_VAULT;1.1',
      '',
      '"',
      'null',
      '0x1f',
      '1e3',
      'yes',
      '~',
      '#c',
      '- x',
      '{a: 1}',
      '&a',
      '*a',
      '!t x',
      '| x',
      '%',
    ),
    fc.string({ unit: 'binary', maxLength: 12 }),
    fc.string({ maxLength: 12 }),
  );
  const keys = [
    'device_type',
    'ip',
    'address',
    'port',
    'username',
    'password',
    'secret',
    'enable_secret',
    'key_file',
    'passphrase',
    'mac_address',
    'ngs_mac_address',
    'allowed_vlans',
    'ngs_allowed_vlans',
    'ngs_trunk_ports',
    'ngs_physical_networks',
    'ngs_port_default_vlan',
    'default_vlan',
    'persist',
  ];
  const entry = fc.tuple(fc.constantFrom(...keys), value).map(([key, text]) => `${key} = ${text}`);
  const name = fc.oneof(
    fc.constantFrom('a', 'b', '__proto__', 'constructor', 'a b', '1', '0x10', 'null', '~'),
    fc.string({ maxLength: 5 }),
  );
  const whole = fc.constantFrom('device_type = netmiko_arista_eos\nip = 192.0.2.1\naddress = 192.0.2.1\nusername = u', '');
  const section = (prefix: string) =>
    fc
      .tuple(name, whole, fc.array(entry, { maxLength: 8 }))
      .map(([own, start, lines]) => [`[${prefix}${own}]`, start, ...lines].join('\n'));

  it.each([
    ['ironic', 'switch:'],
    ['ngs', 'genericswitch:'],
  ] as const)('%s: it is refused with complaints, or the files that come of it are read without any', (format, prefix) => {
    let read = 0;
    fc.assert(
      fc.property(fc.array(section(prefix), { minLength: 1, maxLength: 4 }), sections => {
        const text = sections.join('\n');
        if (refusalOf(text, format).length > 0) return;
        read += 1;
        const carried = carriedOf(text, format);
        const { devices, credentials, complaints } = readBack(carried);
        expect(complaints).toEqual([]);
        expect([...devices.keys()].sort()).toEqual([...carried.devices.keys()].sort());
        for (const [entry, { lacks, ...login }] of carried.logins) {
          const given = Object.fromEntries(Object.entries(login).filter(([, text]) => text !== undefined));
          expect(credentials.get(entry)).toEqual(lacks.length > 0 ? undefined : given);
        }
      }),
      { numRuns: 120 },
    );
    expect(read).toBeGreaterThan(20);
  });
});

describe('the kind of a file', () => {
  it.each([
    ['[switch:a]\naddress = x\n', 'ironic'],
    ['\uFEFF[switch:a]\r\naddress = x\r\n', 'ironic'],
    ['# [genericswitch:b]\n[switch:a]\n', 'ironic'],
    ['[a]\naddress: x\ndevice_type: y\n', 'ironic'],
    ['[ml2]\n[genericswitch:a]\n', 'ngs'],
    ['all:\n  hosts:\n    sw1: {ansible_network_os: ios}\n', 'ansible'],
    ['{"leaf": {"hosts": {"sw1": {"ansible_network_os": "ios"}}}}', 'ansible'],
  ])('is told by what is in it: %j', (text, format) => {
    expect(carriedOf(text).format).toBe(format);
  });

  it.each([
    ['hello\n', 'of no format that is known. Looked for sections [switch:NAME]'],
    ['', 'of no format that is known'],
    ['[ml2]\nmechanism_drivers = x\n', 'of no format that is known'],
    ['[switch:a]\n[genericswitch:b]\n', 'has both [switch:NAME] and [genericswitch:NAME]; --format says which to read'],
    ['[leaf]\nsw1 ansible_host=192.0.2.1\n', 'an Ansible inventory that is not YAML. "ansible-inventory -i FILE --list --yaml"'],
    ['[leaf:children]\neast\n', 'an Ansible inventory that is not YAML'],
    ['{"_meta": {"hostvars": {}}, "all": {"children": ["a"]}}', 'what "ansible-inventory --list" says without --yaml'],
    ['plugin: netbox\n', 'settings of an Ansible inventory plugin'],
    ['devices:\n  sw1: {}\n', 'looks like an inventory of Mercury already'],
    ['$ANSIBLE_VAULT;1.1;AES256\n61\n', 'all of it is encrypted; "ansible-vault view FILE | mercury import -" reads it'],
  ])('is refused where nobody knows it: %j', (text, why) => {
    expect(refusalOf(text)).toEqual([expect.stringContaining(`f:1: ${why}`)]);
  });

  it.each([
    ['[switch:a]\n', 'ngs', 'no device is in it; looked for sections [genericswitch:NAME]'],
    ['[genericswitch:a]\n', 'ironic', 'no device is in it; looked for sections [switch:NAME]'],
    ['all: {hosts: {web: }}\n', 'ansible', 'no device is in it; no host has an ansible_network_os. "ansible-inventory'],
  ] as const)('can be forced, and %j as %s has nothing in it', (text, format, why) => {
    expect(refusalOf(text, format)).toEqual([expect.stringContaining(`f:1: ${why}`)]);
  });

  it('holds where lines of it are wrong: those are the complaints then', () => {
    expect(refusalOf('[genericswitch:a]\npassword hunter2\n')).toEqual(['f:2: is neither a comment, a [section] nor `key = value`']);
  });
});
