import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import { ChangeError, messageOf } from '../errors.ts';
import type { Host } from '../model.ts';
import { within } from './deadline.ts';
import { type Hop, nameOf } from './hop.ts';
import { logIn } from './login.ts';
import type { Session } from './session.ts';

/** Milliseconds that a host may take to take a connection. From its own network it takes one, from round the world three hundred. */
export const CONNECT_TIME = 10_000;

/** The way to a device: straight, or over jump hosts that are logged in to one after another. */
export class Way implements AsyncDisposable {
  readonly #device: string;
  readonly #connectTime: number;
  readonly #jumps: { host: Host; session: Session }[] = [];
  #lost: Host | undefined;

  private constructor(device: string, connectTime: number) {
    this.#device = device;
    this.#connectTime = connectTime;
  }

  /** @throws ChangeError as a login to the device itself does; the message names the jump host */
  static async open(device: string, jumps: readonly Hop[], deadline: number, connectTime = CONNECT_TIME): Promise<Way> {
    const way = new Way(device, connectTime);
    try {
      for (const hop of jumps) {
        const session = await logIn(hop, device, () => way.dial(hop.host, deadline), deadline);
        session.client.once('close', () => {
          way.#lost ??= hop.host;
        });
        way.#jumps.push({ host: hop.host, session });
      }
    } catch (thrown) {
      await way.close();
      throw thrown;
    }
    return way;
  }

  /** The jump host that went away by itself, as messages name it. */
  get lost(): string | undefined {
    return this.#lost && this.#name(this.#lost);
  }

  /** A connection to a host from the end of the way. A straight one is still being made when it is answered. */
  async dial(host: Host, deadline: number): Promise<Duplex> {
    const last = this.#jumps.at(-1);
    if (!last) {
      // An error may come with the next tick: whoever waits for this goes on before it, and listens by then.
      await Promise.resolve();
      return this.#connect(host);
    }
    const what = `reach ${host.address}:${host.port} from ${this.#name(last.host)}`;
    const channel = new Promise<Duplex>((resolve, reject) => {
      last.session.client.forwardOut('127.0.0.1', 0, host.address, host.port, (error, stream) => (error ? reject(error) : resolve(stream)));
    });
    // One that comes too late is nobody's.
    const tooLate = () => void channel.then(stream => stream.destroy()).catch(() => {});
    const patience = Date.now() + this.#connectTime;
    return within(channel, Math.min(deadline, patience), what, tooLate).catch((thrown: unknown) => {
      if (!(thrown instanceof ChangeError)) throw this.#notThere(host, last.host, thrown);
      throw patience < deadline ? this.#notThere(host, last.host, this.#noAnswer()) : thrown;
    });
  }

  /** Where nothing answers, not even with a refusal, the kernel would try for two minutes. */
  #connect(host: Host): Duplex {
    const socket = connect({ host: host.address, port: host.port });
    const patience = setTimeout(() => socket.destroy(this.#noAnswer()), this.#connectTime);
    for (const event of ['connect', 'close']) socket.once(event, () => clearTimeout(patience));
    return socket;
  }

  #noAnswer(): Error {
    return new Error(`nothing answered within ${this.#connectTime / 1000} s`);
  }

  /** Hangs up on the jump hosts, the last one first. */
  async close(): Promise<void> {
    for (const { session } of this.#jumps.splice(0).reverse()) await session.hangUp();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #name(host: Host): string {
    return nameOf(host, this.#device);
  }

  #notThere(host: Host, from: Host, thrown: unknown): ChangeError {
    const why = messageOf(thrown).replace(/^\(SSH\) Channel open failure: /, '');
    const words = `${this.#name(host)} cannot be reached from ${this.#name(from)}`;
    // A jump host that forbids it will forbid it again.
    if ((thrown as { reason?: unknown }).reason === PROHIBITED)
      return new ChangeError('login_refused', `${words}, which forbids it: ${why}`, { cause: thrown });
    return new ChangeError('unreachable', `${words}: ${why}`, { cause: thrown });
  }
}

/** RFC 4254: SSH_OPEN_ADMINISTRATIVELY_PROHIBITED. */
const PROHIBITED = 1;
