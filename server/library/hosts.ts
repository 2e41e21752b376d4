import { isAbsolute, join, normalize } from 'node:path';
import type { Device, Host, Place } from '../model.ts';
import { nearest } from './check.ts';
import type { Complaints } from './complaints.ts';
import { KnownHosts } from './known-hosts.ts';
import type { JumpHostShape, JumpShape } from './schema/inventory.ts';

/** More than that is no way that somebody laid on purpose. */
const MOST_JUMPS = 3;

type SshShape = Pick<JumpHostShape, 'host_keys' | 'known_hosts' | 'ssh_profile'>;

/** What the inventory says about SSH: which keys are believed, and over which hosts a device is reached. */
export class Hosts {
  readonly #root: string;
  readonly #complaints: Complaints;
  readonly #files = new Map<string, KnownHosts | undefined>();

  /** `root` is what paths are relative to. */
  constructor(root: string, complaints: Complaints) {
    this.#root = root;
    this.#complaints = complaints;
  }

  /** Keys of the inventory and of a known_hosts file count together; one that is revoked does not, wherever else it stands. */
  trustIn(shape: SshShape, address: string, port: number): Pick<Host, 'hostKeys' | 'knownHosts' | 'sshProfile'> {
    const known = shape.known_hosts === undefined ? undefined : this.#read(shape.known_hosts)?.of(address, port);
    const own = shape.host_keys ?? [];
    return {
      hostKeys: own === 'any' ? own : [...own, ...(known?.fingerprints ?? [])],
      knownHosts: known?.about,
      sshProfile: shape.ssh_profile,
    };
  }

  #read(path: string): KnownHosts | undefined {
    if (!this.#files.has(path)) {
      const full = isAbsolute(path) ? path : join(this.#root, path);
      this.#files.set(
        path,
        this.#complaints.try(() => new KnownHosts(full, normalize(path))),
      );
    }
    return this.#files.get(path);
  }

  /** The devices, each with the hosts on the way to it. */
  withJumps(all: Inventory): Map<string, Device> {
    const folded = (device: Device) => {
      const jump = all.written.get(device.name);
      return jump ? { ...device, jumps: this.#wayTo(device.name, jump, all) } : device;
    };
    return new Map([...all.devices].map(([name, device]) => [name, folded(device)]));
  }

  /** The first to log in to comes first. */
  #wayTo(name: string, { jump, place, known_hosts }: WrittenJump, all: Inventory): readonly Host[] {
    const way: Host[] = [];
    const seen = [name];
    for (let next: JumpShape | null | undefined = jump; next !== null && next !== undefined; ) {
      if (typeof next === 'object') {
        way.unshift(this.#host({ known_hosts, ...next }));
        next = next.jump;
        continue;
      }
      seen.push(next);
      if (seen.indexOf(next) < seen.length - 1) {
        this.#complaints.add(place, `jump goes round in a circle: ${seen.join(' → ')}; \`jump: null\` says where it begins`);
        return [];
      }
      const device = all.devices.get(next);
      if (!device) {
        // One that is there but wrong has complaints of its own.
        if (!all.names.has(next)) this.#complaints.add(place, unknown(next, all.names));
        return [];
      }
      way.unshift(device);
      next = all.written.get(next)?.jump;
    }
    if (way.length > MOST_JUMPS) this.#complaints.add(place, `${name} is ${way.length} jumps away; there may be ${MOST_JUMPS}`);
    return way;
  }

  #host(shape: JumpHostShape): Host {
    const { address, port = 22, credentials } = shape;
    return { name: address, address, port, credentials, ...this.trustIn(shape, address, port) };
  }
}

export interface WrittenJump {
  readonly jump: JumpShape;
  readonly place: Place;
  /** The file of the device itself, for a jump host that names none. */
  readonly known_hosts: string | undefined;
}

interface Inventory {
  /** Every device that is written, whether or not it can be read. */
  readonly names: ReadonlySet<string>;
  readonly devices: ReadonlyMap<string, Device>;
  /** The jump of each device that has one. */
  readonly written: ReadonlyMap<string, WrittenJump>;
}

function unknown(name: string, known: Iterable<string>): string {
  const near = nearest(name, known);
  return `jump: no device ${name}${near ? `; did you mean ${near}?` : ''}`;
}
