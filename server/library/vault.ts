import { createDecipheriv, createHmac, pbkdf2Sync, timingSafeEqual } from 'node:crypto';
import { defineScalarTag } from 'js-yaml';

/**
 * What `ansible-vault` encrypts, as its own documentation lays the format out: a header line, then the hex digits of three lines of
 * hex digits (salt, HMAC-SHA256, AES-256-CTR), with keys made by PBKDF2.
 */

/** A text of a YAML file that is still encrypted. */
export class Vaulted {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

const tagged = (name: string) =>
  defineScalarTag(name, { resolve: text => new Vaulted(text), identify: value => value instanceof Vaulted, represent: () => '' });

/** Ansible knows both names. */
export const VAULT_TAGS = [tagged('!vault'), tagged('!vault-encrypted')];

const HEADER = /^\$ANSIBLE_VAULT;(?<version>[^;\s]*);(?<cipher>[^;\s]*)(?:;(?<label>[^\r\n]*?))?\s*$/;
const ROUNDS = 10_000;
const DAMAGED = 'is damaged: what follows the header is not what ansible-vault writes';

export function isVaulted(text: string): boolean {
  return text.startsWith('$ANSIBLE_VAULT;');
}

/** The plain text. @throws Error with a sentence about the text that says what is wrong; it holds neither secret nor password */
export function openVault(text: string, password: string): string {
  const [head = '', ...body] = text.trim().split('\n');
  const { version, cipher, label } = HEADER.exec(head)?.groups ?? {};
  if (version === undefined) throw new Error('is not what ansible-vault writes: it begins with no $ANSIBLE_VAULT;…');
  if (!['1.1', '1.2'].includes(version) || cipher !== 'AES256')
    throw new Error(`is of version ${version} with ${cipher}; those that can be read are 1.1 and 1.2 with AES256`);
  const [salt, seal, sealed] = partsOf(body.map(line => line.trim()).join(''));
  const keys = pbkdf2Sync(password, salt, ROUNDS, 80, 'sha256');
  const wanted = createHmac('sha256', keys.subarray(32, 64)).update(sealed).digest();
  if (seal.length !== wanted.length || !timingSafeEqual(seal, wanted))
    throw new Error(`is not opened by the vault password${label ? ` (it was made for the vault id ${label})` : ''}`);
  const decipher = createDecipheriv('aes-256-ctr', keys.subarray(0, 32), keys.subarray(64));
  return unpadded(Buffer.concat([decipher.update(sealed), decipher.final()])).toString('utf8');
}

function partsOf(digits: string): [Buffer, Buffer, Buffer] {
  const parts = fromHex(digits)?.toString('latin1').split('\n').map(fromHex);
  const [salt, seal, sealed] = parts ?? [];
  if (!salt || !seal || !sealed || parts?.length !== 3) throw new Error(DAMAGED);
  return [salt, seal, sealed];
}

/** Buffer.from would stop at the first letter that is none, and tell nobody. */
function fromHex(digits: string): Buffer | undefined {
  return /^(?:[\da-f]{2})+$/i.test(digits) ? Buffer.from(digits, 'hex') : undefined;
}

/** PKCS #7: the last bytes say how many there are. CTR needs none, and ansible-vault adds them all the same. */
function unpadded(text: Buffer): Buffer {
  const count = text.at(-1) ?? 0;
  const padding = text.subarray(-count);
  if (count < 1 || count > 16 || padding.length < count || padding.some(byte => byte !== count)) throw new Error(DAMAGED);
  return text.subarray(0, -count);
}
