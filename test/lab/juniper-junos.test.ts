import { setTimeout as pause } from 'node:timers/promises';
import ssh2 from 'ssh2';
import { afterEach, describe, expect, it } from 'vitest';
import { LabDevice } from '../../server/lab/ssh-server.ts';
import type { Reply } from '../../server/lab/switch.ts';
import { JuniperJunos } from '../../server/lab/switches/juniper-junos.ts';

const USER = { username: 'mercury', password: 'lab-password', enable: 'lab-enable' };
const PORT = 'set interfaces xe-0/0/1 unit 0 family ethernet-switching';

/** A switch and one user of it: `say` types lines and gives back the last answer, questions included. */
function login(device = new JuniperJunos('sw', USER)) {
  const session = device.openCli();
  const reply = (...lines: string[]): Reply => {
    let last: Reply = {};
    for (const line of lines) last = session.enter(line);
    return last;
  };
  return { device, session, reply, say: (...lines: string[]) => reply(...lines).text ?? '' };
}

/** The same, in exclusive configuration mode, with VLANs 10, 20 and 30 there. */
function editing() {
  const user = login();
  user.say('configure exclusive', 'set vlans a vlan-id 10', 'set vlans b vlan-id 20', 'set vlans c vlan-id 30', 'commit');
  return user;
}

describe('the Junos CLI', () => {
  it('shows the level above the prompt in configuration mode', () => {
    const { session, say } = login();
    expect(session.prompt()).toBe('\nmercury@sw> ');
    expect(say('configure exclusive')).toBe('warning: uncommitted changes will be discarded on exit\nEntering configuration mode');
    expect(session.prompt()).toBe('\n[edit]\nmercury@sw# ');
    say('edit interfaces xe-0/0/1');
    expect(session.prompt()).toBe('\n[edit interfaces xe-0/0/1]\nmercury@sw# ');
    expect(say('top', 'exit configuration-mode')).toBe('Exiting configuration mode');
  });

  it('points at the word it does not know', () => {
    const { say } = login();
    expect(say('shwo version')).toBe(`${' '.repeat('mercury@sw> '.length)}^\nunknown command.`);
    expect(say('show vlan')).toBe(`${' '.repeat('mercury@sw> show '.length)}^\nsyntax error, expecting <command>.`);
    say('configure');
    expect(say('set interface xe-0/0/1 disable')).toBe(`${' '.repeat('mercury@sw# set '.length)}^\nsyntax error.`);
    expect(say(`${PORT} interface-mode hybrid`)).toMatch(/\^\nsyntax error\.$/);
    expect(say('set interfaces xe-0/0/1 native-vlan-id')).toMatch(/\^\nmissing argument\.$/);
    expect(say('set vlans a vlan-id 5000')).toBe('error: Value 5000 is not within range (1..4094)');
    expect(say('set interfaces Gi1/0/1 disable')).toBe("error: invalid interface type in 'Gi1/0/1'");
    expect(say('set interfaces xe-0/0/1 description two words')).toMatch(/\^\nsyntax error\.$/);
  });

  it('types reads of operational mode with run', () => {
    const { say } = editing();
    expect(say('run show configuration vlans | display set')).toContain('set vlans a vlan-id 10');
    expect(say('run set vlans x vlan-id 5')).toContain('syntax error');
  });

  it('pages until screen-length is 0, or for one output with no-more', () => {
    const { session, say } = login();
    session.enter('show configuration');
    expect(session.paging()).toEqual({ lines: 23, more: '---(more)---' });
    session.enter('show configuration | no-more');
    expect(session.paging().lines).toBe(0);
    expect(say('set cli screen-length 0')).toBe('Screen length set to 0');
    expect(session.paging().lines).toBe(0);
  });

  it('filters with match, which takes no heed of case, and except', () => {
    const { say } = login();
    expect(say('show configuration interfaces | display set | match "VLAN MEMBERS|nothing"')).toBe(
      'set interfaces xe-0/0/47 unit 0 family ethernet-switching vlan members 2-1001',
    );
    expect(say('show configuration interfaces xe-0/0/1 | display set | except unit')).toBe('set interfaces xe-0/0/1 disable');
    expect(say('show configuration | include vlan')).toContain('syntax error');
  });

  it('knows only ports that are on the box, but takes configuration for others', () => {
    const { say } = login();
    expect(say('show interfaces xe-0/0/99 terse')).toBe('error: device xe-0/0/99 not found');
    expect(say('show interfaces xe-0/0/1 terse')).toMatch(/^xe-0\/0\/1 +down +down\nxe-0\/0\/1\.0 +up +down +eth-switch$/m);
    expect(say('show configuration interfaces xe-0/0/99')).toBe('');
    expect(say('configure', 'set interfaces xe-0/0/99 disable', 'commit')).toContain('commit complete');
  });
});

