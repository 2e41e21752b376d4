import type { LabDevice } from '../../server/lab/ssh-server.ts';
import type { LabSwitch } from '../../server/lab/switch.ts';
import { AristaEos } from '../../server/lab/switches/arista-eos.ts';
import { JuniperJunos } from '../../server/lab/switches/juniper-junos.ts';
import { OpenVswitch } from '../../server/lab/switches/openvswitch.ts';
import { until } from '../cli/run.ts';
import { reachedFrom } from '../exposure.ts';

/** What is so on a lab switch, read from the switch itself and from nothing that Mercury says. */

/** What only some platforms have. A platform that takes back no commit by itself, and says all in its running configuration, needs no line. */
interface Own<T extends LabSwitch> {
  readonly make: new (...args: never) => T;
  /** A commit that the switch takes back by itself; its timer of two minutes ends after so many milliseconds instead. */
  readonly trial?: { isOn(device: T): boolean; end(device: T): void; lasts(device: T, milliseconds: number): void };
  /** What is so and stands in no configuration. */
  more?(device: T): string;
}

const own = <T extends LabSwitch>(one: Own<T>) => one as unknown as Own<LabSwitch>;
const TWO_MINUTES = 120_000;
const OWN: readonly Own<LabSwitch>[] = [
  own({
    make: AristaEos,
    trial: {
      isOn: device => /^Session with pending commit timer/m.test(device.sessionsText()),
      end: device => device.endTrial(),
      lasts: (device, milliseconds) => {
        device.timerScale = milliseconds / TWO_MINUTES;
      },
    },
  }),
  own({
    make: JuniperJunos,
    trial: {
      isOn: device => device.database.minutesLeft !== undefined,
      end: device => device.database.endTrial(),
      lasts: (device, milliseconds) => {
        device.timerScale = milliseconds / TWO_MINUTES;
      },
    },
  }),
  // A port whose device is down carries nothing, whatever the database says.
  own({ make: OpenVswitch, more: ({ netdevs }) => [...netdevs].map(([name, { up }]) => `${name} is ${up ? 'up' : 'down'}`).join('\n') }),
];

const ownOf = ({ device }: LabDevice) => OWN.find(({ make }) => device instanceof make);

/** What is in force, whatever the switch is called. */
export function runningOn(lab: LabDevice): string {
  const { device } = lab;
  return `${device.running().replaceAll(device.hostname, 'sw')}\n${ownOf(lab)?.more?.(device) ?? ''}`;
}

/** Has the switch's own timers of two minutes end after so many milliseconds. */
export function hurryTimers(lab: LabDevice, milliseconds: number): void {
  ownOf(lab)?.trial?.lasts(lab.device, milliseconds);
}

/** Whether the switch will take a commit back by itself. */
export function isOnTrial(lab: LabDevice): boolean {
  return ownOf(lab)?.trial?.isOn(lab.device) ?? false;
}

/** Has the time of what is on trial run out. */
export function endTrial(lab: LabDevice): void {
  ownOf(lab)?.trial?.end(lab.device);
}

/** Settles when no commit is on trial any more. */
export async function trialsOver(device: LabDevice): Promise<void> {
  await until(() => !isOnTrial(device), 'the switch took back what was on trial');
}

/** Settles when nobody is logged in. */
export async function emptied(device: LabDevice): Promise<void> {
  await until(() => device.sessions === 0, 'every session is gone');
}

/** Notes what the servers at some ports can reach, whenever it is asked to look. */
export class Watch {
  readonly #device: LabDevice;
  readonly #ports: readonly string[];
  readonly #seen: readonly Set<string>[];
  /** Neighbours, whom none of it concerns, and what they reach. */
  readonly #others: ReadonlyMap<string, string>;
  readonly #disturbed = new Set<string>();
  #text = '';

  constructor(device: LabDevice, ports: readonly string[]) {
    this.#device = device;
    this.#ports = ports;
    this.#seen = ports.map(() => new Set<string>());
    const others = [...device.device.ports.filter(port => !ports.includes(port)).slice(0, 2), ...device.device.uplinks.slice(0, 1)];
    this.#others = new Map(others.map(port => [port, reachedFrom(port, device)]));
    this.look();
  }

  look(): void {
    const text = this.#device.device.running();
    if (text === this.#text) return;
    this.#text = text;
    for (const [nth, port] of this.#ports.entries()) this.#seen[nth]?.add(reachedFrom(port, this.#device));
    for (const [port, reached] of this.#others) {
      const now = reachedFrom(port, this.#device);
      if (now !== reached) this.#disturbed.add(`${port}, which nobody asked to change, reached ${now}`);
    }
  }

  /** Each a sentence: a port reached what was neither its own before nor asked for. */
  exposures(known: readonly (readonly string[])[]): string[] {
    const strange = this.#ports.flatMap((port, nth) => {
      const own = vlansIn(known.map(states => states[nth] ?? '').join(' '));
      return [...(this.#seen[nth] ?? [])].filter(state => !vlansIn(state).isSubsetOf(own)).map(state => `${port} reached ${state}`);
    });
    return [...strange, ...this.#disturbed];
  }
}

function vlansIn(state: string): Set<string> {
  return new Set(state.match(/\d+(?:-\d+)?/g) ?? []);
}
