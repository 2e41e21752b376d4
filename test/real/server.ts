import { makeNamespace, type Namespace } from './namespace.ts';

export interface Patience {
  /** Answers wanted; 1 unless said otherwise. */
  readonly count?: number;
  /** Seconds until giving up, whatever came back; 20 unless said otherwise: on a path that is open it is no longer than it takes. */
  readonly deadline?: number;
}

/** A server with one network card, plugged into a port of the switch. */
export class Server {
  /** The switch's end of the wire; on a SmartNIC it would be called the representor. */
  readonly port: string;
  readonly address: string;
  readonly #namespace: Namespace;

  constructor(namespace: Namespace, port: string, address: string) {
    this.#namespace = namespace;
    this.port = port;
    this.address = address;
  }

  /** Whether another server answers. Asks five times a second, so a path that opens late is seen soon. */
  async ping(address: string, { count = 1, deadline = 20 }: Patience = {}): Promise<boolean> {
    const asked = await this.#namespace.outcomeOf('ping', '-n', '-q', `-c${count}`, `-w${deadline}`, '-W1', '-i0.2', address);
    // 1 is "no answer", but also what a ping ends with that could not even be started.
    if (asked.status > 1 || !asked.stdout.includes('packets transmitted')) throw new Error(`ping: ${asked.stderr.trim()}`);
    return asked.status === 0;
  }
}

export interface Plug {
  /** Unique within this process. */
  readonly name: string;
  readonly switchHost: Namespace;
  readonly port: string;
  readonly address: string;
}

/**
 * Makes a server and wires it to the switch; the wire is not yet a port of any bridge.
 * Only ping goes over it: ICMP and ARP carry no checksum that a veth would leave to hardware, so offload may stay on. TCP would need it off,
 * for a userspace datapath reads frames as they are.
 */
export async function plugServer(plug: Plug, cleanup: AsyncDisposableStack): Promise<Server> {
  const namespace = cleanup.use(await makeNamespace(plug.name));
  await plug.switchHost.ip('link', 'add', 'name', plug.port, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', namespace.name);
  await plug.switchHost.ip('link', 'set', plug.port, 'up');
  await namespace.ip('address', 'add', `${plug.address}/24`, 'dev', 'eth0');
  await namespace.ip('link', 'set', 'eth0', 'up');
  return new Server(namespace, plug.port, plug.address);
}
