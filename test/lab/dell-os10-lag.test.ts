import { describe, expect, it } from 'vitest';
import type { CliSession } from '../../server/lab/switch.ts';
import { DellOs10 } from '../../server/lab/switches/dell-os10.ts';

const user = { username: 'mercury', password: 'lab-password', enable: 'unused' };
const [ONE, TWO, THREE] = ['ethernet1/1/1', 'ethernet1/1/2', 'ethernet1/1/3'] as const;
const LAG = 'port-channel10';

/** Types lines and answers with everything that was printed. */
function type(cli: CliSession, ...lines: string[]): string {
  return lines
    .map(line => cli.enter(line).text ?? '')
    .filter(text => text !== '')
    .join('\n');
}

describe('a Dell OS10 lab switch with a LAG', () => {
  function withLag() {
    const device = new DellOs10('leaf-1', user);
    const cli = device.openCli();
    type(cli, 'configure terminal', 'interface vlan 20', 'interface vlan 30', 'interface port-channel 10');
    const block = (name: string) => device.running().split(`interface ${name}\n`)[1]?.split('\n!')[0];
    return { device, cli, block };
  }

  it('makes a LAG that is open and on VLAN 1', () => {
    const { cli, block } = withLag();
    expect(cli.prompt()).toBe('leaf-1(conf-if-po-10)# ');
    expect(block(LAG)).toBe(' no shutdown\n switchport access vlan 1');
    expect(type(cli, `do show running-configuration interface ${LAG}`)).toBe(
      `!\ninterface ${LAG}\n no shutdown\n switchport access vlan 1`,
    );
    expect(type(cli, 'interface port-channel 1000', 'interface port-channel 2001')).toMatch(/^% Error: .*\n% Error: /);
    expect(type(cli, 'do show running-configuration interface port-channel11')).toMatch(/^% Error: /);
  });

  it('prints what a LAG has in the order of a real one', () => {
    const { cli, block } = withLag();
    type(cli, 'switchport mode trunk', 'switchport trunk allowed vlan 20', 'vlt-port-channel 10', 'spanning-tree port type edge');
    type(cli, 'lacp fallback timeout 0', 'lacp fallback enable', 'lacp fallback preemption disable', 'description "node 42"');
    expect(block(LAG)).toBe(
      [
        ' description "node 42"',
        ' no shutdown',
        ' switchport mode trunk',
        ' switchport access vlan 1',
        ' switchport trunk allowed vlan 20',
        ' lacp fallback enable',
        ' lacp fallback timeout 0',
        ' lacp fallback preemption disable',
        ' vlt-port-channel 10',
        ' spanning-tree port type edge',
      ].join('\n'),
    );
    type(cli, 'no lacp fallback enable', 'no lacp fallback timeout', 'lacp fallback preemption enable', 'no vlt-port-channel');
    expect(block(LAG)).not.toMatch(/lacp|vlt/);
    expect(type(cli, 'lacp fallback', 'lacp fallback timeout 101', 'vlt-port-channel 0')).toMatch(/^(?:% Error: .*\n?){3}$/);
    expect(type(cli, 'no switchport', 'vlt-port-channel 10')).toMatch(/^% Error: /);
    expect(type(cli, 'channel-group 11 mode on')).toMatch(/^% Error: /);
  });

  it('takes a port with no VLANs of its own, and gives it back as it was', () => {
    const { device, cli, block } = withLag();
    const before = device.running();
    type(cli, `interface ${ONE}`, 'channel-group 10 mode active');
    expect(block(ONE)).toBe(' shutdown\n channel-group 10 mode active\n no switchport');
    type(cli, 'no channel-group');
    expect(device.running()).toBe(before);
    type(cli, 'switchport access vlan 20');
    expect(type(cli, 'channel-group 10 mode active')).toMatch(/^% Error: /);
    type(cli, 'no switchport access vlan', 'spanning-tree port type edge');
    expect(type(cli, 'channel-group 10 mode active')).toMatch(/^% Error: /);
    expect(type(cli, 'no channel-group')).toBe('');
    expect(block(ONE)).toBe(' shutdown\n switchport access vlan 1\n spanning-tree port type edge');
  });

  it('takes no VLANs on a member, no member of two LAGs, and no LAG that is static and LACP at once', () => {
    const { cli } = withLag();
    type(cli, 'interface port-channel 11', `interface ${ONE}`, 'channel-group 10 mode active');
    for (const line of ['switchport access vlan 20', 'switchport mode trunk', 'no switchport', 'spanning-tree port type edge']) {
      expect(type(cli, line)).toBe('% Error: Interface is part of a port-channel.');
    }
    expect(type(cli, 'channel-group 11 mode active')).toMatch(/^% Error: /);
    expect(type(cli, `interface ${TWO}`, 'channel-group 10 mode on')).toMatch(/^% Error: /);
    expect(type(cli, 'channel-group 10 mode passive', 'channel-group 10 mode active')).toBe('');
    expect(type(cli, `interface ${THREE}`, 'channel-group 12 mode active', 'channel-group 10', 'channel-group 10 mode auto')).toMatch(
      /^(?:% Error: .*\n?){3}$/,
    );
  });

  it('lets the members of a deleted LAG go, and forgets it where somebody still edits it', () => {
    const { device, cli, block } = withLag();
    const other = device.openCli();
    type(other, 'configure terminal', `interface ${LAG}`);
    type(cli, `interface ${ONE}`, 'channel-group 10 mode on', 'no shutdown', 'no interface port-channel 10');
    expect(block(ONE)).toBe(' no shutdown\n switchport access vlan 1');
    expect(block(LAG)).toBeUndefined();
    expect(type(other, 'shutdown')).toMatch(/^% Error: /);
    expect(type(cli, `no interface ${LAG}`)).toMatch(/^% Error: /);
  });

  it('shows in a transaction what a LAG would change, and nothing for a member that left for a moment', () => {
    const { cli } = withLag();
    type(cli, `interface ${ONE}`, 'channel-group 10 mode active', 'end', 'lock', 'start transaction', 'configure terminal');
    type(cli, `interface ${ONE}`, 'no channel-group', 'switchport mode access', 'channel-group 10 mode active');
    const diff = 'do show diff candidate-configuration running-configuration';
    expect(type(cli, diff)).toBe('');
    type(cli, 'no channel-group', 'no interface port-channel 10');
    expect(type(cli, diff)).toBe(`!\ninterface ${ONE}\n no channel-group\n switchport access vlan 1\n!\nno interface ${LAG}`);
  });
});
