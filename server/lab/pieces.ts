/** Cuts what a device sends into the pieces that the network makes of it. */
export type Pieces = (data: Buffer) => Buffer[];

/** Most pieces are as small as that, in bytes; some are single bytes, some are longer. */
const SMALL = 24;

/** Pieces of random lengths, the same ones for the same seed: between any two bytes there is a cut sooner or later. */
export function randomPieces(seed: number): Pieces {
  let state = seed >>> 0;
  // Mulberry32: small, and the same everywhere.
  const random = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  const length = () => {
    const kind = random();
    if (kind < 0.25) return 1;
    return 1 + Math.floor(random() * (kind < 0.9 ? SMALL : 40 * SMALL));
  };
  return data => {
    const pieces: Buffer[] = [];
    for (let start = 0; start < data.length; ) {
      const end = Math.min(data.length, start + length());
      pieces.push(data.subarray(start, end));
      start = end;
    }
    return pieces;
  };
}
