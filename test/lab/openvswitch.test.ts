import { describe, expect, it } from 'vitest';
import { LAB_USER } from '../../server/lab/lab.ts';
import { OpenVswitch } from '../../server/lab/switches/openvswitch.ts';
import { startOvs } from '../real/ovs.ts';
import { realSwitchReady } from '../real/ready.ts';
import { outcomeOf, run } from '../real/run.ts';

const newBox = () => new OpenVswitch('dpu-1', LAB_USER);
/** What a command printed, with its exit status when that is not 0. */
const said = (box: OpenVswitch, command: string) => {
  const { stdout, stderr, status } = box.exec(command);
  return `${stdout}${stderr}`.trimEnd() + (status === 0 ? '' : ` (${status})`);
};

describe('the lab box with Open vSwitch', () => {
  it('splits words as a shell does, and runs nothing that would need more of it', () => {
    const box = newBox();
    expect(said(box, `ovs-vsctl set Port p0 external_ids:a='it'\\''s "x"' external_ids:b="c \\"d\\"" external_ids:e=f\\ g`)).toBe('');
    expect(said(box, 'ovs-vsctl get Port p0 external_ids:a external_ids:b external_ids:e')).toBe('"it\'s \\"x\\""\n"c \\"d\\""\n"f g"');
    for (const end of ['; reboot', '&& reboot', '| sh', '`reboot`', '$(reboot)', '"$HOME"', '> /etc/passwd', '\nreboot', '*', '# x']) {
      expect(said(box, `ovs-vsctl list-br ${end}`)).toMatch(/^sh: syntax error near unexpected token `.+' \(2\)$/);
    }
    expect(said(box, "ovs-vsctl get Port 'p0")).toBe('sh: 1: Syntax error: Unterminated quoted string (2)');
    expect(said(box, 'reboot now')).toBe('sh: 1: reboot: not found (127)');
  });

  it('knows its network devices, and sudo', () => {
    const box = newBox();
    expect(box.ports).toEqual(Array.from({ length: 12 }, (_, i) => `pf0vf${i}`));
    for (const port of [...box.ports, 'p0']) expect(said(box, `sudo -n test -e /sys/class/net/${port}`)).toBe('');
    expect(said(box, 'test -e /sys/class/net/pf0vf12')).toBe(' (1)');
    expect(said(box, 'sudo -n ovs-vsctl port-to-br p0')).toBe('ovsbr1');
    expect(said(box, 'sudo -n reboot')).toBe('sudo: reboot: command not found (1)');
  });

  it('applies all of a command line or nothing', () => {
    const box = newBox();
    const before = box.running();
    expect(said(box, 'ovs-vsctl add-port br-int pf0vf0 tag=100 -- set Port pf0vf0 trunks=20 -- del-port nope')).toBe(
      'ovs-vsctl: no port named nope (1)',
    );
    expect(said(box, 'ovs-vsctl add-port br-int pf0vf0 -- br-exists nope')).toBe(' (2)');
    expect(box.running()).toBe(before);
    expect(said(box, 'ovs-vsctl add-port br-int pf0vf0 tag=100 -- get Port pf0vf0 tag')).toBe('100');
    expect(box.running()).toContain('        Port pf0vf0\n            tag: 100\n            Interface pf0vf0\n');
  });

  it('complains of a device that does not come up, and still ends with 0', () => {
    const box = newBox();
    expect(said(box, 'ovs-vsctl add-port br-int pf9')).toMatch(
      /^ovs-vsctl: Error detected while setting up 'pf9': could not open network device pf9 \(No such device\)/,
    );
    expect(said(box, 'ovs-vsctl get Interface pf9 ofport error')).toBe('-1\n"could not open network device pf9 (No such device)"');
  });

  it('makes its representors down, as the kernel does, and plugging one in does not bring it up', () => {
    const box = newBox();
    const state = (name: string) => said(box, `ovs-vsctl get Interface ${name} admin_state link_state`);
    said(box, 'ovs-vsctl add-port br-int pf0vf0 tag=100');
    expect([state('pf0vf0'), state('p0'), state('br-int')]).toEqual(['down\ndown', 'up\nup', 'down\ndown']);
    expect([said(box, 'sudo -n ip link set dev pf0vf0 up'), state('pf0vf0')]).toEqual(['', 'up\nup']);
    expect([said(box, 'sudo -n ip link set dev pf0vf0 down'), state('pf0vf0')]).toEqual(['', 'down\ndown']);
    expect(said(box, 'ip link set dev pf0vf0 up')).toBe('RTNETLINK answers: Operation not permitted (2)');
  });

  it('ends a wait that would never end as the timeout of ovs-vsctl ends it', () => {
    const box = newBox();
    expect(said(box, 'ovs-vsctl --timeout=15 wait-until Interface pf0vf0 admin_state=up')).toBe(' (142)');
    said(box, 'ovs-vsctl add-port br-int pf0vf0');
    expect(said(box, 'ovs-vsctl --timeout=15 wait-until Interface pf0vf0 admin_state=up')).toBe(' (142)');
    said(box, 'sudo -n ip link set dev pf0vf0 up');
    expect(said(box, 'ovs-vsctl --timeout=15 wait-until Interface pf0vf0 admin_state=up')).toBe('');
  });

  it('takes any MTU and keeps the old one when the device cannot do it', () => {
    const box = newBox();
    const mtu = (value: number) =>
      said(box, `ovs-vsctl -- --may-exist add-port br-int pf0vf0 -- set Interface pf0vf0 mtu_request=${value}`);
    expect([mtu(9000), said(box, 'ovs-vsctl get Interface pf0vf0 mtu')]).toEqual(['', '9000']);
    expect([mtu(90000), said(box, 'ovs-vsctl get Interface pf0vf0 mtu mtu_request error')]).toEqual(['', '9000\n90000\n[]']);
  });
});

/** Each group starts on a fresh switch. The words behind `ovs-vsctl`, as a shell reads them; or a command of `ip`, `ls` or `ovs-ofctl`, typed by root. */
const SESSIONS: readonly (readonly string[])[] = [
  [
    'list-br',
    '--version',
    'br-exists br-int',
    'br-exists nope',
    'list-ports ovsbr1',
    'list-ports nope',
    'port-to-br p0',
    'port-to-br br-int',
    'iface-to-br nope',
  ],
  [
    `-- --if-exists del-port pf0vf1 -- add-port br-int pf0vf1 -- set Port pf0vf1 vlan_mode=access tag=100 external_ids:description='a, {b}'`,
    'set Interface pf0vf1 external_ids:iface-id=550e8400-e29b-41d4-a716-446655440000 external_ids:iface-status=active external_ids:attached-mac=fa:16:3e:00:00:01',
    '--columns=name,vlan_mode,tag,trunks,external_ids list Port pf0vf1',
    '--columns=external_ids,error,mtu_request list Interface pf0vf1 -- --columns=tag,trunks list Port pf0vf1',
    '--format=json --columns=name,vlan_mode,tag,trunks,external_ids list Port pf0vf1 p0',
    'get Port pf0vf1 tag trunks external_ids:description',
    'get Port pf0vf1 external_ids:nope',
    '--if-exists get Port pf0vf1 external_ids:nope',
    '--columns=name find Port tag=100 vlan_mode=access',
    '--columns=name,tag find Port tag=101',
    'add-port ovsbr1 pf0vf1',
    '--may-exist add-port br-int pf0vf1 tag=5',
    'get Port pf0vf1 tag',
    '--may-exist add-port ovsbr1 pf0vf1',
    '--if-exists del-port ovsbr1 pf0vf1',
    'del-port pf0vf1 -- add-port ovsbr1 pf0vf1 tag=3 -- port-to-br pf0vf1',
    'del-port pf0vf1',
    'del-port pf0vf1',
    '--if-exists del-port pf0vf1',
  ],
  [
    'get Port nope tag',
    '--if-exists get Port nope tag',
    'get Port p0 tags',
    'get Pots p0 tag',
    '--if-exists --columns=name list Port nope',
    'list Port nope',
  ],
  [
    'del-port br-int',
    '--if-exists del-port br-int',
    'add-port br-int ovsbr1',
    'add-port nope pf0vf1',
    "add-port br-int ''",
    '--if-exists del-port nope p0',
  ],
  [
    'frob',
    '',
    '--',
    '--frob list-br',
    'list-br extra',
    'list-br --timeout=5',
    '-- --timeout=5 list-br',
    '--if-exists list-br',
    'set Port p0',
    '--timeout=x list-br',
  ],
  [
    'set Port p0 tag',
    'set Port p0 tag=',
    'set Port p0 tag=x',
    'set Port p0 tag=4096',
    'set Port p0 tag=1,2',
    "set Port p0 'tag=[]'",
    'set Port p0 tag:x=1',
  ],
  [
    'set Port p0 vlan_mode=hybrid',
    'set Port p0 name=x',
    'set Port nope tag=x',
    'set Port p0 tag=1 nosuch=1',
    'clear Port p0 name',
    'clear Interface p0 type',
  ],
  [
    'set Port p0 trunks=20,30-32',
    'get Port p0 trunks',
    'add Port p0 trunks 40',
    'remove Port p0 trunks 20',
    'remove Port p0 trunks 20',
    'get Port p0 trunks',
  ],
  [
    'set Port p0 trunks=1-3,2',
    'set Port p0 trunks=3-1',
    'set Port p0 trunks=1,,2',
    "set Port p0 'trunks=[1,2'",
    'add Port p0 trunks 5000',
    'clear Port p0 trunks',
    'get Port p0 trunks',
  ],
  [
    `set Port p0 external_ids:d='"q"'`,
    'get Port p0 external_ids',
    `set Port p0 external_ids:d='"q" r'`,
    `set Port p0 external_ids:d='a"b\\c'`,
    'get Port p0 external_ids',
  ],
  [
    'set Port p0 external_ids:d=',
    'set Port p0 external_ids:a=true external_ids:b=4x external_ids:c=x4 external_ids:d=--',
    'get Port p0 external_ids',
    'remove Port p0 external_ids a',
  ],
  [
    'add-bond br-int bond0 pf0vf5 pf0vf6',
    'port-to-br pf0vf5',
    'iface-to-br pf0vf5',
    '--if-exists del-port pf0vf5',
    'add-port br-int pf0vf5',
    '--with-iface del-port pf0vf5',
  ],
  [
    'add-port br-int bond0 vlan_mode=trunk trunks=4095 protected=true -- set Interface bond0 type=patch',
    '-- add-port br-int bond0 vlan_mode=trunk trunks=4095 protected=true -- set Interface bond0 type=patch',
    'add-port br-int bond0 -- add-port br-int pf0vf1',
    '--columns=type,options,error,ofport,admin_state,link_state,mtu list Interface bond0',
    '--may-exist add-port br-int bond0 tag=7',
    'list-br -- --if-exists --columns=type,options list Interface bond0',
    'del-bond-iface bond0',
    '--if-exists del-bond-iface bond0 bond0',
    'add-bond-iface bond0 pf0vf1 -- del-bond-iface bond0',
    '--if-exists --columns=_uuid list Interface pf0vf1 -- --if-exists --columns=interfaces list Port pf0vf1 bond0',
    'add-port ovsbr1 pf0vf1 tag=7',
    '--if-exists --columns=_uuid list Interface pf0vf1 -- --if-exists --columns=interfaces list Port bond0 pf0vf1',
    'add-bond-iface bond0 pf0vf1',
    '--may-exist add-bond-iface bond0 pf0vf1',
    '-- --if-exists del-port pf0vf1 -- --may-exist add-bond-iface bond0 pf0vf1 -- set Port bond0 lacp=active bond_mode=balance-tcp',
    'set Port bond0 vlan_mode=access tag=100 protected=false -- clear Port bond0 trunks',
    '-- --if-exists del-port pf0vf1 -- --may-exist add-bond-iface bond0 pf0vf1 -- set Interface pf0vf1 mtu_request=9000',
    '--columns=_uuid list Interface pf0vf1 -- --columns=interfaces list Port bond0',
    '-- --if-exists del-port pf0vf2 -- --may-exist add-bond-iface bond0 pf0vf2 -- set Port bond0 other_config:lacp-fallback-ab=true',
    '--if-exists --columns=_uuid list Interface pf0vf2 -- --if-exists --columns=interfaces list Port pf0vf2 bond0',
    '--columns=vlan_mode,tag,trunks,protected,lacp,bond_mode,other_config,external_ids list Port bond0',
    '--columns=_uuid,mtu list Interface pf0vf1 pf0vf2 -- --columns=interfaces list Port bond0',
    '--format=json --columns=name,interfaces,protected list Port p0 -- --format=json --columns=_uuid list Interface pf0vf1',
    '--format=json --columns=name,interfaces,protected list Port p0 bond0',
    'list-ports br-int -- list-ifaces br-int',
    '--if-exists --columns=tag list Port bond0 -- list-ports br-int -- --if-exists --columns=options list Interface bond0',
    '--if-exists --columns=tag list Port nope -- list-ports br-int -- --if-exists --columns=options list Interface p0',
    '--may-exist add-port br-int bond0',
    '--may-exist add-port ovsbr1 bond0',
    'add-bond-iface bond0 pf0vf3 -- del-bond-iface pf0vf1 -- del-bond-iface pf0vf2',
    'del-bond-iface bond0 pf0vf1 -- add-bond-iface bond0 pf0vf1 -- list-ifaces br-int',
    '-- --if-exists del-port pf0vf1 -- --if-exists del-bond-iface pf0vf1',
    '-- --if-exists del-port pf0vf1 -- --if-exists del-bond-iface pf0vf1',
    '-- --if-exists del-bond-iface bond0',
    '-- --if-exists del-port pf0vf2 -- --if-exists del-bond-iface pf0vf2',
    '-- --if-exists --with-iface del-port pf0vf2 -- add-port br-int pf0vf2 tag=5',
    'list-ports br-int',
    '-- --if-exists del-port pf0vf2 -- --if-exists del-bond-iface pf0vf2',
    'list-ports br-int',
    '--if-exists set Port bond0 vlan_mode=trunk trunks=4095 protected=true -- --if-exists clear Port bond0 tag external_ids',
    '-- add-port br-int bond0 -- add-bond-iface bond0 pf0vf1 -- del-bond-iface bond0 bond0',
  ],
  [
    'add-bond br-int bond0 pf0vf5 pf0vf6 -- add-port br-int pf0vf7',
    'add-bond-iface bond0 pf0vf5',
    'add-bond-iface pf0vf7 pf0vf5',
    '--may-exist add-bond-iface pf0vf7 pf0vf5',
    'add-bond-iface nope pf0vf5',
    'add-bond-iface nope pf0vf1',
    'add-bond-iface br-int pf0vf1',
    'add-bond-iface bond0 bond0',
    'add-bond-iface bond0 br-int',
    'add-bond-iface bond0',
    'del-bond-iface',
    'del-bond-iface nope',
    'del-bond-iface br-int',
    'del-bond-iface bond0 nope',
    'del-bond-iface pf0vf7 pf0vf5',
    'del-bond-iface nope pf0vf5',
    '--if-exists del-bond-iface nope pf0vf5',
    '--if-exists del-bond-iface nope nope',
    'del-bond-iface pf0vf7',
    'del-bond-iface bond0',
    '--may-exist del-bond-iface pf0vf5',
    'del-bond-iface bond0 pf0vf5 -- list-ifaces br-int',
  ],
  [
    'set Bridge br-int datapath_type=netdev',
    'add-port br-int bond0 -- set Interface bond0 type=patch',
    'get Interface bond0 error ofport',
    'add-port br-int bond1 -- set Interface bond1 type=patch options:peer=bond1',
    'add-port br-int bond2 -- set Interface bond2 type=ptach options:peer=bond0-members',
    'get Interface bond2 error ofport',
    'add-port br-int bond3 -- set Interface bond3 type=patch options:peer=bond4',
    '--columns=type,options,error,admin_state,link_state,mtu list Interface bond3',
    'set Port p0 _uuid=x',
    'get Interface p0 _uuid',
    'get Interface p0 _uuid:x',
    'find Interface _uuid=x',
    'find Port interfaces=x',
    'wait-until Port p0 _uuid=x',
    'get Port p0 interfaces tag',
    'set Port p0 protected=ture',
    'set Port p0 lacp=actve',
    'set Port p0 bond_mode=balance-tpc',
    'set Port p0 other_config:lacp-fallback-ab=true other_config:all-members-active=false',
    '--columns=other_config list Port p0',
  ],
  ['ls /sys/class/net/nope', 'ls /sys/clas/net'],
  [
    'add-bond br-int bond0 pf0vf5 pf0vf6 -- add-port ovsbr1 pf0vf7',
    'ip link set dev pf0vf5 up',
    'wait-until Interface pf0vf5 admin_state=up',
    'ovs-ofctl --timeout=15 --protocols=OpenFlow10,OpenFlow13 mod-port br-int pf0vf5 down',
    'wait-until Interface pf0vf5 admin_state=down',
    'ovs-ofctl mod-port br-int pf0vf5 down',
    'ovs-ofctl mod-port br-int pf0vf5 up',
    'wait-until Interface pf0vf5 admin_state=up',
    'ovs-ofctl mod-port br-int pf0vf7 down',
    'ovs-ofctl mod-port br-int pf0vf1 down',
    'ovs-ofctl mod-port br-int bond0 down',
    'ovs-ofctl mod-port br-nope pf0vf1 down',
    'ovs-ofctl mod-port br-int pf0vf5 dwon',
    'ovs-ofctl mod-port br-int pf0vf5',
    'ovs-ofctl mod-port br-int pf0vf5 down up',
    'ovs-ofctl mod-prt br-int pf0vf5 down',
    'ovs-ofctl --protocols=OpenFow10 mod-port br-int pf0vf5 down',
    'ovs-ofctl --protcols=OpenFlow10 mod-port br-int pf0vf5 down',
    'ovs-ofctl --protocols',
    'ovs-ofctl --timeout=x mod-port br-int pf0vf5 down',
    'ovs-ofctl',
    'ovs-ofctl --timeout=15',
  ],
  [
    '--if-exists --columns=ofport list Interface pf0vf9 -- --if-exists --columns=tag list Port pf0vf9',
    'add-port br-int pf9',
    'del-port nope -- get Port p0 nosuch',
  ],
  [
    'ip link set dev pf0vf1 down',
    'add-port br-int pf0vf1',
    'get Interface pf0vf1 admin_state',
    'get Interface br-int admin_state',
    'ip link set dev pf0vf1 up',
    'wait-until Interface pf0vf1 admin_state=up',
    'get Interface pf0vf1 admin_state',
    'wait-until Interface pf0vf1 admin_state=uq',
    'wait-until Interface pf0vf1 admin_state',
    'wait-until Pots p0 tag=1',
    'wait-until Interface',
    'ip link set pf0vf1 down',
    "wait-until Interface pf0vf1 'admin_state!=up'",
    'del-port pf0vf1',
  ],
  [
    'ip link set dev nope up',
    'ip link set dev nope',
    'ip link set nope up',
    'ip link set dev a/b up',
    "ip link set dev '' up",
    'ip link set dev pf0vf1 upp',
    'ip link set dev pf0vf1 down up',
    'ip link set dve pf0vf1 up',
    'ip link set dev pf0vf1 dev pf0vf2 up',
    'ip link set dev',
    'ip link set',
    'ip link st dev pf0vf1 up',
    'ip lnk set dev pf0vf1 up',
  ],
];

const { ready, why } = realSwitchReady();

describe.skipIf(!ready)(ready ? 'beside the real one' : `beside the real one (left out: ${why})`, () => {
  it('prints what the real one prints, with the same exit status', async () => {
    await using ovs = await startOvs();
    for (const name of ['p0', ...newBox().ports]) await run('ip', ['-n', ovs.namespace, 'tuntap', 'add', 'dev', name, 'mode', 'tap']);
    for (const commands of SESSIONS) {
      await ovs.vsctl('--', '--if-exists', 'del-br', 'br-int', '--', '--if-exists', 'del-br', 'ovsbr1');
      for (const bridge of ['br-int', 'ovsbr1']) await ovs.vsctl('add-br', bridge, '--', 'set', 'Bridge', bridge, 'datapath_type=netdev');
      await ovs.vsctl('add-port', 'ovsbr1', 'p0', 'vlan_mode=trunk', 'trunks=2-1001');
      const box = newBox();
      for (const command of commands) {
        const whole = /^(?:ip|ls|ovs-ofctl)\b/.test(command) ? command : `ovs-vsctl ${command}`;
        const real = await outcomeOf('ip', ['netns', 'exec', ovs.namespace, 'sh', '-c', whole], ovs.env);
        // Log lines come with a date, and the logs are where this machine has them.
        const stderr = real.stderr.replace(/^\d{4}-\d\d-\d\dT.*\n/gm, '').replace(ovs.env.OVS_LOGDIR ?? '', '/var/log/openvswitch');
        const lab = box.exec(`sudo -n ${whole}`);
        expect({ command, ...lab, stdout: counted(lab.stdout) }).toEqual({ command, ...real, stdout: counted(real.stdout), stderr });
      }
    }
  });
});

/** Row ids are made by chance: the first of a text is 1, the second 2; where several stand together, their order is chance too. */
function counted(text: string): string {
  const ids: string[] = [];
  const number = (id: string) => {
    if (!ids.includes(id)) ids.push(id);
    return `row ${ids.indexOf(id) + 1}`;
  };
  return text
    .replace(/[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}/g, number)
    .replace(/\[(row \d+(?:, row \d+)+)\]/g, (_, rows: string) => `[${rows.split(', ').sort().join(', ')}]`);
}
