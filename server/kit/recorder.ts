import type { Connection } from '../transport/transport.ts';
import { type RecordedEvent, saidOf } from './recording.ts';
import { MASK } from './redact.ts';
import { type Taped, taped } from './tape.ts';

/** Writes down every session of a change, to be made a recording of. */
export class Recorder {
  readonly #sessions: Taped[][] = [];

  /** For `World`: each login is a session. */
  readonly through = (connection: Connection): Connection => {
    const session: Taped[] = [];
    this.#sessions.push(session);
    return taped(connection, event => session.push(event));
  };

  /** `names`: the short ids of the changes, which are others when it is played. `redact` is given whole texts: half a secret would be masked nowhere. */
  sessions(names: readonly string[], redact: (text: string) => string): RecordedEvent[][] {
    const shown = (text: string) => names.reduce((left, name) => left.replaceAll(name, '{{change}}'), redact(text));
    return this.#sessions.map(session => eventsOf(session, shown)).filter(events => events.length > 0);
  }
}

function eventsOf(session: readonly Taped[], shown: (text: string) => string): RecordedEvent[] {
  const events: RecordedEvent[] = [];
  /** What was typed last, and what has come since. */
  let last: { readonly typed?: string; readonly key?: string } = {};
  let pieces: string[] = [];
  const ended = () => {
    const bytes = pieces.join('');
    if (bytes !== '' || 'typed' in last || 'key' in last) events.push({ ...last, ...(bytes === '' ? {} : heard(bytes, pieces, shown)) });
    pieces = [];
  };
  for (const event of session) {
    if (event.kind === 'heard') pieces.push(event.text);
    if (event.kind === 'typed') {
      for (const typed of entered(event.text)) {
        ended();
        last = 'typed' in typed ? { typed: shown(typed.typed) } : typed;
      }
    }
    if (event.kind === 'ran') events.push(ran(event, shown));
    if (event.kind === 'lost') {
      ended();
      last = {};
      events.push({ lost: true });
    }
  }
  ended();
  return events;
}

function heard(bytes: string, pieces: readonly string[], shown: (text: string) => string): RecordedEvent {
  const told = shown(bytes);
  // Of a text in which something was masked the lengths would tell how long that was.
  return { ...saidOf(told), ...(told === bytes && pieces.length > 1 ? { pieces: pieces.map(({ length }) => length) } : {}) };
}

/** Lines with Enter, and keys without. */
function entered(text: string): ({ typed: string } | { key: string })[] {
  const lines = text.split('\n');
  const rest = lines.pop() ?? '';
  return [...lines.map(typed => ({ typed })), ...[...rest].map(key => ({ key }))];
}

function ran({ command, output }: Extract<Taped, { kind: 'ran' }>, shown: (text: string) => string): RecordedEvent {
  if (!output) return { ran: shown(command), lost: true };
  return { ran: shown(command), stdout: shown(output.stdout), stderr: shown(output.stderr), status: output.status ?? 255 };
}

/** How many texts were masked. */
export function maskedIn(text: string): number {
  return text.split(MASK).length - 1;
}
