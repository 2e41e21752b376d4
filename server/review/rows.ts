import { MOMENTS, type When } from '../engine/script.ts';
import type { Place } from '../model.ts';

/** What a reviewer asks about first: is something else typed, is it proven otherwise, does a failure end otherwise? */
export const ASPECTS = ['typed', 'verify', 'rescue'] as const;
export type Aspect = (typeof ASPECTS)[number];

export type Part = When | 'require' | 'verify' | 'replies' | 'rescue' | 'undo' | 'refused';

/** The parts of a sheet in their order, how each is called, and what it is about. */
export const PARTS: Readonly<Record<Part, { readonly heading: string; readonly aspect: Aspect }>> = {
  refused: { heading: 'Refused before login', aspect: 'typed' },
  login: { heading: MOMENTS.login, aspect: 'typed' },
  before: { heading: MOMENTS.before, aspect: 'verify' },
  change: { heading: MOMENTS.change, aspect: 'typed' },
  commit: { heading: MOMENTS.commit, aspect: 'typed' },
  after: { heading: MOMENTS.after, aspect: 'verify' },
  keep: { heading: MOMENTS.keep, aspect: 'typed' },
  'if it fails': { heading: MOMENTS['if it fails'], aspect: 'rescue' },
  require: { heading: 'Must be so before anything is typed', aspect: 'verify' },
  verify: { heading: 'Must be read back', aspect: 'verify' },
  replies: { heading: 'What the device may say to it', aspect: 'typed' },
  rescue: { heading: 'Must be so after a failure', aspect: 'rescue' },
  undo: { heading: 'How a failure is taken back', aspect: 'rescue' },
};

/** One line of a sheet: a command, a check, or a sentence. */
export interface Row {
  readonly part: Part;
  /** `sent`: it is typed. */
  readonly kind: 'sent' | 'told';
  readonly mode: string;
  readonly task: string;
  readonly text: string;
  /** Where it was written: the template, where there is one. */
  readonly place?: Place | undefined;
  /** Where the task stands that it belongs to. */
  readonly by?: Place | undefined;
}

/** All that can be said of a request without a device: what is typed, in order, and what is held against it. */
export interface Sheet {
  readonly title: string;
  /** The playbook; none where the request is refused. */
  readonly file?: string | undefined;
  readonly rows: readonly Row[];
  readonly refused: boolean;
}

/** Rows of the same key are the same to a device, wherever they are written and whatever their task is called. */
export function rowKey({ part, kind, mode, text }: Row): string {
  // A refusal names the line that cannot be rendered, which any edit above moves.
  return [part, kind, mode, part === 'refused' ? text.replaceAll(/(\.(?:yml|yaml|hbs)):\d+/g, '$1') : text].join('\0');
}

/** The words of a sheet: what the log and the audit say, and no device sees. */
export function wordsOf({ title, rows }: Sheet): string {
  return [title, ...rows.map(({ task }) => task)].join('\n');
}
