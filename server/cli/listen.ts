import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import { type AddressInfo, isIP, isIPv4, type Server, type Socket } from 'node:net';
import { ChangeError } from '../errors.ts';

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'something listens there already',
  EACCES: 'this user may not; ports below 1024 belong to root',
  EADDRNOTAVAIL: 'this machine does not have that address',
  ENOTFOUND: 'there is no such host',
  EAI_AGAIN: 'the name could not be looked up',
};

/** Why an address could not be taken, in words, and what to do about it. */
export function cannotListen(where: string, thrown: NodeJS.ErrnoException, advice: string): ChangeError {
  return new ChangeError('bad_request', `cannot listen on ${where}: ${REASONS[thrown.code ?? ''] ?? thrown.message}; ${advice}`, {
    cause: thrown,
  });
}

export interface Listening {
  readonly addresses: readonly AddressInfo[];
  /** Takes no more connections, waits a moment for the last answers, then closes what is left. */
  close(): Promise<void>;
}

/** An HTTP server, over TLS or not. */
type HttpServer = Server & { closeIdleConnections(): void };

/** Listens on every address of the hosts, on one port. @throws what the first address that cannot be taken throws */
export async function listen(make: () => HttpServer, hosts: readonly string[], port: number): Promise<Listening> {
  const addresses = (await Promise.all(hosts.map(addressesOf))).flat();
  // A port that is free at one address may be taken at the next.
  for (let tries = port === 0 ? 10 : 1; ; tries -= 1) {
    try {
      return await listenOnAll(make, addresses, port);
    } catch (thrown) {
      if ((thrown as NodeJS.ErrnoException).code !== 'EADDRINUSE' || tries <= 1) throw thrown;
    }
  }
}

interface Address {
  readonly address: string;
  /** One of several of a name: the machine need not have it. */
  readonly spare: boolean;
}

/** Clients of localhost may begin with either of its addresses, whatever the resolver of this machine says. */
async function addressesOf(host: string): Promise<Address[]> {
  if (isIP(host)) return [{ address: host, spare: false }];
  const found = host === 'localhost' ? ['127.0.0.1', '::1'] : (await lookup(host, { all: true })).map(({ address }) => address);
  return found.map(address => ({ address, spare: found.length > 1 }));
}

async function listenOnAll(make: () => HttpServer, all: readonly Address[], port: number): Promise<Listening> {
  const doors: Door[] = [];
  const taken = () => doors[0]?.address.port ?? port;
  let failure: unknown;
  try {
    for (const { address, spare } of new Map(all.map(one => [one.address, one])).values()) {
      const door = new Door(make());
      // "::" would take IPv4 as well, which has an address of its own here.
      const listening = door.listen({ host: address, port: taken(), backlog: 511, ipv6Only: all.some(other => isIPv4(other.address)) });
      await listening.then(
        () => doors.push(door),
        (thrown: NodeJS.ErrnoException) => {
          if (!spare || !['EADDRNOTAVAIL', 'EAFNOSUPPORT'].includes(thrown.code ?? '')) throw thrown;
          failure = thrown;
        },
      );
    }
    if (doors.length === 0) throw failure;
  } catch (thrown) {
    await Promise.all(doors.map(door => door.close()));
    throw thrown;
  }
  return {
    addresses: doors.map(door => door.address),
    close: async () => void (await Promise.all(doors.map(door => door.close()))),
  };
}

/** A server and all its connections, those that have not said anything yet too. */
class Door {
  readonly #server: HttpServer;
  readonly #sockets = new Set<Socket>();

  constructor(server: HttpServer) {
    this.#server = server;
    server.on('connection', socket => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
  }

  get address(): AddressInfo {
    return this.#server.address() as AddressInfo;
  }

  async listen(options: { host: string; port: number; backlog: number; ipv6Only: boolean }): Promise<void> {
    this.#server.listen(options);
    await once(this.#server, 'listening');
  }

  async close(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeIdleConnections();
    const forced = setTimeout(() => {
      for (const socket of this.#sockets) socket.destroy();
    }, 1000);
    await closed;
    clearTimeout(forced);
  }
}
