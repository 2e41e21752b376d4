import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ROOT } from '../harness.ts';
import { Folder, mercury } from './run.ts';

const folder = new Folder();
afterAll(() => folder[Symbol.dispose]());

describe('mercury lint', () => {
  it('says how much it read when all is good', async () => {
    const inventory = join(folder.path, 'good');
    mkdirSync(inventory);
    writeFileSync(join(inventory, 'a.yml'), 'devices:\n  sw-1: { platform: cisco_ios, address: 192.0.2.1, credentials: any }\n');
    const { status, out, err } = await mercury(['lint'], { env: { MERCURY_INVENTORY: inventory } });
    expect({ status, err }).toEqual({ status: 0, err: '' });
    expect(out).toMatch(/^all good: 5 platforms, \d+ playbooks, 1 device\n$/);
    const json = await mercury(['lint', '--json'], { env: { MERCURY_INVENTORY: inventory } });
    expect(json.status).toBe(0);
    expect(JSON.parse(json.out)).toEqual({ complaints: [], findings: [] });
  });

  it('tells every complaint with file and line, sorted, and ends with 10', async () => {
    const inventory = join(folder.path, 'bad');
    mkdirSync(inventory);
    writeFileSync(
      join(inventory, 'b.yml'),
      'devices:\n  sw-2:\n    platform: cisco_ios\n    address: 192.0.2.2\n    credentials: any\n    groups: [leafs]\n',
    );
    writeFileSync(
      join(inventory, 'a.yml'),
      'groups: { leaf: {} }\ndevices:\n  sw-1: { platform: cisco_ios, adress: 192.0.2.1, credentials: any }\n',
    );
    const env = { MERCURY_INVENTORY: inventory };
    const [human, json] = await Promise.all([mercury(['lint'], { env }), mercury(['lint', '--json'], { env })]);
    expect(human.status).toBe(10);
    expect(human.out).toBe('');
    const lines = human.err.trim().split('\n');
    expect(lines.some(line => /bad\/a\.yml:3: .*adress.*did you mean address\?/.test(line))).toBe(true);
    expect(lines.findIndex(line => line.includes('a.yml'))).toBeLessThan(lines.findIndex(line => line.includes('b.yml')));
    expect(lines.at(-1)).toMatch(/^\d complaints?; what would be typed was not looked at, for these files cannot be used$/);
    expect(json.status).toBe(10);
    const { complaints } = JSON.parse(json.out) as { complaints: { file: string; line: number; message: string }[] };
    expect(complaints).toHaveLength(lines.length - 1);
    for (const [i, { file, line, message }] of complaints.entries()) expect(lines[i]).toBe(`${file}:${line}: ${message}`);
  });

  it('ends with 2, not 10, when its own settings are wrong', async () => {
    expect(await mercury(['lint', '--config', '/nowhere/mercury.yml'])).toMatchObject({
      status: 2,
      err: expect.stringContaining('/nowhere/mercury.yml'),
    });
  });

  it('needs neither network nor credentials', async () => {
    const env = { MERCURY_INVENTORY: join(folder.path, 'good'), MERCURY_CREDENTIALS: '/nowhere' };
    expect(await mercury(['lint'], { env })).toMatchObject({ status: 0 });
  });

  it('tells what the rules do not like, by name, and ends with 10', async () => {
    const root = join(folder.path, 'broken');
    for (const name of ['playbooks', 'templates', 'inventory']) cpSync(join(ROOT, name), join(root, name), { recursive: true });
    const file = 'templates/arista_eos/trunk.hbs';
    writeFileSync(join(root, file), readFileSync(join(root, file), 'utf8').replace('{{#unless @first}}add {{/unless}}', 'add '));
    const [human, json] = await Promise.all([mercury(['lint', '--root', root]), mercury(['lint', '--format', 'json', '--root', root])]);
    expect({ status: human.status, out: human.out }).toEqual({ status: 10, out: '' });
    const [first, second, count] = human.err.trim().split('\n');
    expect(first).toMatch(
      /^templates\/arista_eos\/trunk\.hbs:4: "switchport trunk allowed vlan add .*": .*; .* \[no-add-to-unknown-list\]$/,
    );
    expect(second).toMatch(/^templates\/arista_eos\/trunk\.hbs:11: "switchport mode trunk": .* \[replace-before-trunk\]$/);
    expect(count).toBe('2 errors');
    expect(json.status).toBe(10);
    expect(JSON.parse(json.out)).toMatchObject({
      complaints: [],
      findings: [
        { file, line: 4, rule: 'no-add-to-unknown-list', severity: 'error', message: expect.stringContaining('"switchport trunk') },
        { file, line: 11, rule: 'replace-before-trunk', severity: 'error' },
      ],
    });
  });

  it('lists the rules, with what they ask and why, and the platforms that have patterns for them', async () => {
    const [human, json] = await Promise.all([mercury(['lint', '--rules']), mercury(['lint', '--rules', '--json'])]);
    expect({ status: human.status, err: human.err }).toEqual({ status: 0, err: '' });
    expect(human.out).toMatch(/^replace-before-trunk {2}arista_eos, cisco_ios, dell_os10, juniper_junos, openvswitch$/m);
    const { rules } = JSON.parse(json.out) as { rules: { id: string; severity: string; what: string; why: string; platforms: string[] }[] };
    expect(new Set(rules.map(({ id }) => id)).size).toBe(rules.length);
    for (const { id, severity, what, why } of rules) {
      expect(id).toMatch(/^[a-z\d]+(?:-[a-z\d]+)*$/);
      expect(['error', 'warning']).toContain(severity);
      expect(human.out).toContain(`${id}`);
      expect(what.length).toBeGreaterThan(10);
      expect(why.length).toBeGreaterThan(10);
    }
    expect(rules.find(({ id }) => id === 'no-vlan-range')?.platforms).toEqual(['juniper_junos']);
  });
});
