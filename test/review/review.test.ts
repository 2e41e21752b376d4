import { mkdirSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { Folder, MAIN, Running } from '../cli/run.ts';
import { PLATFORMS } from '../harness.ts';
import { type Told, Tree } from './tree.ts';

const tree = new Tree();
afterAll(() => tree[Symbol.dispose]());
afterEach(() => tree.restore());

const filesOf = (folder: string) =>
  readdirSync(join(tree.path, folder), { recursive: true, encoding: 'utf8' })
    .filter(name => /\.(?:yml|hbs)$/.test(name))
    .map(name => join(folder, name));

/** The lines that differ, with mark and source, whatever samples they are of. */
const linesOf = ({ diff }: Told['changes'][number]) =>
  diff.flatMap(({ change, sent, told, source }) =>
    change === 'same' ? [] : [`${change === 'new' ? '+' : '-'} ${sent ?? told} (${source})`],
  );

describe('mercury review', () => {
  it('says that nothing changes where nothing was edited', async () => {
    const { status, out, err } = await tree.run(['review', '--json']);
    expect(err).toBe('');
    const { same, files, plans } = JSON.parse(out) as Told;
    expect({ status, same, files }).toEqual({ status: 0, same: true, files: [] });
    expect(plans).toBeGreaterThanOrEqual(PLATFORMS.length * 27);
  });

  it('says that nothing changes where only comments were, in every file', () => {
    const files = ['playbooks', 'templates', 'inventory'].flatMap(filesOf);
    for (const file of files)
      tree.write(file, `${file.endsWith('.hbs') ? '{{! seen by the network team }}' : '# seen by the network team'}\n${tree.read(file)}`);
    const found = tree.review();
    expect(found.files.map(({ file }) => file).toSorted()).toEqual(files.toSorted());
    expect(found).toMatchObject({ status: 0, same: true, changes: [], devices: [], rules: [], complaints: { new: [], gone: [] } });
  });

  it('names exactly the platforms, methods, samples, devices and lines that an edit of a template changes', () => {
    tree.edit('templates/arista_eos/edge.hbs', '  spanning-tree portfast\n', '  spanning-tree portfast edge\n');
    const { status, changes } = tree.review({ base: 'main' });
    expect(status).toBe(11);
    expect(changes.map(({ platform, method, samples, devices }) => ({ platform, method, samples: samples.length, devices }))).toEqual([
      { platform: 'arista_eos', method: 'attach_port', samples: 5, devices: ['leaf-201'] },
      { platform: 'arista_eos', method: 'update_port', samples: 3, devices: ['leaf-201'] },
      { platform: 'arista_eos', method: 'attach_lag', samples: 5, devices: ['leaf-201'] },
      { platform: 'arista_eos', method: 'join_lag', samples: 4, devices: ['leaf-201'] },
    ]);
    for (const change of changes) {
      expect(change).toMatchObject({ effect: 'changed', aspects: ['typed'] });
      expect(linesOf(change)).toEqual([
        '- spanning-tree portfast (templates/arista_eos/edge.hbs:4)',
        '+ spanning-tree portfast edge (templates/arista_eos/edge.hbs:4)',
      ]);
    }
  });

  it('tells a weaker check from another command', () => {
    tree.edit('playbooks/arista_eos/attach_port.yml', "'^   shutdown$'", "'^   shutdown'");
    const { changes } = tree.review();
    expect(changes.map(({ method, aspects }) => [method, aspects])).toEqual([
      ['attach_port', ['verify']],
      ['update_port', ['verify']],
    ]);
    expect(changes.map(linesOf)[0]).toEqual([
      '- must not show /^   shutdown$/ (playbooks/arista_eos/attach_port.yml:53)',
      '+ must not show /^   shutdown/ (playbooks/arista_eos/attach_port.yml:53)',
    ]);
  });

  it('tells which methods lend their rescue from the edited one', () => {
    tree.edit('playbooks/cisco_ios/detach_port.yml', '        no description\n', '        no description\n        no mtu\n');
    const { changes } = tree.review();
    const aspects = Object.fromEntries(changes.map(change => [change.method, change.aspects]));
    expect(aspects).toEqual({
      attach_port: ['rescue'],
      update_port: ['rescue'],
      join_lag: ['rescue'],
      detach_port: ['typed', 'rescue'],
      attach_lag: ['rescue'],
    });
    expect(new Set(changes.map(({ platform }) => platform))).toEqual(new Set(['cisco_ios']));
  });

  it('calls another name of a task other words, for no device sees it', () => {
    tree.edit('playbooks/cisco_ios/attach_port.yml', 'Open {{port}}', 'Bring up {{port}}');
    const { changes, status } = tree.review();
    expect(status).toBe(11);
    expect(changes.map(({ method, effect }) => [method, effect])).toEqual([['attach_port', 'words']]);
  });

  it('shows what is new for a device of the inventory, and what its var does to its plans alone', () => {
    tree.edit('inventory/example.yml', 'address: 192.0.2.201\n', 'address: 192.0.2.211\n    vars: { portfast: false }\n');
    const { changes, devices } = tree.review();
    expect(devices).toEqual([
      {
        name: 'leaf-201',
        platform: 'arista_eos',
        effect: 'changed',
        settings: [
          { name: 'address', before: '192.0.2.201', after: '192.0.2.211' },
          { name: 'vars.portfast', before: null, after: 'false' },
        ],
      },
    ]);
    expect([...new Set(changes.flatMap(({ devices: touched }) => touched))]).toEqual(['leaf-201']);
    expect(changes.flatMap(linesOf)).toContain('- spanning-tree portfast (templates/arista_eos/edge.hbs:4)');
  });

  it('shows devices that come and go', () => {
    tree.edit('inventory/example.yml', '  leaf-401:\n', '  leaf-402:\n');
    const { devices, changes } = tree.review();
    expect(devices.map(({ name, effect }) => [name, effect])).toEqual([
      ['leaf-401', 'gone'],
      ['leaf-402', 'new'],
    ]);
    expect(changes).toEqual([]);
  });

  it('says what is refused from now on, and why, where a playbook goes', () => {
    rmSync(join(tree.path, 'playbooks/cisco_ios/attach_lag.yml'));
    const { changes } = tree.review();
    expect(changes.map(({ method, effect, samples }) => [method, effect, samples.length])).toEqual([['attach_lag', 'refused', 5]]);
    const back = new Tree();
    back.git('rm', '--quiet', 'playbooks/cisco_ios/attach_lag.yml');
    back.commit('Without LAGs');
    back.git('checkout', '--quiet', 'HEAD~1', '--', 'playbooks');
    const again = back.review();
    back[Symbol.dispose]();
    expect([...new Set(again.changes.map(({ method, effect }) => `${method} ${effect}`))]).toEqual(['attach_lag allowed']);
  });

  it('shows a platform that comes whole', () => {
    mkdirSync(join(tree.path, 'playbooks/acme_os'));
    for (const name of ['platform.yml', 'attach_port.yml', 'detach_port.yml'])
      tree.write(
        `playbooks/acme_os/${name}`,
        tree.read(`playbooks/arista_eos/${name}`).replace('aliases: [arista.eos.eos, netmiko_arista_eos]\n', ''),
      );
    const { changes } = tree.review();
    expect(new Set(changes.map(({ platform, method, effect }) => `${platform} ${method} ${effect}`))).toEqual(
      new Set(['acme_os attach_port new', 'acme_os detach_port new']),
    );
  });

  it('shows how a platform is read otherwise', () => {
    tree.edit('playbooks/dell_os10/platform.yml', 'failures:\n', "failures:\n  - '^Denied'\n");
    const { platforms, changes } = tree.review();
    expect(changes).toEqual([]);
    const [own] = platforms.filter(({ settings }) => settings.length > 0);
    expect(own).toMatchObject({ name: 'dell_os10', settings: [{ name: 'failures', after: expect.stringMatching(/^\/\^Denied\//) }] });
  });

  it('ends with 10 where lint has a new complaint, and says which are gone', () => {
    tree.edit('templates/cisco_ios/access.hbs', '{{port}}', '{{prot}}');
    const found = tree.review();
    expect(found.status).toBe(10);
    expect(found.complaints.new.map(({ message }) => message)).toEqual(['{{prot}} is set by nobody; did you mean {{port}}?']);
    expect(new Set(found.changes.map(({ effect }) => effect))).toEqual(new Set(['refused']));
    tree.commit('A slip');
    tree.edit('templates/cisco_ios/access.hbs', '{{prot}}', '{{port}}');
    const mended = tree.review();
    tree.git('reset', '--quiet', '--hard', 'HEAD~1');
    expect(mended.status).toBe(11);
    expect(mended.complaints.gone.map(({ message }) => message)).toEqual(['{{prot}} is set by nobody; did you mean {{port}}?']);
  });

  it('tells what lint says to the lines that are typed now', () => {
    tree.edit('templates/arista_eos/trunk.hbs', '{{#unless @first}}add {{/unless}}', 'add ');
    const { status, complaints } = tree.review();
    expect(status).toBe(10);
    expect(complaints.gone).toEqual([]);
    expect(complaints.new.map(({ message }) => /\[([\w-]+)\]$/.exec(message)?.[1])).toEqual([
      'no-add-to-unknown-list',
      'replace-before-trunk',
    ]);
  });

  it('shows which rules of the policy come and go', () => {
    tree.write('inventory/policy.yml', 'rules: [{ callers: [ironic], vlans: 100-199, allow: true }]\n');
    const { rules, status } = tree.review();
    expect(status).toBe(11);
    expect(rules).toMatchObject([{ effect: 'new', text: 'allow callers: ironic; vlans: 100-199' }]);
  });
});

it('needs no network, and no credentials', async () => {
  using folder = new Folder();
  tree.edit('templates/arista_eos/edge.hbs', '  spanning-tree portfast\n', '  spanning-tree portfast edge\n');
  const page = join(folder.path, 'report.html');
  const words = ['--root', tree.path, 'review', '--html', page, '--markdown', '-'];
  // A folder in their place: whoever read it would fail.
  const env = { MERCURY_CREDENTIALS: folder.path };
  const alone = process.getuid?.() === 0 ? ['--net'] : ['--net', '--map-root-user'];
  await using run = new Running('unshare', [...alone, process.execPath, MAIN, ...words], { env });
  const { status, out, err } = await run.ended;
  expect({ status, err }).toEqual({ status: 11, err: '' });
  expect(out).toContain('+ spanning-tree portfast edge');
  expect(statSync(page).size).toBeGreaterThan(10_000);
});

describe('requests of their own', () => {
  const call = (vlan: number) =>
    `- name: the storage network\n  caller: ironic\n  method: attach_port\n  params: { port: { local_link_information: [{ switch_info: leaf-201, port_id: Et9 }] }, native_vlan: ${vlan} }\n`;

  it('are the team’s: calls in test/review, held against the policy when they name a caller', () => {
    tree.write('inventory/policy.yml', 'rules: [{ callers: [ironic], vlans: 100-199, allow: true }]\n');
    mkdirSync(join(tree.path, 'test/review'), { recursive: true });
    tree.write('test/review/storage.yml', call(150));
    tree.commit('A policy and a call');
    tree.edit('inventory/policy.yml', '100-199', '100-149');
    const { changes } = tree.review();
    tree.git('reset', '--quiet', '--hard', 'HEAD~1');
    expect(changes.map(({ samples, effect }) => [samples, effect])).toEqual([[['the storage network'], 'refused']]);
    expect(changes.flatMap(linesOf).find(line => line.startsWith('+'))).toContain('VLAN 150 is not in 100-149');
  });

  it('are refused with file and line where they are no calls', async () => {
    mkdirSync(join(tree.path, 'calls'));
    tree.write('calls/one.yml', '- name: a call\n  metod: attach_port\n');
    const { status, err } = await tree.run(['review', '--samples', 'calls']);
    expect(status).toBe(2);
    expect(err).toContain('calls/one.yml:2: unknown key metod; did you mean method?');
  });

  it('are those of an audit, one of each kind', () => {
    using folder = new Folder();
    const line = (port: string, vlan: number) =>
      JSON.stringify({
        level: 30,
        event: 'change',
        time: '2026-01-01T00:00:00.000Z',
        who: { name: 'ironic', address: '192.0.2.9', scheme: 'http_basic' },
        what: {
          request: `req-${port}`,
          method: 'attach_port',
          device: 'leaf-201',
          port,
          mode: 'access',
          native_vlan: vlan,
          description: 'node 9',
        },
        why: {},
        how: { outcome: 'applied' },
      });
    writeFileSync(join(folder.path, 'audit.log'), [line('Ethernet3', 100), line('Ethernet4', 101)].join('\n'));
    tree.edit('templates/arista_eos/edge.hbs', 'description {{description}}', 'description mercury {{description}}');
    const { changes, plans } = tree.review({ audit: join(folder.path, 'audit.log') });
    expect(plans).toBe(tree.review().plans + 1);
    expect(changes.flatMap(linesOf)).toContain('+ description mercury node 9 (templates/arista_eos/edge.hbs:7)');
    expect(changes.flatMap(({ samples }) => samples)).toContain('attach_port leaf-201 Ethernet4 of the audit');
  });
});

describe('the tree at the revision', () => {
  it('is read without a write into the repository, and nothing is left behind', async () => {
    using folder = new Folder();
    const index = () => statSync(join(tree.path, '.git/index')).mtimeMs;
    tree.edit('inventory/example.yml', '192.0.2.201', '192.0.2.202');
    const status = tree.git('status', '--porcelain');
    const before = [index(), readdirSync(join(tree.path, '.git')).join()];
    await tree.run(['review'], { env: { TMPDIR: folder.path } });
    expect([index(), readdirSync(join(tree.path, '.git')).join()]).toEqual(before);
    expect(tree.git('status', '--porcelain')).toBe(status);
    expect(readdirSync(folder.path)).toEqual([]);
  });

  it('may lie below the top of a repository, with folders of other names', async () => {
    using outer = new Tree();
    mkdirSync(join(outer.path, 'net'));
    outer.git('mv', 'playbooks', 'net/books');
    outer.git('mv', 'templates', 'inventory', 'net/');
    outer.write('net/mercury.yml', 'playbooks: books\n');
    outer.commit('Below');
    outer.edit('net/templates/arista_eos/edge.hbs', 'spanning-tree portfast', 'spanning-tree portfast edge');
    const { status, out } = await outer.run(['--root', join(outer.path, 'net'), 'review']);
    expect(status).toBe(11);
    expect(out).toMatch(/\+ spanning-tree portfast edge +templates\/arista_eos\/edge\.hbs:4/);
  });

  it('is refused where git knows none, or there is no repository', async () => {
    const { status, err } = await tree.run(['review', '--base', 'no-such-branch']);
    expect(status).toBe(2);
    expect(err).toContain('git knows no revision no-such-branch here');
    using folder = new Folder();
    mkdirSync(join(folder.path, 'playbooks/x'), { recursive: true });
    const outside = await tree.run(['--root', folder.path, 'review']);
    expect(outside.status).toBe(2);
    expect(outside.err).toContain('error: git: fatal: not a git repository');
    expect((await tree.run(['review', '--base', '--output=/tmp/x'])).status).toBe(2);
  });

  it('is refused where a link in it leads out of the repository', async () => {
    using own = new Tree();
    symlinkSync('/etc/hostname', join(own.path, 'templates/arista_eos/host.hbs'));
    own.commit('A link');
    const { status, err } = await own.run(['review']);
    expect(status).toBe(2);
    expect(err).toContain('templates/arista_eos/host.hbs leads out of the repository');
  });
});
