import { at } from '../errors.ts';
import type { ExecResult, LabSwitch, RawSession, RawWire } from '../lab/switch.ts';
import type { Place } from '../model.ts';
import { bytesOf, type RecordedEvent, type Recording } from './recording.ts';
import { MASK } from './redact.ts';

/** Something that was typed and is not in the recording: what a switch would have said nobody knows. */
export interface Stray {
  readonly typed: string;
  /** What the recording has there; undefined at its end. */
  readonly recorded?: { readonly typed: string; readonly place: Place };
}

export function strayText({ typed, recorded }: Stray): string {
  return `"${typed}" is not what was recorded: ${recorded ? `that is "${recorded.typed}" (${at(recorded.place)})` : 'the recording ends before it'}`;
}

type Ran = Extract<RecordedEvent, { ran: string }>;

/** A switch that says what was recorded, to whoever types what was recorded, and refuses all else. */
export class ReplaySwitch implements LabSwitch {
  readonly platform: string;
  readonly hostname: string;
  readonly ports: readonly string[] = [];
  readonly uplinks: readonly string[] = [];
  /** Whatever was typed and is not in the recording, in order. */
  readonly strays: Stray[] = [];
  readonly openWire?: (wire: RawWire) => RawSession;
  readonly exec?: (command: string) => ExecResult;
  readonly #recording: Recording;
  readonly #told: (stray: Stray) => void;
  /** The name of the change, once somebody has typed it. */
  #change: string | undefined;
  #logins = 0;
  #next = 0;

  constructor(recording: Recording, told: (stray: Stray) => void = () => {}) {
    this.platform = recording.platform;
    this.hostname = recording.device;
    this.#recording = recording;
    this.#told = told;
    if (recording.sessions.flat().some(event => 'ran' in event)) this.exec = command => this.#exec(command);
    else this.openWire = wire => this.#open(wire);
  }

  running(): string {
    return '';
  }

  refusal(): string {
    return 'not recorded';
  }

  /** Whether what was typed is what was recorded; it learns the name of the change on the way. */
  fits(typed: string, recorded: string): boolean {
    const known = this.#change;
    const parts = recorded.split(/(\*{8}|\{\{change\}\})/);
    const pattern = parts.map((part, nth) => {
      if (part === MASK) return '.*';
      if (part !== '{{change}}') return escaped(part);
      if (known !== undefined) return escaped(known);
      return parts.indexOf(part) === nth ? '(?<change>[A-Za-z0-9]+?)' : '\\k<change>';
    });
    const found = new RegExp(`^${pattern.join('')}$`).exec(typed);
    this.#change ??= found?.groups?.change;
    return found !== null;
  }

  /** What the device said, in the names of now. */
  spoken(text: string): string {
    return text.replaceAll('{{change}}', this.#change ?? 'change');
  }

  strayed(stray: Stray): void {
    this.strays.push(stray);
    this.#told(stray);
  }

  #open(wire: RawWire): RawSession {
    const { sessions } = this.#recording;
    const nth = this.#logins % sessions.length;
    this.#logins += 1;
    // Played from the beginning again, it is another change.
    if (nth === 0) this.#change = undefined;
    return new ReplaySession(this, sessions[nth] ?? [], event => this.#recording.at(nth, event), wire);
  }

  /** Each command has a channel of its own: what was recorded is one list, whatever the connection. */
  #exec(command: string): ExecResult {
    const all = this.#recording.sessions.flatMap((events, session) =>
      events.flatMap((event, nth) => ('ran' in event ? [{ event, place: this.#recording.at(session, nth) }] : [])),
    );
    if (this.#next === all.length && all[0] && this.fits(command, all[0].event.ran)) this.#next = 0;
    const next = all[this.#next];
    if (!next || !this.fits(command, next.event.ran)) {
      const stray: Stray = { typed: command, ...(next ? { recorded: { typed: next.event.ran, place: next.place } } : {}) };
      this.strayed(stray);
      return { stdout: '', stderr: `mercury replay: ${strayText(stray)}\n`, status: 127 };
    }
    this.#next += 1;
    return this.#outcome(next.event);
  }

  #outcome(event: Ran): ExecResult {
    if ('lost' in event) return { stdout: '', stderr: '', status: 255, cut: true };
    return { stdout: this.spoken(event.stdout), stderr: this.spoken(event.stderr), status: event.status };
  }
}

/** One login to a recorded device. */
class ReplaySession implements RawSession {
  readonly #switch: ReplaySwitch;
  readonly #events: readonly RecordedEvent[];
  readonly #placeOf: (event: number) => Place;
  readonly #wire: RawWire;
  #next = 0;
  #line = '';
  #prompt = '';

  constructor(played: ReplaySwitch, events: readonly RecordedEvent[], placeOf: (event: number) => Place, wire: RawWire) {
    this.#switch = played;
    this.#events = events;
    this.#placeOf = placeOf;
    this.#wire = wire;
    const [first] = events;
    if (first && !('typed' in first) && !('key' in first)) this.#play();
  }

  keys(data: string): void {
    for (const key of data) {
      const next = this.#events[this.#next];
      if (next && 'key' in next && this.#line === '') {
        if (key === next.key) this.#play();
        else this.#stray(key);
      } else if (key !== '\r' && key !== '\n') this.#line += key;
      else {
        const line = this.#line;
        this.#line = '';
        this.#enter(line);
      }
    }
  }

  hangUp(): void {
    // A recording has nothing to tidy up.
  }

  #enter(line: string): void {
    // When an empty line is typed depends on the clock, and it is answered by the prompt, recorded or not.
    while (line !== '' && this.#typedNext() === '') this.#next += 1;
    const recorded = this.#typedNext();
    if (recorded !== undefined && this.#switch.fits(line, recorded)) this.#play();
    else if (line === '') this.#wire.write(`\r\n${this.#prompt}`);
    else this.#stray(line);
  }

  #typedNext(): string | undefined {
    const next = this.#events[this.#next];
    return next && 'typed' in next ? next.typed : undefined;
  }

  /** Says what was recorded next, and hangs up where the device did. */
  #play(): void {
    const event = this.#events[this.#next];
    this.#next += 1;
    if (!event || 'ran' in event) return;
    if ('lost' in event) return this.#wire.cut();
    const text = this.#switch.spoken(bytesOf(event));
    if (text !== '') {
      this.#prompt = text.slice(text.lastIndexOf('\n') + 1);
      this.#wire.write(text);
    }
    const next = this.#events[this.#next];
    if (next && 'lost' in next) this.#wire.cut();
  }

  #stray(typed: string): void {
    const next = this.#events[this.#next];
    const recorded = next && ('typed' in next ? next.typed : 'key' in next ? next.key : undefined);
    const stray: Stray = { typed, ...(recorded === undefined ? {} : { recorded: { typed: recorded, place: this.#placeOf(this.#next) } }) };
    this.#switch.strayed(stray);
    // It does not hang up: who is hung up on comes back as long as there is time.
    this.#wire.write(`${typed}\r\nmercury replay: ${strayText(stray)}\r\n${this.#prompt}`);
  }
}

const escaped = (text: string) => text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
