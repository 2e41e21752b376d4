import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Bench, Folder, mercury } from './run.ts';

const POLICY = `protected: { vlans: 900-999 }
rules:
  - { callers: [ironic-*], devices: [leaf], ports: [Ethernet1-48], vlans: '100-199,300', allow: true }
  - { devices: [access-1], deny: being replaced }
  - { callers: [ironic-*], methods: [detach_port], allow: true }
`;
const INVENTORY = `defaults: { credentials: none }
groups: { leaf: { platform: arista_eos, uplinks: [Ethernet48] } }
devices:
  leaf-1: { groups: [leaf], address: 192.0.2.1 }
  leaf-2: { groups: [leaf], address: 192.0.2.2 }
  access-1: { platform: cisco_ios, address: 192.0.2.3 }
`;

const folder = new Folder();
afterAll(() => folder[Symbol.dispose]());
const inventory = join(folder.path, 'inventory');
mkdirSync(inventory);
writeFileSync(join(inventory, 'devices.yml'), INVENTORY);
const policy = join(inventory, 'policy.yml');
const freeze = join(inventory, 'freeze.yml');

/** Devices at addresses that nobody answers, no credentials, and folders from `--root` on. */
async function explain(...words: string[]) {
  const env = {
    MERCURY_PLAYBOOKS: join(import.meta.dirname, '../../playbooks'),
    MERCURY_TEMPLATES: join(import.meta.dirname, '../../templates'),
  };
  const { status, out, err } = await mercury(['--root', folder.path, 'explain', ...words], { env });
  return { status, lines: out.trimEnd().split('\n'), err };
}

describe('mercury explain', () => {
  beforeAll(() => writeFileSync(policy, POLICY));
  afterEach(() => rmSync(freeze, { force: true }));

  it('says yes, by which rule, and what came before it', async () => {
    expect(await explain('--caller', 'ironic-1', 'detach_port', 'leaf-1', 'Ethernet49')).toEqual({
      status: 0,
      err: '',
      lines: [
        'yes: ironic-1 may detach_port on leaf-1 Ethernet49',
        '  inventory/policy.yml:5 allows it',
        'Passed over',
        '  inventory/policy.yml:3  Ethernet49 is not among Ethernet1-48',
        '  inventory/policy.yml:4  leaf-1 is not among access-1',
      ],
    });
  });

  it('says no, what would have to be different, and why each rule was passed over', async () => {
    expect(await explain('--caller', 'ironic-1', 'attach_port', 'leaf-1', 'Et7', '--native', '666')).toEqual({
      status: 3,
      err: '',
      lines: [
        'no: ironic-1 may not attach_port on leaf-1 Et7',
        '  leaf-1 Ethernet7: VLAN 666 is not in 100-199,300 (inventory/policy.yml:3)',
        'Passed over',
        '  inventory/policy.yml:3  VLAN 666 is not in 100-199,300',
        '  inventory/policy.yml:4  leaf-1 is not among access-1',
        '  inventory/policy.yml:5  attach_port is not among detach_port',
      ],
    });
  });

  it('says no where it is not the policy that refuses: an uplink', async () => {
    const { status, lines } = await explain('--caller', 'ironic-1', 'attach_port', 'leaf-1', 'Et48', '--native', '100');
    expect(status).toBe(3);
    expect(lines.slice(0, 3)).toEqual([
      'no: ironic-1 may not attach_port on leaf-1 Et48',
      '  leaf-1 Ethernet48 is an uplink: nobody may change it',
      '  it is not the policy that refuses it: inventory/policy.yml:3 allows it',
    ]);
  });

  it('says what a freeze stops, and what will be when it is over', async () => {
    writeFileSync(freeze, "leaf-2: { reason: new optics, except: ['cli:*'] }\n");
    const { status, lines } = await explain('--caller', 'ironic-1', 'attach_port', 'leaf-1,leaf-2', 'Et7', '--native', '100');
    expect(status).toBe(3);
    expect(lines).toEqual([
      'yes: ironic-1 may attach_port on leaf-1 Et7',
      '  inventory/policy.yml:3 allows it',
      '',
      'no: ironic-1 may not attach_port on leaf-2 Et7',
      '  leaf-2 is frozen: new optics (inventory/freeze.yml:1); nothing was changed, try again later',
      '  when it is over: inventory/policy.yml:3 allows it',
    ]);
  });

  it('asks for whoever sits here when nobody is named', async () => {
    const { status, lines } = await explain('attach_port', 'leaf-1', 'Et7', '--native', '100');
    expect(status).toBe(3);
    expect(lines.slice(0, 2)).toEqual([
      `no: cli:${userInfo().username} may not attach_port on leaf-1 Et7`,
      `  leaf-1 Ethernet7: no rule allows cli:${userInfo().username} anything (inventory/policy.yml)`,
    ]);
  });

  it('takes a call as it came over the wire, and tells machines', async () => {
    const call = join(folder.path, 'call.json');
    const params = {
      switch_id: 'leaf-1',
      port_name: 'Et7',
      native_vlan: 666,
      allowed_vlans: null,
      default_vlan: null,
      'rpc.version': '1.0',
    };
    writeFileSync(call, JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'reset_port', params }));
    const { status, lines } = await explain('--caller', 'ironic-1', '--request', call, '--json');
    expect(status).toBe(0);
    expect(JSON.parse(lines.join('\n'))).toEqual([
      {
        allowed: true,
        caller: 'ironic-1',
        method: 'detach_port',
        device: 'leaf-1',
        frozen: false,
        policy: { allowed: true, rule: 'inventory/policy.yml:5' },
        passed_over: [
          { rule: 'inventory/policy.yml:3', why: 'VLAN 666 is not in 100-199,300' },
          { rule: 'inventory/policy.yml:4', why: 'leaf-1 is not among access-1' },
        ],
      },
    ]);
    const refused = await explain('--caller', 'bob', '--request', call, '--json');
    expect(refused.status).toBe(3);
    const message = 'leaf-1 Ethernet7: no rule allows bob anything (inventory/policy.yml)';
    expect(JSON.parse(refused.lines.join('\n'))).toMatchObject([
      { allowed: false, error: { kind: 'not_permitted', message }, policy: { allowed: false, rule: null, message } },
    ]);
  });

  it('says that there is no policy', async () => {
    rmSync(policy);
    const { status, lines } = await explain('--caller', 'bob', 'attach_port', 'leaf-1', 'Et7', '--native', '100');
    writeFileSync(policy, POLICY);
    expect(status).toBe(0);
    expect(lines).toEqual([
      'yes: bob may attach_port on leaf-1 Et7',
      '  there is no policy.yml in the inventory: whoever may call may do all that it allows',
    ]);
  });

  it('does not start on a policy that is wrong', async () => {
    writeFileSync(policy, 'rules:\n  - { caller: [bob], allow: true }\n');
    const { status, err } = await explain('--caller', 'bob', 'detach_port', 'leaf-1', 'Et7');
    writeFileSync(policy, POLICY);
    expect(status).toBe(2);
    expect(err).toBe('inventory/policy.yml:2: unknown key caller; did you mean callers?\n');
  });
});

