import type { Duplex } from 'node:stream';

/** The algorithms that a server named in its first message, in its own order. */
export interface Offer {
  readonly kex: readonly string[];
  readonly hostKey: readonly string[];
  /** To the server, and from it. */
  readonly ciphers: readonly (readonly string[])[];
  readonly macs: readonly (readonly string[])[];
}

/** A server that has not named them by then will not. */
const MOST = 128 * 1024;
const KEXINIT = 20;

/**
 * Reads along while somebody else shakes hands on a socket: when the two cannot agree, ssh2 does not tell what the other one offered.
 * Answers with a function that gives the offer, once it was made.
 */
export function readAlong(socket: Duplex): () => Offer | undefined {
  let heard = Buffer.alloc(0);
  let offer: Offer | undefined;
  const listen = (data: Buffer) => {
    heard = Buffer.concat([heard, data]);
    offer = offerIn(heard);
    if (offer || heard.length > MOST) socket.removeListener('data', listen);
  };
  // Together with the first listener, never before: what comes while only we listen would be lost to it.
  const join = (event: string | symbol) => {
    if (event !== 'data') return;
    socket.removeListener('newListener', join);
    socket.on('data', listen);
  };
  socket.on('newListener', join);
  return () => offer;
}

/** RFC 4253: lines of text up to the one with the version, then packets; the first of them all is in plain text. */
export function offerIn(heard: Buffer): Offer | undefined {
  let at = endOfVersion(heard);
  while (at !== undefined && at + 5 <= heard.length) {
    const next = at + 4 + heard.readUInt32BE(at);
    if (next > heard.length) return undefined;
    const payload = heard.subarray(at + 5, next - (heard[at + 4] ?? 0));
    if (payload[0] === KEXINIT) return offerOf(payload);
    at = next;
  }
  return undefined;
}

function endOfVersion(heard: Buffer): number | undefined {
  for (let start = 0; ; ) {
    const end = heard.indexOf('\n', start);
    if (end < 0) return undefined;
    if (heard.toString('latin1', start, start + 4) === 'SSH-') return end + 1;
    start = end + 1;
  }
}

/** The message's number and 16 random bytes, then lists of names with commas, each after its length. */
function offerOf(payload: Buffer): Offer | undefined {
  const lists: string[][] = [];
  let at = 17;
  while (lists.length < 6) {
    if (at + 4 > payload.length) return undefined;
    const end = at + 4 + payload.readUInt32BE(at);
    if (end > payload.length) return undefined;
    lists.push(namesIn(payload.toString('latin1', at + 4, end)));
    at = end;
  }
  const [kex = [], hostKey = [], to = [], from = [], macTo = [], macFrom = []] = lists;
  return { kex: kex.filter(name => !NO_KEX.test(name)), hostKey, ciphers: [to, from], macs: [macTo, macFrom] };
}

/** A hint about the protocol that stands among the key exchanges and is none. */
const NO_KEX = /^(?:ext-info-|kex-strict-)/;

/** Names in SSH are printable ASCII; whoever sends anything else has no say in what a message looks like. */
function namesIn(text: string): string[] {
  return text.split(',').filter(name => /^[\x21-\x7e]{1,64}$/.test(name));
}
