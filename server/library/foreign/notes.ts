import type { Place } from '../../model.ts';

/** What was not carried over as it stood. Never holds a value of a key that may be secret. */
export interface Note {
  readonly message: string;
  /** Every line it is about; the first is the one to show. */
  readonly places: readonly [Place, ...Place[]];
  /** Somebody has to do something; else it is for information. */
  readonly todo: boolean;
}

/** Collects notes; one that fits many lines is made once. */
export class Notes {
  readonly #notes = new Map<string, { message: string; places: [Place, ...Place[]]; todo: boolean }>();

  todo(place: Place, message: string): void {
    this.#add(place, message, true);
  }

  info(place: Place, message: string): void {
    this.#add(place, message, false);
  }

  /** What is to do first, then by line. */
  get list(): readonly Note[] {
    return [...this.#notes.values()].sort((a, b) => Number(b.todo) - Number(a.todo) || a.places[0].line - b.places[0].line);
  }

  #add(place: Place, message: string, todo: boolean): void {
    // A name out of the file may hold anything; a terminal obeys what is no printable character.
    const printable = message.replace(/\p{Cc}+/gu, ' ');
    const known = this.#notes.get(printable);
    if (!known) this.#notes.set(printable, { message: printable, places: [place], todo });
    else if (!known.places.some(({ line }) => line === place.line)) known.places.push(place);
  }
}
