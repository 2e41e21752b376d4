import { execute } from '../server/engine/execute.ts';
import { type ScriptLine, script } from '../server/engine/script.ts';
import { worldWith } from '../server/engine/world.ts';
import { type Fault, Faults } from '../server/lab/faults.ts';
import { LAB_USER, NO_DELAYS, SWITCHES } from '../server/lab/lab.ts';
import type { CliSession, ExecResult, LabSwitch } from '../server/lab/switch.ts';
import { LabTerminal } from '../server/lab/terminal.ts';
import type { Answer, ChangePlan, Device, Dialect, Place, Step } from '../server/model.ts';
import { ExecTerminal } from '../server/terminal/exec.ts';
import { refusalIn } from '../server/terminal/failures.ts';
import { modeOf } from '../server/terminal/modes.ts';
import { ShellTerminal } from '../server/terminal/shell.ts';
import type { Connection } from '../server/transport/transport.ts';

/** A line of a plan's script with all that is needed to type it on a switch and to judge the answer. */
export interface BenchLine extends ScriptLine {
  /** As it stands in the plan: without the prefix that a read may be typed with. */
  readonly text: string;
  readonly dialect: Dialect;
  readonly answers: readonly Answer<string>[];
  readonly tolerate: readonly RegExp[];
  /** The step it belongs to; undefined for a line that only gets into a mode or out of it. */
  readonly step: Step | undefined;
}

/** A plan's script, line by line. */
export function linesOf(plan: ChangePlan): BenchLine[] {
  const parts = new Map<Place | undefined, Pick<BenchLine, 'text' | 'answers' | 'tolerate' | 'step'>>();
  for (const step of stepsOf(plan)) {
    for (const { text, place } of step.lines) parts.set(place, { text, answers: step.answer, tolerate: step.tolerate, step });
  }
  for (const { modes } of [plan.dialect, ...(plan.rescue ? [plan.rescue.dialect] : [])]) {
    for (const { enter, leave, answer, password } of modes.values()) {
      const answers = password === undefined ? answer : [...answer, { question: password, answer: LAB_USER.enable }];
      for (const { text, place } of [...enter, ...leave]) parts.set(place, { text, answers, tolerate: [], step: undefined });
    }
  }
  return script(plan)
    .filter(line => !line.quoted)
    .map(line => {
      const part = parts.get(line.place) ?? { text: line.sent, answers: [], tolerate: [], step: undefined };
      return { ...part, ...line, dialect: plan.dialect };
    });
}

/** Every step that a plan holds, whenever it is typed. */
export function stepsOf({ require, steps, verify, transaction, save, giveBack, rescue }: ChangePlan): Step[] {
  const own = [transaction, giveBack?.transaction, rescue?.transaction].flatMap(its => [
    its?.settled,
    its?.diff,
    its?.commit,
    its?.confirm,
    its?.undo,
    its?.discard,
    its?.abandon,
  ]);
  const given = giveBack ? [giveBack.read, ...giveBack.clear, giveBack.into, giveBack.open] : [];
  const all = [...given, ...require, ...steps, ...verify, ...own, save, ...(rescue?.steps ?? []), ...(rescue?.checks ?? [])];
  return all.filter(step => step !== undefined);
}

/** The plan with `slip` written where it has `line`. */
export function slipped(plan: ChangePlan, line: BenchLine, slip: string): ChangePlan {
  const prefix = line.sent.slice(0, line.sent.length - line.text.length);
  if (!slip.startsWith(prefix)) throw new Error(`the switch takes ${slip}: a slip in the prefix of a read`);
  return rewritten(plan, line.place, slip.slice(prefix.length));
}

/** A copy in which no two parts share an object, so that each line is told from its like by its place: what no value changes is rendered once. */
export function apart(plan: ChangePlan): ChangePlan {
  return rewritten(plan, { file: '', line: 0 }, '');
}

/** A copy in which the line that was written at `place` has another text. */
function rewritten<T>(value: T, place: Place | undefined, text: string): T {
  if (typeof value !== 'object' || value === null || value instanceof RegExp || value instanceof Set) return value;
  if (Array.isArray(value)) return value.map(item => rewritten(item, place, text)) as T;
  if (value instanceof Map) return new Map([...value].map(([key, item]) => [key, rewritten(item, place, text)])) as T;
  if ('text' in value && 'place' in value && value.place === place) return { ...value, text };
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, rewritten(item, place, text)])) as T;
}

/** A lab switch with a session on it and no network between. */
export class Bench {
  readonly #device: LabSwitch;
  #session: CliSession | undefined;

  constructor(platform: string) {
    const make = SWITCHES[platform];
    if (!make) throw new Error(`the lab has no ${platform}`);
    this.#device = make('sw', LAB_USER);
    this.login();
  }

