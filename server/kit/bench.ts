import { join } from 'node:path';
import { realWorld, type World } from '../engine/world.ts';
import { LAB_USER, NO_DELAYS, SWITCHES } from '../lab/lab.ts';
import { randomPieces } from '../lab/pieces.ts';
import { LabDevice } from '../lab/ssh-server.ts';
import type { LabSwitch } from '../lab/switch.ts';
import type { Library } from '../library/library.ts';
import type { Platform } from '../library/written.ts';
import type { Device, Values } from '../model.ts';
import type { Recording } from './recording.ts';
import { ReplaySwitch } from './replay.ts';

/** What the switch of a case is called: in its prompts, and in calls that name it. */
export const SWITCH = 'switch-1';

/** Why there is nothing to run a case on. */
export class NoBench extends Error {
  override readonly name = 'NoBench';
}

export interface BenchOptions {
  readonly platform: Platform;
  /** Which lab switch plays the device. */
  readonly lab: string;
  /** Plays it instead, cut into pieces by the seed. */
  readonly recording?: Recording | undefined;
  readonly seed?: number | undefined;
  readonly vars: Values;
  readonly uplinks?: readonly string[] | undefined;
}

/** One switch of its own for one case, behind a real SSH server, and a library that knows no other. */
export class Bench implements AsyncDisposable {
  readonly platform: Platform;
  readonly switch: LabDevice;
  /** The switch, where it is a recording. */
  readonly replay: ReplaySwitch | undefined;
  readonly device: Device;
  readonly world: World;

  private constructor(parts: { platform: Platform; switch: LabDevice; replay: ReplaySwitch | undefined; device: Device }) {
    this.platform = parts.platform;
    this.switch = parts.switch;
    this.replay = parts.replay;
    this.device = parts.device;
    this.world = realWorld({ get: () => LAB_USER });
  }

  /** @throws NoBench where the lab has no such switch */
  static async open(options: BenchOptions): Promise<Bench> {
    const { platform, vars, uplinks, recording, seed = 1 } = options;
    const replay = recording && new ReplaySwitch(recording);
    const played = new LabDevice(replay ?? labSwitch(options.lab), {
      user: LAB_USER,
      delays: NO_DELAYS,
      maxSessions: 16,
      pieces: replay && randomPieces(seed),
    });
    await played.listen();
    const device: Device = {
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
    };
    return new Bench({ platform, switch: played, replay, device });
  }

  /** The running configuration; a recording has none. */
  get running(): string | undefined {
    return this.replay ? undefined : this.switch.device.running();
  }

  /** Neither the inventory's other devices nor its policy: what is tried here are the playbooks. */
  get library(): Library {
    return { platforms: new Map([[this.platform.name, this.platform]]), devices: new Map([[SWITCH, this.device]]) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.switch.close();
  }
}

function labSwitch(name: string): LabSwitch {
  const make = SWITCHES[name];
  if (make) return make(SWITCH, LAB_USER);
  throw new NoBench(
    `the lab has no ${name} switch (it has ${Object.keys(SWITCHES).join(', ')}): record a session on a real one with "mercury record", and name ` +
      'the file in `given: { recording: … }`; or say with `lab:` which of these plays it',
  );
}
