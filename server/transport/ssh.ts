import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import ssh2, { type Client, type ClientChannel } from 'ssh2';
import { ChangeError, messageOf } from '../errors.ts';
import type { Credentials, Device } from '../model.ts';
import { within } from './deadline.ts';
import { type Channel, type Connection, type ExecOutput, OUTPUT_LIMIT } from './transport.ts';

/**
 * Logs in to a device.
 * @throws ChangeError unreachable, host_key, login_refused or timeout; nothing has been typed then
 */
export async function connectSsh(device: Device, credentials: Credentials, deadline: number): Promise<Connection> {
  const client = new ssh2.Client();
  const keys = new HostKeys(device);
  const where = `${device.name} (${device.address}:${device.port})`;
  // An error may follow another, and one that nobody listens to would end the process.
  client.on('error', () => {});
  const ready = new Promise<void>((resolve, reject) => {
    client.once('ready', resolve);
    client.once('error', error => reject(keys.refusal ?? told(error, where, credentials.username)));
    client.once('close', () => reject(keys.refusal ?? new ChangeError('unreachable', `${where} closed the connection during login`)));
  });
  // A CLI is many small writes; Nagle's algorithm would add 40 ms to each.
  client.once('connect', () => client.setNoDelay(true));
  client.on('keyboard-interactive', (_name, _instructions, _language, prompts, finish) =>
    finish(prompts.map(() => credentials.password ?? '')),
  );
  client.connect({
    host: device.address,
    port: device.port,
    username: credentials.username,
    readyTimeout: 0,
    hostVerifier: (key: Buffer) => keys.accepts(key),
    tryKeyboard: credentials.password !== undefined,
    ...(credentials.password === undefined ? {} : { password: credentials.password }),
    ...(credentials.private_key === undefined ? {} : { privateKey: readKey(credentials.private_key, credentials.passphrase) }),
    ...(credentials.passphrase === undefined ? {} : { passphrase: credentials.passphrase }),
  });
  await within(ready, deadline, `log in to ${where}`, () => client.destroy());
  return new SshConnection(client, device.name);
}

function readKey(path: string, passphrase: string | undefined): Buffer {
  const refusal = (why: string) => new ChangeError('login_refused', `the private key ${path} ${why}`);
  let text: Buffer;
  try {
    text = readFileSync(path);
  } catch (thrown) {
    throw refusal(`cannot be read: ${messageOf(thrown)}`);
  }
  const key = ssh2.utils.parseKey(text, passphrase);
  if (key instanceof Error) throw refusal(`cannot be used: ${key.message}`);
  return text;
}

function told(error: Error & { level?: string; code?: string }, where: string, username: string): ChangeError {
  if (error.level === 'client-authentication') {
    return new ChangeError('login_refused', `${where} refused the login of ${username}`, { cause: error });
  }
  return new ChangeError('unreachable', `${where} cannot be reached: ${error.message}`, { cause: error });
}

/** Pinned host keys: strict, and a refusal names the fingerprint that was seen, so that a person can compare it. */
class HostKeys {
  refusal: ChangeError | undefined;
  readonly #device: Device;

  constructor(device: Device) {
    this.#device = device;
  }

  accepts(key: Buffer): boolean {
    const { hostKeys, name } = this.#device;
    if (hostKeys === 'any') return true;
    const seen = `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;
    if (hostKeys.includes(seen)) return true;
    const why = hostKeys.length === 0 ? 'the inventory has no host_keys for it' : 'it is none of those in the inventory';
    this.refusal = new ChangeError('host_key', `${name} shows the host key ${seen}: ${why}`);
    return false;
  }
}

/** Milliseconds a device has to end its side of a connection. */
const GOODBYE_TIME = 500;

class SshConnection implements Connection {
  readonly #client: Client;
  readonly #device: string;
  readonly #gone = Promise.withResolvers<void>();
  #alive = true;

  constructor(client: Client, device: string) {
    this.#client = client;
    this.#device = device;
    client.on('error', () => this.#end());
    client.on('close', () => {
      this.#end();
      this.#gone.resolve();
    });
  }

  get alive(): boolean {
    return this.#alive;
  }

  openShell(): Promise<Channel> {
    const size = { term: 'vt100', cols: 511, rows: 1000, width: 0, height: 0 };
    return new Promise((resolve, reject) => {
      this.#client.shell(size, (error, stream) => {
        if (error) reject(this.#lost(error));
        else resolve(channelOf(stream));
      });
    });
  }

  exec(command: string): Promise<ExecOutput> {
    return new Promise((resolve, reject) => {
      const onClose = () => reject(this.#lost());
      this.#client.once('close', onClose);
      this.#client.exec(command, (error, stream) => {
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
          this.#client.removeListener('close', onClose);
          // A channel that closes without an exit status is a connection that went away, not a command that ended.
          if (ended) resolve({ ...out, status });
          else reject(this.#lost());
        });
      });
    });
  }

  async close(): Promise<void> {
    this.#end();
    this.#client.end();
    const late = setTimeout(() => this.#client.destroy(), GOODBYE_TIME);
    await this.#gone.promise;
    clearTimeout(late);
  }

  #end(): void {
    this.#alive = false;
  }

  #lost(cause?: Error): ChangeError {
    this.#alive = false;
    return new ChangeError('session_lost', `the connection to ${this.#device} was lost`, { cause });
  }
}

function channelOf(stream: ClientChannel): Channel {
  // One decoder for the whole stream, so that a character cut by a packet border is not garbled.
  stream.setEncoding('utf8');
  // A device that is out of sessions may close the shell in the packet that opens it, before anybody listens.
  const closed = new Promise<void>(resolve => stream.once('close', resolve));
  return {
    write: text => void stream.write(text),
    onText: listener => void stream.on('data', (text: string) => listener(text)),
    onClose: listener => void closed.then(listener),
    close: () => stream.end(),
  };
}
