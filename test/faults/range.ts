import { lockName } from '../../server/engine/lock/lock.ts';
import { LAB_USER, NO_DELAYS, SWITCHES } from '../../server/lab/lab.ts';
import { LabDevice } from '../../server/lab/ssh-server.ts';
import { TcpProxy } from './proxy.ts';
import { Service, type ServiceOptions } from './service.ts';

/** Where every proxy listens. */
const ADDRESS = '127.0.0.1';

/** A place for a switch, with a proxy in front of it: Mercury knows the place by one name and address, whatever switch stands there. */
export class Slot implements AsyncDisposable {
  readonly name: string;
  readonly platform: string;
  readonly proxy: TcpProxy;
  #device: LabDevice | undefined;

  constructor(name: string, platform: string, proxy: TcpProxy) {
    this.name = name;
    this.platform = platform;
    this.proxy = proxy;
  }

  /** What its lock is called. */
  get lock(): string {
    return lockName({ address: ADDRESS, port: this.proxy.port });
  }

  get device(): LabDevice {
    if (!this.#device) throw new Error(`no switch stands at ${this.name}`);
    return this.#device;
  }

  /** Puts a new switch here, on which nobody ever configured anything. */
  async renew(): Promise<LabDevice> {
    const make = SWITCHES[this.platform];
    if (!make) throw new Error(`the lab has no ${this.platform}`);
    const device = new LabDevice(make(this.name, LAB_USER), { user: LAB_USER, delays: NO_DELAYS, maxSessions: 16 });
    await device.listen();
    const old = this.#device;
    this.#device = device;
    this.proxy.reset(device.port);
    await old?.close();
    return device;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.proxy[Symbol.asyncDispose]();
    await this.#device?.close();
  }
}

export interface RangeOptions extends Omit<ServiceOptions, 'devices' | 'credentials'> {
  readonly platforms: readonly string[];
  /** Switches of each platform that can be tried at once. */
  readonly slots: number;
}

/** A service in front of many lab switches, with a proxy before each. */
export class Range implements AsyncDisposable {
  readonly slots: readonly Slot[];
  readonly service: Service;
  /** Who keeps a processor busy now: more of them at once would only make each late. */
  busy = new Gate(8);

  private constructor(slots: readonly Slot[], service: Service) {
    this.slots = slots;
    this.service = service;
  }

  static async start(options: RangeOptions): Promise<Range> {
    const slots: Slot[] = [];
    for (const platform of options.platforms) {
      for (let nth = 1; nth <= options.slots; nth += 1) {
        slots.push(new Slot(`${platform.replace('_', '-')}-${nth}`, platform, await TcpProxy.start()));
      }
    }
    const devices = Object.fromEntries(slots.map(slot => [slot.name, entryOf(slot)]));
    return new Range(slots, await Service.start({ ...options, devices, credentials: { lab: LAB_USER } }));
  }

  slotsOf(platform: string): Slot[] {
    return this.slots.filter(slot => slot.platform === platform);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.service[Symbol.asyncDispose]();
    await Promise.all(this.slots.map(slot => slot[Symbol.asyncDispose]()));
  }
}

function entryOf({ platform, proxy }: Slot): object {
  const uplinks = [...(SWITCHES[platform]?.('sw', LAB_USER).uplinks ?? [])];
  // The key is another with every switch that stands there.
  return { platform, address: ADDRESS, port: proxy.port, host_keys: 'any', uplinks };
}

/** Lets so many in at once. */
export class Gate {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(places: number) {
    this.#free = places;
  }

  async enter(): Promise<void> {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>(resolve => this.#waiting.push(resolve));
  }

  leave(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#free += 1;
  }
}
