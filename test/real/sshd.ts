import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { freePorts } from '../ports.ts';
import { type Daemon, startDaemon } from './daemon.ts';
import { temporaryDirectory } from './directory.ts';
import { run } from './run.ts';

export interface SshdOptions {
  /** What every login finds in its environment. */
  readonly env: Readonly<Record<string, string>>;
  /** The network namespace that a login is put into, as if it were the whole host; ours when left out. */
  readonly namespace?: string;
  /** Types of its host keys; ed25519 when left out. */
  readonly keys?: readonly string[];
  /** More lines for sshd_config; where it has one already, the first counts: these. */
  readonly config?: readonly string[];
}

interface Login {
  readonly port: number;
  readonly username: string;
  /** The path of the private key that is let in, in OpenSSH's format. */
  readonly privateKey: string;
  /** The host keys', as OpenSSH prints them: `SHA256:…`. */
  readonly fingerprints: readonly string[];
}

/** Debian's own OpenSSH on 127.0.0.1, for one key and one user: whoever runs the tests. */
export class Sshd implements AsyncDisposable {
  readonly address = '127.0.0.1';
  readonly port: number;
  readonly username: string;
  readonly privateKey: string;
  readonly fingerprints: readonly string[];
  readonly #daemon: Daemon;
  readonly #cleanup: AsyncDisposableStack;

  constructor(login: Login, daemon: Daemon, cleanup: AsyncDisposableStack) {
    this.port = login.port;
    this.username = login.username;
    this.privateKey = login.privateKey;
    this.fingerprints = login.fingerprints;
    this.#daemon = daemon;
    this.#cleanup = cleanup;
  }

  /** That of its only host key, or of the first. */
  get fingerprint(): string {
    return this.fingerprints[0] ?? '';
  }

  /** What sshd had to say so far. */
  get log(): string {
    return this.#daemon.log;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#cleanup.disposeAsync();
  }
}

export async function startSshd(options: SshdOptions): Promise<Sshd> {
  await using cleanup = new AsyncDisposableStack();
  // Where sshd locks itself up while it talks to strangers. Debian makes it when the service starts, which it never did here.
  await mkdir('/run/sshd', { recursive: true, mode: 0o755 });
  const directory = await temporaryDirectory('sshd', cleanup);
  const keys = options.keys ?? ['ed25519'];
  const fingerprints = await Promise.all(keys.map(type => makeKey(join(directory, `host_key_${type}`), type)));
  const privateKey = join(directory, 'user_key');
  await makeKey(privateKey);
  await writeFile(join(directory, 'authorized_keys'), await readFile(`${privateKey}.pub`));
  const { daemon, port } = await listen(directory, options, 5);
  cleanup.use(daemon);
  return new Sshd({ port, username: userInfo().username, privateKey, fingerprints }, daemon, cleanup.move());
}

/** Gives the fingerprint. */
export async function makeKey(path: string, type = 'ed25519', passphrase = ''): Promise<string> {
  await run('ssh-keygen', ['-q', '-t', type, '-N', passphrase, '-C', 'mercury', '-f', path]);
  const [, fingerprint] = (await run('ssh-keygen', ['-l', '-f', path])).split(' ');
  return fingerprint as string;
}

/** sshd cannot be told "any port", and the one found free may be taken a moment later. */
async function listen(directory: string, options: SshdOptions, tries: number): Promise<{ daemon: Daemon; port: number }> {
  const port = await freePorts(1);
  const config = join(directory, 'sshd_config');
  await writeFile(config, configOf(directory, port, options));
  try {
    // By its full path: it starts itself anew for every connection.
    const daemon = await startDaemon({ command: '/usr/sbin/sshd', args: ['-D', '-e', '-f', config], ready: /^Server listening on /m });
    return { daemon, port };
  } catch (error) {
    if (tries > 1 && String(error).includes('Address already in use')) return listen(directory, options, tries - 1);
    throw error;
  }
}

function configOf(directory: string, port: number, { env, namespace, keys = ['ed25519'], config = [] }: SshdOptions): string {
  // bash runs ~/.bashrc for every command that comes over ssh; whatever stands in this user's own is no part of the test.
  const variables = Object.entries({ HOME: directory, ...env }).map(([name, value]) => `"${name}=${value}"`);
  const lines = [
    ...config,
    'ListenAddress 127.0.0.1',
    `Port ${port}`,
    ...keys.map(type => `HostKey ${join(directory, `host_key_${type}`)}`),
    `PidFile ${join(directory, 'sshd.pid')}`,
    'PubkeyAuthentication yes',
    `AuthorizedKeysFile ${join(directory, 'authorized_keys')}`,
    'StrictModes no', // the temporary directory lies in one that everyone may write to
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    'PermitRootLogin yes',
    'UsePAM no',
    'UseDNS no',
    'PrintMotd no',
    'MaxStartups 100', // a burst of logins is a test's business, not an attack
    'LogLevel VERBOSE',
  ];
  // One line for all: sshd goes by the first SetEnv and passes over the others.
  lines.push(`SetEnv ${variables.join(' ')}`);
  if (namespace !== undefined) lines.push(`ForceCommand ${insideOf(namespace)}`);
  return `${lines.join('\n')}\n`;
}

/** Does what sshd would have done, a command or else a login shell, in another network. */
function insideOf(namespace: string): string {
  const enter = `exec ip netns exec ${namespace} "$SHELL"`;
  return `if [ -n "$SSH_ORIGINAL_COMMAND" ]; then ${enter} -c "$SSH_ORIGINAL_COMMAND"; else ${enter} -l; fi`;
}
