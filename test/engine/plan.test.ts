import { describe, expect, it } from 'vitest';
import { plan } from '../../server/engine/plan.ts';
import { ChangeError } from '../../server/errors.ts';
import type { ChangePlan, Method, Values } from '../../server/model.ts';
import { ATTACH_FILE, altered, DETACH_FILE, type Files, GOOD, INVENTORY_FILE, LibraryOnDisk } from '../library/files.ts';

const ATTACH: Values = { port: 'p1', mode: 'access', native_vlan: 100, allowed_vlans: null };

function planOf(changes: Files, args: Values = ATTACH, method: Method = 'attach_port'): ChangePlan {
  using library = new LibraryOnDisk(changes);
  const caller = { name: 'test', address: '', scheme: 'none' };
  return plan({ id: 'req-1', method, device: 'sw1', args, caller, why: {}, dryRun: true, deadline: 0 }, library.load());
}

function refusalOf(changes: Files, args: Values = ATTACH, method: Method = 'attach_port'): string {
  try {
    planOf(changes, args, method);
  } catch (thrown) {
    if (thrown instanceof ChangeError && thrown.outcome === 'refused') return `${thrown.kind}: ${thrown.message}`;
    throw thrown;
  }
  return 'nothing was refused';
}

const typedBy = (steps: ChangePlan['steps'] = []) => steps.flatMap(step => step.lines.map(({ text }) => text));

/** Closes the port, or opens it on its default VLAN. */
const DETACH = (GOOD[DETACH_FILE] ?? '')
  .replace('close {{port}}', '"{{#if default_vlan}}open {{port}} on {{default_vlan}}{{else}}close {{port}}{{/if}}"')
  .replace('expect: closed', 'expect: "{{#if default_vlan}}open {{default_vlan}}{{else}}closed{{/if}}"');

it('renders anew for each request what names a value, and once what names none', () => {
  using files = new LibraryOnDisk({ [DETACH_FILE]: DETACH });
  const library = files.load();
  const caller = { name: 'test', address: '', scheme: 'none' };
  const [one, other] = [
    ['p1', 100],
    ['p2', 200],
  ].map(([port, native_vlan]) => {
    const args = { ...ATTACH, port, native_vlan } as Values;
    return plan({ id: `req-${port}`, method: 'attach_port', device: 'sw1', args, caller, why: {}, dryRun: true, deadline: 0 }, library);
  });
  expect([one, other].map(made => [typedBy(made?.steps), typedBy(made?.rescue?.steps)])).toEqual([
    [['interface p1', 'vlan 100'], ['close p1']],
    [['interface p2', 'vlan 200'], ['close p2']],
  ]);
  const modes = (made: ChangePlan | undefined) => [...(made?.dialect.modes.values() ?? [])];
  expect(modes(one)).not.toEqual([]);
  for (const [nth, mode] of modes(one).entries()) expect(modes(other)[nth]).toBe(mode);
});

describe('a rescue that is another playbook', () => {
  const withDefault = {
    [DETACH_FILE]: DETACH,
    [INVENTORY_FILE]: (GOOD[INVENTORY_FILE] ?? '').replace('192.0.2.1 }', '192.0.2.1, vars: { default_vlan: 999 } }'),
  };

  it('is run with the port alone: it closes it, whatever default VLAN the call has', () => {
    const { rescue } = planOf({ [DETACH_FILE]: DETACH }, { ...ATTACH, default_vlan: 50 });
    expect(typedBy(rescue?.steps)).toEqual(['close p1']);
    expect(rescue?.checks[0]?.expect).toMatchObject([{ pattern: /closed/m }]);
  });

  it('closes it, whatever default VLAN the inventory has', () => {
    expect(typedBy(planOf(withDefault, { port: 'p1' }, 'detach_port').steps)).toEqual(['open p1 on 999']);
    const { rescue } = planOf(withDefault);
    expect(typedBy(rescue?.steps)).toEqual(['close p1']);
    expect(rescue?.checks[0]?.expect).toMatchObject([{ pattern: /closed/m }]);
  });
});

