import { beforeEach, describe, expect, it } from 'vitest';
import { LAB_USER } from '../../server/lab/lab.ts';
import type { CliSession } from '../../server/lab/switch.ts';
import { CiscoIos } from '../../server/lab/switches/cisco-ios.ts';

/*
 * The Port-channels of the simulated Catalyst, typed by hand: what it takes, what it refuses and in which words, what reaches the members.
 */

let device: CiscoIos;
let session: CliSession;
beforeEach(() => {
  device = new CiscoIos('sw', LAB_USER);
  session = device.openCli();
  session.enter('enable').ask?.answer(LAB_USER.enable);
  say('configure terminal');
});

const say = (...lines: string[]) => lines.map(line => session.enter(line).text ?? '').at(-1) ?? '';
const on = (name: string, ...lines: string[]) => say(`interface ${name}`, ...lines);
const block = (name: string) => {
  const text = say(`do show running-config interface ${name}`);
  return text
    .slice(text.indexOf('!\n') + 2)
    .split('\n')
    .filter(line => line.startsWith(' '))
    .map(line => line.trim());
};
const summary = () => say('do show etherchannel summary');
const [one, two, three] = ['GigabitEthernet1/0/1', 'GigabitEthernet1/0/2', 'GigabitEthernet1/0/3'];
const LAG = 'Port-channel10';
const CLOSED = ['switchport mode access', 'shutdown'];

