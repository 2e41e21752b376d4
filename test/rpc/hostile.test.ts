import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LabDevice } from '../../server/lab/ssh-server.ts';
import fc from '../chance.ts';
import { Mercury, PLATFORMS } from '../harness.ts';
import { hostileText } from '../hostile-text.ts';
import { type RpcReply, send, stateOf } from './wire.ts';

/*
 * Names and texts that a hostile caller, or a broken LLDP neighbour, may send. Whatever they hold: a call is refused and leaves the
 * device alone, or what is typed is line for line what its dry run said, and the device takes it. Nothing between.
 */

let mercury: Mercury;
beforeAll(async () => {
  mercury = await Mercury.start({ devices: Object.fromEntries(PLATFORMS.map(platform => [platform, platform])) });
  for (const platform of PLATFORMS) await mercury.onNetwork('add_network', platform, 100, 'tenant');
});
afterAll(() => mercury[Symbol.asyncDispose]());

/** How often each property is tried; the environment may ask for a longer search. */
const TIMES = Number(process.env.MERCURY_TRIES ?? 1);

/** Mostly what a device could take, so that much of it gets as far as being typed. */
const nearlyFine = fc
  .tuple(
    fc.constantFrom('node 42', 'a', '', '-x', '42'),
    fc.oneof(fc.string({ maxLength: 8, unit: 'grapheme-ascii' }), hostileText),
    fc.constantFrom('', ' ', 'z'),
  )
  .map(parts => parts.join(''));

type Answer = { readonly outcome: string; readonly devices: readonly { readonly commands: readonly { readonly sent: string }[] }[] };

/** Carries a call out after its dry run, and holds what was typed against the plan. Answers the outcome. */
async function held(device: LabDevice, method: string, params: object): Promise<string> {
  const before = stateOf(device);
  const planned = (await send(mercury.service.url, method, { ...params, dry_run: true })).json;
  expect(stateOf(device)).toEqual(before);
  const from = device.typed.length;
  const real = (await send(mercury.service.url, method, params)).json;
  if (planned.error) {
    expect(real.error).toMatchObject({ code: planned.error.code, message: planned.error.message, data: { outcome: 'refused' } });
    expect(stateOf(device)).toEqual(before);
    return 'refused';
  }
  const lines = new Set((planned.result as Answer).devices.flatMap(({ commands }) => commands.map(({ sent }) => named(sent))));
  expect(
    device.typed
      .slice(from)
      .map(named)
      .filter(line => !lines.has(line)),
  ).toEqual([]);
  return outcomeOf(real);
}

const outcomeOf = ({ result, error }: RpcReply) => (result as Answer | undefined)?.outcome ?? `${error?.data?.outcome}: ${error?.message}`;
/** Each change has a short id of its own in the names it gives. */
const named = (line: string) => line.replace(/\bmercury-[A-Za-z0-9]+/, 'mercury-…');

describe.each(PLATFORMS)('%s', platform => {
  const device = () => mercury.device(platform);
  const portOf = (port_id: string, more: object = {}) => ({
    port: { local_link_information: [{ switch_info: platform, port_id }], ...more },
  });

  it('types nothing for a port name that is none', async () => {
    const { ports } = device().device;
    const names = fc.oneof(
      hostileText,
      fc.tuple(fc.constantFrom(...ports), hostileText).map(([port, tail]) => port + tail),
      fc.tuple(hostileText, fc.constantFrom(...ports)).map(([head, port]) => head + port),
      fc.tuple(fc.constantFrom(...ports), hostileText, fc.nat(6)).map(([port, piece, at]) => port.slice(0, at) + piece + port.slice(at)),
    );
    const property = fc.asyncProperty(names, fc.constantFrom('attach_port', 'detach_port', 'update_port'), async (name, method) => {
      const before = stateOf(device());
      const known = ports.includes(name.trim());
      const outcome = await held(device(), method, { ...portOf(name), native_vlan: 100 });
      // A name that is well formed is looked for on the device, which says that it is not there.
      if (!known && outcome !== 'refused') {
        expect(outcome).toMatch(/^refused: |^unchanged$/);
        expect(stateOf(device())).toMatchObject({ running: (before as { running: string }).running });
      }
    });
    await fc.assert(property, { numRuns: 40 * TIMES });
  });

  it('types a description as it is, or refuses it', async () => {
    const property = fc.asyncProperty(fc.oneof(hostileText, nearlyFine), async description => {
      expect(await held(device(), 'attach_port', { ...portOf(device().device.ports[0] ?? ''), native_vlan: 100, description })).toMatch(
        /^(?:applied|unchanged|refused)$/,
      );
    });
    const examples: [string][] = [['node 42 '], ['   '], ["it's  far"], [']'], ['!x'], ['? help'], ['node\nno shutdown']];
    await fc.assert(property, { numRuns: 20 * TIMES, examples });
  });

  it('makes a name that a VLAN can bear from any name of a network, the same each time', async () => {
    const property = fc.asyncProperty(fc.oneof(hostileText, nearlyFine), async name => {
      const params = { network: { segmentation_id: 321, name }, devices: [platform] };
      expect(await held(device(), 'add_network', params)).toMatch(/^(?:applied|unchanged|refused)$/);
      expect(await held(device(), 'add_network', params)).toMatch(/^(?:unchanged|refused)$/);
      expect(await held(device(), 'delete_network', params)).toMatch(/^(?:applied|unchanged|refused)$/);
    });
    await fc.assert(property, { numRuns: 6 * TIMES });
  });

  it('types ids of nodes, ports and instances as they are, or refuses them', async () => {
    const id = fc.oneof(hostileText, nearlyFine, fc.constant('b2a1c3d4-0000-4000-8000-00000000a001'));
    const property = fc.asyncProperty(id, fc.constantFrom('id', 'address', 'device_id', 'node'), async (value, where) => {
      const params = {
        ...portOf(device().device.ports[1] ?? '', where === 'node' ? {} : { [where]: value }),
        native_vlan: 100,
        ...(where === 'node' ? { context: { node: value } } : {}),
      };
      expect(await held(device(), 'attach_port', params)).toMatch(/^(?:applied|unchanged|refused)$/);
    });
    await fc.assert(property, { numRuns: (platform === 'openvswitch' ? 40 : 5) * TIMES });
  });
});

it('leaves no session open', async () => {
  for (const platform of PLATFORMS) await expect.poll(() => mercury.device(platform).sessions).toBe(0);
});
