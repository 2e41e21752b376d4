import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Folder, mercury } from './run.ts';

const ATTACH = ['plan', 'attach_port', 'leaf-201', 'Et7', '--native', '100'];

describe('mercury plan --explain', () => {
  it('says of each line which task types it and which values stand in it, and of each value who said it', async () => {
    const { status, out } = await mercury([...ATTACH, '--explain']);
    expect(status).toBe(0);
    expect(out).toMatch(/^ {4}switchport access vlan 100 +templates\/arista_eos\/access\.hbs:3 by attach_port\.yml:\d+ \(native_vlan\)$/m);
    expect(out).toMatch(/^ {2}native_vlan +100 +the call$/m);
    expect(out).toMatch(/^ {2}describe +true +group leaf, inventory\/example\.yml:\d+$/m);
    expect(out).toMatch(/^ {2}portfast +true +the playbook, playbooks\/arista_eos\/attach_port\.yml:\d+$/m);
  });

  it('tells machines', async () => {
    const { out } = await mercury([...ATTACH, '--explain', '--json']);
    const [planned] = JSON.parse(out) as [{ lines: object[]; values: object[] }];
    expect(planned.values).toContainEqual({ name: 'native_vlan', value: 100, from: 'the call', source: null });
    expect(planned.lines).toContainEqual(
      expect.objectContaining({
        sent: 'switchport access vlan 100',
        source: 'templates/arista_eos/access.hbs:3',
        task_source: expect.stringMatching(/^playbooks\/arista_eos\/attach_port\.yml:\d+$/),
        uses: ['native_vlan'],
      }),
    );
    const [plain] = JSON.parse((await mercury([...ATTACH, '--json'])).out) as [object];
    expect(plain).not.toHaveProperty('values');
  });
});

describe('mercury plan --html', () => {
  it('writes a page for a change ticket, and shows the plan as well', async () => {
    using folder = new Folder();
    const file = join(folder.path, 'plan.html');
    const { status, out } = await mercury([...ATTACH, '--html', file]);
    expect(status).toBe(0);
    expect(out).toContain('switchport access vlan 100');
    const text = readFileSync(file, 'utf8');
    expect(text).toContain('<h1>Attach Ethernet7 to VLAN 100</h1>');
    for (const part of ['Typed', 'Read back', 'Must be read back', 'How a failure is taken back', 'Who said what'])
      expect(text).toContain(part);
    expect(text).toContain('default-src &#39;none&#39;');
  });

  it('shows hostile text as text', async () => {
    const { out } = await mercury([
      'plan',
      'add_network',
      'leaf-201',
      '--vlan',
      '100',
      '--name',
      '<script>alert(1)</script>',
      '--html',
      '-',
    ]);
    expect(out).toMatch(/^<!doctype html>/);
    expect(out.match(/<script>/g)).toHaveLength(1);
  });

  it('says so when the page cannot be written', async () => {
    const { status, err } = await mercury([...ATTACH, '--html', '/no/such/folder/plan.html']);
    expect(status).toBe(2);
    expect(err).toContain('/no/such/folder/plan.html cannot be written');
  });
});
