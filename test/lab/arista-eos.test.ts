import { setTimeout as pause } from 'node:timers/promises';
import ssh2 from 'ssh2';
import { describe, expect, it } from 'vitest';
import { LabDevice } from '../../server/lab/ssh-server.ts';
import type { CliSession } from '../../server/lab/switch.ts';
import { AristaEos } from '../../server/lab/switches/arista-eos.ts';

const user = { username: 'mercury', password: 'lab-password', enable: 'lab-enable' };
const newSwitch = () => new AristaEos('leaf-201', user);

/** A terminal at `leaf-201#`. */
function privileged(device: AristaEos): CliSession {
  const cli = device.openCli();
  cli.enter('enable').ask?.answer(user.enable);
  return cli;
}

/** What is printed, line by line, for each command. */
function type(cli: CliSession, ...lines: string[]): string[] {
  return lines.map(line => cli.enter(line).text ?? '');
}

const silent = (texts: readonly string[]) => expect(texts.filter(text => text !== '')).toEqual([]);
const attach = ['interface Ethernet1', '  switchport access vlan 100', '  switchport mode access', '  no shutdown'];

describe('the lab EOS switch', () => {
  it('asks for the enable secret three times', () => {
    const cli = newSwitch().openCli();
    expect(cli.prompt()).toBe('leaf-201>');
    const first = cli.enter('enable');
    expect(first.ask?.text).toBe('Password:');
    const third = first.ask?.answer('wrong').ask?.answer('wrong');
    expect(third?.ask?.answer('wrong').text).toBe('% Bad secret');
    expect(cli.prompt()).toBe('leaf-201>');
    cli.enter('enable').ask?.answer(user.enable);
    expect(cli.prompt()).toBe('leaf-201#');
  });

  it('refuses with the words of EOS', () => {
    const cli = newSwitch().openCli();
    expect(type(cli, 'show running-config', 'shw vlan', 'terminal length', 'configure terminal')).toEqual([
      '% Invalid input (privileged mode required)',
      '% Invalid input',
      '% Incomplete command',
      '% Invalid input (privileged mode required)',
    ]);
    cli.enter('enable').ask?.answer(user.enable);
    expect(type(cli, 'interface Ethernet1', 'configure session', 'show running-config interfaces Ethernet99', 'commit')).toEqual([
      '% Invalid input',
      '% Incomplete command',
      '% Invalid input',
      '% Invalid input',
    ]);
  });

  it('shows six characters of the session name in its prompts', () => {
    const cli = privileged(newSwitch());
    type(cli, 'configure session mercury-4f1c');
    expect(cli.prompt()).toBe('leaf-201(config-s-mercur)#');
    type(cli, 'interface Ethernet1');
    expect(cli.prompt()).toBe('leaf-201(config-s-mercur-if-Et1)#');
    type(cli, 'vlan 100');
    expect(cli.prompt()).toBe('leaf-201(config-s-mercur-vlan-100)#');
    type(cli, 'exit', 'exit', 'configure terminal', 'interface Ethernet49/1');
    expect(cli.prompt()).toBe('leaf-201(config-if-Et49/1)#');
    expect(type(cli, 'commit', 'abort')).toEqual(['% Invalid input', '% Invalid input']);
  });

  it('keeps a session out of the running configuration until the commit, and shows its diff', () => {
    const device = newSwitch();
    const cli = privileged(device);
    const before = device.running();
    type(cli, 'configure session mercury-1');
    expect(type(cli, 'show session-config diffs')).toEqual(['']);
    expect(type(cli, ...attach)).toEqual(['', '! Access VLAN does not exist. Creating vlan 100', '', '']);
    const [diff] = type(cli, 'show session-config diffs');
    expect(diff).toBe(
      [
        '--- system:/running-config',
        '+++ session:/mercury-1-session-config',
        '@@ -2,12 +2,14 @@',
        ' !',
        ' spanning-tree mode mstp',
        ' !',
        '+vlan 100',
        '+!',
        ' interface Port-Channel1000',
        '    switchport trunk allowed vlan 2-1001',
        '    switchport mode trunk',
        ' !',
        ' interface Ethernet1',
        '-   shutdown',
        '+   switchport access vlan 100',
        ' !',
        ' interface Ethernet2',
        '    shutdown',
      ].join('\n'),
    );
    expect(device.running()).toBe(before);
    expect(type(cli, 'do show running-config interfaces Ethernet1')).toEqual(['interface Ethernet1\n   shutdown']);
    silent(type(cli, 'commit'));
    expect(cli.prompt()).toBe('leaf-201#');
    expect(type(cli, 'show running-config interfaces Ethernet1')).toEqual(['interface Ethernet1\n   switchport access vlan 100']);
    expect(device.saved()).toBe(before);
    expect(type(cli, 'write memory')).toEqual(['Copy completed successfully.']);
    expect(device.saved()).toBe(device.running());
  });

  it('takes an unconfirmed commit back by itself', async () => {
    const device = newSwitch();
    device.timerScale = 0.0005;
    const before = device.running();
    const cli = privileged(device);
    type(cli, 'configure session mercury-2', ...attach);
    silent(type(cli, 'commit timer 00:02:00'));
    expect(cli.prompt()).toBe('leaf-201#');
    expect(device.running()).not.toBe(before);
    await pause(120);
    expect(device.running()).toBe(before);
    expect(type(cli, 'configure session mercury-2 commit')[0]).toMatch(/^% /);
  });

  it('keeps a commit that is confirmed, from another terminal too', async () => {
    const device = newSwitch();
    device.timerScale = 0.0005;
    const cli = privileged(device);
    type(cli, 'configure session mercury-3', ...attach, 'commit timer 00:02:00');
    const other = privileged(device);
    expect(type(other, 'show configuration sessions detail')[0]).toMatch(/^Session with pending commit timer: mercury-3$/m);
    silent(type(other, 'configure session mercury-3 commit'));
    const [sessions] = type(other, 'show configuration sessions detail');
    expect(sessions).toMatch(/^[* ]*mercury-3 +(?:committed|completed)\b/m);
    expect(sessions).not.toMatch(/pending commit timer/);
    await pause(120);
    expect(device.running()).toContain('   switchport access vlan 100');
    expect(type(other, 'configure session mercury-3 abort')[0]).toMatch(/^% /);
  });

  it('takes an aborted commit back at once, and frees the name', () => {
    const device = newSwitch();
    const before = device.running();
    const cli = privileged(device);
    type(cli, 'configure session mercury-4', ...attach, 'commit timer 00:02:00');
    silent(type(cli, 'configure session mercury-4 abort'));
    expect(device.running()).toBe(before);
    silent(type(cli, 'configure session mercury-4'));
    expect(cli.prompt()).toBe('leaf-201(config-s-mercur)#');
    silent(type(cli, 'abort'));
    expect(type(cli, 'configure session mercury-4 abort')).toEqual(['% Session mercury-4 does not exist']);
  });

  it('leaves a session pending when the line drops, up to five of them', () => {
    const device = newSwitch();
    for (let i = 1; i <= 5; i += 1) {
      const cli = privileged(device);
      silent(type(cli, `configure session lost-${i}`));
      cli.hangUp();
    }
    const cli = privileged(device);
    expect(type(cli, 'configure session mercury-5')[0]).toMatch(/^Maximum number of pending sessions has been reached/);
    expect(cli.prompt()).toBe('leaf-201#');
    silent(type(cli, 'configure session lost-1 abort', 'configure session mercury-5'));
  });

  it('sets trunk lists as EOS does', () => {
    const device = newSwitch();
    const cli = privileged(device);
    const allowed = () => /allowed vlan (.*)/.exec(type(cli, 'show running-config interfaces Ethernet2')[0] ?? '')?.[1];
    type(cli, 'configure', 'interface Ethernet2', 'switchport trunk allowed vlan add 10');
    expect(allowed()).toBeUndefined();
    silent(
      type(
        cli,
        'switchport trunk allowed vlan 10,20-22',
        'switchport trunk allowed vlan add 11',
        'switchport trunk allowed vlan remove 21',
      ),
    );
    expect(allowed()).toBe('10-11,20,22');
    type(cli, 'switchport trunk allowed vlan none');
    expect(allowed()).toBe('none');
    expect(type(cli, 'switchport trunk allowed vlan 10,4095', 'switchport access vlan 5000', 'vlan 0')).toEqual([
      '% Invalid input',
      '% Invalid input',
      '% Invalid input',
    ]);
  });

  it('reads VLANs and filters', () => {
    const device = newSwitch();
    const cli = privileged(device);
    expect(type(cli, 'show vlan id 100')).toEqual(['% VLAN 100 not found in current VLAN database']);
    silent(type(cli, 'configure', 'vlan 100', 'name blue', 'vlan 101', 'vlan 102', 'end'));
    expect(type(cli, 'show vlan id 100')[0]).toMatch(/^100 {3}blue {29}active {4}Et49\/1, Po1000$/m);
    expect(device.running()).toContain('vlan 100\n   name blue\n!\nvlan 101-102\n!');
    const [section] = type(cli, 'show running-config | section ^interface');
    expect(section?.split('\n').slice(3, 5)).toEqual(['interface Ethernet1', '   shutdown']);
    expect(section).not.toContain('vlan 100');
    silent(type(cli, 'configure', 'no vlan 100', 'no vlan 100'));
  });

  it('speaks over SSH, with a pager until it is turned off', async () => {
    const device = newSwitch();
    const delays = { login: 0, command: 0, commit: 0, save: 0 };
    const lab = new LabDevice(device, { user, delays, maxSessions: 4 });
    await lab.listen();
    const client = new ssh2.Client();
    await new Promise((resolve, reject) => {
      client.once('ready', () => resolve(undefined)).once('error', reject);
      client.connect({ host: '127.0.0.1', port: lab.port, username: user.username, password: user.password });
    });
    const shell = await new Promise<ssh2.ClientChannel>((resolve, reject) =>
      client.shell((error, channel) => (error ? reject(error) : resolve(channel))),
    );
    let screen = '';
    shell.on('data', (data: Buffer) => {
      screen += data.toString();
    });
    const until = async (end: string) => {
      await expect.poll(() => screen.endsWith(end)).toBe(true);
      const seen = screen;
      screen = '';
      return seen;
    };
    await until('leaf-201>');
    shell.write('enable\n');
    await until('Password:');
    shell.write('lab-enable\n');
    await until('leaf-201#');
    shell.write('show running-config\n');
    await until(' --More-- ');
    shell.write('q');
    await until('leaf-201#');
    shell.write('terminal length 0\n');
    expect(await until('leaf-201#')).toContain('Pagination disabled.\r\n');
    shell.write('show running-config\n');
    expect(await until('\r\nend\r\nleaf-201#')).toContain('switchport trunk allowed vlan 2-1001');
    shell.write('configure session mercury-6\n');
    await until('(config-s-mercur)#');
    client.end();
    await lab.close();
    expect(device.session('mercury-6')?.state).toBe('pending');
  });
});
