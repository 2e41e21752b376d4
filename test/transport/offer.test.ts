import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { discordOf } from '../../server/transport/algorithms.ts';
import { type Offer, offerIn } from '../../server/transport/offer.ts';
import { connectSsh } from '../../server/transport/ssh.ts';
import fc from '../chance.ts';
import { failureOf, soon } from '../ends.ts';
import { deviceAt, gate } from './servers.ts';

/** The first that a real server sends: its version and its algorithms. */
async function firstWords(port: number): Promise<Buffer> {
  const socket = connect({ host: '127.0.0.1', port });
  socket.write('SSH-2.0-test\r\n');
  let heard = Buffer.alloc(0);
  for await (const [data] of on(socket)) {
    heard = Buffer.concat([heard, data as Buffer]);
    if (offerIn(heard)) break;
  }
  socket.destroy();
  return heard;
}

async function* on(socket: ReturnType<typeof connect>) {
  while (!socket.destroyed) yield await once(socket, 'data');
}

const OLD = {
  algorithms: {
    kex: ['diffie-hellman-group1-sha1' as const],
    cipher: ['aes128-cbc' as const, '3des-cbc' as const],
    hmac: ['hmac-sha1' as const],
  },
};

describe('what a server offers', () => {
  it('is read once all of it has come, wherever it is cut, and whatever lines stand before the version', async () => {
    await using ssh = await gate(context => context.reject(), OLD);
    const words = await firstWords(ssh.port);
    const whole = offerIn(words);
    expect(whole).toMatchObject({
      kex: ['diffie-hellman-group1-sha1'],
      hostKey: ['ssh-ed25519'],
      ciphers: [
        ['aes128-cbc', '3des-cbc'],
        ['aes128-cbc', '3des-cbc'],
      ],
      macs: [['hmac-sha1'], ['hmac-sha1']],
    });
    for (let cut = 0; cut < words.length; cut += 1)
      expect([undefined, JSON.stringify(whole)]).toContain(JSON.stringify(offerIn(words.subarray(0, cut))));
    expect(offerIn(Buffer.concat([Buffer.from('Welcome\r\nto sw1\n'), words]))).toEqual(whole);
  });

  it('may be anything at all, and is then nothing', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (bytes, versioned) => {
        const heard = Buffer.concat([Buffer.from(versioned ? 'SSH-2.0-x\r\n' : ''), bytes]);
        expect(offerIn(heard) ?? null).toSatisfy((offer: Offer | null) => offer === null || offer.macs.length === 2);
      }),
      { numRuns: 2000 },
    );
  });

  it('says no word into a message that is no name', async () => {
    const list = (text: string) => {
      const length = Buffer.alloc(4);
      length.writeUInt32BE(text.length);
      return Buffer.concat([length, Buffer.from(text, 'latin1')]);
    };
    const payload = Buffer.concat([
      Buffer.from([20]),
      Buffer.alloc(16),
      ...['old,\x1b[2J,a b,,ext-info-s', 'ssh-rsa', 'x', 'x', 'y', 'y', '', '', '', ''].map(list),
    ]);
    const head = Buffer.alloc(5);
    head.writeUInt32BE(payload.length + 1);
    const offer = offerIn(Buffer.concat([Buffer.from('SSH-2.0-x\r\n'), head, payload]));
    expect(offer?.kex).toEqual(['old']);
  });

  it('is too weak, and the refusal names it and what would allow it', async () => {
    await using ssh = await gate(context => context.reject(), OLD);
    const failure = await failureOf(connectSsh(deviceAt(ssh.port), { username: 'm', password: 'long-password' }, soon()));
    expect(failure).toMatchObject({
      kind: 'login_refused',
      message:
        `sw1 (127.0.0.1:${ssh.port}) cannot be spoken to: it offers no key exchange that is strong enough, only diffie-hellman-group1-sha1; ` +
        '`ssh_profile: legacy` in the inventory would allow it',
    });
  });

  it('needs no MAC where the cipher is one that seals by itself', () => {
    const offer: Offer = {
      kex: ['curve25519-sha256'],
      hostKey: ['ssh-ed25519'],
      ciphers: [['aes128-gcm@openssh.com'], ['aes128-gcm@openssh.com']],
      macs: [['umac-64@openssh.com'], []],
    };
    expect(discordOf(offer, 'modern')).toBeUndefined();
    const ctr = ['aes128-ctr'];
    expect(discordOf({ ...offer, ciphers: [ctr, ctr] }, 'modern')).toMatch(/no MAC that is strong enough, only umac-64@openssh\.com/);
    expect(discordOf({ ...offer, ciphers: [ctr, ctr], macs: [['hmac-sha2-256'], []] }, 'modern')).toMatch(/no MAC .*only none at all/);
    expect(discordOf({ ...offer, hostKey: ['ssh-dss'] }, 'modern')).toMatch(
      /no kind of host key .*only ssh-dss; `ssh_profile: legacy` has none of these either/,
    );
  });
});
