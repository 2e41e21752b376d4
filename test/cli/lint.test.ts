import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
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
    expect(JSON.parse(json.out)).toEqual({ complaints: [] });
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
    expect(lines.at(-1)).toMatch(/^\d complaints?$/);
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
});
