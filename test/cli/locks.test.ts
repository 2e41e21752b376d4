import { mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { call, type Reply } from '../../server/cli/call.ts';
import { readConfig } from '../../server/cli/setup.ts';
import { FileLocks } from '../../server/engine/lock/file.ts';
import { at } from '../../server/errors.ts';
import { LibraryError } from '../../server/library/complaints.ts';
import type { Device } from '../../server/model.ts';
import { beforeLine } from '../before-line.ts';
import { soon } from '../ends.ts';
import { reachedFrom } from '../exposure.ts';
import { portOf } from '../harness.ts';
import { Bench, Folder, type Running } from './run.ts';

/* Processes that know nothing of each other, on the same switches. */

interface Site {
  readonly bench: Bench;
  readonly locks: string;
  /** A `mercury serve` of its own. */
  readonly serve: () => Promise<Server>;
  readonly env: Readonly<Record<string, string>>;
}

interface Server extends AsyncDisposable {
  readonly running: Running;
  readonly attach: (device: string, port: string) => Promise<Reply>;
  readonly network: (device: string) => Promise<Reply>;
}

/** @param atOnce changes that one visit may carry out; sessions are not kept, so that their beginnings and ends can be told */
async function site(devices: Readonly<Record<string, string>>, atOnce = 64): Promise<Site & AsyncDisposable> {
  const bench = await Bench.start({ devices });
  const locks = join(mkdtempSync(join(bench.folder, 'run-')), 'locks');
  const env = { MERCURY_LOCK_DIR: locks, MERCURY_KEEP_SESSION: '0s', MERCURY_CHANGES_AT_ONCE: String(atOnce), MERCURY_SAVE_AFTER: '0s' };
  const serve = async (): Promise<Server> => {
    const running = bench.start(['serve'], { env: { MERCURY_PORT: '0', ...env } });
    const [, url = ''] = await running.prints(/"msg":"listening on (http:\/\/[^"]+)"/, 'err');
    return {
      running,
      attach: (device, port) => call(url, 'attach_port', { port: portOf(device, port), native_vlan: 100 }),
      network: device =>
        call(url, 'add_network', { network: { segmentation_id: 100, name: 'net', network_type: 'vlan' }, devices: [device] }),
      [Symbol.asyncDispose]: () => running[Symbol.asyncDispose](),
    };
  };
  return { bench, locks, serve, env, [Symbol.asyncDispose]: () => bench[Symbol.asyncDispose]() };
}

/** A line in the middle of attaching an access port. */
const MIDDLE: Readonly<Record<string, RegExp>> = {
  cisco_ios: /^switchport mode access/,
  arista_eos: /^switchport mode access/,
  juniper_junos: /interface-mode access/,
  dell_os10: /^switchport access vlan 100/,
  openvswitch: /add-port/,
};

const outcomeOf = (reply: Reply) => ('result' in reply ? (reply.result as { outcome: string }).outcome : reply.error.message);

describe('two services on one switch', () => {
  it.each([1, 64])('make 40 changes, %i in a visit, and none types between the lines of another', async atOnce => {
    await using one = await site({ sw: 'cisco_ios' }, atOnce);
    const device = one.bench.lab.device('sw');
    await using a = await one.serve();
    await using b = await one.serve();
    expect(outcomeOf(await a.attach('sw', device.device.ports.at(-1) ?? ''))).toBe('applied');
    device.typed.length = 0;
    let most = 0;
    beforeLine(
      device,
      () => {
        most = Math.max(most, device.sessions);
        return false;
      },
      () => {},
    );
    const ports = device.device.ports.slice(0, 10);
    const halves = [ports.slice(0, ports.length / 2), ports.slice(ports.length / 2)] as const;
    const calls = [a, b].flatMap((server, i) => {
      const own = halves[i] ?? [];
      return Array.from({ length: 20 }, (_, nth) => server.attach('sw', own[nth % own.length] ?? ''));
    });
    const outcomes = (await Promise.all(calls)).map(outcomeOf);
    expect(outcomes.filter(outcome => outcome === 'applied')).toHaveLength(ports.length);
    expect(outcomes.filter(outcome => outcome === 'unchanged')).toHaveLength(40 - ports.length);
    for (const port of ports) expect(reachedFrom(port, device)).toBe('100');

    expect(most).toBe(1);
    // A call is answered when its change has ended, not when the visit has.
    await expect.poll(() => readdirSync(one.locks)).toEqual([]);
    if (atOnce > 1) return;
    // Every visit begins with the same line, is about one port, and is one of two: all of a change, or its reads.
    const visits = device.typed.join('\n').split(/^(?=terminal length 0$)/m);
    expect(visits).toHaveLength(40);
    const shapes = visits.map(visit => {
      const about = new Set(visit.match(/GigabitEthernet\S+/g));
      expect([...about]).toHaveLength(1);
      return visit.replaceAll([...about][0] ?? '', 'PORT').trim();
    });
    expect(new Set(shapes).size).toBe(2);
  });

  it('of which one is killed in the middle of five changes: the other takes its locks over, and every switch ends as asked', async () => {
    await using one = await site(Object.fromEntries(Object.keys(MIDDLE).map(platform => [platform.replace('_', '-'), platform])));
    await using a = await one.serve();
    await using b = await one.serve();
    const devices = [...one.bench.lab.devices];
    await Promise.all(devices.map(([name]) => b.network(name)));
    const stalled = devices.map(([, device]) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      device.faults.plant({ on: MIDDLE[device.platform] as RegExp, does: 'stall' });
      beforeLine(device, line => MIDDLE[device.platform]?.test(line) ?? false, resolve);
      return promise;
    });
    const cut = Promise.allSettled(devices.map(([name, { device }]) => a.attach(name, device.ports[0] ?? '')));
    await Promise.all(stalled);
    expect(readdirSync(one.locks)).toHaveLength(5);
    const waiting = devices.map(([name, { device }]) => b.attach(name, device.ports[1] ?? ''));
    a.running.signal('SIGKILL');
    for (const { status } of await cut) expect(status).toBe('rejected');
    expect((await Promise.all(waiting)).map(outcomeOf)).toEqual(devices.map(() => 'applied'));
    for (const [, device] of devices) {
      expect(device.device.ports.slice(0, 2).map(port => reachedFrom(port, device))).toEqual(['closed', '100']);
      // The lab hears of the killed one’s connection when the kernel has closed it.
      await expect.poll(() => device.sessions).toBe(0);
    }
    const again = await Promise.all(devices.map(([name, { device }]) => b.attach(name, device.ports[0] ?? '')));
    expect(again.map(outcomeOf)).toEqual(devices.map(() => 'applied'));
    for (const [, device] of devices) expect(reachedFrom(device.device.ports[0] ?? '', device)).toBe('100');
    expect(readdirSync(one.locks)).toEqual([]);
  });
});

