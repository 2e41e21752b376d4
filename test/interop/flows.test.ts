import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { reachedFrom, watch } from '../exposure.ts';
import { Mercury, PLATFORMS } from '../harness.ts';
import { Conductor, conductorReady, type Told } from './conductor.ts';

const { ready, why } = conductorReady();
if (!ready) console.error(`\n!!! LEFT OUT: the flows of Ironic: ${why}\n`);

/** A configured network of Ironic, as its conductor turns the setting into arguments. */
interface Network {
  readonly mode: string;
  readonly native_vlan: number;
  readonly allowed_vlans?: readonly number[];
}
const access = (native_vlan: number): Network => ({ mode: 'access', native_vlan });
const NETWORKS = {
  inspection: access(110),
  cleaning: access(120),
  provisioning: access(130),
  rescuing: access(140),
  servicing: access(145),
};
const IDLE = 160;
/** What the node's two ports serve: one VLAN, and a trunk. */
const TENANT: readonly Network[] = [access(150), { mode: 'trunk', native_vlan: 151, allowed_vlans: [152, 153] }];
const VLANS = [110, 120, 130, 140, 145, 150, 151, 152, 153, IDLE];
const reached = ({ mode, native_vlan, allowed_vlans = [] }: Network) =>
  mode === 'access' ? `${native_vlan}` : `${native_vlan} + ${allowed_vlans[0]}-${allowed_vlans.at(-1)}`;

/*
 * The sequences of calls that a stock conductor makes, for a node with an access port and a trunk port. After each call the switch itself shows
 * where the port is; and before every single line that is typed it is on a network that some call asked for, or closed.
 */