describe('at the terminal', () => {
  let bench: Bench;
  beforeAll(async () => {
    bench = await Bench.start({ devices: { leaf: 'arista_eos' } });
  });
  afterAll(() => bench[Symbol.asyncDispose]());
  const write = (name: string, text: string) => writeFileSync(join(bench.folder, 'inventory', name), text);
  const attach = ['attach_port', 'leaf', 'Ethernet1', '--native', '100'];

  it('apply is held to the policy, plan shows the plan and tells so, verify only looks', async () => {
    write('policy.yml', 'rules: [{ callers: [ironic], allow: true }]\n');
    const sentence = `leaf Ethernet1: no rule allows cli:${userInfo().username} anything`;
    const logins = bench.lab.device('leaf').logins;
    const applied = await bench.run(['apply', ...attach]);
    expect(applied.status).toBe(3);
    expect(applied.err).toContain(`refused: ${sentence}`);
    expect(applied.err).toContain('"mercury explain" with the same words says by which rule');
    expect(bench.lab.device('leaf').logins).toBe(logins);
    const planned = await bench.run(['plan', ...attach]);
    expect(planned.status).toBe(0);
    expect(planned.out).toContain('switchport access vlan 100');
    expect(planned.err).toContain(`apply would be refused: ${sentence}`);
    expect((await bench.run(['verify', ...attach])).status).toBe(9);
  });

  it('apply is allowed by a rule for cli, and stopped by a freeze', async () => {
    write('policy.yml', "rules: [{ callers: ['cli:*'], allow: true }]\n");
    write('freeze.yml', 'all: firmware\n');
    const stopped = await bench.run(['apply', ...attach]);
    expect(stopped.status).toBe(5);
    expect(stopped.err).toContain('refused: leaf is frozen: firmware');
    write('freeze.yml', "all: { reason: firmware, except: ['cli:*'] }\n");
    const applied = await bench.run(['apply', ...attach]);
    expect(applied.status).toBe(0);
    expect(applied.err).toMatch(/"rule":"[^"]*policy\.yml:1"/);
    expect((await bench.run(['plan', ...attach])).err).toBe('');
  });

  it('lint reads the policy and counts its rules', async () => {
    write('policy.yml', "rules: [{ callers: ['cli:*'], allow: true }, { deny: no }]\n");
    expect((await bench.run(['lint'])).out).toMatch(/^all good: .* 1 device, 2 rules$/m);
    write('policy.yml', 'rules: [{ allow: true }, { deny: no }]\n');
    const { status, err } = await bench.run(['lint']);
    expect(status).toBe(10);
    expect(err).toMatch(/policy\.yml:1: this rule decides nothing/);
  });
});
