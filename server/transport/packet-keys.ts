import { createSecretKey } from 'node:crypto';
import type { Client } from 'ssh2';

/** Where ssh2 keeps the keys of its packets, by the ciphers and MACs that it makes anew for each of them. */
const KEYS = ['_encKey', '_decipherKey', '_macKey', '_encKeyMain', '_encKeyPktLen', '_decKeyMain', '_decKeyPktLen'] as const;
type Keeper = { [key in (typeof KEYS)[number]]?: unknown };

/**
 * ssh2 hands its keys to Node as bytes with every packet, and Node 24 finds out each time, by two exceptions, that they are no key objects:
 * more work than the cipher has. Key objects it takes at once. Until the keys are changed; should ssh2 keep them elsewhere one day, nothing
 * happens. Answers how many there were.
 */
export function sealPacketKeys(client: Client): number {
  const { _protocol: protocol } = client as unknown as { _protocol?: { _cipher?: Keeper; _decipher?: Keeper } };
  let sealed = 0;
  for (const keeper of [protocol?._cipher, protocol?._decipher]) {
    for (const name of KEYS) {
      const key = keeper?.[name];
      if (!keeper || !(key instanceof Uint8Array)) continue;
      keeper[name] = createSecretKey(key);
      sealed += 1;
    }
  }
  return sealed;
}
