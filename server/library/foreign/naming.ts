/** Gives names that Mercury allows: letters, digits, dots, dashes and underscores, each once. */
export class Naming {
  readonly #given = new Set<string>();

  /** The name itself where it is allowed and free, else the nearest to it. `otherwise`: where nothing of it can be kept. */
  give(name: string, otherwise: string): string {
    const allowed = /^[\w.-]+$/.test(name) && name !== '__proto__' ? name : name.replace(/[^\w.-]+/g, '-').replace(/^[-_]+|[-_]+$/g, '');
    const base = allowed || otherwise;
    let free = base;
    for (let i = 2; this.#given.has(free); i += 1) free = `${base}-${i}`;
    this.#given.add(free);
    return free;
  }
}
