import type { Template } from '../library/written.ts';

/**
 * What is rendered from parts of the library: once, where no template of the part names a value and so all requests get the same, else for
 * each request. It is kept as long as the library is.
 */
export class Constants<Part extends object, Made> {
  readonly #templates: (part: Part) => readonly Template[];
  readonly #known = new WeakMap<Part, { readonly made: Made } | 'varies'>();

  constructor(templates: (part: Part) => readonly Template[]) {
    this.#templates = templates;
  }

  of(part: Part, make: () => Made): Made {
    const known = this.#known.get(part);
    if (known === 'varies') return make();
    if (known) return known.made;
    const made = make();
    this.#known.set(part, this.#templates(part).every(({ names }) => names.length === 0) ? { made } : 'varies');
    return made;
  }
}
