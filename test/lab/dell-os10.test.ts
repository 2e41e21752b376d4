import { setTimeout as pause } from 'node:timers/promises';
import ssh2 from 'ssh2';
import { describe, expect, it } from 'vitest';
import { LabDevice } from '../../server/lab/ssh-server.ts';
import type { CliSession } from '../../server/lab/switch.ts';
import { DellOs10 } from '../../server/lab/switches/dell-os10.ts';

const user = { username: 'mercury', password: 'lab-password', enable: 'unused' };
const PORT = 'ethernet1/1/1';

/** Types lines and answers with everything that was printed. */
function type(cli: CliSession, ...lines: string[]): string {
  return lines
    .map(line => cli.enter(line).text ?? '')
    .filter(text => text !== '')
    .join('\n');
}

const start = ['lock', 'start transaction', 'configure terminal'];
const finish = ['end', 'commit', 'unlock'];
const readPort = `show running-configuration interface ${PORT}`;

function withVlans(...ids: number[]) {
  const device = new DellOs10('leaf-1', user);
  const cli = device.openCli();
  type(cli, 'configure terminal', ...ids.map(id => `interface vlan ${id}`), 'end');
  return { device, cli };
}

describe('a Dell OS10 lab switch', () => {
  it('has twelve detached ports, and an uplink with a list of its own', () => {
    const device = new DellOs10('leaf-1', user);
    expect(device.ports).toHaveLength(12);
    expect(device.running()).toContain('!\ninterface ethernet1/1/12\n shutdown\n switchport access vlan 1\n!\n');
    expect(device.running()).toContain(
      'interface ethernet1/1/25\n no shutdown\n switchport mode trunk\n switchport access vlan 1\n switchport trunk allowed vlan 2-1001',
    );
  });

  it('shows where the user is in its prompt', () => {
    const { cli } = withVlans();
    const prompts = ['configure terminal', `interface ${PORT}`, 'interface vlan 100', 'exit', 'end'].map(line => {
      cli.enter(line);
      return cli.prompt();
    });
    expect(prompts).toEqual(['leaf-1(config)# ', 'leaf-1(conf-if-eth1/1/1)# ', 'leaf-1(conf-if-vl-100)# ', 'leaf-1(config)# ', 'leaf-1# ']);
  });

  it('refuses what it does not know, without a caret and without abbreviations', () => {
    const { cli } = withVlans();
    expect(type(cli, 'sh run')).toBe('% Error: Unrecognized command.');
    expect(type(cli, 'show')).toBe('% Error: Incomplete command.');
    type(cli, 'configure terminal', `interface ${PORT}`);
    for (const line of [
      'switchport accces vlan 1',
      'switchport trunk native vlan 1',
      'switchport trunk allowed vlan add 1',
      'commit',
      'show running-configuration',
    ]) {
      expect(type(cli, line)).toBe('% Error: Unrecognized command.');
    }
  });

  it('takes every line at once outside a transaction', () => {
    const { device, cli } = withVlans(100);
    type(cli, 'configure terminal', `interface ${PORT}`, 'switchport access vlan 100');
    expect(device.running()).toContain(' switchport access vlan 100');
  });

  it('keeps a transaction in the candidate until commit', () => {
    const { device, cli } = withVlans(100);
    const before = device.running();
    expect(type(cli, ...start, `interface ${PORT}`, 'switchport access vlan 100', 'no shutdown', 'end')).toBe('');
    expect(device.running()).toBe(before);
    expect(type(cli, 'show diff candidate-configuration running-configuration')).toBe(
      `!\ninterface ${PORT}\n no shutdown\n switchport access vlan 100`,
    );
    expect(type(cli, 'commit', 'unlock', 'show diff candidate-configuration running-configuration')).toBe('');
    expect(type(cli, readPort)).toBe(`!\ninterface ${PORT}\n no shutdown\n switchport access vlan 100`);
  });

  it('is out of the transaction after commit, so that the next line is live', () => {
    const { device, cli } = withVlans(100);
    type(cli, ...start, 'do commit', `interface ${PORT}`, 'description live');
    expect(device.running()).toContain(' description live');
  });

  it('gives back what was on discard', () => {
    const { device, cli } = withVlans(100);
    const before = device.running();
    type(cli, ...start, `interface ${PORT}`, 'switchport access vlan 100', 'end', 'discard', 'unlock', 'commit');
    expect(device.running()).toBe(before);
  });

  it('adds to the tagged list, and drops it on the way to access mode', () => {
    const { cli } = withVlans(20, 30, 31, 40);
    type(
      cli,
      'configure terminal',
      `interface ${PORT}`,
      'switchport mode trunk',
      'switchport trunk allowed vlan 20,30-31',
      'switchport trunk allowed vlan 40',
    );
    expect(type(cli, `do ${readPort}`)).toContain(' switchport trunk allowed vlan 20,30-31,40');
    type(cli, 'no switchport trunk allowed vlan 30', 'switchport mode access', 'switchport mode trunk');
    expect(type(cli, `do ${readPort}`)).not.toContain('allowed');
  });

  it('refuses a VLAN that is both tagged and untagged, and one that does not exist', () => {
    const { cli } = withVlans(20);
    type(cli, 'configure terminal', `interface ${PORT}`, 'switchport mode trunk');
    expect(type(cli, 'switchport trunk allowed vlan 1,20')).toMatch(
      /^% Error: Interface cannot be an access and trunk member of the same VLAN\. One of/,
    );
    expect(type(cli, 'switchport trunk allowed vlan 20', 'switchport access vlan 20')).toMatch(
      /^% Error: Interface cannot be an access and trunk member/,
    );
    expect(type(cli, 'switchport trunk allowed vlan 21')).toMatch(/^% Error: /);
    expect(type(cli, 'switchport access vlan 21')).toMatch(/^% Error: /);
  });

  it('leaves a trunk without any untagged VLAN, but an access port on VLAN 1', () => {
    const { cli } = withVlans(20);
    type(cli, 'configure terminal', `interface ${PORT}`, 'switchport access vlan 20', 'no switchport access vlan');
    expect(type(cli, `do ${readPort}`)).toContain(' switchport access vlan 1');
    type(cli, 'switchport mode trunk', 'no switchport access vlan', 'switchport trunk allowed vlan 20');
    expect(type(cli, `do ${readPort}`)).toBe(`!\ninterface ${PORT}\n shutdown\n switchport mode trunk\n switchport trunk allowed vlan 20`);
  });

  it('takes tagged VLANs only on a trunk, and none on a LAG member or a routed port', () => {
    const { cli } = withVlans(20);
    type(cli, 'configure terminal', `interface ${PORT}`);
    expect(type(cli, 'switchport trunk allowed vlan 20')).toMatch(/^% Error: /);
    type(cli, 'interface port-channel 10', `interface ${PORT}`, 'channel-group 10 mode active');
    expect(type(cli, 'switchport access vlan 20', 'switchport mode access')).toMatch(/^% Error: .*\n% Error: /);
    expect(type(cli, `do ${readPort}`)).toContain(' channel-group 10 mode active\n no switchport');
    type(cli, 'no channel-group', 'no switchport');
    expect(type(cli, 'switchport access vlan 20')).toMatch(/^% Error: /);
  });

  it('wants a description of several words in quotes', () => {
    const { cli } = withVlans();
    type(cli, 'configure terminal', `interface ${PORT}`);
    expect(type(cli, 'description two words')).toMatch(/^% Error: /);
    expect(type(cli, 'description "two words"', `do ${readPort}`)).toContain(' description "two words"');
    expect(type(cli, 'description word', `do ${readPort}`)).toContain(' description word\n');
  });

  it('takes a deleted VLAN off its ports, but not within the transaction that put it there', () => {
    const { device, cli } = withVlans(20, 30);
    type(cli, ...start, `interface ${PORT}`, 'switchport mode trunk', 'switchport access vlan 30', 'switchport trunk allowed vlan 20');
    expect(type(cli, 'no interface vlan 20')).toContain('% Error:  Range configuration conflict');
    type(cli, ...finish, 'configure terminal', 'no interface vlan 20', 'no interface vlan 30');
    expect(type(cli, `do ${readPort}`)).toBe(`!\ninterface ${PORT}\n shutdown\n switchport mode trunk\n switchport access vlan 1`);
    expect(device.running()).toContain(' switchport trunk allowed vlan 2-1001');
    expect(type(cli, 'no interface vlan 1')).toMatch(/^% Error: /);
  });

  it('keeps others out while it is locked, and lets them in when the session ends, without what was not committed', () => {
    const { device, cli } = withVlans(100);
    const other = device.openCli();
    const before = device.running();
    type(cli, ...start, `interface ${PORT}`, 'switchport access vlan 100');
    expect(type(other, 'lock')).toMatch(/% ?Error:.*\b[Ll]ock/);
    expect(type(other, 'commit', 'discard', 'configure terminal', 'interface vlan 200')).toMatch(/^(?:% Error: .*lock.*\n?){3}$/);
    cli.hangUp();
    expect(type(other, 'interface vlan 200', 'end', 'lock')).toBe('');
    expect(device.running()).toBe(
      before.replace('interface vlan100\n no shutdown\n', 'interface vlan100\n no shutdown\n!\ninterface vlan200\n no shutdown\n'),
    );
  });

  it('has one candidate for all: without a lock somebody else commits what is in it', () => {
    const { device, cli } = withVlans(100);
    type(cli, 'start transaction', 'configure terminal', `interface ${PORT}`, 'switchport access vlan 100');
    cli.hangUp();
    const other = device.openCli();
    expect(type(other, 'lock')).toMatch(/^% Error: Lock denied/);
    type(other, 'configure terminal', 'interface vlan 200');
    expect(device.running()).toContain(' switchport access vlan 100');
  });

  it('saves on `write memory` only', () => {
    const { device, cli } = withVlans(100);
    expect(device.saved()).not.toContain('vlan100');
    expect(type(cli, 'write memory')).toBe('');
    expect(device.saved()).toBe(device.running());
  });

  it('pages until told not to, and filters what it shows', () => {
    const { cli } = withVlans();
    expect(cli.paging().lines).toBe(23);
    expect(type(cli, 'show running-configuration | grep vlan1')).toBe('interface vlan1');
    cli.enter('show running-configuration | no-more');
    expect(cli.paging().lines).toBe(0);
    type(cli, 'terminal length 0');
    expect(cli.paging().lines).toBe(0);
  });

  it('prints a syslog line into the next answer', () => {
    const { device, cli } = withVlans();
    device.syslog();
    const lines = type(cli, readPort).split('\n');
    expect(lines[0]).toBe('!');
    expect(lines[1]).toMatch(/^<165>1 2019-.*%IFM_OSTATE_DN/);
    expect(lines[2]).toBe(`interface ${PORT}`);
    expect(type(cli, readPort)).not.toContain('<165>');
  });

  it('answers over SSH as on its console', async () => {
    const device = new DellOs10('leaf-1', user);
    const server = new LabDevice(device, { user, delays: { login: 0, command: 0, commit: 0, save: 0 }, maxSessions: 2 });
    await server.listen();
    const screen = await converse(server.port, ['terminal length 0', ...start, 'interface vlan 100', 'description n-demo', ...finish]);
    await server.close();
    expect(screen).toContain('leaf-1(conf-if-vl-100)# description n-demo\r\n');
    expect(screen).toMatch(/leaf-1# unlock\r\nleaf-1# $/);
    expect(device.running()).toContain('interface vlan100\n description n-demo\n');
  });
});

/** Logs in, types the lines one after the other, and answers with the whole screen. */
async function converse(port: number, lines: readonly string[]): Promise<string> {
  const client = new ssh2.Client();
  await new Promise<void>((resolve, reject) => {
    client.on('ready', resolve).on('error', reject);
    client.connect({ host: '127.0.0.1', port, username: user.username, password: user.password });
  });
  const channel = await new Promise<ssh2.ClientChannel>((resolve, reject) =>
    client.shell((error, shell) => (error ? reject(error) : resolve(shell))),
  );
  let screen = '';
  channel.on('data', (data: Buffer) => {
    screen += data.toString();
  });
  for (const line of lines) channel.write(`${line}\n`);
  while (!screen.endsWith(`# ${lines.at(-1)}\r\nleaf-1# `)) await pause(5);
  client.end();
  return screen;
}
