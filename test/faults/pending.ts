import type { AuditLine } from '../../server/engine/audit.ts';
import { LAB_USER, SWITCHES } from '../../server/lab/lab.ts';
import type { Part } from '../../server/lab/tap.ts';
import { planOf } from '../cases.ts';
import { until } from '../cli/run.ts';
import { portOf, type Told } from '../harness.ts';
import { type Change, ownText } from './course.ts';
import type { Group } from './groups.ts';
import { askTogether } from './meeting.ts';
import { makeReady } from './moves.ts';
import type { Harm } from './proxy.ts';
import type { Range, Slot } from './range.ts';
import type { Met } from './report.ts';

/** What happens when a switch is saved: at a point of the line that saves it, on the way to it, or because it does not want to. */
export type Trouble =
  | { readonly harm: Harm; readonly part: Part }
  | { readonly harm: Harm; readonly byte: number }
  | 'none'
  | 'it is refused'
  | 'nobody can be reached';

/** Whether a platform has a startup configuration of its own. */
export const hasStartup = (platform: string) => SWITCHES[platform]?.('sw', LAB_USER).saved !== undefined;

/** Changes, and what a switch says of each when it is alone. */
export interface Known {
  readonly group: Group;
  readonly changes: readonly Change[];
}

/** Changes of one switch that are answered before they are saved. */
export class Pending {
  readonly slot: Slot;
  readonly met: Met & { readonly lies: string[] };
  readonly #range: Range;
  readonly #known: Known;
  readonly #trouble: Trouble;
  readonly #savedBefore: string;
  #told: readonly Told[] = [];
  #heard = 0;

