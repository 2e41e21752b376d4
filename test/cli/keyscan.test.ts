import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { dump, load } from 'js-yaml';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startJump } from '../transport/servers.ts';
import { Bench } from './run.ts';

interface Inventory {
  devices: Record<string, Record<string, unknown>>;
}

describe('mercury keyscan', () => {
  let bench: Bench;
  let jump: Awaited<ReturnType<typeof startJump>>;
  const other = `SHA256:${'A'.repeat(43)}`;
  const file = () => join(bench.folder, 'inventory', 'lab.yml');
  const keyOf = (name: string) => bench.lab.device(name).fingerprint;
  beforeAll(async () => {
    bench = await Bench.start({ devices: { ios: 'cisco_ios', eos: 'arista_eos' } });
    jump = await startJump();
    const inventory = load(readFileSync(file(), 'utf8')) as Inventory;
    const { ios, eos } = inventory.devices;
    inventory.devices.fresh = { ...ios, host_keys: [] };
    inventory.devices['1e3'] = { ...ios, host_keys: [] };
    inventory.devices.changed = { ...eos, host_keys: [other] };
    inventory.devices.gone = { ...eos, port: 1 };
    const bastion = { address: '127.0.0.1', port: jump.port, credentials: 'bastion', host_keys: [jump.fingerprint] };
    inventory.devices.far = { ...eos, host_keys: [], jump: bastion };
    inventory.devices.cheated = { ...eos, host_keys: [], jump: { ...bastion, host_keys: [other] } };
    writeFileSync(file(), dump(inventory));
    const credentials = join(bench.folder, 'credentials.yml');
    writeFileSync(credentials, `${readFileSync(credentials, 'utf8')}bastion: { username: ops, password: jump-password }\n`);
  });
  afterAll(async () => {
    await bench[Symbol.asyncDispose]();
    await jump[Symbol.asyncDispose]();
  });

  it('prints a piece of inventory that may be taken over, and says what it is', async () => {
    const before = readFileSync(file(), 'utf8');
    const logins = bench.lab.device('ios').logins;
    const { status, out, err } = await bench.run(['keyscan', 'fresh', 'eos', '1e3'], { env: { MERCURY_CREDENTIALS: '/nowhere' } });
    expect({ status, err }).toEqual({ status: 0, err: '' });
    expect(load(out)).toEqual({
      devices: { fresh: { host_keys: [keyOf('ios')] }, eos: { host_keys: [keyOf('eos')] }, '1e3': { host_keys: [keyOf('ios')] } },
    });
    expect(out).toContain('Compare each key with what the device’s console shows');
    expect(out).toContain(`- ${keyOf('eos')}  # ssh-ed25519, in the inventory already\n`);
    expect(out).toContain(`- ${keyOf('ios')}  # ssh-ed25519\n`);
    expect(readFileSync(file(), 'utf8')).toBe(before);
    expect(bench.lab.device('ios').logins).toBe(logins);
  });

  it('warns of a device that shows none of the keys that it should', async () => {
    const [text, json] = await Promise.all([bench.run(['keyscan', 'changed']), bench.run(['keyscan', 'changed', '--json'])]);
    expect([text.status, json.status]).toEqual([4, 4]);
    expect(text.out).toContain('# NONE of these keys is in the inventory, which has others.');
    expect(JSON.parse(json.out)).toEqual([
      {
        device: 'changed',
        address: '127.0.0.1',
        port: bench.lab.device('eos').port,
        keys: [{ type: 'ssh-ed25519', fingerprint: keyOf('eos'), pinned: false }],
        stranger: true,
      },
    ]);
  });

  it('looks over a jump host, to which it logs in as strictly as ever', async () => {
    const [far, cheated] = await Promise.all([bench.run(['keyscan', 'far']), bench.run(['keyscan', 'cheated'])]);
    expect(far).toMatchObject({ status: 0, err: '' });
    expect(load(far.out)).toEqual({ devices: { far: { host_keys: [keyOf('eos')] } } });
    expect(cheated).toMatchObject({ status: 4, out: '' });
    expect(cheated.err).toContain(`the jump host 127.0.0.1:${jump.port} of cheated shows the host key ${jump.fingerprint}`);
  });

  it('looks at all of them, and those that do not answer are told apart', async () => {
    const { status, out, err } = await bench.run(['keyscan', '--all']);
    expect(status).toBe(5);
    expect(err).toMatch(/^gone \(127\.0\.0\.1:1\) shows no host key: connect ECONNREFUSED/m);
    expect(Object.keys((load(out) as Inventory).devices).sort()).toEqual(['1e3', 'changed', 'eos', 'far', 'fresh', 'ios']);
  });

  it('is refused for no device, for all and some, and for one that nobody knows', async () => {
    const refusals: [string[], number, string][] = [
      [[], 2, 'name devices, or say --all'],
      [['ios', '--all'], 2, 'name devices, or say --all, but not both'],
      [['nobody'], 3, 'no device in the inventory is called nobody'],
    ];
    const ended = await Promise.all(refusals.map(([words]) => bench.run(['keyscan', ...words])));
    for (const [i, [, status, message]] of refusals.entries())
      expect(ended[i]).toMatchObject({ status, err: expect.stringContaining(message) });
  });

  it('shows keys with which a change is carried out over the jump host', async () => {
    const inventory = load(readFileSync(file(), 'utf8')) as Inventory;
    Object.assign(inventory.devices.far ?? {}, { host_keys: [keyOf('eos')] });
    writeFileSync(file(), dump(inventory));
    const { status, out } = await bench.run(['apply', 'attach_port', 'far', 'Ethernet3', '--native', '100', '--json']);
    expect(status).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ outcome: 'applied', devices: [{ device: 'far', saved: { state: 'yes' } }] });
    await expect.poll(() => jump.clients.size).toBe(0);
  });
});

describe('mercury serve', () => {
  it('names the hosts that may use weak algorithms, once, when it starts', async () => {
    await using bench = await Bench.start({ devices: { ios: 'cisco_ios', eos: 'arista_eos' } });
    const path = join(bench.folder, 'inventory', 'lab.yml');
    const inventory = load(readFileSync(path, 'utf8')) as Inventory;
    const jump = { address: 'bastion', credentials: 'lab', ssh_profile: 'legacy' };
    Object.assign(inventory.devices.ios ?? {}, { ssh_profile: 'legacy', jump });
    writeFileSync(path, dump(inventory));
    await using service = bench.start(['serve'], { env: { MERCURY_PORT: '0' } });
    await service.prints(/"listening on/, 'err');
    expect(service.err.match(/ssh_profile/g)).toHaveLength(1);
    expect(service.err).toContain('ssh_profile legacy allows weak algorithms (SHA-1, 1024-bit groups, CBC) for ios, bastion');
    service.signal('SIGTERM');
    expect((await service.ended).status).toBe(0);
  });

  it('does not start while a jump host has no credentials', async () => {
    await using bench = await Bench.start({ devices: { ios: 'cisco_ios' } });
    const path = join(bench.folder, 'inventory', 'lab.yml');
    const inventory = load(readFileSync(path, 'utf8')) as Inventory;
    Object.assign(inventory.devices.ios ?? {}, { jump: { address: 'bastion', credentials: 'labb' } });
    writeFileSync(path, dump(inventory));
    const { status, err } = await bench.run(['serve'], { env: { MERCURY_PORT: '0' } });
    expect(status).toBe(2);
    expect(err).toContain('ios, jump host bastion: the credentials file has no entry labb; did you mean lab?');
  });
});
