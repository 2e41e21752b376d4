import { type AddressInfo, connect } from 'node:net';
import ssh2, { type AuthContext, type Connection as Client, type ServerConfig } from 'ssh2';
import { makeHostKey } from '../../server/lab/host-key.ts';
import type { Device } from '../../server/model.ts';

export const KEY = makeHostKey();

export function deviceAt(port: number, more: Partial<Device> = {}): Device {
  return {
    name: 'sw1',
    platform: 'test',
    address: '127.0.0.1',
    port,
    credentials: 'lab',
    hostKeys: [KEY.fingerprint],
    switchIds: [],
    uplinks: [],
    physicalNetworks: [],
    vars: {},
    source: { file: 'inventory/lab.yml', line: 1 },
    ...more,
  };
}

/** An SSH server of the test's own; `await using` stops it. */
export class Ssh implements AsyncDisposable {
  readonly fingerprint = KEY.fingerprint;
  readonly clients = new Set<Client>();
  readonly #server: ssh2.Server;

  private constructor(talk: (client: Client) => void, config: Partial<ServerConfig>) {
    this.#server = new ssh2.Server({ hostKeys: [KEY.privateKey], ...config }, client => {
      this.clients.add(client);
      client.on('error', () => {});
      client.on('close', () => this.clients.delete(client));
      talk(client);
    });
  }

  static async start(talk: (client: Client) => void, config: Partial<ServerConfig> = {}): Promise<Ssh> {
    const server = new Ssh(talk, config);
    await new Promise<void>(resolve => server.#server.listen(0, '127.0.0.1', resolve));
    return server;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.clients) client.end();
    await new Promise<void>(resolve => this.#server.close(() => resolve()));
  }
}

/** A server that asks for the login alone, as `ask` answers; whoever gets in may open a shell that says nothing. */
export function gate(ask: (context: AuthContext) => void, config: Partial<ServerConfig> = {}): Promise<Ssh> {
  return Ssh.start(client => client.on('authentication', ask), config);
}

/** A jump host for ops with the password jump-password. */
export function startJump(): Promise<Ssh> {
  return Ssh.start(client => {
    client.on('authentication', context => {
      if (context.method === 'password' && context.username === 'ops' && context.password === 'jump-password') context.accept();
      else context.reject(['password']);
    });
    client.on('tcpip', (accept, refuse, { destIP, destPort }) => {
      const far = connect({ host: destIP, port: destPort }, () => {
        const near = accept();
        near.on('error', () => {});
        near.pipe(far).pipe(near);
      });
      far.on('error', () => refuse());
    });
  });
}
