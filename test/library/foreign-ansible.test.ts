import { dump } from 'js-yaml';
import { describe, expect, it } from 'vitest';
import { expandHosts } from '../../server/library/foreign/host-range.ts';
import { inventoryText } from '../../server/library/foreign/write.ts';
import fc from '../chance.ts';
import { carriedOf, notesOf, readBack, refusalOf } from './foreign.ts';

const LEAVES = `all:
  vars:
    ansible_user: admin
    ansible_connection: ansible.netcommon.network_cli
  children:
    leaf:
      vars: { ansible_network_os: arista.eos.eos, ansible_password: hunter2 }
      hosts:
        leaf-1: { ansible_host: 192.0.2.1 }
        leaf-2: { ansible_host: 192.0.2.2, ansible_port: 2222 }
    old:
      vars: { ansible_network_os: ios, ansible_ssh_pass: other, ansible_become_password: en4ble }
      hosts: { access-1: }
`;

/** A whole device with these variables, as one line of YAML. */
const host = (vars: string, name = 'sw') =>
  `all: { hosts: { ${name}: { ansible_network_os: eos, ansible_user: u, ansible_password: pw, ${vars} } } }\n`;
const deviceOf = (text: string, name = 'sw') => carriedOf(text).devices.get(name);
const addressOf = (text: string) => deviceOf(text)?.address;

