import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import type { SaveReport } from '../../server/engine/saver.ts';
import { typeAt } from '../by-hand.ts';
import { endTrial, isOnTrial } from '../faults/state.ts';
import { Mercury, type Told } from '../harness.ts';
import { hold } from '../hold.ts';

/* A switch is saved once for many changes, and nobody who asked for one waits for it. What is told of it must be true. */

let mercury: Mercury;
let told: SaveReport[];
afterEach(() => mercury[Symbol.asyncDispose]());

async function start({ quiet = 300, atMost = 60_000, platform = 'cisco_ios' } = {}): Promise<void> {
  told = [];
  const saving = { quiet, atMost, report: (report: SaveReport) => void told.push(report) };
  mercury = await Mercury.start({ devices: { sw: platform }, world: { idle: 60_000, saving } });
}

const device = () => mercury.device('sw');
const saves = () => device().typed.filter(line => line === 'write memory').length;
const attach = (nth: number, native_vlan = 100, more: object = {}) =>
  mercury.onPort('attach_port', 'sw', device().device.ports[nth] ?? '', { native_vlan, ...more });
const saved = () => device().device.saved?.() ?? '';

describe('saving that is put off', () => {
  it('happens once for all changes of a while, after the answers, and keeps all of them', async () => {
    await start({ quiet: 3000 });
    const answers = await Promise.all([0, 1, 2].map(nth => attach(nth)));
    answers.push(await attach(3));
    expect(answers.map(({ devices }) => devices[0]?.saved)).toEqual(answers.map(() => ({ state: 'pending' })));
    expect(saves()).toBe(0);
    expect(mercury.desk.world.saver?.devices).toEqual(['sw']);
    const { there, letGo } = hold(device(), 'typed', /^write memory$/);
    await there;
    expect(mercury.desk.world.saver?.devices).toEqual(['sw']);
    letGo();
    await expect.poll(() => told.length).toBe(1);
    expect(told).toEqual([
      { device: 'sw', platform: 'cisco_ios', tries: 1, waited: expect.any(Number), requests: answers.map(({ request_id }) => request_id) },
    ]);
    expect(saves()).toBe(1);
    expect(saved()).toBe(device().device.running());
    await expect.poll(() => mercury.desk.world.saver?.devices).toEqual([]);
  });

  it('does not wait for a quiet moment for ever', async () => {
    await start({ quiet: 60_000, atMost: 400 });
    for (let nth = 0; saves() === 0 && nth < 500; nth += 1) await attach(nth % 10);
    expect(saves()).toBeGreaterThanOrEqual(1);
  });

  it('is tried again after it failed, and the failure is told', async () => {
    await start();
    device().faults.plant({ on: /^write memory/, does: 'refuse' });
    await attach(0);
    await expect.poll(() => told.length).toBe(1);
    expect(told[0]).toMatchObject({ tries: 1, failure: expect.stringContaining('write memory'), again: 5000 });
    // A change meanwhile is saved with those before it.
    const { request_id } = await attach(1);
    await expect.poll(() => told.length).toBe(2);
    expect(told[1]).toMatchObject({ requests: [expect.any(String), request_id] });
    expect(told[1]).not.toHaveProperty('failure');
    expect(saved()).toBe(device().device.running());
  });

  it('happens once, too, for changes that come while it waits for its turn', async () => {
    await start({ quiet: 100 });
    const size = () => mercury.desk.world.queue.size;
    // Changes of one port are made one after the other, in one visit.
    let held = hold(device(), 'login', /^$/);
    const answers: Promise<Told>[] = [];
    for (const vlan of [100, 200, 300]) {
      answers.push(attach(1, vlan));
      await expect.poll(size).toBe(answers.length);
    }
    held.letGo();
    held = hold(device(), 'typed', /^switchport access vlan 200$/);
    await held.there;
    // The first is made, and its save has come to wait behind the visit.
    await expect.poll(size).toBe(4);
    const third = hold(device(), 'typed', /^switchport access vlan 300$/);
    held.letGo();
    await third.there;
    // The second is made as well, and it is quiet again for long enough.
    await pause(500);
    expect(size()).toBe(4);
    third.letGo();
    await Promise.all(answers);
    await expect.poll(() => mercury.desk.world.saver?.devices).toEqual([]);
    await expect.poll(size).toBe(0);
    expect(told.map(({ tries, requests }) => ({ tries, requests: requests.length }))).toEqual([{ tries: 1, requests: 3 }]);
    expect(saves()).toBe(1);
    expect(saved()).toBe(device().device.running());
  });

  it('waits for a commit on trial: the switch may take it back, and a reload would bring it again', async () => {
    await start({ platform: 'arista_eos' });
    await mercury.onNetwork('add_network', 'sw', 100, 'tenant');
    await expect.poll(() => mercury.desk.world.saver?.devices).toEqual([]);
    const planned = await attach(1, 100, { dry_run: true });
    const typed = planned.devices[0]?.commands.filter(({ task }) => /^(?:change|commit):/.test(task)).map(({ sent }) => sent) ?? [];
    await attach(0);
    typeAt(device(), ['enable', ...typed]);
    expect(isOnTrial(device())).toBe(true);
    told.length = 0;
    await expect.poll(() => told.length).toBe(1);
    expect(told[0]).toMatchObject({ tries: 1, failure: expect.stringContaining('a commit timer runs'), again: 5000 });
    endTrial(device());
    await expect.poll(() => told.length).toBe(2);
    expect(told[1]).not.toHaveProperty('failure');
    expect(saved()).toBe(device().device.running());
  });

  it('happens at once when the service stops', async () => {
    await start({ quiet: 60_000 });
    await attach(0);
    expect(saves()).toBe(0);
    expect(await mercury.service.stop()).toBe(true);
    expect(saved()).toBe(device().device.running());
    expect(told).toHaveLength(1);
    await expect.poll(() => device().sessions).toBe(0);
  });

  it('is no matter for a platform that keeps what it commits', async () => {
    await start({ platform: 'juniper_junos' });
    expect((await attach(0)).devices[0]?.saved).toEqual({ state: 'not needed' });
    expect(mercury.desk.world.saver?.devices).toEqual([]);
  });
});