describe('mercury apply', () => {
  it('waits for the lock that another process has, and says who has it when that takes too long', async () => {
    await using one = await site({ sw: 'cisco_ios' });
    const lab = one.bench.lab.device('sw');
    const [first = '', second = ''] = lab.device.ports;
    const device = { name: 'sw', address: '127.0.0.1', port: lab.port } as Device;
    const lock = await new FileLocks(one.locks).take(device, soon());
    const apply = (port: string, time: string) =>
      one.bench.run(['apply', 'attach_port', 'sw', port, '--native', '100'], { env: { ...one.env, MERCURY_CALL_TIME: time } });
    const patient = apply(second, '60s');
    const hasty = await apply(first, '1s');
    expect(hasty).toMatchObject({ status: 5 });
    expect(hasty.err).toMatch(/refused: .*sw is being changed by another Mercury \(pid \d+ on \S+, since 20\S+Z\); nothing was typed/);
    expect(hasty.err).toContain(`pid ${process.pid} `);
    expect(lab.logins).toBe(0);
    await lock[Symbol.asyncDispose]();
    expect(await patient).toMatchObject({ status: 0 });
    expect([first, second].map(port => reachedFrom(port, lab))).toEqual(['closed', '100']);
  });

  it('changes nothing where it cannot put a lock, and needs none to look', async () => {
    await using one = await site({ sw: 'cisco_ios' });
    writeFileSync(join(one.bench.folder, 'file'), '');
    const env = { MERCURY_LOCK_DIR: join(one.bench.folder, 'file', 'locks') };
    const words = ['attach_port', 'sw', one.bench.lab.device('sw').device.ports[0] ?? '', '--native', '100'];
    const applied = await one.bench.run(['apply', ...words], { env });
    expect(applied).toMatchObject({ status: 5 });
    expect(applied.err).toMatch(/refused: .*sw cannot be locked against other changes: nothing can be put into the lock folder/);
    expect(one.bench.lab.device('sw').logins).toBe(0);
    expect(await one.bench.run(['verify', ...words], { env })).toMatchObject({ status: 9 });
    expect(await one.bench.run(['apply', ...words], { env: { MERCURY_LOCK: 'none' } })).toMatchObject({ status: 0 });
  });
});

describe('the settings of locks', () => {
  it.each([
    ['lock: files', 'lock: must be none, file or etcd'],
    ['lock: etcd', 'lock: etcd needs etcd, the URLs of its members'],
    ['etcd: http://127.0.0.1:2379', 'etcd: lock says file: set lock to etcd, or take this out'],
    ['lock: none\nlock_dir: /run/mercury', 'lock_dir: lock says none: take this out'],
    ['lock: etcd\netcd: 127.0.0.1:2379', 'etcd.0: must be URLs such as http://192.0.2.1:2379'],
    ['lock: etcd\netcd: http://a:1\netcd_user: x', 'etcd_user: there is no etcd_password_file for it'],
    ['lock: etcd\netcd: http://a:1\netcd_key: x', 'etcd_key: there is no etcd_cert for it'],
    ['lock: etcd\netcd: http://a:1\netcd_ca: x', 'etcd_ca: no URL of etcd begins with https'],
  ])('%j is refused', (yaml, complaint) => {
    using folder = new Folder();
    const config = join(folder.path, 'mercury.yml');
    writeFileSync(config, yaml);
    try {
      readConfig({ root: '/nowhere', config }, {});
    } catch (thrown) {
      if (!(thrown instanceof LibraryError)) throw thrown;
      return expect(thrown.complaints.map(({ place, message }) => `${at(place)}: ${message}`)).toEqual([
        expect.stringContaining(complaint),
      ]);
    }
    throw new Error('it was taken');
  });

  it('take a list of URLs from a variable, and refuse to begin when a file is not there', async () => {
    const env = { MERCURY_LOCK: 'etcd', MERCURY_ETCD: 'https://a:2379, https://b:2379', MERCURY_ETCD_CA: '/nowhere/ca.pem' };
    expect(readConfig({ root: '/nowhere' }, env)).toMatchObject({ lock: 'etcd', etcd: ['https://a:2379', 'https://b:2379'] });
    await using one = await site({ sw: 'cisco_ios' });
    const ended = await one.bench.run(['serve'], { env });
    expect(ended).toMatchObject({ status: 2 });
    expect(ended.err).toContain('etcd_ca: ENOENT: no such file or directory');
  });
});