describe('a Port-channel of the simulated Catalyst', () => {
  it('is made by being named, empty, and lists before the ports', () => {
    const before = device.running();
    expect(say(`do show running-config interface ${LAG}`)).toContain('% Invalid input detected');
    expect(on(LAG)).toBe('');
    expect(block(LAG)).toEqual([]);
    on('Port-channel9');
    expect(
      device
        .running()
        .match(/^interface \S+/gm)
        ?.slice(0, 3),
    ).toEqual(['interface Port-channel9', `interface ${LAG}`, `interface ${one}`]);
    expect(say('no interface Port-channel9', `no interface ${LAG}`)).toBe('');
    expect(device.running()).toBe(before);
  });

  it('is made by its first member, with the settings of that', () => {
    on(one, 'description node 1', 'switchport access vlan 100');
    expect(say('channel-group 10 mode active')).toBe('Creating a port-channel interface Port-channel 10\n');
    expect(block(LAG)).toEqual(['switchport access vlan 100', 'switchport mode access']);
    expect(block(one)).toEqual([
      'description node 1',
      'switchport access vlan 100',
      'switchport mode access',
      'shutdown',
      'channel-group 10 mode active',
    ]);
  });

  it('passes on what is typed on it, all but its description and what only it has', () => {
    on(one, 'channel-group 10 mode active');
    on(two, 'channel-group 10 mode active');
    on(LAG, 'description bond', 'switchport trunk allowed vlan 200,300', 'switchport trunk native vlan 200', 'switchport mode trunk');
    say('switchport nonegotiate', 'spanning-tree portfast trunk', 'no port-channel standalone-disable', 'no shutdown');
    const passed = [
      'switchport trunk native vlan 200',
      'switchport trunk allowed vlan 200,300',
      'switchport mode trunk',
      'switchport nonegotiate',
    ];
    expect(block(LAG)).toEqual(['description bond', ...passed, 'no port-channel standalone-disable', 'spanning-tree portfast trunk']);
    for (const member of [one, two])
      expect(block(member)).toEqual([...passed, 'channel-group 10 mode active', 'spanning-tree portfast trunk']);
    expect(summary()).toMatch(/^10 +Po10\(SU\) +LACP +Gi1\/0\/1\(P\) +Gi1\/0\/2\(P\)$/m);
    expect(block(three)).toEqual(CLOSED);
  });

  it('takes a member that carries something else, and suspends it until it does not', () => {
    on(LAG, 'switchport mode access', 'switchport access vlan 100');
    on(one, 'switchport access vlan 200', 'no shutdown', 'channel-group 10 mode active');
    expect(summary()).toMatch(/^10 +Po10\(SD\) +LACP +Gi1\/0\/1\(s\)$/m);
    on(LAG, 'switchport access vlan 100');
    expect(summary()).toContain('Po10(SU)');
    on(one, 'switchport access vlan 300');
    expect(summary()).toContain('Gi1/0/1(s)');
  });

  it('closes and opens its members, and holds them closed', () => {
    on(one, 'channel-group 10 mode on');
    on(LAG, 'no shutdown', 'shutdown');
    on(one, 'no shutdown');
    expect(block(one)).toContain('shutdown');
    on(two, 'switchport access vlan 100', 'no shutdown', 'channel-group 10 mode on');
    expect(block(two)).toContain('shutdown');
    on(LAG, 'no shutdown');
    expect([...block(one), ...block(two)]).not.toContain('shutdown');
    on(one, 'shutdown');
    expect(block(LAG)).not.toContain('shutdown');
    expect(block(two)).not.toContain('shutdown');
  });

  it('keeps what it carried when it leaves, and is closed when its Port-channel is removed', () => {
    on(one, 'switchport access vlan 100', 'channel-group 10 mode active');
    on(two, 'switchport access vlan 100', 'channel-group 10 mode active');
    on(LAG, 'no shutdown');
    on(one, 'no channel-group');
    expect(block(one)).toEqual(['switchport access vlan 100', 'switchport mode access']);
    expect(say(`no interface ${LAG}`)).toBe('');
    expect(block(two)).toEqual(['switchport access vlan 100', 'switchport mode access', 'shutdown']);
    expect(say(`no interface ${LAG}`)).toContain('% Invalid input detected');
  });

  it('stands for its members in show vlan', () => {
    say('vlan 100', 'exit');
    on(one, 'switchport access vlan 100', 'channel-group 10 mode active');
    expect(say('do show vlan id 100')).toMatch(/^100 .* active {4}Po10$/m);
  });

  it('refuses in the words of IOS what IOS refuses', () => {
    on(one, 'channel-group 10 mode active');
    expect(on(two, 'channel-group 10 mode on')).toBe('Command rejected (Port-channel10, Gi1/0/2): Invalid etherchnl mode');
    expect(say('channel-group 10 mode passive')).toBe('');
    expect(say('channel-group 10 mode on')).toBe('Command rejected (Port-channel10, Gi1/0/2): Invalid etherchnl mode');
    expect(say('channel-group 11 mode active')).toMatch(/^Command rejected/);
    expect(say('no channel-group', 'no switchport')).toBe('');
    expect(block(two)).toEqual(['no switchport', 'no ip address', 'shutdown']);
    expect(say('channel-group 10 mode active')).toBe(
      'Command rejected (Port-channel10, Gi1/0/2): Either port is L2 and port-channel is L3, or vice-versa',
    );
    expect(say('switchport access vlan 100')).toBe('Command rejected: Gi1/0/2 not a switching port.');
    expect(on(one, 'no switchport')).toMatch(/^Command rejected/);
    expect(on(LAG, 'no switchport')).toMatch(/^Command rejected/);
    const member = [...block(one)];
    for (const line of [
      'channel-group 10 mode activ',
      'channel-group 129 mode on',
      'chanel-group 10 mode on',
      'port-channel standalone-disable',
    ])
      expect(on(three, line), line).toContain('% Invalid input detected');
    for (const line of ['channel-group 10 mode', 'channel-group 10', 'no']) expect(on(three, line), line).toContain('% Incomplete command');
    for (const line of ['channel-group 11 mode on', 'no channel-group', 'port-channel standalone-disabled'])
      expect(on(LAG, line), line).toContain('% Invalid input detected');
    expect(say('interface Port-channel129')).toContain('% Invalid input detected');
    expect(say(`no interface ${one}`)).toContain('% Invalid input detected');
    expect(block(three)).toEqual(CLOSED);
    expect(block(one)).toEqual(member);
  });

  it('forgets its VLANs when it is routed', () => {
    on(LAG, 'switchport mode access', 'switchport access vlan 100', 'no switchport');
    expect(block(LAG)).toEqual(['no switchport', 'no ip address']);
    expect(say('switchport')).toBe('');
    expect(block(LAG)).toEqual([]);
  });
});