describe('a request is refused before anyone logs in', () => {
  it('when the device, or the playbook, is not there', () => {
    using library = new LibraryOnDisk();
    const caller = { name: 'test', address: '', scheme: 'none' };
    const unknown = {
      id: 'r',
      method: 'attach_port' as const,
      device: 'constructor',
      args: ATTACH,
      caller,
      why: {},
      dryRun: true,
      deadline: 0,
    };
    expect(() => plan(unknown, library.load())).toThrow('no device constructor in the inventory');
    expect(refusalOf({}, ATTACH, 'update_port')).toBe(
      'unsupported: Acme OS has no update_port: there is no playbooks/acme/update_port.yml',
    );
  });

  it('when the playbook has nothing to type for it', () => {
    const never = altered(ATTACH_FILE, '    commands: |', '    when: { mode: trunk }\n    commands: |');
    expect(refusalOf(never)).toBe('unsupported: playbooks/acme/attach_port.yml has nothing to type for this request');
  });

  it('when nothing would prove it: no check is left of its verify', () => {
    const byMode = altered(ATTACH_FILE, '    commands: show', '    when: { mode: trunk }\n    commands: show');
    expect(refusalOf(byMode)).toBe('unsupported: playbooks/acme/attach_port.yml verifies nothing for this request');
    const byValue = altered(ATTACH_FILE, 'expect: vlan {{native_vlan}}', "expect: '{{#if mtu}}mtu {{mtu}}{{/if}}'");
    expect(refusalOf(byValue)).toBe('unsupported: playbooks/acme/attach_port.yml verifies nothing for this request');
  });

  it('when nothing would prove its rescue: no check is left of that', () => {
    const detach = altered(DETACH_FILE, 'expect: closed', "expect: '{{#if default_vlan}}open{{/if}}'");
    expect(refusalOf(detach)).toBe('unsupported: playbooks/acme/detach_port.yml verifies nothing for a rescue');
    const own =
      'rescue:\n  - name: Close it\n    commands: close\n  - name: It is closed\n    cli_mode: exec\n    when: { mode: trunk }\n    commands: show\n    expect: closed';
    expect(refusalOf(altered(ATTACH_FILE, 'rescue: detach_port', own))).toBe(
      'unsupported: playbooks/acme/attach_port.yml verifies nothing for a rescue',
    );
  });

  it('when a value it leaves out would be typed, at the line where it stands', () => {
    const mtu = altered(ATTACH_FILE, '        vlan {{native_vlan}}\nverify', '        mtu {{mtu}}\nverify');
    expect(refusalOf(mtu)).toBe('not_valid: playbooks/acme/attach_port.yml:7: a value is needed here that the call leaves out');
  });

  it('when a value breaks the pattern it is put into', () => {
    const broken = altered(ATTACH_FILE, 'expect: vlan {{native_vlan}}', "expect: '[{{description}}-z]'");
    expect(refusalOf(broken, { ...ATTACH, description: '~' })).toMatch(
      /^not_valid: playbooks\/acme\/attach_port\.yml:11: Invalid regular expression: /,
    );
  });
});

it('lends a verify list with the defaults of its own playbook', () => {
  const update = 'name: Change {{port}}\ntasks:\n  - name: Change\n    commands: change {{port}}\nverify: attach_port\n';
  const attach = altered(ATTACH_FILE, 'tasks:', 'vars: { word: vlan }\ntasks:');
  const lent: Record<string, string> = { ...attach, 'playbooks/acme/update_port.yml': update };
  lent[ATTACH_FILE] = (lent[ATTACH_FILE] ?? '').replace('expect: vlan {{native_vlan}}', "expect: '{{word}} {{native_vlan}}'");
  expect(planOf(lent, ATTACH, 'update_port').verify[0]?.expect).toMatchObject([{ pattern: /vlan 100/m }]);
});