describe('an Ansible inventory', () => {
  it('becomes an inventory with the groups that say a platform, and its credentials', () => {
    const carried = carriedOf(LEAVES);
    expect(inventoryText(carried, 'hosts.yml').split('\n').slice(2).join('\n')).toBe(`groups:
  leaf:
    platform: arista_eos
  old:
    platform: cisco_ios
devices:
  leaf-1:
    groups: [leaf]
    address: 192.0.2.1
    credentials: admin
  leaf-2:
    groups: [leaf]
    address: 192.0.2.2
    port: 2222
    credentials: admin
  access-1:
    groups: [old]
    address: access-1
    credentials: access-1
`);
    expect(carried.notes).toEqual([]);
    const { devices, credentials, complaints } = readBack(carried);
    expect(complaints).toEqual([]);
    expect([...devices.values()].map(({ name, platform, port }) => [name, platform, port])).toEqual([
      ['leaf-1', 'arista_eos', 22],
      ['leaf-2', 'arista_eos', 2222],
      ['access-1', 'cisco_ios', 22],
    ]);
    expect(Object.fromEntries(credentials)).toEqual({
      admin: { username: 'admin', password: 'hunter2' },
      'access-1': { username: 'admin', password: 'other', enable: 'en4ble' },
    });
  });

  it.each([
    ['arista.eos.eos', 'arista_eos'],
    ['eos', 'arista_eos'],
    ['cisco.ios.ios', 'cisco_ios'],
    ['ios', 'cisco_ios'],
    ['junipernetworks.junos.junos', 'juniper_junos'],
    ['junos', 'juniper_junos'],
    ['dellemc.os10.os10', 'dell_os10'],
    ['dellos10', 'dell_os10'],
    ['os10', 'dell_os10'],
    ['openvswitch', 'openvswitch'],
  ])('has the platform of ansible_network_os %s', (os, platform) => {
    expect(deviceOf(host('').replace('eos', os))?.platform).toBe(platform);
  });

  it('has a variable from the host, else from its strongest group: the deepest, by ansible_group_priority, by name', () => {
    const text = (vars: Record<string, unknown>) =>
      dump({
        all: {
          vars: { ansible_network_os: 'eos', ansible_user: 'u', ansible_password: 'p', ansible_host: 'from-all' },
          children: {
            z: { vars: { ansible_host: 'from-z', ...(vars.z as object) }, hosts: { sw: vars.host ?? null } },
            a: { vars: { ansible_host: 'from-a', ...(vars.a as object) }, hosts: { sw: null } },
            parent: {
              vars: { ansible_host: 'from-parent' },
              children: vars.nested ? { deep: { hosts: { sw: null }, vars: { ansible_host: 'from-deep' } } } : {},
            },
          },
        },
      });
    expect(addressOf(text({}))).toBe('from-z');
    expect(addressOf(text({ a: { ansible_group_priority: 2 } }))).toBe('from-a');
    expect(addressOf(text({ nested: true, z: { ansible_group_priority: 9 } }))).toBe('from-deep');
    expect(addressOf(text({ nested: true, host: { ansible_host: 'own' } }))).toBe('own');
  });

  it('says the platform at the device where the host says it, whatever its groups say', () => {
    const text = `g: { vars: { ansible_network_os: ios, ansible_user: u, ansible_password: p }, hosts: { a: , b: { ansible_network_os: junos } } }\n`;
    const carried = carriedOf(text);
    expect(carried.devices.get('a')).toMatchObject({ groups: ['g'] });
    expect(carried.devices.get('a')).not.toHaveProperty('platform');
    expect(carried.devices.get('b')).toMatchObject({ platform: 'juniper_junos' });
    expect(carried.devices.get('b')).not.toHaveProperty('groups');
    expect([...readBack(carried).devices.values()].map(({ platform }) => platform)).toEqual(['cisco_ios', 'juniper_junos']);
  });

  it('keeps the order of groups that disagree on the platform', () => {
    const carried = carriedOf(`
all:
  vars: { ansible_user: u, ansible_password: p, ansible_network_os: ios }
  children:
    b: { vars: { ansible_network_os: junos }, hosts: { sw: } }
    a: { vars: { ansible_network_os: eos }, hosts: { sw: , other: } }
`);
    expect(carried.devices.get('sw')?.groups).toEqual(['all', 'a', 'b']);
    expect([...readBack(carried).devices.values()].map(({ name, platform }) => [name, platform])).toEqual([
      ['sw', 'juniper_junos'],
      ['other', 'arista_eos'],
    ]);
  });

  it('gives a group a name that Mercury allows', () => {
    const carried = carriedOf('"dc 1/leaf": { vars: { ansible_network_os: eos, ansible_user: u, ansible_password: p }, hosts: { sw: } }\n');
    expect(carried.devices.get('sw')?.groups).toEqual(['dc-1-leaf']);
    expect(notesOf(carried)).toEqual(['1: dc-1-leaf is what Mercury calls the group "dc 1/leaf"']);
    expect(readBack(carried).complaints).toEqual([]);
  });

  it.each([
    ['a name without ansible_host', host('', 'sw.example.com'), 'sw.example.com', 'sw.example.com'],
    ['the name inside an expression', host("ansible_host: '{{ inventory_hostname }}.example.com'"), 'sw', 'sw.example.com'],
    ['the older ansible_ssh_host', host('ansible_ssh_host: 192.0.2.9'), 'sw', '192.0.2.9'],
    ['an IPv6 address', host("ansible_host: '2001:db8::9'"), 'sw', '2001:db8::9'],
  ])('connects to %s', (_, text, name, address) => {
    expect(deviceOf(text, name)?.address).toBe(address);
  });

  it('reads a port in the name, as Ansible does where it first meets the host', () => {
    const ports = (text: string) => [...carriedOf(text).devices].map(([name, { address, port }]) => [name, address, port]);
    const vars = 'vars: { ansible_network_os: eos, ansible_user: u, ansible_password: p }';
    expect(ports(`all: { ${vars}, hosts: { 'sw:2222': , 'leaf[1:2]:830': , '[2001:db8::1]:22022': } }\n`)).toEqual([
      ['sw', 'sw', 2222],
      ['leaf1', 'leaf1', 830],
      ['leaf2', 'leaf2', 830],
      ['2001-db8-1', '2001:db8::1', 22022],
    ]);
    expect(ports(`all: { ${vars}, hosts: { sw: , 'sw:2222': } }\n`)).toEqual([['sw', 'sw', undefined]]);
  });

  it('leaves out the port of what is not SSH, and says that SSH it must be', () => {
    const carried = carriedOf(host('ansible_connection: ansible.netcommon.httpapi, ansible_port: 443'));
    expect(carried.devices.get('sw')).not.toHaveProperty('port');
    expect(notesOf(carried)).toEqual([
      '! 1: sw: Ansible reaches it by httpapi, Mercury by SSH; see that it takes SSH; its port is left out',
    ]);
    expect(notesOf(carriedOf(host('ansible_connection: netconf')))[0]).toMatch(/by netconf, Mercury by SSH; see that it takes SSH$/);
    expect(carriedOf(host('ansible_connection: network_cli')).notes).toEqual([]);
  });

  it('follows anchors and `<<`, whose values are weaker than those beside it', () => {
    const text = `x-login: &login { vars: { ansible_user: u, ansible_password: p, ansible_host: weak } }
leaf:
  vars: { <<: { ansible_user: u, ansible_password: p, ansible_host: weak }, ansible_host: strong, ansible_network_os: eos }
  hosts: &hosts { sw: }
other:
  <<: *login
  hosts: *hosts
`;
    expect(addressOf(text)).toBe('strong');
  });

  it('says what it has no use for, once for the file', () => {
    const text = `all:
  vars: { ansible_user: u, ansible_password: p, ntp: [a], snmp: { community: hunter3 }, ansible_become: true }
  children:
    rack-1: { hosts: { sw-1: , sw-2: } }
    leaf:
      vars: { ansible_network_os: eos }
      hosts: { sw-1: { ansible_ssh_common_args: -J bastion }, sw-2: }
    web: { hosts: { web-1: , web-2: } }
`;
    expect(notesOf(carriedOf(text))).toEqual([
      '! 7: ansible_ssh_common_args: left out; Mercury connects to the device itself, without a jump host',
      '2: variables that only Ansible has a use for are left out: ntp, snmp, ansible_become',
      '4: groups that say no platform are left out: rack-1, web',
      '8: without ansible_network_os, so no switches, and left out: web-1, web-2',
    ]);
  });

  it('names no more than a dozen of what it has no use for', () => {
    const names = Array.from({ length: 20 }, (_, i) => `v${i}`);
    const notes = notesOf(carriedOf(host(names.map(name => `${name}: 1`).join(', '))));
    expect(notes).toEqual([`1: variables that only Ansible has a use for are left out: ${names.slice(0, 12).join(', ')} and 8 more`]);
  });
});

