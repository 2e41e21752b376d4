import { at } from '../errors.ts';
import type { Place } from '../model.ts';

/** Something wrong in a file that the network team wrote. */
export interface Complaint {
  readonly place: Place;
  readonly message: string;
}

/** Thrown when a library cannot be used; holds every complaint, not only the first. */
export class LibraryError extends Error {
  override readonly name = 'LibraryError';
  readonly complaints: readonly Complaint[];

  constructor(complaints: readonly Complaint[]) {
    super(complaints.map(({ place, message }) => `${at(place)}: ${message}`).join('\n'));
    this.complaints = complaints;
  }
}

/** Collects complaints while files are read, so that one run shows them all. */
export class Complaints {
  readonly list: Complaint[] = [];

  /** The same complaint about the same line is made once: two playbooks may use one template. */
  add(place: Place, message: string): void {
    if (this.list.some(known => at(known.place) === at(place) && known.message === message)) return;
    this.list.push({ place, message });
  }

  /** Runs `read`; a LibraryError is collected and answered with undefined. */
  try<T>(read: () => T): T | undefined {
    try {
      return read();
    } catch (thrown) {
      if (!(thrown instanceof LibraryError)) throw thrown;
      for (const { place, message } of thrown.complaints) this.add(place, message);
      return undefined;
    }
  }

  throwIfAny(): void {
    if (this.list.length > 0) throw new LibraryError(this.list);
  }
}
