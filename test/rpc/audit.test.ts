import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { writeLabFiles } from '../../server/cli/lab.ts';
import { type Lab, startLab } from '../../server/lab/lab.ts';
import { portOf, ROOT } from '../harness.ts';
import { type RpcReply, send } from './wire.ts';

/*
 * The audit as the real service writes it, on its standard output, and what must never be in it, in the log or in an answer.
 * The password is hard to mask: it has quotes and a backslash. The enable secret looks like a VLAN.
 */

const PASSWORD = 'p"4ss\\w0rd ünd 1';
const ENABLE = '2345';
const TOKEN = 'gAAAAABtokenThatIsAlive';

/** A whole `mercury serve` in a process of its own. */
class Served {
  readonly audit: AuditLine[] = [];
  /** Everything it wrote, anywhere. */
  text = '';
  url = '';
  readonly #child: ChildProcessByStdio<null, Readable, Readable>;
  #log = '';

  constructor(folder: string) {
    this.#child = spawn(process.execPath, ['server/main.ts', 'serve'], {
      cwd: ROOT,
      env: {
        PATH: process.env.PATH,
        MERCURY_PORT: '0',
        MERCURY_INVENTORY: join(folder, 'inventory'),
        MERCURY_CREDENTIALS: join(folder, 'credentials.yml'),
        MERCURY_LOG_LEVEL: 'trace',
        MERCURY_CALL_TIME: '60s',
        // What is saved later has a line of its own: not before the end.
        MERCURY_SAVE_AFTER: '60m',
        MERCURY_SAVE_WITHIN: '60m',
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let rest = '';
    this.#child.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.text += text;
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) this.audit.push(JSON.parse(line) as AuditLine);
    });
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.text += text;
      this.#log += text;
    });
  }

  async ready(): Promise<void> {
    while (this.url === '') {
      await Promise.race([once(this.#child.stderr, 'data'), once(this.#child, 'exit')]);
      if (this.#child.exitCode !== null) throw new Error(this.#log);
      this.url = /"url":"([^"]+)"/.exec(this.#log)?.[1] ?? '';
    }
  }

  async stop(): Promise<number | null> {
    this.#child.kill('SIGTERM');
    if (this.#child.exitCode === null) await once(this.#child, 'exit');
    return this.#child.exitCode;
  }
}

interface AuditLine {
  readonly time: string;
  readonly event: string;
  readonly who: object;
  readonly what: Readonly<Record<string, unknown>>;
  readonly why: object;
  readonly how: Readonly<Record<string, unknown>> & { readonly commands?: readonly string[] };
  readonly msg: string;
}

let lab: Lab;
let folder: string;
let served: Served;
/** All answers of all calls, as text. */
let answers = '';
beforeAll(async () => {
  lab = await startLab({
    devices: { leaf: 'cisco_ios', spine: 'arista_eos', nic: 'openvswitch' },
    user: { username: 'netops', password: PASSWORD, enable: ENABLE },
  });
  folder = mkdtempSync(join(tmpdir(), 'mercury-audit-'));
  writeLabFiles(lab, folder);
  served = new Served(folder);
  await served.ready();
  for (const name of ['leaf', 'spine'])
    for (const vlan of [100, 200]) await call('add_network', { network: { segmentation_id: vlan, name: `net-${vlan}` }, devices: [name] });
});
afterAll(async () => {
  expect(await served.stop()).toBe(0);
  await lab[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});
afterEach(() => {
  for (const device of lab.devices.values()) device.faults.clear();
});

async function call(method: string, params: object, more: object = {}): Promise<RpcReply> {
  const { text, json } = await send(served.url, method, params, more);
  answers += text;
  return json;
}

/** The lines that a call adds to the audit. */
async function audited(method: string, params: object): Promise<{ reply: RpcReply; lines: AuditLine[]; line: AuditLine }> {
  const before = served.audit.length;
  const reply = await call(method, params);
  await expect.poll(() => served.audit.length).toBeGreaterThan(before);
  const lines = served.audit.slice(before);
  const [line] = lines;
  if (!line) throw new Error('no line');
  return { reply, lines, line };
}

const context = {
  request_id: 'req-1',
  global_request_id: 'req-2',
  user: 'ironic',
  project_id: 'service',
  node: 'c0ffee00-0000-4000-8000-000000000042',
  reason: 'deploy: tenant network',
  auth_token: TOKEN,
  auth_token_info: { token: { id: TOKEN } },
  password: 'hunter2',
  roles: ['admin'],
};
const why = {
  request_id: 'req-1',
  global_request_id: 'req-2',
  user: 'ironic',
  project_id: 'service',
  node: context.node,
  reason: 'deploy: tenant network',
};
const who = { name: 'anyone', address: expect.stringMatching(/127\.0\.0\.1$/), scheme: 'none' };
const attach = (name: string, port_id: string, more: object = {}) => ({ port: portOf(name, port_id), native_vlan: 100, context, ...more });

describe('the audit', () => {
  it('has one line for a change: when, who, what, why and how, with every line that was typed', async () => {
    const { reply, lines, line } = await audited('attach_port', attach('leaf', 'Gi1/0/1', { description: 'node 42' }));
    expect(lines).toHaveLength(1);
    expect(line).toMatchObject({
      event: 'change',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      who,
      what: {
        method: 'attach_port',
        device: 'leaf',
        platform: 'cisco_ios',
        port: 'Gi1/0/1',
        mode: 'access',
        native_vlan: 100,
        description: 'node 42',
      },
      why,
      how: { outcome: 'applied', playbook: 'playbooks/cisco_ios/attach_port.yml', saved: { state: 'pending' } },
      msg: 'attach_port leaf Gi1/0/1: applied',
    });
    const { result } = reply as {
      result: { request_id: string; devices: { diff: string; commands: { sent: string }[]; timings: object }[] };
    };
    expect(line.how).toMatchObject({
      commands: result.devices[0]?.commands.map(({ sent }) => sent),
      diff: result.devices[0]?.diff,
      timings: result.devices[0]?.timings,
    });
    expect(line.how.commands).toContain('switchport access vlan 100');
    // The answer and the line name the same id.
    expect(line.what.request).toBe(result.request_id);
  });

  it('has one line when nothing was needed, and says that nothing was typed', async () => {
    const { lines, line } = await audited('attach_port', attach('leaf', 'Gi1/0/1', { description: 'node 42' }));
    expect(lines).toHaveLength(1);
    expect(line).toMatchObject({ event: 'change', how: { outcome: 'unchanged', commands: [], diff: '' } });
  });

  it('has one line for a dry run', async () => {
    const { lines, line } = await audited('detach_port', { port: portOf('leaf', 'Gi1/0/1'), context, dry_run: true });
    expect(lines).toHaveLength(1);
    expect(line).toMatchObject({ event: 'plan', who, why, what: { method: 'detach_port', dry_run: true }, how: { outcome: 'planned' } });
    expect(line.how.commands).toBeUndefined();
  });

  it.each<[string, string, object, object]>([
    ['a VLAN that is not allowed', 'attach_port', { native_vlan: 1 }, { kind: 'not_valid' }],
    ['an uplink', 'attach_port', { port: portOf('leaf', 'Te1/1/1') }, { kind: 'not_permitted' }],
    ['a hostile name', 'update_port', { port: portOf('leaf', 'Gi1/0/1\nreload') }, { kind: 'not_valid' }],
    [
      'an unknown switch',
      'attach_port',
      { port: portOf('nowhere', 'Gi1/0/1') },
      { kind: 'unknown_device', error: 'no switch in the inventory is called nowhere' },
    ],
    ['a port without links', 'detach_port', { port: {}, native_vlan: undefined }, { kind: 'not_valid' }],
    ['params of the wrong shape', 'attach_port', { native_vlan: '100' }, { kind: 'bad_request' }],
    [
      'an unknown device of a network',
      'add_network',
      { port: undefined, native_vlan: undefined, network: { segmentation_id: 9 }, devices: ['x'] },
      { kind: 'unknown_device' },
    ],
    ['a port that the device itself rules out', 'attach_port', { port: portOf('leaf', 'Gi1/0/99') }, {}],
  ])('has one line for a refusal: %s', async (_, method, more, how) => {
    const { reply, lines, line } = await audited(method, attach('leaf', 'Gi1/0/1', more));
    expect(lines).toHaveLength(1);
    expect(line).toMatchObject({ event: 'refusal', who, why, what: { method }, how: { outcome: 'refused', ...how } });
    expect(line.how.error).toBe(reply.error?.message);
    expect(line.how.kind).toBe(reply.error?.data?.kind);
    expect(line.what.request).toBe(reply.error?.data?.request_id);
  });

  it('has one line for a change that failed, and says how it ended', async () => {
    lab.device('spine').faults.plant({ on: /^switchport mode access/, does: 'refuse' });
    const { reply, lines, line } = await audited('attach_port', attach('spine', 'Et1'));
    expect(lines).toHaveLength(1);
    expect(line).toMatchObject({ event: 'change', how: { outcome: 'undone', kind: 'rejected', error: reply.error?.message } });
    expect(line.how.commands).toContain('switchport mode access');
  });

  it('has one line for each device of a call, all with the call’s own id', async () => {
    const { reply, lines } = await audited('add_network', {
      network: { segmentation_id: 300, name: 'c' },
      devices: ['leaf', 'spine'],
      context,
    });
    expect(lines.map(({ what }) => what.device).sort()).toEqual(['leaf', 'spine']);
    const { request_id } = reply.result as { request_id: string };
    for (const { what } of lines) expect(String(what.request).startsWith(request_id)).toBe(true);
    expect(new Set(lines.map(({ what }) => what.request)).size).toBe(2);
  });

  it('has one line for a notification', async () => {
    const before = served.audit.length;
    await call('attach_port', attach('leaf', 'Gi1/0/2'), { id: null });
    await expect.poll(() => served.audit.length).toBe(before + 1);
    expect(served.audit.at(-1)).toMatchObject({ event: 'change', how: { outcome: 'applied' } });
  });

  it('stays one line whatever the caller writes into it', async () => {
    const reason = `first\nsecond\u2028third\r\n{"event":"change"}\x1b[2J${'x'.repeat(200_000)}`;
    const { lines, line } = await audited('attach_port', attach('leaf', 'Gi1/0/3', { context: { ...context, reason } }));
    expect(lines).toHaveLength(1);
    expect((line.why as { reason: string }).reason).toMatch(/^first\nsecond/);
    expect(JSON.stringify(line).length).toBeLessThan(20_000);
  });
});

describe('a secret', () => {
  it.each([PASSWORD, ENABLE, Buffer.from(PASSWORD).toString('base64'), encodeURIComponent(PASSWORD), JSON.stringify(PASSWORD)])(
    'that a device prints does not get out, neither in an error nor in the audit: %s',
    async secret => {
      lab.device('leaf').faults.plant({ on: /^switchport mode access/, does: 'refuse', says: `% Error: ${secret} is no secret` });
      const { reply, line } = await audited('attach_port', attach('leaf', 'Gi1/0/4'));
      expect(reply.error?.message).toMatch(/% Error: \S*\*{8}\S* is no secret/);
      expect(line.how.error).toMatch(/% Error: \S*\*{8}\S* is no secret/);
      lab.device('nic').faults.plant({ on: /add-port/, does: 'refuse', says: `ovs-vsctl: ${secret}` });
      expect((await audited('attach_port', attach('nic', 'pf0vf1'))).reply.error?.message).toContain('********');
    },
  );

  it('that stands in a device’s configuration does not get out with a diff', async () => {
    const shown = (vlan: number) =>
      `interface GigabitEthernet1/0/5\n description ${PASSWORD} ${ENABLE}\n switchport access vlan ${vlan}\n switchport mode access\n switchport nonegotiate\n spanning-tree portfast\nend`;
    lab.device('leaf').faults.plant({ on: /^show running-config/, does: 'refuse', says: shown(999) });
    lab.device('leaf').faults.plant({ on: /^do show running-config|^show running-config/, does: 'refuse', times: 9, says: shown(100) });
    const { reply, line } = await audited('attach_port', attach('leaf', 'Gi1/0/5'));
    expect(reply).toMatchObject({ result: { outcome: 'applied', devices: [{ diff: expect.stringContaining('vlan 100') }] } });
    expect(line.how.outcome).toBe('applied');
  });

  it('that is a number like others leaves those numbers alone, and all of it JSON', async () => {
    const vlan = Number(ENABLE);
    await call('add_network', { network: { segmentation_id: vlan }, devices: ['leaf'] });
    const before = served.audit.length;
    const reply = await call('attach_port', attach('leaf', 'Gi1/0/6', { native_vlan: vlan }), { id: vlan });
    expect(reply).toMatchObject({ id: vlan, result: { outcome: 'applied' } });
    await expect.poll(() => served.audit.length).toBe(before + 1);
    expect(served.audit.at(-1)?.what.native_vlan).toBe(vlan);
  });

  it('that the caller sends along does not get out', async () => {
    await call('attach_port', attach('leaf', 'Gi1/0/7'));
    await call('attach_port', attach('leaf', 'Gi1/0/7', { native_vlan: 'x' }));
    await call('attach_port', attach('nowhere', 'Gi1/0/7'));
    await call('is_port_supported', { port: portOf('leaf', 'Gi1/0/7'), context });
    await call('no_such_method', { context });
    await call('attach_port', { ...attach('leaf', 'Gi1/0/7'), context: { ...context, user: { auth_token: TOKEN } } });
    const stopped = `${served.text}${answers}`;
    for (const secret of [TOKEN, 'hunter2', 'auth_token']) expect(stopped.includes(secret), secret).toBe(false);
  });

  it('is nowhere in all that was written and answered until now', () => {
    const all = `${served.text}${answers}`;
    expect(all.includes('switchport access vlan 100')).toBe(true);
    for (const secret of [
      PASSWORD,
      JSON.stringify(PASSWORD).slice(1, -1),
      'ss\\\\w0rd',
      'w0rd ünd',
      encodeURIComponent(PASSWORD),
      Buffer.from(PASSWORD).toString('base64'),
    ]) {
      expect(all.includes(secret), secret).toBe(false);
    }
    expect(new RegExp(`${ENABLE} is no secret|ovs-vsctl: ${ENABLE}|description \\S* ${ENABLE}`).test(all)).toBe(false);
  });
});
