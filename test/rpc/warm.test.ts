import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { LAB_USER } from '../../server/lab/lab.ts';
import { beforeLine } from '../before-line.ts';
import { Mercury, PLATFORMS } from '../harness.ts';
import { SOON } from './wire.ts';

/* A session is kept for the next change: it must serve as well as a new one, and never when anything about it is in doubt. */

let mercury: Mercury;
afterEach(() => mercury[Symbol.asyncDispose]());

async function start(platform: string, idle = 60_000): Promise<void> {
  mercury = await Mercury.start({ devices: { sw: platform }, world: { idle } });
  for (const vlan of [100, 200]) await mercury.onNetwork('add_network', 'sw', vlan, `net-${vlan}`);
}

const device = () => mercury.device('sw');
const attach = (nth: number, native_vlan = 100) => mercury.onPort('attach_port', 'sw', device().device.ports[nth] ?? '', { native_vlan });

describe.each(PLATFORMS)('a session on %s', platform => {
  it('serves one change after the other, and leaves each port as a session of its own would', async () => {
    await start(platform);
    const { logins } = device();
    for (const nth of [0, 1, 2]) expect((await attach(nth)).outcome).toBe('applied');
    expect((await attach(1)).outcome).toBe('unchanged');
    expect((await mercury.onPort('detach_port', 'sw', device().device.ports[1] ?? '')).outcome).toBe('applied');
    expect(
      await mercury.reply('is_port_supported', { port: { local_link_information: [{ switch_info: 'sw', port_id: 'no-such-port' }] } }),
    ).toMatchObject({ result: false });
    expect((await attach(1, 200)).outcome).toBe('applied');
    // Adding a network may have been the first to log in, or it may have typed nothing.
    expect(device().logins).toBe(Math.max(logins, 1));
    expect(device().sessions).toBe(1);
    const together = device().device.running();
    await mercury[Symbol.asyncDispose]();

    await start(platform, 0);
    for (const nth of [0, 1, 2]) await attach(nth);
    await mercury.onPort('detach_port', 'sw', device().device.ports[1] ?? '');
    await attach(1, 200);
    expect(device().device.running()).toBe(together);
    expect(device().sessions).toBe(0);
  });

  it('is not kept after a change that failed, and the next logs in', async () => {
    await start(platform);
    await attach(0);
    const { logins } = device();
    device().faults.plant({ on: /200/, does: 'refuse', times: 9 });
    expect((await attach(1, 200)).outcome).toMatch(/^(?:undone|rescued|refused)$/);
    device().faults.clear();
    expect((await attach(1, 200)).outcome).toBe('applied');
    expect(device().logins).toBeLessThanOrEqual(logins + 1);
  });
});

describe('a session that stands idle', () => {
  it('is logged out after a while', async () => {
    await start('cisco_ios', 300);
    await attach(0);
    await expect.poll(() => device().sessions, SOON).toBe(0);
    expect(mercury.desk.world.sessions.size).toBe(0);
  });

  it('is logged out when the service stops', async () => {
    await start('arista_eos');
    await attach(0);
    expect(device().sessions).toBe(1);
    await mercury.service.stop();
    await expect.poll(() => device().sessions, SOON).toBe(0);
  });

  it('is not used by anybody when the credentials were changed while it was in use', async () => {
    await start('cisco_ios');
    const file = join(mercury.folder, 'credentials.yml');
    const text = readFileSync(file, 'utf8');
    const { logins } = device();
    beforeLine(device(), /^switchport mode access/, () => writeFileSync(file, text.replace(LAB_USER.password, 'not-any-more')));
    expect((await attach(0)).outcome).toBe('applied');
    expect(readFileSync(file, 'utf8')).not.toBe(text);
    expect((await attach(1)).kind).toBe('login_refused');
    expect(device().logins).toBeLessThanOrEqual(logins + 1);
  });

  it('is replaced by a new one when the switch has ended it', async () => {
    await start('juniper_junos');
    await attach(0);
    const { logins } = device();
    device().dropAll();
    expect((await attach(1)).outcome).toBe('applied');
    expect(device().logins).toBe(logins + 1);
  });

  it('is in no configuration mode: others may configure meanwhile', async () => {
    await start('juniper_junos');
    await attach(0);
    await expect.poll(() => mercury.desk.world.queue.size, SOON).toBe(0);
    expect(device().typed.at(-1)).toBe('exit configuration-mode');
  });
});