describe('the Junos candidate', () => {
  it('adds to a list of members, replaces a leaf, and keeps the family when its list is deleted', () => {
    const { say } = editing();
    say(`${PORT} vlan members [ 10 20 30-35 ]`, `${PORT} vlan members 10`, `${PORT} interface-mode access`, `${PORT} interface-mode trunk`);
    expect(say('show interfaces xe-0/0/1')).toBe(
      [
        'disable;',
        'unit 0 {',
        '    family ethernet-switching {',
        '        interface-mode trunk;',
        '        vlan {',
        '            members [ 10 20 30-35 ];',
        '        }',
        '    }',
        '}',
      ].join('\n'),
    );
    expect(say('delete interfaces xe-0/0/1 unit 0 family ethernet-switching vlan members 30')).toBe('warning: statement not found');
    say(
      'delete interfaces xe-0/0/1 unit 0 family ethernet-switching vlan members',
      'delete interfaces xe-0/0/1 unit 0 family ethernet-switching interface-mode',
    );
    expect(say('show interfaces xe-0/0/1 | display set')).toBe(
      'set interfaces xe-0/0/1 disable\nset interfaces xe-0/0/1 unit 0 family ethernet-switching',
    );
    expect(say('delete interfaces xe-0/0/1 native-vlan-id')).toBe('warning: statement not found');
  });

  it('puts nothing in force before the commit, and shows the difference until then', () => {
    const { device, say } = editing();
    const before = device.running();
    say(
      'delete interfaces xe-0/0/1 disable',
      `${PORT} vlan members 10`,
      'set interfaces xe-0/0/1 description "node 42"',
      'set vlans d vlan-id 40',
    );
    expect(device.running()).toBe(before);
    expect(say('show | compare')).toBe(
      [
        '[edit interfaces xe-0/0/1]',
        '-   disable;',
        '+   description "node 42";',
        '[edit interfaces xe-0/0/1 unit 0 family ethernet-switching]',
        '+   vlan {',
        '+       members 10;',
        '+   }',
        '[edit vlans]',
        '+   d {',
        '+       vlan-id 40;',
        '+   }',
      ].join('\n'),
    );
    expect(say('commit')).toBe('configuration check succeeds\ncommit complete');
    expect(device.running()).toContain('set interfaces xe-0/0/1 description "node 42"\n');
    expect(say('show | compare')).toBe('');
    expect(say('run show vlans a')).toContain('xe-0/0/1.0*');
  });

  it('takes back what is not committed, and then what was', () => {
    const { device, say } = editing();
    const before = device.running();
    say('set vlans d vlan-id 40');
    expect(say('rollback 0')).toBe('load complete');
    expect(say('show | compare')).toBe('');
    say('set vlans d vlan-id 40', 'commit', 'rollback 1', 'commit');
    expect(device.running()).toBe(before);
    expect(say('rollback 49')).toMatch(/^error: /);
  });
});

