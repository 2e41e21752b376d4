import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { dump } from 'js-yaml';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectSsh } from '../../server/transport/ssh.ts';
import { Folder, mercury } from '../cli/run.ts';
import { failureOf, soon } from '../ends.ts';
import { BlackHole } from './black-hole.ts';
import { deviceAt } from './servers.ts';

const PASSWORD = { username: 'mercury', password: 'lab-password' };

// All at once: each waits for its own time to go by.
describe.concurrent('a device that nothing answers for', () => {
  let hole: BlackHole;
  beforeAll(async () => {
    hole = await BlackHole.start();
  });
  afterAll(() => hole[Symbol.asyncDispose]());

  it('is given up long before the call is, and told to be out of reach', async () => {
    const failure = await failureOf(connectSsh(deviceAt(hole.port), PASSWORD, soon(), [], 400));
    expect(failure).toMatchObject({
      kind: 'unreachable',
      outcome: 'refused',
      message: `sw1 (127.0.0.1:${hole.port}) cannot be reached: nothing answered within 0.4 s`,
    });
  });

  it('is given up after ten seconds where nobody says otherwise', async () => {
    const failure = await failureOf(connectSsh(deviceAt(hole.port), PASSWORD, soon()));
    expect(failure).toMatchObject({ kind: 'unreachable', message: expect.stringMatching(/: nothing answered within 10 s$/) });
  });

  it('is given up earlier where the call has less time', async () => {
    const failure = await failureOf(connectSsh(deviceAt(hole.port), PASSWORD, soon(1000), [], 60_000));
    expect(failure).toMatchObject({ kind: 'timeout', message: expect.stringMatching(/^gave up after [\d.]+ s waiting to log in to sw1 /) });
  });

  it('is given up by every command after `connect_time`', async () => {
    using folder = new Folder();
    const device = { platform: 'cisco_ios', address: '127.0.0.1', port: hole.port, credentials: 'lab', host_keys: 'any' };
    const inventory = join(folder.path, 'inventory');
    mkdirSync(inventory);
    writeFileSync(join(inventory, 'lab.yml'), dump({ devices: { 'sw-1': device } }));
    writeFileSync(join(folder.path, 'credentials.yml'), dump({ lab: PASSWORD }), { mode: 0o600 });
    const env = {
      MERCURY_INVENTORY: inventory,
      MERCURY_CREDENTIALS: join(folder.path, 'credentials.yml'),
      MERCURY_CONNECT_TIME: '300ms',
    };
    const verify = await mercury(['verify', 'attach_port', 'sw-1', 'Gi1/0/7', '--native', '100'], { env });
    expect(verify.status).toBe(5);
    expect(verify.err.replaceAll('\n', ' ')).toContain(`sw-1 (127.0.0.1:${hole.port}) cannot be reached: nothing answered within 0.3 s`);
    const keyscan = await mercury(['keyscan', 'sw-1'], { env });
    expect(keyscan.status).toBe(5);
    expect(`${keyscan.out}${keyscan.err}`.replaceAll(/\n\s*/g, ' ')).toContain('nothing answered within 0.3 s');
  });
});
