import type { ClientChannel } from 'ssh2';
import { ChangeError } from '../errors.ts';
import type { Device } from '../model.ts';
import type { Credentials, Hop } from './hop.ts';
import { logIn } from './login.ts';
import type { Session } from './session.ts';
import { type Channel, type Connection, type ExecOutput, OUTPUT_LIMIT } from './transport.ts';
import { Way } from './way.ts';

/**
 * Logs in to a device, over its jump hosts if it has any. `connectTime`: milliseconds that each may take to take the connection.
 * @throws ChangeError unreachable, host_key, login_refused or timeout; nothing has been typed then
 */
export async function connectSsh(
  device: Device,
  credentials: Credentials,
  deadline: number,
  jumps: readonly Hop[] = [],
  connectTime?: number,
): Promise<Connection> {
  const way = await Way.open(device.name, jumps, deadline, connectTime);
  try {
    const session = await logIn({ host: device, credentials }, device.name, () => way.dial(device, deadline), deadline);
    return new SshConnection(session, device.name, way);
  } catch (thrown) {
    await way.close();
    throw thrown;
  }
}

class SshConnection implements Connection {
  readonly #session: Session;
  readonly #device: string;
  readonly #way: Way;
  #lostIt = false;

  constructor(session: Session, device: string, way: Way) {
    this.#session = session;
    this.#device = device;
    this.#way = way;
  }

  get alive(): boolean {
    return this.#session.alive && !this.#lostIt;
  }

  openShell(): Promise<Channel> {
    const size = { term: 'vt100', cols: 511, rows: 1000, width: 0, height: 0 };
    return new Promise((resolve, reject) => {
      // ssh2 throws when the connection is gone already; it must not look like an error of ours.
      if (!this.alive) return reject(this.#lost());
      this.#session.client.shell(size, (error, stream) => {
        if (error) reject(this.#lost(error));
        else resolve(channelOf(stream, this.#session));
      });
    });
  }

  exec(command: string): Promise<ExecOutput> {
    return new Promise((resolve, reject) => {
      if (!this.alive) return reject(this.#lost());
      const onClose = () => reject(this.#lost());
      this.#session.client.once('close', onClose);
      this.#session.client.exec(command, (error, stream) => {
        if (error) return reject(this.#lost(error));
        const out = { stdout: '', stderr: '' };
        const keep = (name: 'stdout' | 'stderr') => (text: string) => {
          if (out[name].length < OUTPUT_LIMIT) out[name] += text;
        };
        // Decoded as a stream, so that a character cut by a packet border is not garbled.
        stream.setEncoding('utf8');
        stream.stderr.setEncoding('utf8');
        let status: number | undefined;
        let ended = false;
        stream.on('data', keep('stdout'));
        stream.stderr.on('data', keep('stderr'));
        stream.on('exit', (code: number | null) => {
          ended = true;
          status = code ?? undefined;
        });
        stream.on('close', () => {
          this.#session.client.removeListener('close', onClose);
          // A channel that closes without an exit status is a connection that went away, not a command that ended.
          if (ended) resolve({ ...out, status });
          else reject(this.#lost());
        });
      });
    });
  }

  async close(): Promise<void> {
    await this.#session.hangUp();
    await this.#way.close();
  }

  #lost(cause?: Error): ChangeError {
    this.#lostIt = true;
    const by = this.#way.lost;
    return new ChangeError('session_lost', `the connection to ${this.#device} was lost${by ? `: ${by} went away` : ''}`, { cause });
  }
}

function channelOf(stream: ClientChannel, session: Session): Channel {
  // One decoder for the whole stream, so that a character cut by a packet border is not garbled.
  stream.setEncoding('utf8');
  // A device that is out of sessions may close the shell in the packet that opens it, before anybody listens.
  const closed = new Promise<void>(resolve => stream.once('close', resolve));
  return {
    write: text => session.together(() => void stream.write(text)),
    onText: listener => void stream.on('data', (text: string) => listener(text)),
    onClose: listener => void closed.then(listener),
    close: () => stream.end(),
  };
}
