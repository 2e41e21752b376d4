import type { Duplex } from 'node:stream';
import ssh2, { type Client, type ConnectConfig, type Prompt } from 'ssh2';
import { ChangeError, inShort } from '../errors.ts';
import { algorithmsOf, discordOf } from './algorithms.ts';
import { within } from './deadline.ts';
import { type Hop, nameOf } from './hop.ts';
import { HostKeys } from './host-keys.ts';
import { identityOf } from './identity.ts';
import { Methods } from './methods.ts';
import { type Offer, readAlong } from './offer.ts';
import { sealPacketKeys } from './packet-keys.ts';
import { Questions } from './questions.ts';
import { GOODBYE_TIME, Session } from './session.ts';

/**
 * Logs in to one host over the socket that `dial` makes: to `device` itself, or to a host on the way to it.
 * @throws ChangeError unreachable, host_key, login_refused or timeout
 */
export async function logIn(hop: Hop, device: string, dial: () => Promise<Duplex>, deadline: number): Promise<Session> {
  const login = new Login(hop, device);
  const config = login.config();
  const socket = await dial();
  const client = new ssh2.Client();
  const ended = login.ended(client, readAlong(socket));
  // A CLI is many small writes; Nagle's algorithm would add 40 ms to each.
  client.once('connect', () => client.setNoDelay(true));
  client.connect({ ...config, sock: socket });
  try {
    await within(ended, deadline, `log in to ${login.where}`, () => socket.destroy());
  } catch (thrown) {
    // It was told that we go; whether it goes too is not waited for.
    const late = setTimeout(() => socket.destroy(), GOODBYE_TIME);
    socket.once('close', () => clearTimeout(late));
    throw thrown;
  }
  sealPacketKeys(client);
  return new Session(client, socket);
}

class Login {
  /** The host as messages name it. */
  readonly where: string;
  readonly #hop: Hop;
  readonly #keys: HostKeys;
  readonly #methods: Methods;
  readonly #questions: Questions;
  #agentTrouble = '';

  constructor(hop: Hop, device: string) {
    this.where = nameOf(hop.host, device);
    this.#hop = hop;
    this.#keys = new HostKeys(hop.host, hop.host.name === device ? device : this.where);
    this.#methods = new Methods(hop.credentials);
    this.#questions = new Questions(hop.credentials);
  }

  config(): ConnectConfig {
    const { host, credentials } = this.#hop;
    const { username, password } = credentials;
    const { key, agent } = identityOf(credentials);
    const next = (taken: string[] | null, inPart: boolean | null) => {
      const method = this.#methods.next(taken, inPart);
      // As an object, with the key that is open already: ssh2 would open it anew.
      return method === 'publickey' ? { type: method, username, key } : method;
    };
    return {
      ...(agent === undefined ? {} : { agent }),
      ...(password === undefined ? {} : { password, tryKeyboard: true }),
      username,
      readyTimeout: 0,
      algorithms: algorithmsOf(host.sshProfile ?? 'modern', host.knownHosts?.types),
      hostVerifier: (key: Buffer) => this.#keys.accepts(key),
      // The types of ssh2 know of no null, which says that nothing is known yet.
      authHandler: next as unknown as NonNullable<ConnectConfig['authHandler']>,
    };
  }

  /** Resolves when we are in, and rejects when we are not. */
  ended(client: Client, offer: () => Offer | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const refuse = (why: string) => {
        reject(this.#refusal(why));
        client.destroy();
      };
      client.once('ready', resolve);
      client.once('close', () => reject(this.#keys.refusal ?? this.#unreachable('closed the connection during login')));
      client.on('error', (error: Error & { level?: string }) => {
        // There may be other ways in than by an agent that does not answer.
        if (error.level === 'agent') this.#agentTrouble = `; the ssh-agent: ${error.message}`;
        else reject(this.#told(error, offer()));
      });
      client.on('change password', () => refuse(': it wants a new password first'));
      client.on('keyboard-interactive', (_name, _instructions, _language, prompts: Prompt[], finish) => {
        const answer = this.#questions.answer(prompts);
        if ('answers' in answer) finish(answer.answers);
        else refuse(`: it asks ${JSON.stringify(inShort(answer.stuck.trim()))}, to which the credentials have no answer`);
      });
    });
  }

  #told(error: Error & { level?: string }, offer: Offer | undefined): ChangeError {
    if (this.#keys.refusal) return this.#keys.refusal;
    if (error.level === 'client-authentication') return this.#refusal(this.#methods.mismatch + this.#agentTrouble, error);
    const discord = offer && /no matching/.test(error.message) && discordOf(offer, this.#hop.host.sshProfile ?? 'modern');
    if (discord) return new ChangeError('login_refused', `${this.where} cannot be spoken to: ${discord}`, { cause: error });
    return this.#unreachable(`cannot be reached: ${error.message}`, error);
  }

  #refusal(why: string, cause?: Error): ChangeError {
    return new ChangeError('login_refused', `${this.where} refused the login of ${this.#hop.credentials.username}${why}`, { cause });
  }

  #unreachable(why: string, cause?: Error): ChangeError {
    return new ChangeError('unreachable', `${this.where} ${why}`, { cause });
  }
}
