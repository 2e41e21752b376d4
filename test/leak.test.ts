import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { dump, load } from 'js-yaml';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { wrapped } from '../server/cli/paint.ts';
import { makeHostKey } from '../server/lab/host-key.ts';
import { learnSecrets, maskedJson } from '../server/log.ts';
import { Bench, type Ended, type Running, until } from './cli/run.ts';
import { portOf } from './harness.ts';
import { padded, seal } from './library/sealed.ts';
import { descendantsOf } from './real/daemon.ts';
import { startJump } from './transport/servers.ts';

/*
 * Secrets of every kind are planted, everything is made to fail in every way that shows something, and every place where something is
 * shown is searched: for the secrets as they are, and in the shapes that other programs give them.
 */

/** What each secret has in it that some way of writing changes. */
const NASTY = ` "q" \\b/ <t>&'s' +%41 (x)!`;
const SECRETS = {
  login: `Lab-Login-7d1${NASTY}`,
  enable: `Lab-Enable-93e${NASTY}`,
  wrong: `Wrong-Login-5c2${NASTY}`,
  jump: `Jump-Login-b44${NASTY} ünïcode`,
  passphrase: `Key-Passphrase-0aa${NASTY} ünïcode`,
  vault: `Vault-Password-f18${NASTY} ünïcode`,
};

interface Shape {
  readonly name: string;
  /** What somebody might print. */
  readonly text: string;
  /** What gives the secret away in it; the text itself when left out. */
  readonly sign?: string;
}