describe('a secret in an Ansible inventory', () => {
  const vault = `leaf:
  vars:
    ansible_network_os: eos
    ansible_user: u
    ansible_password: !vault |
      $ANSIBLE_VAULT;1.1;AES256
      6162
  hosts: { a: , b: }
`;

  it('that Vault keeps is left to be filled in: one entry for all that share it, as a comment', () => {
    const carried = carriedOf(vault);
    expect(notesOf(carried)).toEqual([
      '! 8: the credentials u lack ansible_password of line 5 (Ansible Vault has it); the entry is a comment until it is whole',
    ]);
    const { devices, credentials, complaints } = readBack(carried);
    expect(complaints).toEqual([]);
    expect([...devices.values()].map(({ credentials }) => credentials)).toEqual(['u', 'u']);
    expect(credentials.size).toBe(0);
  });

  it('is the same wherever the same encrypted text stands, as ansible-inventory writes it', () => {
    const text = `leaf:
  hosts:
    a: { ansible_network_os: eos, ansible_user: u, ansible_password: &id001 !vault '$ANSIBLE_VAULT;1.1;AES256 61' }
    b: { ansible_network_os: eos, ansible_user: u, ansible_password: *id001 }
    c: { ansible_network_os: eos, ansible_user: u, ansible_password: { __ansible_vault: other } }
`;
    expect([...carriedOf(text).devices.values()].map(({ credentials }) => credentials)).toEqual(['u', 'u', 'c']);
  });

  it.each([
    ["ansible_password: '{{ vault_pw }}'", 'ansible_password of line 1 (a Jinja expression)'],
    ['ansible_password: [a]', 'ansible_password of line 1 (no text)'],
    ["ansible_become_password: '{% raw %}x{% endraw %}'", 'ansible_become_password of line 1 (a Jinja expression)'],
    ['ansible_password: ', 'a password or a private key'],
    ["ansible_user: ''", 'a username (ansible_user)'],
  ])('%s is left to be filled in', (vars, lack) => {
    const own = { ansible_user: 'ansible_user: u', ansible_password: 'ansible_password: pw' };
    const rest = Object.entries(own).flatMap(([name, text]) => (vars.startsWith(name) ? [] : [text]));
    const text = `all: { hosts: { sw: { ${['ansible_network_os: eos', ...rest, vars].join(', ')} } } }\n`;
    expect(notesOf(carriedOf(text))).toEqual([`! 1: the credentials sw lack ${lack}; the entry is a comment until it is whole`]);
  });

  it('that is a number is carried over with a warning: YAML may have lost zeros of it', () => {
    const carried = carriedOf(host('ansible_become_pass: 12345'));
    expect(readBack(carried).credentials.get('sw')).toMatchObject({ enable: '12345' });
    expect(notesOf(carried)).toEqual([
      '! 1: ansible_become_pass is written without quotes and YAML takes it for a number; see that nothing of it was lost',
    ]);
  });

  it('may be a key', () => {
    const text = 'all: { hosts: { sw: { ansible_network_os: openvswitch, ansible_user: u, ansible_ssh_private_key_file: /etc/id } } }\n';
    expect([...readBack(carriedOf(text)).credentials.values()]).toEqual([{ username: 'u', private_key: '/etc/id' }]);
  });

  it('marked !unsafe is a text like any other', () => {
    expect(readBack(carriedOf(host('ansible_ssh_pass: x, ansible_become_pass: !unsafe "a b"'))).credentials.get('sw')?.enable).toBe('a b');
  });
});