describe('a Junos commit', () => {
  it.each([
    [
      'a VLAN that is not there',
      [`${PORT} vlan members 666`],
      "[edit interfaces xe-0/0/1 unit 0 family ethernet-switching vlan]\n  'members 666'\n    No vlan matches vlan tag 666 for interface xe-0/0/1.0",
    ],
    [
      'an access port with two VLANs',
      [`${PORT} vlan members 10`, `${PORT} vlan members 20`],
      "  'ethernet-switching'\n    Access interface xe-0/0/1.0 cannot",
    ],
    ['a range on an access port', [`${PORT} vlan members 10-20`], 'Vlan range format not supported if interface-mode is access'],
    ['one id for two VLANs', ['set vlans d vlan-id 10'], "[edit vlans d]\n  'vlan-id 10'\n"],
    ['a trunk without members', [`${PORT} interface-mode trunk`], 'For trunk interface, please ensure either vlan members is configured'],
    ['a native VLAN without a trunk', ['set interfaces xe-0/0/1 native-vlan-id 10'], 'native-vlan-id can be specified with'],
    [
      'a unit on a member of an aggregate',
      ['set interfaces xe-0/0/1 ether-options 802.3ad ae0'],
      'logical unit is not allowed on aggregated links',
    ],
    ['two families on a unit', ['set interfaces xe-0/0/1 unit 0 family inet address 192.0.2.1/31'], 'mutually exclusive'],
  ])('finds %s, and changes nothing', (_, lines, complaint) => {
    const { device, say } = editing();
    const before = device.running();
    const said = say(...lines, 'commit confirmed 2');
    expect(said).toContain(complaint);
    expect(said).toMatch(/\nerror: configuration check-out failed$/);
    expect(device.running()).toBe(before);
    expect(say('rollback 0', 'show | compare')).toBe('');
  });

  it('is rolled back by the switch itself when nobody confirms it', async () => {
    const { device, session, say } = editing();
    device.timerScale = 0.0002; // two minutes in 24 ms
    const before = device.running();
    expect(say('set vlans d vlan-id 40', 'commit confirmed 2')).toBe(
      'configuration check succeeds\ncommit confirmed will be automatically rolled back in 2 minutes unless confirmed\ncommit complete',
    );
    expect(session.prompt()).toBe('\n# commit confirmed will be rolled back in 2 minutes\n[edit]\nmercury@sw# ');
    expect(device.running()).not.toBe(before);
    await pause(60);
    expect(device.running()).toBe(before);
    expect(session.prompt()).toBe('\n[edit]\nmercury@sw# ');
    expect(say('show | compare')).toBe('');
    // The roll-back is a commit itself: what it undid is now one step back.
    expect(say('rollback 1', 'show | compare')).toContain('+   d {');
  });

  it('stays once it is confirmed, and is undone by rollback 1 before that', async () => {
    const { device, say } = editing();
    device.timerScale = 0.0002;
    const before = device.running();
    say('set vlans d vlan-id 40', 'commit confirmed 2', 'rollback 1', 'commit');
    expect(device.running()).toBe(before);
    say('set vlans d vlan-id 40', 'commit confirmed 2');
    expect(say('commit')).toContain('commit complete');
    await pause(60);
    expect(device.running()).toContain('set vlans d vlan-id 40');
  });
});

