import { join } from 'node:path';
import { realWorld, type World } from '../engine/world.ts';
import { LAB_USER, NO_DELAYS, SWITCHES } from '../lab/lab.ts';
import { LabDevice } from '../lab/ssh-server.ts';
import type { Library } from '../library/library.ts';
import type { Platform } from '../library/written.ts';
import type { Device, Values } from '../model.ts';

/** What the switch of a case is called: in its prompts, and in calls that name it. */
export const SWITCH = 'switch-1';

/** Why there is nothing to run a case on. */
export class NoBench extends Error {
  override readonly name = 'NoBench';
}

export interface BenchOptions {
  readonly platform: Platform;
  readonly lab: string;
  readonly vars: Values;
  readonly uplinks?: readonly string[] | undefined;
}

/** One switch of its own for one case, behind a real SSH server, and a library that knows no other. */
export class Bench implements AsyncDisposable {
  readonly platform: Platform;
  readonly switch: LabDevice;
  readonly device: Device;
  readonly world: World;

  private constructor(platform: Platform, played: LabDevice, device: Device) {
    this.platform = platform;
    this.switch = played;
    this.device = device;
    this.world = realWorld({ get: () => LAB_USER });
  }

  /** @throws NoBench where the lab has no such switch */
  static open({ lab, ...options }: BenchOptions): Promise<Bench> {
    const make = SWITCHES[lab];
    if (!make) {
      const others = `the lab has no ${lab} switch (it has ${Object.keys(SWITCHES).join(', ')})`;
      const ways = [
        'record a session on a real one with "mercury record", and name the file in `given: { recording: … }`',
        'or say with `lab:` which of these plays it',
      ];
      throw new NoBench(`${others}: ${ways.join(', ')}`);
    }
    return Bench.of(new LabDevice(make(SWITCH, LAB_USER), { user: LAB_USER, delays: NO_DELAYS, maxSessions: 16 }), options);
  }

  /** With a switch that is there already. */
  static async of(played: LabDevice, { platform, vars, uplinks }: Omit<BenchOptions, 'lab'>): Promise<Bench> {
    await played.listen();
    return new Bench(platform, played, {
      name: SWITCH,
      platform: platform.name,
      address: '127.0.0.1',
      port: played.port,
      credentials: 'lab',
      hostKeys: [played.fingerprint],
      switchIds: [],
      uplinks: uplinks ?? played.device.uplinks,
      physicalNetworks: [],
      vars,
      source: { file: join('test', 'cases'), line: 0 },
    });
  }

  /** Neither the inventory's other devices nor its policy: what is tried here are the playbooks. */
  get library(): Library {
    return { platforms: new Map([[this.platform.name, this.platform]]), devices: new Map([[SWITCH, this.device]]) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.switch.close();
  }
}