describe('a host range', () => {
  it.each([
    ['leaf', ['leaf']],
    ['leaf[1:3]', ['leaf1', 'leaf2', 'leaf3']],
    ['leaf[08:10]-a', ['leaf08-a', 'leaf09-a', 'leaf10-a']],
    ['leaf[:2]', ['leaf0', 'leaf1', 'leaf2']],
    ['l[1:6:2]', ['l1', 'l3', 'l5']],
    ['l[a:c]', ['la', 'lb', 'lc']],
    ['l[X:Z]', ['lX', 'lY', 'lZ']],
    ['l[y:B]', ['ly', 'lz', 'lA', 'lB']],
    ['r[1:2]l[a:b]', ['r1la', 'r1lb', 'r2la', 'r2lb']],
  ])('%s is every host of it', (pattern, hosts) => {
    expect(expandHosts(pattern)).toEqual(hosts);
  });

  it.each([
    ['l[1:', 'a range has no end'],
    ['l[1]', '[1]: a range is [first:last]'],
    ['l[1:2:3:4]', 'a range is [first:last]'],
    ['l[1:]', '[1:]: a range needs its last'],
    ['l[01:100]', 'first and last need as many digits'],
    ['l[3:1]', 'the first comes after the last'],
    ['l[b:a]', 'the first comes after the last'],
    ['l[1:9:0]', 'the step is no number'],
    ['l[a:9]', 'first and last are numbers or letters'],
    ['l[1:99999999]', 'more than 10000 hosts'],
    ['l[1:200][1:200][1:200]', 'more than 10000 hosts'],
  ])('%s is refused, with its line', (pattern, why) => {
    expect(refusalOf(`all:\n  hosts:\n    ${JSON.stringify(pattern)}: { ansible_network_os: eos }\n`)).toEqual([
      expect.stringMatching(/^f:3: /),
    ]);
    expect(() => expandHosts(pattern)).toThrow(why);
  });
});

