import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { LAB_USER, startLab } from '../../server/lab/lab.ts';
import { connectSsh } from '../../server/transport/ssh.ts';
import { soon } from '../ends.ts';
import { deviceAt, startJump } from './servers.ts';

/** A wire to somewhere that can be made to swallow all that comes, the end of the connection too. */
class Wire implements AsyncDisposable {
  readonly #server = createServer({ allowHalfOpen: true }, near => this.#join(near));
  readonly #target: number;
  readonly #near = new Set<Socket>();
  readonly #far = new Set<Socket>();
  #dead = false;

  private constructor(target: number) {
    this.#target = target;
  }

  static async to(target: number): Promise<Wire> {
    const wire = new Wire(target);
    wire.#server.listen(0, '127.0.0.1');
    await once(wire.#server, 'listening');
    return wire;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Connections that somebody on this side holds open. */
  get open(): number {
    return [...this.#near].filter(socket => !socket.destroyed && !socket.readableEnded).length;
  }

  swallow(): void {
    this.#dead = true;
  }

  #join(near: Socket): void {
    const far = connect({ host: '127.0.0.1', port: this.#target, allowHalfOpen: true });
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      from.on('error', () => {});
      from.on('data', data => void (this.#dead || to.write(data)));
      from.on('end', () => void (this.#dead || to.end()));
    }
    this.#near.add(near);
    this.#far.add(far);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of [...this.#near, ...this.#far]) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

describe('a device that no longer hears', () => {
  it('is left all the same, and no connection stays', async () => {
    await using lab = await startLab({ devices: { sw1: 'cisco_ios' } });
    const { port, fingerprint } = lab.device('sw1');
    await using wire = await Wire.to(port);
    const connection = await connectSsh(deviceAt(wire.port, { hostKeys: [fingerprint] }), LAB_USER, soon());
    wire.swallow();
    await connection.close();
    expect(connection.alive).toBe(false);
    await expect.poll(() => wire.open).toBe(0);
  });

  it('and is a jump host is left too, with the device behind it', async () => {
    await using lab = await startLab({ devices: { sw1: 'cisco_ios' } });
    const { port, fingerprint } = lab.device('sw1');
    const device = deviceAt(port, { hostKeys: [fingerprint] });
    await using jump = await startJump();
    await using wire = await Wire.to(jump.port);
    const host = { name: 'bastion', address: '127.0.0.1', port: wire.port, credentials: 'jump', hostKeys: [jump.fingerprint] };
    const connection = await connectSsh(device, LAB_USER, soon(), [{ host, credentials: { username: 'ops', password: 'jump-password' } }]);
    wire.swallow();
    await connection.close();
    await expect.poll(() => wire.open).toBe(0);
  });
});