describe.skipIf(!ready)(ready ? 'Ironic’s flows' : `Ironic’s flows (left out: ${why})`, () => {
  let mercury: Mercury;
  let conductor: Conductor;

  beforeAll(async () => {
    mercury = await Mercury.start({ devices: Object.fromEntries(PLATFORMS.map(platform => [platform, platform])) });
    conductor = new Conductor(mercury.service.url);
    await Promise.all(
      PLATFORMS.map(async tor => {
        for (const vlan of VLANS) await mercury.onNetwork('add_network', tor, vlan, `net-${vlan}`);
      }),
    );
  });
  afterAll(async () => {
    await conductor[Symbol.asyncDispose]();
    await mercury[Symbol.asyncDispose]();
  });

  describe.each(PLATFORMS)('on %s', tor => {
    describe.each([
      ['with an idle network', IDLE],
      ['without one', null],
    ])('%s', (_, idle) => {
      let ports: readonly string[];
      let seen: ReadonlyMap<string, string[]>;
      const rest = idle === null ? 'closed' : `${idle}`;

      beforeEach(() => {
        const device = mercury.device(tor);
        ports = device.device.ports.slice(0, 3);
        seen = watch(device, ports);
      });
      afterEach(async () => {
        await Promise.all(ports.map(port => conductor.resetPort(tor, port)));
        for (const nth of [0, 1, 2]) isAt(nth, 'closed');
      });

      const isDone = ({ result }: Told) => expect(['applied', 'unchanged']).toContain(result?.outcome);
      const isAt = (nth: number, where: string) => expect(reachedFrom(ports[nth] ?? '', mercury.device(tor))).toBe(where);
      /** `add_<type>_network`: every port to one network. */
      const add = async (network: Network) => {
        for (const nth of [0, 1]) await update(nth, network);
      };
      const remove = async (network: Network) => {
        for (const nth of [0, 1]) await reset(nth, network);
      };
      const update = async (nth: number, network: Network) => {
        isDone(await conductor.updatePort(tor, ports[nth] ?? '', { ...network, default_vlan: idle }));
        isAt(nth, reached(network));
      };
      const reset = async (nth: number, { native_vlan, allowed_vlans }: Network) => {
        const told = await conductor.resetPort(tor, ports[nth] ?? '', {
          native_vlan,
          allowed_vlans: allowed_vlans ?? null,
          default_vlan: idle,
        });
        isDone(told);
        isAt(nth, rest);
        return told;
      };
      const configureTenant = async () => {
        for (const [nth, network] of TENANT.entries()) await update(nth, network);
      };
      const unconfigureTenant = async () => {
        for (const [nth, network] of TENANT.entries()) await reset(nth, network);
      };
      /** On the way from network to network a port was closed, idle, or on one of them: nowhere else. */
      const wasOnlyOn = (...networks: readonly Network[]) => {
        const allowed = new Set(['closed', rest, ...networks.map(reached)]);
        for (const [port, states] of seen)
          expect({ port, strange: states.filter(state => !allowed.has(state)) }).toEqual({ port, strange: [] });
        expect([...seen.values()].flat().length).toBeGreaterThan(seen.size);
      };

      it('inspects, and aborts', async () => {
        await add(NETWORKS.inspection);
        await remove(NETWORKS.inspection);
        wasOnlyOn(NETWORKS.inspection);
      });

      it('cleans, and aborts', async () => {
        await add(NETWORKS.cleaning);
        await remove(NETWORKS.cleaning);
        wasOnlyOn(NETWORKS.cleaning);
      });

      it('deploys by the agent: reset, update, reset, update', async () => {
        await unconfigureTenant();
        await add(NETWORKS.provisioning);
        await remove(NETWORKS.provisioning);
        await configureTenant();
        wasOnlyOn(NETWORKS.provisioning, ...TENANT);
      });

      it('deploys a ramdisk straight to the tenant’s networks, and tears down with a second reset that types nothing', async () => {
        await configureTenant();
        await unconfigureTenant();
        const typed = mercury.device(tor).typed.length;
        const logins = mercury.device(tor).logins;
        for (const nth of [0, 1]) {
          const { result } = await reset(nth, NETWORKS.provisioning);
          expect(result).toMatchObject({ status: 'reset', outcome: 'unchanged', devices: [{ commands: [] }] });
        }
        // What was typed then was typed to read.
        const reads = mercury.device(tor).typed.slice(typed);
        expect(mercury.device(tor).logins).toBe(logins + 2);
        expect(
          reads.filter(
            line => !line.startsWith('show ') && /switchport|vlan \d|^configure|^set (?!cli )|commit|add-port|del-port|shutdown/.test(line),
          ),
        ).toEqual([]);
        wasOnlyOn(...TENANT);
      });

      it('rescues, gives up, resets again, and unrescues', async () => {
        await configureTenant();
        await unconfigureTenant();
        await add(NETWORKS.rescuing);
        await remove(NETWORKS.rescuing);
        await remove(NETWORKS.rescuing);
        await configureTenant();
        wasOnlyOn(NETWORKS.rescuing, ...TENANT);
      });

      it('services, and aborts', async () => {
        await configureTenant();
        await unconfigureTenant();
        await add(NETWORKS.servicing);
        await remove(NETWORKS.servicing);
        await configureTenant();
        wasOnlyOn(NETWORKS.servicing, ...TENANT);
      });

      it('turns a port that was a trunk into an access port, and back, without a reset', async () => {
        await configureTenant();
        await add(NETWORKS.provisioning);
        await configureTenant();
        wasOnlyOn(NETWORKS.provisioning, ...TENANT);
      });

      it('moves a port: resets the old one, configures the new one, and leaves the third alone', async () => {
        const [, trunk = NETWORKS.cleaning] = TENANT;
        await update(1, trunk);
        const told = await conductor.resetPort(tor, ports[1] ?? '', { ...trunk, mode: undefined, default_vlan: idle });
        isDone(told);
        isAt(1, rest);
        await update(0, trunk);
        isAt(2, 'closed');
        wasOnlyOn(trunk);
      });

      it('configures the idle network as a network, with its VLAN as both', async () => {
        const network = access(IDLE);
        isDone(await conductor.updatePort(tor, ports[0] ?? '', { ...network, default_vlan: IDLE }));
        isAt(0, `${IDLE}`);
        wasOnlyOn(network);
      });
    });
  });
});