  /** Anew, if somebody is logged in already. */
  login(): void {
    this.#session?.hangUp();
    this.#session = this.#device.openCli?.();
  }

  /** What a person types; nothing of it is judged. */
  byHand(lines: readonly string[]): void {
    for (const line of lines) this.#session?.enter(line);
  }

  /** Types lines as they are. @throws Error when the switch refuses one, or is not in the mode where the script has it */
  replay(lines: readonly BenchLine[]): void {
    for (const line of lines) {
      const refusal = this.refusalOf(line);
      if (refusal !== undefined) throw new Error(`the switch refuses ${line.sent}: ${refusal}`);
    }
  }

  /** Types a line, or something else in its place, and answers why the switch did not take it. */
  refusalOf(line: BenchLine, sent = line.sent): string | undefined {
    const session = this.#session;
    if (!session) return refusalOfExec(line, this.#device.exec?.(sent));
    const prompt = session.prompt().split('\n').at(-1)?.trimEnd() ?? '';
    const mode = modeOf(prompt, line.dialect.modes, line.mode);
    if (mode !== line.mode) throw new Error(`${line.sent} is typed in ${line.mode}, and the prompt is ${prompt}`);
    let reply = session.enter(sent);
    let text = reply.text ?? '';
    for (const open = [...line.answers]; reply.ask; text += reply.text ?? '') {
      const { ask } = reply;
      const answer = open.find(({ question }) => question.test(ask.text.trimEnd()));
      if (!answer) return `it asks what nobody answers: ${ask.text}`;
      open.splice(open.indexOf(answer), 1);
      reply = ask.answer(answer.answer);
    }
    return reply.bye ? 'it ends the session' : refusalIn(text, line.dialect.failures, line.tolerate);
  }

  /** Carries a plan out with the real engine and terminals. Answers with the outcome, and what went wrong if something did. */
  async carryOut(plan: ChangePlan, faults: readonly Fault[] = []): Promise<string> {
    const device = this.#device;
    const planted = new Faults();
    for (const fault of faults) planted.plant(fault);
    const open = async (_: Device, dialect: Dialect, deadline: number) =>
      device.exec
        ? new ExecTerminal(execConnection(device, planted), { dialect, device: 'sw' })
        : ShellTerminal.open(shellConnection(device, planted), { dialect, enableSecret: LAB_USER.enable, device: 'sw' }, deadline);
    const request = { ...plan.request, dryRun: false, deadline: Date.now() + 10_000 };
    try {
      return (await execute({ ...plan, request }, worldWith(open))).outcome;
    } catch (thrown) {
      return `${(thrown as { outcome?: string }).outcome} ${(thrown as Error).message}`;
    }
  }
}

/** An exit status is a refusal, and so are the vendor's words in spite of one of 0. */
function refusalOfExec({ dialect, tolerate }: BenchLine, result: ExecResult | undefined): string | undefined {
  if (!result) return 'it runs no commands';
  const { stdout, stderr, status } = result;
  const words = `${stdout}${stderr}`;
  const isHarmless = status === 0 || tolerate.some(pattern => pattern.test(words));
  return refusalIn(words, dialect.failures, tolerate) ?? (isHarmless ? undefined : `status ${status}`);
}

function shellConnection(device: LabSwitch, faults: Faults): Connection {
  const session = device.openCli?.();
  if (!session) throw new Error(`${device.platform} has no prompt`);
  let alive = true;
  let hear: (text: string) => void = () => {};
  let gone: () => void = () => {};
  const end = () => {
    alive = false;
    gone();
  };
  const wire = { write: (text: string) => hear(text), end, cut: end };
  const terminal = new LabTerminal({ device, session, faults, delays: NO_DELAYS, typed: () => {}, wire });
  const close = async () => {
    alive = false;
    terminal.hangUp();
  };
  return {
    get alive() {
      return alive;
    },
    close,
    exec: () => Promise.reject(new Error(`${device.platform} runs no commands`)),
    openShell: async () => ({
      write: text => void terminal.keys(text),
      onText: listener => {
        hear = listener;
        terminal.greet();
      },
      onClose: listener => {
        gone = listener;
      },
      close: () => void close(),
    }),
  };
}

function execConnection(device: LabSwitch, faults: Faults): Connection {
  return {
    alive: true,
    close: async () => {},
    openShell: () => Promise.reject(new Error(`${device.platform} has no prompt`)),
    exec: async command => {
      const refused = faults.trip(command)?.does === 'refuse';
      const result = refused ? { stdout: '', stderr: device.refusal(command), status: 1 } : device.exec?.(command);
      if (!result) throw new Error(`${device.platform} runs no commands`);
      return result;
    },
  };
}
