/** Pieces are put together up to this length: a device that sends byte by byte must not cost an object per byte. */
const PIECE = 16 * 1024;

/** A long text that grows at its end; adding to it does not copy what is there. */
export class Tape {
  readonly #pieces: string[] = [];

  add(text: string): void {
    const last = this.#pieces.at(-1);
    if (last !== undefined && last.length + text.length <= PIECE) this.#pieces[this.#pieces.length - 1] = last + text;
    else this.#pieces.push(text);
  }

  /** Takes the line off that has not ended yet. */
  cutLine(): void {
    for (let piece = this.#pieces.pop(); piece !== undefined; piece = this.#pieces.pop()) {
      const end = piece.lastIndexOf('\n') + 1;
      if (end === 0) continue;
      this.#pieces.push(piece.slice(0, end));
      return;
    }
  }

  get length(): number {
    return this.#pieces.reduce((sum, piece) => sum + piece.length, 0);
  }

  get text(): string {
    return this.#pieces.join('');
  }
}
