import { existsSync, linkSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { load } from 'js-yaml';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { type Ended, Folder, mercury } from './run.ts';

const NGS = `[genericswitch:leaf-201]
device_type = netmiko_arista_eos
ngs_mac_address = 00:00:5e:00:53:02
ip = 192.0.2.201
username = mercury
password = first$ecret
secret = en4ble-me

[genericswitch:access-101]
device_type = netmiko_cisco_ios
ip = 192.0.2.101
port = 2222
username = mercury
password = first$ecret
secret = en4ble-me
`;
const SECRETS = ['first$ecret', 'en4ble-me', 'hunter3'];
const UNKNOWN = `${NGS}\n[genericswitch:nexus]\ndevice_type = netmiko_cisco_nxos\nip = 192.0.2.9\nusername = nx\npassword = hunter3\n`;

const folders: Folder[] = [];
afterAll(() => {
  for (const folder of folders) folder[Symbol.dispose]();
});

let folder = '';
beforeEach(() => {
  const one = new Folder();
  folders.push(one);
  folder = one.path;
  mkdirSync(join(folder, 'inventory'));
});

const path = (name: string) => join(folder, name);
const put = (name: string, text: string, mode = 0o644) => {
  writeFileSync(path(name), text, { mode });
  return path(name);
};
const modeOf = (name: string) => (statSync(path(name)).mode & 0o777).toString(8);
const both = () => ['--inventory', path('inventory/switches.yml'), '--credentials', path('credentials.yml')];
const lint = () => mercury(['lint'], { env: { MERCURY_INVENTORY: path('inventory') } });

function expectNoSecrets({ out, err }: Ended): void {
  for (const secret of SECRETS) expect(out + err).not.toContain(secret);
}

describe('mercury import without outputs', () => {
  it('prints the inventory, and on standard error the notes and how files are written', async () => {
    const ended = await mercury(['import', put('ngs.ini', NGS)]);
    expect(ended).toMatchObject({ status: 0, signal: null });
    expectNoSecrets(ended);
    expect(ended.out.split('\n')[0]).toBe(`# Written by "mercury import" from ${path('ngs.ini')} (networking-generic-switch).`);
    expect(load(ended.out)).toEqual({
      devices: {
        'leaf-201': { platform: 'arista_eos', address: '192.0.2.201', credentials: 'mercury', switch_ids: ['00:00:5e:00:53:02'] },
        'access-101': { platform: 'cisco_ios', address: '192.0.2.101', port: 2222, credentials: 'mercury' },
      },
    });
    expect(ended.err).toContain(`To know\n${path('ngs.ini')}:6: password has a $ and is taken as it stands`);
    expect(ended.err).toContain('(and 1 more line)');
    expect(ended.err).toContain('Nothing is written. --inventory OUT.yml and --credentials OUT.yml');
    expect(ended.err).not.toContain('Left to do');
    expect(readdirSync(folder).sort()).toEqual(['inventory', 'ngs.ini']);
  });

  it('gives the lines that ask devices for their host keys, one for each port', async () => {
    const { err } = await mercury(['import', put('ngs.ini', UNKNOWN)]);
    expect(err.split('\n').filter(line => line.includes('ssh-keyscan'))).toEqual([
      '  ssh-keyscan -t ed25519 192.0.2.201 | ssh-keygen -lf -',
      '  ssh-keyscan -t ed25519 -p 2222 192.0.2.101 | ssh-keygen -lf -',
    ]);
  });

  it('ends with 10 when something is left to do, and has it first', async () => {
    const ended = await mercury(['import', put('ngs.ini', UNKNOWN)]);
    expect(ended.status).toBe(10);
    expectNoSecrets(ended);
    expect(ended.err).toMatch(
      /^Left to do\n\S+ngs\.ini:18: nexus is written as a comment: no platform goes by "netmiko_cisco_nxos"; there are arista_eos, /,
    );
    expect(ended.out).toContain('\n  # nexus:\n  #   address: 192.0.2.9\n');
  });

  it('reads standard input', async () => {
    const ended = await mercury(['import', '-'], { input: NGS });
    expect(ended.status).toBe(0);
    expect(ended.out).toContain('from standard input');
    expect(ended.err).toContain('standard input:6: ');
  });

  it('leaves the inventory readable where a password is part of what stands in it', async () => {
    const text = NGS.replaceAll('first$ecret', 'cisco').replaceAll('en4ble-me', '192');
    const ended = await mercury(['import', put('ngs.ini', text)]);
    expect(ended.out).toContain('    platform: cisco_ios\n    address: 192.0.2.101\n');
  });

  it('gives machines the same, without secrets', async () => {
    const ended = await mercury(['import', '--json', put('ngs.ini', UNKNOWN)]);
    expect(ended).toMatchObject({ status: 10, err: '' });
    expectNoSecrets(ended);
    const told = JSON.parse(ended.out);
    expect(told).toMatchObject({
      format: 'ngs',
      written: { inventory: null, credentials: null },
      devices: { 'access-101': { platform: 'cisco_ios', credentials: 'mercury' } },
      unfinished: { nexus: { device: { address: '192.0.2.9' } } },
      credentials: { mercury: { lacks: [] }, nexus: { lacks: [] } },
    });
    expect(told.notes).toContainEqual({ todo: false, message: expect.stringMatching(/^password has a \$/), lines: [6, 14] });
  });
});

describe('mercury import with outputs', () => {
  it('writes an inventory that lint is content with, and credentials that nobody else may read', async () => {
    const ended = await mercury(['import', put('ngs.ini', NGS), ...both()]);
    expect(ended.status).toBe(0);
    expectNoSecrets(ended);
    expect(ended.out).toBe(`${path('inventory/switches.yml')}: 2 devices\n${path('credentials.yml')}: 1 entry, mode 600\n`);
    expect(ended.err).not.toContain('Nothing is written');
    expect([modeOf('inventory/switches.yml'), modeOf('credentials.yml')]).toEqual(['644', '600']);
    for (const secret of SECRETS) expect(readFileSync(path('inventory/switches.yml'), 'utf8')).not.toContain(secret);
    expect(load(readFileSync(path('credentials.yml'), 'utf8'))).toEqual({
      mercury: { username: 'mercury', password: 'first$ecret', enable: 'en4ble-me' },
    });
    expect(await lint()).toMatchObject({ status: 0, out: expect.stringMatching(/, 2 devices\n$/) });
    expect(readdirSync(folder).sort()).toEqual(['credentials.yml', 'inventory', 'ngs.ini']);
  });

  it('has lint content where some of it are comments, too', async () => {
    const ended = await mercury(['import', put('ngs.ini', UNKNOWN.replace('password = hunter3', '')), ...both()]);
    expect(ended.status).toBe(10);
    expect(ended.out).toBe(
      `${path('inventory/switches.yml')}: 2 devices and 1 as a comment\n${path('credentials.yml')}: 1 entry and 1 as a comment, mode 600\n`,
    );
    expect(await lint()).toMatchObject({ status: 0 });
  });

  it('goes as far as the login with what it wrote', async () => {
    await mercury(['import', put('ngs.ini', NGS.replace('192.0.2.201', '127.0.0.1\nport = 1')), ...both()]);
    const env = { MERCURY_INVENTORY: path('inventory'), MERCURY_CREDENTIALS: path('credentials.yml') };
    const ended = await mercury(['verify', 'attach_port', '00:00:5e:00:53:02', 'Ethernet7', '--native', '100'], { env });
    expect(ended).toMatchObject({ status: 5, err: expect.stringContaining('leaf-201 (127.0.0.1:1) cannot be reached') });
  });

  it('writes one of the two when only one is asked for', async () => {
    const credentials = await mercury(['import', put('ngs.ini', NGS), '--credentials', path('credentials.yml')]);
    expect(credentials.out).toContain('devices:\n  leaf-201:\n');
    expect(credentials.err).not.toMatch(/Nothing is written|Credentials are not written/);
    const inventory = await mercury(['import', path('ngs.ini'), '--inventory', path('inventory/a.yml')]);
    expect(inventory.err).toContain('Credentials are not written; --credentials OUT.yml does that, with mode 600.');
    expectNoSecrets(inventory);
    expect(readdirSync(folder).sort()).toEqual(['credentials.yml', 'inventory', 'ngs.ini']);
  });

  it.each(['inventory/switches.yml', 'credentials.yml'])('leaves %s alone when it is there, and writes neither', async name => {
    put(name, 'mine\n', 0o640);
    const ended = await mercury(['import', put('ngs.ini', NGS), ...both()]);
    expect(ended).toMatchObject({
      status: 2,
      out: '',
      err: expect.stringContaining(`${path(name)} is there already; --force writes over it`),
    });
    expect(readFileSync(path(name), 'utf8')).toBe('mine\n');
    expect([...readdirSync(folder), ...readdirSync(path('inventory'))].sort()).toEqual(
      ['inventory', 'ngs.ini', name.replace('inventory/', '')].sort(),
    );
  });

  it('writes over both with --force: what was open to others is a new file that is not', async () => {
    put('credentials.yml', 'old\n', 0o666);
    linkSync(path('credentials.yml'), path('held-open.yml'));
    put('inventory/switches.yml', 'old\n');
    expect(await mercury(['import', put('ngs.ini', NGS), '--force', ...both()])).toMatchObject({ status: 0 });
    expect(modeOf('credentials.yml')).toBe('600');
    expect(readFileSync(path('credentials.yml'), 'utf8')).toContain('first$ecret');
    expect(readFileSync(path('held-open.yml'), 'utf8')).toBe('old\n');
    expect(await lint()).toMatchObject({ status: 0 });
  });

  it('puts a file in the place of a link, with --force; it does not follow it', async () => {
    put('elsewhere.yml', 'old\n');
    symlinkSync(path('elsewhere.yml'), path('credentials.yml'));
    expect(await mercury(['import', put('ngs.ini', NGS), '--force', ...both()])).toMatchObject({ status: 0 });
    expect(readFileSync(path('elsewhere.yml'), 'utf8')).toBe('old\n');
    expect(modeOf('credentials.yml')).toBe('600');
  });

  it('is not taken in by a link that leads nowhere', async () => {
    symlinkSync(path('elsewhere.yml'), path('credentials.yml'));
    expect(await mercury(['import', put('ngs.ini', NGS), ...both()])).toMatchObject({ status: 2 });
    expect(existsSync(path('elsewhere.yml'))).toBe(false);
    expect(existsSync(path('inventory/switches.yml'))).toBe(false);
  });

  it('writes neither when one cannot be written', async () => {
    const args = ['--inventory', path('inventory/a.yml'), '--credentials', path('nowhere/credentials.yml')];
    const ended = await mercury(['import', put('ngs.ini', NGS), ...args]);
    expect(ended).toMatchObject({
      status: 2,
      err: expect.stringContaining(`${path('nowhere/credentials.yml')} cannot be written: ENOENT`),
    });
    expect(readdirSync(path('inventory'))).toEqual([]);
  });

  it('refuses names that nobody would read, that are the same, or that are in the inventory folder', async () => {
    put('ngs.yml', NGS);
    const refusals: [string[], string][] = [
      [['--inventory', 'switches.txt'], 'its name must end in .yml'],
      [['--inventory', 'a.yml', '--credentials', './a.yml'], 'must be three files'],
      [['--inventory', 'ngs.yml', '--force'], 'must be three files'],
      [['--credentials', 'inventory/credentials.yml'], 'secrets do not belong into the inventory folder'],
    ];
    const options = { cwd: folder, env: { MERCURY_INVENTORY: path('inventory') } };
    const ended = await Promise.all(refusals.map(([args]) => mercury(['import', 'ngs.yml', ...args], options)));
    for (const [i, [, why]] of refusals.entries())
      expect(ended[i]).toMatchObject({ status: 2, out: '', err: expect.stringContaining(why) });
    expect(readdirSync(folder).sort()).toEqual(['inventory', 'ngs.yml']);
    expect(readFileSync(path('ngs.yml'), 'utf8')).toBe(NGS);
  });
});

describe('mercury import of a file that is nothing for it', () => {
  it('says what was looked for', async () => {
    expect(await mercury(['import', put('x', 'hello\n')])).toMatchObject({
      status: 2,
      out: '',
      err: expect.stringMatching(
        /x:1: of no format that is known\. Looked for sections \[switch:NAME\], .*\[genericswitch:NAME\].*Ansible/,
      ),
    });
  });

  it('tells its wrong lines without showing them', async () => {
    const ended = await mercury(['import', put('x', '[genericswitch:a]\npassword hunter3\n')]);
    expect(ended).toMatchObject({ status: 2, out: '', err: expect.stringContaining('x:2: is neither a comment') });
    expectNoSecrets(ended);
  });

  it('says so when there is none, or the format is none', async () => {
    expect(await mercury(['import', path('nothing')])).toMatchObject({
      status: 2,
      err: expect.stringContaining(`there is no file ${path('nothing')}`),
    });
    expect(await mercury(['import', put('x', NGS), '--format', 'cisco'])).toMatchObject({
      status: 2,
      err: expect.stringContaining('ironic, ngs, ansible'),
    });
    expect(await mercury(['import', path('x'), '--format', 'ironic'])).toMatchObject({
      status: 2,
      err: expect.stringContaining('[switch:NAME]'),
    });
  });
});

describe('mercury import of an Ansible inventory', () => {
  const HOSTS = `leaf:
  vars: { ansible_network_os: eos, ansible_user: mercury, ansible_password: hunter3 }
  hosts: { 'leaf-[01:02]': }
`;

  it('carries its groups over', async () => {
    expect(await mercury(['import', put('hosts.yml', HOSTS), ...both()])).toMatchObject({ status: 0 });
    expect(load(readFileSync(path('inventory/switches.yml'), 'utf8'))).toMatchObject({
      groups: { leaf: { platform: 'arista_eos' } },
      devices: { 'leaf-01': { groups: ['leaf'] }, 'leaf-02': { groups: ['leaf'] } },
    });
    expect(await lint()).toMatchObject({ status: 0 });
  });

  it('says that group_vars beside it are not read, and what reads them', async () => {
    mkdirSync(path('group_vars'));
    const ended = await mercury(['import', put('hosts.yml', HOSTS)]);
    expect(ended.status).toBe(10);
    expect(ended.err).toContain('group_vars beside it are not read; "ansible-inventory -i ');
  });
});

it('mercury import --help tells the exit statuses and an example, in 80 columns', async () => {
  const { status, out } = await mercury(['import', '--help']);
  expect(status).toBe(0);
  for (const exit of [0, 2, 10]) expect(out).toMatch(new RegExp(`^ {2,3}${exit} {2}\\S`, 'm'));
  expect(out).toMatch(/Example:\n {2}mercury import\b/);
  expect(out.split('\n').filter(line => line.length > 80)).toEqual([]);
});