/** Written here once more, so that what the code forgets is not forgotten here. */
function shapesOf(secret: string): Shape[] {
  const bytes = Buffer.from(secret);
  const letters = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
  // What stands before and after decides on the first and last letters in base64.
  const base64 = ['', 'a', 'aa', 'aaa'].map((before, i): Shape => {
    const text = Buffer.from(`${before}${secret}${before}`).toString('base64');
    return { name: `base64 with ${i} around it`, text, sign: text.slice(i + 1, i + 12) };
  });
  return [
    { name: 'plain', text: secret },
    { name: 'JSON', text: JSON.stringify(secret).slice(1, -1) },
    { name: 'JSON in JSON', text: JSON.stringify(JSON.stringify(secret)).slice(3, -3) },
    { name: 'URL', text: encodeURIComponent(secret) },
    { name: 'form', text: new URLSearchParams({ s: secret }).toString().slice(2) },
    { name: 'hex', text: bytes.toString('hex') },
    { name: 'HEX', text: bytes.toString('hex').toUpperCase() },
    { name: 'HTML', text: secret.replace(/[&<>"]/g, letter => letters[letter as '&']) },
    { name: 'HTML, quotes too', text: secret.replace(/[&<>"']/g, letter => letters[letter as '&']) },
    { name: 'shell', text: secret.replaceAll("'", "'\\''") },
    ...base64,
    ...base64.map(({ name, text, sign }) => ({
      name: `${name}, for URLs`,
      text: text.replaceAll('+', '-').replaceAll('/', '_'),
      sign: sign ?? '',
    })),
  ];
}

/** The plain part that every secret begins with: found where a text was cut in the middle, too. */
const beginningOf = (secret: string) => secret.slice(0, secret.indexOf(' '));

function leaksIn(text: string): string[] {
  const shapes = Object.values(SECRETS).flatMap(secret => [{ name: 'the beginning', text: beginningOf(secret) }, ...shapesOf(secret)]);
  return [{ name: 'the key', text: keyLine }, ...shapes].flatMap((shape: Shape) => {
    const sign = shape.sign ?? shape.text;
    const at = text.indexOf(sign);
    return at < 0 ? [] : [`${shape.name}: ${text.slice(Math.max(0, at - 60), at + sign.length)}`];
  });
}

const KEY = makeHostKey().privateKey;
const keyLine = KEY.split('\n')[1] ?? '';

interface Devices {
  devices: Record<string, Record<string, unknown>>;
}

describe('no secret is shown', () => {
  let bench: Bench;
  let jump: Awaited<ReturnType<typeof startJump>>;
  let service: Running;
  let url: string;
  let env: Record<string, string>;
  const answers: string[] = [];
  const planted = () => ['credentials.yml', 'login-secret', 'vault-secret', 'crash'];

  beforeAll(async () => {
    const user = { username: 'mercury', password: SECRETS.login, enable: SECRETS.enable };
    bench = await Bench.start({ devices: { ios: 'cisco_ios', eos: 'arista_eos', ovs: 'openvswitch' }, user });
    jump = await startJump();
    const file = (name: string, text: string) => {
      writeFileSync(join(bench.folder, name), text, { mode: 0o600 });
      return join(bench.folder, name);
    };
    const inventory = load(readFileSync(join(bench.folder, 'inventory', 'lab.yml'), 'utf8')) as Devices;
    const { ios, eos } = inventory.devices;
    Object.assign(eos ?? {}, { credentials: 'vaulted' });
    inventory.devices.stranger = { ...ios, host_keys: [`SHA256:${'A'.repeat(43)}`] };
    inventory.devices.locked = { ...ios, credentials: 'wrong' };
    inventory.devices.keyed = { ...ios, credentials: 'keyed' };
    const bastion = { address: '127.0.0.1', port: jump.port, credentials: 'jump', host_keys: [jump.fingerprint] };
    inventory.devices.far = { ...ios, jump: bastion };
    file('inventory/lab.yml', dump(inventory));
    // As `!vault |` has it: ansible-vault's text, indented.
    const sealed = seal(padded(SECRETS.login), SECRETS.vault).trim().replaceAll('\n', '\n    ');
    file(
      'credentials.yml',
      [
        dump({
          lab: { username: 'mercury', password: { file: file('login-secret', `${SECRETS.login}\n`) }, enable: { env: 'LAB_ENABLE' } },
          wrong: { username: 'mercury', password: { env: 'WRONG_LOGIN' } },
          keyed: { username: 'mercury', private_key: KEY, passphrase: SECRETS.passphrase },
          jump: { username: 'ops', password: SECRETS.jump },
        }),
        `vaulted:\n  username: mercury\n  enable: { env: LAB_ENABLE }\n  password: !vault |\n    ${sealed}\n`,
      ].join(''),
    );
    file('vault-secret', `${SECRETS.vault}\n`);
    // What ends a process unawares: an error that nobody catches.
    file('crash', SECRETS.login);
    const crash = file(
      'crash.mjs',
      `import { readFileSync } from 'node:fs';
      const boom = () => new Error('boom: ' + readFileSync(${JSON.stringify(join(bench.folder, 'crash'))}, 'utf8'));
      process.on('SIGUSR2', () => { throw boom(); });
      process.on('SIGWINCH', () => void Promise.reject(boom()));`,
    );
    mkdirSync(join(bench.folder, 'tmp'));
    env = {
      LAB_ENABLE: SECRETS.enable,
      WRONG_LOGIN: SECRETS.wrong,
      MERCURY_VAULT_PASSWORD_FILE: join(bench.folder, 'vault-secret'),
      MERCURY_LOG_LEVEL: 'trace',
      MERCURY_PORT: '0',
      NODE_OPTIONS: `--import=${crash}`,
      TMPDIR: join(bench.folder, 'tmp'),
    };
    service = bench.start(['serve'], { env });
    const found = await service.prints(/"listening on ([^"]+)"/, 'err');
    url = found[1] ?? '';
  });
  afterAll(async () => {
    await service[Symbol.asyncDispose]();
    await bench[Symbol.asyncDispose]();
    await jump[Symbol.asyncDispose]();
  });

  /** Posts whatever it is, and keeps the answer as it came. */
  async function post(body: string, headers: Record<string, string> = {}): Promise<string> {
    const response = await fetch(url, { method: 'POST', body, headers });
    const answer = `${[...response.headers].join('\n')}\n${await response.text()}`;
    answers.push(answer);
    return answer;
  }
  const call = (method: string, params: object, id: unknown = 1) => post(JSON.stringify({ jsonrpc: '2.0', id, method, params }));
  const onPort = (method: string, device: string, more: object = {}, port = 'Gi1/0/1') =>
    call(method, { port: portOf(device, port), native_vlan: 100, ...more });

  it('when logins are refused, of every kind', async () => {
    for (const device of ['locked', 'keyed', 'far', 'stranger']) expect(await onPort('attach_port', device)).toMatch(/"outcome":"refused"/);
    expect(answers.join()).toContain('refused the login of mercury');
  });

  it('when all goes well, where the secrets are really used', async () => {
    expect(await onPort('attach_port', 'ios')).toContain('"outcome":"applied"');
    expect(await onPort('attach_port', 'eos', {}, 'Ethernet1')).toContain('"outcome":"applied"');
    expect(answers.join()).toContain('"saved"');
  });

  it('when the device says them, in whatever shape, or in the middle of what is cut', async () => {
    const { faults } = bench.lab.device('ios');
    for (const secret of Object.values(SECRETS)) {
      for (const { text } of shapesOf(secret)) {
        faults.plant({ on: /^interface /, does: 'refuse', says: `% Invalid input: ${text.replaceAll('\n', ' ')}` });
        expect(await onPort('update_port', 'ios', { native_vlan: 200 })).toContain('% Invalid input');
        faults.clear();
      }
      // The device's words are cut after 400 characters; this begins at various places before that.
      for (const before of [370, 388, 396]) {
        faults.plant({ on: /^interface /, does: 'refuse', says: `% Invalid ${'x'.repeat(before - 10)}${secret}` });
        await onPort('update_port', 'ios', { native_vlan: 200 });
        faults.clear();
      }
    }
  });

  it('when a box says them', async () => {
    const { faults } = bench.lab.device('ovs');
    for (const secret of Object.values(SECRETS)) {
      faults.plant({ on: /vsctl/, does: 'refuse', says: `ovs-vsctl: ${secret}` });
      expect(await onPort('attach_port', 'ovs', {}, 'pf0vf0')).toContain('"error"');
      faults.clear();
    }
  });

  it('when a caller sends them: typed, planned, refused, as a name, as an id', async () => {
    for (const secret of Object.values(SECRETS)) {
      expect(await onPort('update_port', 'eos', { description: secret }, 'Ethernet1')).not.toBe('');
      expect(await onPort('attach_port', 'eos', { description: secret, dry_run: true }, 'Ethernet1')).not.toBe('');
      bench.lab.device('ovs').faults.plant({ on: /description/, does: 'refuse' });
      await onPort('attach_port', 'ovs', { description: secret }, 'pf0vf0');
      bench.lab.device('ovs').faults.clear();
      await onPort('attach_port', 'ios', { mode: secret });
      await onPort('attach_port', 'ios', { [secret]: 1, context: { reason: secret, user: `${'x'.repeat(985)}${secret}`, node: [secret] } });
      await call('attach_port', { port: { local_link_information: [{ switch_info: secret, port_id: secret }] } }, secret);
      await call(secret, {});
      for (const before of [80, 95, 99]) await call('x'.repeat(before) + secret, {});
      await call('update_port', { 'rpc.version': '1.0', switch_id: secret, port_name: secret, mode: secret, context: {} });
      await post(`{"jsonrpc": "2.0", ${secret}`);
      const basic = Buffer.from(`ops:${secret}`).toString('base64');
      await post('{}', { authorization: `Basic ${basic}`, 'x-auth-token': encodeURIComponent(secret) });
    }
  });

  it('when the connection is lost, the device stalls or dies', async () => {
    const { faults } = bench.lab.device('ios');
    faults.plant({ on: /^switchport access vlan/, does: 'cut' });
    expect(await onPort('update_port', 'ios', { native_vlan: 200 })).toContain('"error"');
    faults.clear();
  });

  it('when the credentials become wrong while it runs', async () => {
    const path = join(bench.folder, 'credentials.yml');
    const good = readFileSync(path, 'utf8');
    for (const spoilt of [
      `lab: { username: m, password: "${SECRETS.login}`,
      `lab:\n  username: m\n  password: !${beginningOf(SECRETS.wrong)} x\n`,
    ]) {
      writeFileSync(path, spoilt);
      await onPort('verify_port', 'ios');
      await onPort('attach_port', 'ios', { native_vlan: 101 });
    }
    writeFileSync(path, good);
    writeFileSync(join(bench.folder, 'vault-secret'), SECRETS.wrong);
    await onPort('attach_port', 'eos', { native_vlan: 101 }, 'Ethernet1');
    writeFileSync(join(bench.folder, 'vault-secret'), SECRETS.vault);
    expect(service.err).toContain('a change of the credentials is not taken');
  });

  it('on the command line', async () => {
    bench.lab.device('ios').faults.plant({ on: /^interface /, does: 'refuse', says: `% ${SECRETS.login} and ${SECRETS.enable}`, times: 9 });
    const words = ['Gi1/0/1', '--native', '300'];
    const runs: Promise<Ended>[] = [
      ['apply', 'attach_port', 'ios', ...words],
      ['apply', 'attach_port', 'ios', ...words, '--json'],
      ['apply', 'attach_port', 'locked', ...words],
      ['apply', 'attach_port', 'far', ...words],
      ['apply', 'attach_port', 'eos', 'Ethernet1', '--native', '100', '--description', SECRETS.login],
      ['verify', 'attach_port', 'keyed', ...words],
      ['keyscan', '--all'],
    ].map(args => bench.run(args, { env }));
    const ended = await Promise.all(runs);
    bench.lab.device('ios').faults.clear();
    expect(ended.map(({ status }) => status)).not.toContain(null);
    expect(ended.map(({ out, err }) => out + err).join()).toContain('********');
    expect(ended.flatMap(({ out, err }) => leaksIn(out + err))).toEqual([]);
  });

  it('where a line is too narrow for a sentence', () => {
    learnSecrets([SECRETS.login]);
    for (let width = 5; width < 80; width += 1) {
      const lines = wrapped(`leaf-201 refused "description ${SECRETS.login}" and said nothing else of interest`, width);
      expect(lines.flatMap(line => leaksIn(line))).toEqual([]);
      expect(lines.join(' ')).toContain('********');
    }
  });

  it('where it is the name of something', () => {
    learnSecrets([SECRETS.login]);
    const text = maskedJson({ [SECRETS.login]: { deep: [{ [`x${SECRETS.login}`]: SECRETS.login }] }, other: 1 });
    expect(JSON.parse(text)).toEqual({ '********': { deep: [{ 'x********': '********' }] }, other: 1 });
  });

  it('in the list of processes: nobody else is started, and no argument tells anything', () => {
    const pid = service.child.pid as number;
    expect(descendantsOf(pid)).toEqual([]);
    expect(leaksIn(readFileSync(`/proc/${pid}/cmdline`, 'utf8'))).toEqual([]);
    expect(leaksIn(readFileSync(`/proc/${pid}/comm`, 'utf8'))).toEqual([]);
  });

  it.each(['SIGUSR2', 'SIGWINCH'] as const)('when it crashes (%s)', async signal => {
    await using other = bench.start(['serve'], { env });
    await other.prints(/"listening on/, 'err');
    // It reads them at the start: all of them are known by then.
    other.signal(signal);
    const { status, out, err } = await other.ended;
    expect(status).not.toBe(0);
    expect(err).toContain('boom: ********');
    expect(leaksIn(out + err)).toEqual([]);
  });

  it('in any answer, log line, audit line or file', async () => {
    service.signal('SIGTERM');
    const { out, err } = await service.ended;
    expect(out).toContain('********');
    expect(leaksIn(answers.join('\n'))).toEqual([]);
    expect(leaksIn(out)).toEqual([]);
    expect(leaksIn(err)).toEqual([]);
    const files = readdirSync(bench.folder, { recursive: true, withFileTypes: true }).filter(entry => entry.isFile());
    for (const { name, parentPath } of files)
      if (!planted().includes(name)) expect([name, leaksIn(readFileSync(join(parentPath, name), 'utf8'))]).toEqual([name, []]);
    await until(() => !service.leftBehind, 'all of it has ended');
  });

  it('but would be found if it was', () => {
    for (const secret of Object.values(SECRETS)) {
      for (const { name, text } of shapesOf(secret)) expect([name, leaksIn(`x${text}x`)]).not.toEqual([name, []]);
      expect(leaksIn(`${beginningOf(secret)}…`)).not.toEqual([]);
    }
    expect(leaksIn(Buffer.from(`ops:${SECRETS.jump}!`).toString('base64'))).not.toEqual([]);
  });
});
