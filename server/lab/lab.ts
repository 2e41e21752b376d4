import { LabDevice } from './ssh-server.ts';
import type { LabUser, SwitchMaker } from './switch.ts';
import { AristaEos } from './switches/arista-eos.ts';
import { CiscoIos } from './switches/cisco-ios.ts';
import { DellOs10 } from './switches/dell-os10.ts';
import { JuniperJunos } from './switches/juniper-junos.ts';
import { OpenVswitch } from './switches/openvswitch.ts';
import type { Delays } from './terminal.ts';

/** Every vendor the lab can imitate, by platform name. */
export const SWITCHES: Readonly<Record<string, SwitchMaker>> = {
  cisco_ios: (hostname, user, ports) => new CiscoIos(hostname, user, ports),
  arista_eos: (hostname, user) => new AristaEos(hostname, user),
  juniper_junos: (hostname, user, ports) => new JuniperJunos(hostname, user, ports),
  dell_os10: (hostname, user) => new DellOs10(hostname, user),
  openvswitch: (hostname, user) => new OpenVswitch(hostname, user),
};

export const LAB_USER: LabUser = { username: 'mercury', password: 'lab-password', enable: 'lab-enable' };
export const NO_DELAYS: Delays = { login: 0, command: 0, commit: 0, save: 0 };

export interface LabOptions {
  /** Device name → platform. */
  readonly devices: Readonly<Record<string, string>>;
  readonly user?: LabUser;
  readonly delays?: Partial<Delays>;
  readonly maxSessions?: number;
  /** How many server-facing ports a switch has, where the vendor's imitation can be a stack; some, when left out. */
  readonly ports?: number;
  /** Fixed TCP port of the first device, the others follow; any free ports when left out. */
  readonly firstPort?: number;
}

/** A running set of simulated switches. `await using lab = await startLab(…)` stops it at the end of the scope. */
export class Lab implements AsyncDisposable {
  readonly devices: ReadonlyMap<string, LabDevice>;
  readonly user: LabUser;

  constructor(devices: ReadonlyMap<string, LabDevice>, user: LabUser) {
    this.devices = devices;
    this.user = user;
  }

  device(name: string): LabDevice {
    const found = this.devices.get(name);
    if (!found) throw new Error(`no ${name} in this lab`);
    return found;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.devices.values()].map(device => device.close()));
  }
}

/** Starts the switches on 127.0.0.1, one SSH server each. */
export async function startLab(options: LabOptions): Promise<Lab> {
  const user = options.user ?? LAB_USER;
  const devices = new Map<string, LabDevice>();
  const lab = new Lab(devices, user);
  try {
    for (const [name, platform] of Object.entries(options.devices)) {
      const make = SWITCHES[platform];
      if (!make) throw new Error(`the lab has no ${platform}; it has ${Object.keys(SWITCHES).join(', ')}`);
      const device = new LabDevice(make(name, user, options.ports), {
        user,
        delays: { ...NO_DELAYS, ...options.delays },
        maxSessions: options.maxSessions ?? 16,
      });
      await device.listen(options.firstPort === undefined ? 0 : options.firstPort + devices.size);
      devices.set(name, device);
    }
  } catch (thrown) {
    // Those that listen already would keep the process.
    await lab[Symbol.asyncDispose]();
    throw thrown;
  }
  return lab;
}