describe('several users of one Junos', () => {
  it('lets one at a time edit exclusively, and drops what was not committed when the session is lost', () => {
    const first = login();
    const second = login(first.device);
    first.say('configure exclusive', 'set vlans d vlan-id 40');
    expect(second.say('configure exclusive')).toMatch(
      /^error: configuration database locked by:\n {2}mercury terminal p0 .*\n {6}exclusive \[edit\]$/,
    );
    expect(second.session.prompt()).toBe('\nmercury@sw> ');
    expect(second.say('configure', 'set vlans e vlan-id 50')).toMatch(/^error: configuration database locked by:/);
    first.session.hangUp();
    expect(second.say('exit configuration-mode', 'configure exclusive', 'show | compare')).toBe('');
  });

  it('keeps the edits of a shared session, and refuses exclusive and private ones over them', () => {
    const first = login();
    const second = login(first.device);
    first.say('configure', 'set vlans d vlan-id 40');
    first.session.hangUp();
    expect(second.say('configure exclusive')).toBe('error: configuration database modified');
    expect(second.say('configure private')).toBe('error: shared configuration database modified');
    expect(second.say('configure', 'show | compare')).toContain('+   d {');
  });

  it('has no confirmed commit in private mode', () => {
    const { say } = login();
    say('configure private', 'set vlans d vlan-id 40');
    expect(say('commit confirmed 2')).toMatch(/^error: /);
    expect(say('commit')).toContain('commit complete');
  });

  it('asks before it leaves uncommitted changes behind', () => {
    const { device, reply, session, say } = login();
    const leaving = reply('configure exclusive', 'set vlans d vlan-id 40', 'exit configuration-mode');
    expect(leaving.text).toContain('The configuration has been changed but not committed\n');
    expect(leaving.ask?.text).toBe('Discard uncommitted changes? [yes,no] (yes) ');
    expect(leaving.ask?.answer('no').text).toBeUndefined();
    expect(session.prompt()).toContain('[edit]');
    expect(reply('exit configuration-mode').ask?.answer('yes').text).toContain('Exiting configuration mode');
    expect(say('configure exclusive', 'show | compare')).toBe('');
    say('exit configuration-mode');
    const shared = reply('configure', 'set vlans d vlan-id 40', 'exit configuration-mode');
    expect(shared.ask?.text).toBe('Exit with uncommitted changes? [yes,no] (yes) ');
    shared.ask?.answer('');
    expect(device.database.candidate.get('vlans')?.has('d')).toBe(true);
  });
});

describe('the Junos lab over SSH', () => {
  let device: LabDevice | undefined;
  afterEach(() => device?.close());

  it('attaches a port with what a playbook types', async () => {
    const junos = new JuniperJunos('sw', USER);
    device = new LabDevice(junos, { user: USER, delays: { login: 0, command: 0, commit: 0, save: 0 }, maxSessions: 4 });
    await device.listen();
    const screen = await typed(device.port, [
      'set cli screen-length 0',
      'configure exclusive',
      'set vlans a vlan-id 10',
      `${PORT} interface-mode access`,
      `${PORT} vlan members 10`,
      'delete interfaces xe-0/0/1 disable',
      'commit confirmed 2',
      'run show configuration interfaces xe-0/0/1 | display set',
      'commit',
      'exit configuration-mode',
      'exit',
    ]);
    expect(screen).toContain('Entering configuration mode\r\n\r\n[edit]\r\nmercury@sw# ');
    expect(screen).toContain(`\r\n${PORT} vlan members 10\r\n\r\n# commit confirmed will be rolled back in 2 minutes\r\n[edit]\r\n`);
    expect(screen.match(/commit complete/g)).toHaveLength(2);
    expect(junos.running()).toContain(`${PORT} vlan members 10`);
    expect(junos.database.exclusive).toBeUndefined();
  });
});

/** Types lines in a shell and gives back the whole screen, once the switch has logged the user out. */
function typed(port: number, lines: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const client = new ssh2.Client();
    client.on('error', reject);
    client.on('ready', () => {
      client.shell({ rows: 100, cols: 511 }, (error, channel) => {
        if (error) return reject(error);
        let screen = '';
        channel.on('data', (data: Buffer) => {
          screen += data.toString('latin1');
        });
        channel.on('close', () => {
          client.end();
          resolve(screen);
        });
        channel.write(lines.map(line => `${line}\n`).join(''));
      });
    });
    client.connect({ host: '127.0.0.1', port, username: USER.username, password: USER.password });
  });
}
