import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import ssh2, { type ParsedKey } from 'ssh2';
import { ChangeError, messageOf } from '../errors.ts';
import type { Credentials } from './hop.ts';

/** What is shown to prove who we are. */
export interface Identity {
  readonly key?: ParsedKey;
  /** The socket of an ssh-agent. */
  readonly agent?: string;
}

/** @throws ChangeError login_refused when there is no such key or agent */
export function identityOf({ private_key, passphrase, agent }: Credentials): Identity {
  return {
    ...(private_key === undefined ? {} : { key: keyIn(private_key, passphrase) }),
    ...(agent ? { agent: socketOf(agent) } : {}),
  };
}

function socketOf(agent: string | true): string {
  if (agent !== true) return agent;
  const socket = process.env.SSH_AUTH_SOCK;
  if (!socket) throw new ChangeError('login_refused', 'the credentials say `agent: true`, and SSH_AUTH_SOCK names none');
  return socket;
}

/** The key itself, or the path of a file that holds it. */
function keyIn(key: string, passphrase: string | undefined): ParsedKey {
  if (key.trimStart().startsWith('-----BEGIN ')) return opened(key, passphrase, 'the private key of the credentials');
  const what = `the private key ${key}`;
  let text: string;
  try {
    text = readFileSync(key, 'utf8');
  } catch (thrown) {
    throw new ChangeError('login_refused', `${what} cannot be read: ${messageOf(thrown)}`);
  }
  return opened(text, passphrase, what);
}

/** Opening a key with its passphrase takes a second of everybody's time, so it is done once. */
const known = new Map<string, ParsedKey>();
const MOST = 100;

function opened(text: string, passphrase: string | undefined, what: string): ParsedKey {
  const id = createHash('sha256')
    .update(JSON.stringify([text, passphrase ?? null]))
    .digest('base64');
  const before = known.get(id);
  if (before) return before;
  const refusal = (why: string) => new ChangeError('login_refused', `${what} cannot be used: ${why}`);
  const parsed: ParsedKey | ParsedKey[] | Error = ssh2.utils.parseKey(text, passphrase);
  if (parsed instanceof Error) throw refusal(parsed.message);
  const [key] = [parsed].flat();
  if (!key?.isPrivateKey()) throw refusal('it is a public key');
  if (known.size >= MOST) known.clear();
  known.set(id, key);
  return key;
}
