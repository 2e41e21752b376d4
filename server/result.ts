import type { Place } from './model.ts';

/** The nouns of how a change ended: what is true of the device afterwards, and what was typed. */

export const OUTCOMES = ['unchanged', 'applied', 'planned', 'refused', 'undone', 'rescued', 'unknown'] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** A command that was typed and what the device answered. */
export interface Exchange {
  readonly sent: string;
  readonly received: string;
  readonly place: Place;
}

export interface StepResult {
  readonly task: string;
  readonly source: Place;
  readonly exchanges: readonly Exchange[];
}

/** yes; pending: it will be, and the audit tells when; no and why; `not needed` where a change is persistent at once or nothing was changed. */
export type Saved = { readonly state: 'yes' | 'pending' | 'not needed' } | { readonly state: 'no'; readonly why: string };

/** Milliseconds. */
export interface Timings {
  readonly queued: number;
  readonly login: number;
  readonly total: number;
}

export interface ChangeResult {
  readonly outcome: Outcome;
  readonly device: string;
  readonly platform: string;
  readonly method: string;
  readonly file: string;
  readonly diff: string;
  readonly saved: Saved;
  /** Everything that was typed to change something, in order; reads are left out. */
  readonly steps: readonly StepResult[];
  readonly timings: Timings;
}
