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

  add(place: Place, message: string): void {
    this.list.push({ place, message });
  }

  /** Runs `read`; a LibraryError is collected and answered with undefined. */
  try<T>(read: () => T): T | undefined {
    try {
      return read();
    } catch (thrown) {
      if (!(thrown instanceof LibraryError)) throw thrown;
      this.list.push(...thrown.complaints);
      return undefined;
    }
  }

  throwIfAny(): void {
    if (this.list.length > 0) throw new LibraryError(this.list);
  }
}
