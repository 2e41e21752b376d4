import { createCipheriv, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';

/** What ansible-vault would make of bytes that are padded already. */
export function seal(plain: Buffer, password: string): string {
  const salt = randomBytes(32);
  const keys = pbkdf2Sync(password, salt, 10_000, 80, 'sha256');
  const cipher = createCipheriv('aes-256-ctr', keys.subarray(0, 32), keys.subarray(64));
  const sealed = Buffer.concat([cipher.update(plain), cipher.final()]);
  const mac = createHmac('sha256', keys.subarray(32, 64)).update(sealed).digest('hex');
  const body = Buffer.from([salt.toString('hex'), mac, sealed.toString('hex')].join('\n')).toString('hex');
  return `$ANSIBLE_VAULT;1.1;AES256\n${body.match(/.{1,80}/g)?.join('\n')}\n`;
}

export function padded(text: string): Buffer {
  const bytes = Buffer.from(text);
  const count = 16 - (bytes.length % 16);
  return Buffer.concat([bytes, Buffer.alloc(count, count)]);
}
