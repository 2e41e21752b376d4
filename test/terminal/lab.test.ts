import { describe, expect, it } from 'vitest';
import { execute } from '../../server/engine/execute.ts';
import { plan } from '../../server/engine/plan.ts';
import { type World, worldWith } from '../../server/engine/world.ts';
import { LAB_USER } from '../../server/lab/lab.ts';
import type { Method, Values } from '../../server/model.ts';
import { ShellTerminal } from '../../server/terminal/shell.ts';
import { connectSsh } from '../../server/transport/ssh.ts';
import type { Channel, Connection } from '../../server/transport/transport.ts';
import { soon } from '../ends.ts';
import { Mercury, PLATFORMS } from '../harness.ts';
import { type Cuts, cutAt, everyByte, whole } from './device.ts';

/** A channel whose text comes in smaller pieces than the network brought it. */
function cutUp(channel: Channel, cuts: Cuts): Channel {
  const waiting: string[] = [];
  let closed: () => void = () => {};
  let gone = false;
  let deliver: (text: string) => void = () => {};
  let running = false;
  const send = () => {
    const piece = waiting.shift();
    if (piece !== undefined) deliver(piece);
    running = waiting.length > 0;
    if (running) setImmediate(send);
    else if (gone) closed();
  };
  channel.onText(text => {
    waiting.push(...cuts(text));
    if (!running) {
      running = true;
      setImmediate(send);
    }
  });
  channel.onClose(() => {
    gone = true;
    if (!running) closed();
  });
  return {
    write: text => channel.write(text),
    close: () => channel.close(),
    onText: listener => {
      deliver = listener;
    },
    onClose: listener => {
      closed = listener;
    },
  };
}

function worldThatCuts(cuts: Cuts): World {
  return worldWith(async (device, dialect, deadline) => {
    const connection = await connectSsh(device, LAB_USER, deadline);
    const under: Connection = {
      openShell: async () => cutUp(await connection.openShell(), cuts),
      exec: command => connection.exec(command),
      get alive() {
        return connection.alive;
      },
      close: () => connection.close(),
    };
    return ShellTerminal.open(under, { dialect, enableSecret: LAB_USER.enable, device: device.name }, deadline);
  });
}

const SHELLS = PLATFORMS.filter(platform => platform !== 'openvswitch');

describe.each(SHELLS)('%s over real SSH ends the same', platform => {
  it('however its packets are cut', async () => {
    const ways: Readonly<Record<string, Cuts>> = { whole, bytes: everyByte, uneven: cutAt([1, 5, 2, 40, 3]), long: cutAt([11, 97]) };
    await using mercury = await Mercury.start({ devices: Object.fromEntries(Object.keys(ways).map(name => [name, platform])) });
    const ends = await Promise.all(
      Object.entries(ways).map(async ([name, cuts]) => {
        const { device } = mercury.device(name);
        const world = worldThatCuts(cuts);
        const port = device.ports[1] ?? '';
        const outcomes: string[] = [];
        const go = async (method: Method, args: Values) => {
          const caller = { name: 'test', address: '', scheme: 'none' };
          // The change is named after it, on the switch too.
          const id = `cut-up-${String(outcomes.length).padStart(10, '0')}`;
          const request = { id, method, device: name, args, caller, why: {}, dryRun: false, deadline: soon() };
          const { outcome, diff } = await execute(plan(request, mercury.library), world);
          outcomes.push(`${method}: ${outcome}\n${diff}`);
        };
        for (const vlan of [100, 200]) await go('add_network', { vlan, network_name: `net-${vlan}` });
        await go('attach_port', { port, mode: 'trunk', native_vlan: 100, allowed_vlans: [200] });
        await go('attach_port', { port, mode: 'trunk', native_vlan: 100, allowed_vlans: [200] });
        const attached = device.running();
        await go('detach_port', { port });
        return { outcomes, attached: attached.replaceAll(name, 'sw'), detached: device.running().replaceAll(name, 'sw') };
      }),
    );
    const [first, ...others] = ends;
    expect(first?.outcomes.map(text => text.split('\n')[0])).toEqual([
      'add_network: applied',
      'add_network: applied',
      'attach_port: applied',
      'attach_port: unchanged',
      'detach_port: applied',
    ]);
    for (const other of others) expect(other).toEqual(first);
  });
});