  private constructor(range: Range, slot: Slot, known: Known, trouble: Trouble) {
    this.slot = slot;
    this.#range = range;
    this.#known = known;
    this.#trouble = trouble;
    this.#savedBefore = this.#saved;
    const lies: string[] = [];
    let struck = typeof trouble !== 'object';
    this.met = {
      row: slot.platform,
      lies,
      get struck() {
        return struck;
      },
    };
    this.#prepareTrouble(() => {
      struck = true;
    });
  }

  static async prepare(range: Range, slot: Slot, known: Known, trouble: Trouble): Promise<Pending> {
    const device = await slot.renew();
    makeReady(device.device, known.group.ready);
    return new Pending(range, slot, known, trouble);
  }

  get name(): string {
    const trouble = this.#trouble;
    if (typeof trouble === 'string') return `${this.slot.platform}, ${trouble}`;
    const where = 'part' in trouble ? `${trouble.part} of the line that saves` : `byte ${trouble.byte} of the visit that saves`;
    return `${this.slot.platform}, ${trouble.harm} at ${where}`;
  }

  /** Asks for the changes; they are made, and nothing is told about saving but that it is due. */
  async ask(): Promise<void> {
    this.#told = (await askTogether(this.#range, this.slot, this.#known.group)).map(({ told }) => told);
    for (const { outcome, message, devices } of this.#told) {
      const state = devices?.[0]?.saved.state;
      const isWell = outcome === 'applied' ? state === 'pending' : outcome === 'unchanged' && state === 'not needed';
      if (!isWell) this.met.lies.push(`it told ${outcome} ${message}, saved: ${state}`);
    }
    if (this.#trouble === 'nobody can be reached') this.slot.proxy.afterwards = 'closed';
  }

  /** The same again: all of it is there. */
  async askAgain(): Promise<void> {
    const heard = await askTogether(this.#range, this.slot, this.#known.group);
    const outcomes = heard.map(({ told }) => told.outcome);
    if (outcomes.some(outcome => outcome !== 'unchanged')) this.met.lies.push(`asked again it told ${outcomes.join(', ')}`);
  }

  /** A change that is about none of these ports. */
  async askOther(): Promise<void> {
    const { device, name } = this.slot;
    const port = { port: portOf(name, device.device.ports.at(-1) ?? ''), native_vlan: 100 };
    this.#told = [await this.#range.service.tell('attach_port', port)];
    const [{ outcome, message } = { outcome: 'nothing', message: '' }] = this.#told;
    if (outcome !== 'applied') this.met.lies.push(`the next change: ${outcome} ${message}`);
  }

  /** Compares the audit with the switch, as far as the audit has come. Whether no more is to come: it was saved, or given up. */
  compare(): boolean {
    const lines = this.lines;
    for (const line of lines.slice(this.#heard)) this.#compareWith(line);
    this.#heard = lines.length;
    const { saved, again } = (lines.at(-1)?.how ?? {}) as unknown as Save;
    return lines.length > 0 && (saved.state === 'yes' || again === undefined);
  }

  /** Settles when the audit has told the last of it. */
  async told(): Promise<void> {
    await until(() => this.compare(), `the audit tells what became of ${this.name}`).catch(thrown => this.met.lies.push(String(thrown)));
  }

  /** Lines of the audit about saving this switch. */
  get lines(): readonly AuditLine[] {
    return this.#range.service.audit.filter(({ event, what }) => event === 'save' && what.device === this.slot.name);
  }

  /** Whether all that was asked is in the startup configuration. */
  get isSaved(): boolean {
    return this.#known.changes.every(({ move, after }) => this.#own(this.#saved, move) === startupOf(after));
  }

  /** Whether the startup configuration is as it was before anybody asked for anything. */
  get isUntouched(): boolean {
    return this.#saved === this.#savedBefore;
  }

  get #saved(): string {
    return this.slot.device.device.saved?.() ?? '';
  }

  #own(text: string, move: Change['move']): string {
    return startupOf(ownText(text, this.#known.group, move));
  }

  #compareWith({ what, how }: AuditLine): void {
    const { saved } = how as unknown as Save;
    const due = this.#told.filter(({ outcome }) => outcome === 'applied').map(({ request_id }) => request_id);
    const missing = due.filter(id => !(what.requests as readonly string[]).includes(id));
    if (missing.length > 0) this.met.lies.push(`the audit says saved: ${saved.state}, and does not say it of ${missing.length} changes`);
    if (saved.state === 'yes' && !this.isSaved) this.met.lies.push('the audit says it is saved, and it is not');
    if (saved.state === 'no' && this.#trouble === 'none') this.met.lies.push(`the audit says it is not saved: ${saved.why}`);
  }

  #prepareTrouble(struck: () => void): void {
    const trouble = this.#trouble;
    const { device, proxy, platform } = this.slot;
    const [change] = this.#known.changes;
    const save = change ? planOf(platform, change.move.plan).save?.lines.map(({ text }) => text) : [];
    if (trouble === 'it is refused') device.faults.plant({ on: new RegExp(`^${save?.[0]}$`), does: 'refuse', times: 99 });
    if (typeof trouble === 'string') return;
    let left = 1;
    const strike = (harm: () => void) => {
      if (left-- <= 0) return;
      struck();
      harm();
    };
    if ('byte' in trouble) {
      proxy.onWire = (wire, nth) => nth === 2 && wire.at('down', trouble.byte, () => strike(() => wire.strike(trouble.harm)));
      return;
    }
    device.tap = async ({ part, line, peer, sent, hungUp }) => {
      const wire = proxy.wire(peer);
      if (part !== trouble.part || !save?.includes(line) || !wire || left <= 0) return;
      await wire.carried('down', sent);
      strike(() => wire.strike(trouble.harm));
      if (trouble.harm === 'rst' || trouble.harm === 'fin') await hungUp;
    };
  }
}

/** What the audit says of a save. */
interface Save {
  readonly saved: Told['devices'][number]['saved'];
  /** Milliseconds until it is tried again. */
  readonly again?: number;
}

const startupOf = (text: string) => text.trimEnd();