describe('what Ansible refuses', () => {
  it.each([
    ['all:\n  hosts: [a, b]\n', 'f:2: hosts must be a mapping: each name with a colon behind it'],
    ['a:\n  children:\n    b:\n      children:\n        a:\n  hosts: {}\n', 'f:1: the group a is among its own children'],
    ['a: &a\n  children:\n    b: *a\n', 'f:3: the group b holds itself'],
    ['- hosts: all\n', 'f:1: an Ansible inventory is groups by their names, such as all:'],
    ['all:\n  hosts:\n    a: {\n', 'not YAML: '],
    ['all:\n  hosts:\n    a: !unknown x\n', 'not YAML: '],
  ])('is refused: %j', (text, why) => {
    expect(refusalOf(text)).toEqual([expect.stringContaining(why)]);
  });

  it('is passed over where Ansible passes over it', () => {
    const notes = notesOf(carriedOf(`${host('').trim().slice(0, -1)}, host: { sw-2: } }\nleaf: text\n`));
    expect(notes).toEqual([
      '! 1: the group all has host, which is passed over; a group has hosts, children and vars',
      '! 2: the group leaf holds neither hosts, children nor vars and is passed over',
    ]);
  });
});

describe('whatever a YAML file holds', () => {
  const scalar = fc.oneof(
    fc.constantFrom('eos', 'ios', 'x', '{{ x }}', '$ANSIBLE_VAULT;1.1', '', 'a[1:2]', null, 0, 1.5, true),
    fc.string({ maxLength: 6 }),
  );
  const NAMES = [
    'ansible_network_os',
    'ansible_host',
    'ansible_port',
    'ansible_user',
    'ansible_password',
    'ansible_group_priority',
    'ansible_connection',
    '<<',
    'x',
  ];
  const few = { maxKeys: 3 };
  const vars = fc.dictionary(
    fc.constantFrom(...NAMES),
    fc.oneof({ weight: 5, arbitrary: scalar }, fc.array(scalar, { maxLength: 2 }), fc.dictionary(fc.constantFrom(...NAMES), scalar, few)),
    few,
  );
  const name = fc.oneof(
    { weight: 5, arbitrary: fc.constantFrom('a', 'b[1:2]', 'c:22', '__proto__', 'constructor', '1') },
    fc.string({ maxLength: 4 }),
  );
  const hosts = fc.dictionary(name, fc.oneof({ weight: 5, arbitrary: fc.constant(null) }, { weight: 5, arbitrary: vars }, scalar), few);
  const { group } = fc.letrec(tie => ({
    group: fc.oneof(
      { maxDepth: 2 },
      fc.constant(null),
      fc.record(
        { hosts, vars, children: fc.dictionary(fc.constantFrom('g', 'h', 'i', '__proto__'), tie('group'), few) },
        { requiredKeys: [] },
      ),
    ),
  }));

  it('it is refused with complaints, or the files that come of it are read without any', () => {
    let read = 0;
    const whole = { ansible_network_os: 'eos', ansible_user: 'u', ansible_password: 'p' };
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom('g', 'h', 'leaf'), group, few), groups => {
        const text = dump({ all: { vars: whole }, ...groups });
        const refused = refusalOf(text, 'ansible');
        for (const line of refused) expect(line).toMatch(/^f:\d+: /);
        if (refused.length > 0) return;
        read += 1;
        const carried = carriedOf(text, 'ansible');
        const { devices, complaints } = readBack(carried);
        expect(complaints).toEqual([]);
        expect([...devices.keys()].sort()).toEqual([...carried.devices.keys()].sort());
      }),
      { numRuns: 200 },
    );
    expect(read).toBeGreaterThan(20);
  });
});
