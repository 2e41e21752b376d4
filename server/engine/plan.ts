import { ChangeError } from '../errors.ts';
import type { Library } from '../library/library.ts';
import { modeTemplates } from '../library/names.ts';
import { isCheck } from '../library/playbooks.ts';
import type { Platform, Playbook, Task, Template, WrittenMode } from '../library/written.ts';
import type {
  ChangePlan,
  ChangeRequest,
  Device,
  Dialect,
  GiveBack,
  Line,
  Method,
  PlannedMode,
  Rescue,
  Step,
  Transaction,
  Values,
} from '../model.ts';
import { Constants } from './constant.ts';
import { type Rendering, renderAnswers, renderCommands, renderingWith, renderStep, renderText } from './render.ts';
import { valuesFor } from './values.ts';

/**
 * Decides everything that can be typed for a request. Pure: no network, no clock, no credentials.
 * @throws ChangeError `refused`: unknown device, unsupported method, port, VLAN or mode
 */
export function plan(request: ChangeRequest, library: Library): ChangePlan {
  const { device, platform } = deviceOf(request, library);
  const playbook = playbookOf(request.method, platform);
  const values = valuesFor(request, device, platform, playbook);
  const rendering = renderingOf(values, platform);
  const steps = render(playbook.tasks, platform.configMode, rendering).map(step => ({ ...step, ahead: true }));
  if (playbook.tasks.length > 0 && steps.length === 0) {
    throw new ChangeError('unsupported', `${playbook.source.file} has nothing to type for this request`);
  }
  const verify = verifyOf(playbook, platform, rendering);
  // Without a check, whatever the device says would hold, and every request would be `unchanged`.
  if (request.method !== 'is_port_supported' && !proves(verify)) {
    throw new ChangeError('unsupported', `${playbook.source.file} verifies nothing for this request`);
  }
  const rescue = rescueOf(playbook, request, device, platform, rendering);
  const giveBack = giveBackOf(request, device, platform);
  return {
    request,
    device,
    subject: typeof values.port === 'string' ? values.port : `VLAN ${String(values.vlan)}`,
    title: renderText(playbook.title, values, 'text'),
    file: playbook.source.file,
    ...surroundings(platform, rendering),
    configMode: platform.configMode,
    readMode: platform.readMode,
    require: render(playbook.require, platform.readMode, rendering),
    steps,
    verify,
    ...(giveBack && steps.length > 0 ? { giveBack } : {}),
    ...(rescue ? { rescue } : {}),
    ...(platform.save ? { save: stepOf(platform.save, platform.readMode, rendering) } : {}),
    concerns: concernsOf(request.method, values),
    ...(platform.transaction ? { inCompany: () => surroundings(platform, renderingOf(named(values, 'a'), platform)) } : {}),
  };
}

const ONE_PORT: ReadonlySet<Method> = new Set(['attach_port', 'detach_port', 'update_port']);

/** A LAG is its members too, and a network that is deleted is all ports that might use it. */
function concernsOf(method: Method, { lag }: Values): ChangePlan['concerns'] {
  if (method === 'add_network') return 'a network';
  return ONE_PORT.has(method) && !lag ? 'a port' : 'more';
}

export function deviceOf(request: Pick<ChangeRequest, 'device'>, library: Library): { device: Device; platform: Platform } {
  const device = library.devices.get(request.device);
  const platform = device && library.platforms.get(device.platform);
  if (!device || !platform) throw new ChangeError('unknown_device', `no device ${request.device} in the inventory`);
  return { device, platform };
}

function playbookOf(method: string, platform: Platform): Playbook {
  const playbook = platform.playbooks.get(method);
  if (!playbook)
    throw new ChangeError('unsupported', `${platform.title} has no ${method}: there is no playbooks/${platform.name}/${method}.yml`);
  return playbook;
}

export function renderingOf(values: Values, platform: Platform): Rendering {
  return renderingWith(values, platform);
}

function render(tasks: readonly Task[], mode: string, rendering: Rendering): Step[] {
  return tasks.flatMap(task => renderStep(task, mode, rendering) ?? []);
}

function stepOf(task: Task, mode: string, rendering: Rendering): Step {
  const step = renderStep(task, mode, rendering);
  if (!step) throw new ChangeError('internal', `${task.source.file}:${task.source.line} renders to nothing`);
  return step;
}

/** A verify list borrowed from another playbook brings that playbook's defaults along. */
function verifyOf(playbook: Playbook, platform: Platform, rendering: Rendering): Step[] {
  if (typeof playbook.verify !== 'string') return render(playbook.verify, platform.readMode, rendering);
  const lender = playbookOf(playbook.verify, platform);
  const values = { ...lender.vars, ...rendering.values };
  return verifyOf(lender, platform, renderingOf(values, platform));
}

function rescueOf(
  playbook: Playbook,
  request: ChangeRequest,
  device: Device,
  platform: Platform,
  rendering: Rendering,
): Rescue | undefined {
  if (typeof playbook.rescue !== 'string') {
    if (playbook.rescue.length === 0) return undefined;
    const [checks, typed] = split(playbook.rescue, task => isCheck(task, platform));
    const own = renderingOf(named(rendering.values, 'r'), platform);
    return proven({
      file: playbook.source.file,
      ...surroundings(platform, own),
      steps: render(typed, platform.configMode, own),
      checks: render(checks, platform.readMode, own),
    });
  }
  const other = playbookOf(playbook.rescue, platform);
  // The port alone: a rescue closes it, whatever default VLAN the call or the inventory has. A network is what the call says it is.
  const { port } = request.args;
  const alone: ChangeRequest = {
    ...request,
    method: other.method as ChangeRequest['method'],
    args: port === undefined ? request.args : { port },
  };
  const closed = { ...valuesFor(alone, device, platform, other), default_vlan: null };
  const closing = renderingOf(named(closed, 'r'), platform);
  return proven({
    file: other.source.file,
    ...surroundings(platform, closing),
    steps: render(other.tasks, platform.configMode, closing),
    checks: verifyOf(other, platform, closing),
  });
}

/** Methods on what serves somebody already; a port that an attach failed on is closed instead. */
const GIVES_BACK: ReadonlySet<Method> = new Set(['update_port', 'detach_port', 'attach_lag']);

function giveBackOf(request: ChangeRequest, device: Device, platform: Platform): GiveBack | undefined {
  if (!platform.giveBack || !GIVES_BACK.has(request.method)) return undefined;
  const { read, clear, into, lines, open, unless } = platform.giveBack;
  const playbook = playbookOf(clear, platform);
  const alone: ChangeRequest = { ...request, method: playbook.method as Method, args: { port: request.args.port ?? null } };
  const values: Values = { ...valuesFor(alone, device, platform, playbook), default_vlan: null };
  const rendering = renderingOf(named(values, 'g'), platform);
  return {
    ...surroundings(platform, rendering),
    read: stepOf(read, platform.readMode, rendering),
    clear: render(playbook.tasks, platform.configMode, rendering),
    into: stepOf(into, platform.configMode, rendering),
    lines,
    open: stepOf(open, platform.configMode, rendering),
    unless,
  };
}

/** A rescue that nothing checks would be called done before it is typed. */
function proven(rescue: Rescue): Rescue {
  if (!proves(rescue.checks)) throw new ChangeError('unsupported', `${rescue.file} verifies nothing for a rescue`);
  return rescue;
}

const proves = (steps: readonly Step[]) => steps.some(step => step.expect.length + step.reject.length > 0);

/** A rescue is a change of its own, and so is a commit of several: EOS still lists an aborted session, so its name is not used again. */
function named(values: Values, suffix: string): Values {
  return { ...values, change: `${String(values.change)}${suffix}` };
}

/** The dialect and the transaction, with the names of this change in them. */
export function surroundings(platform: Platform, rendering: Rendering): { dialect: Dialect; transaction?: Transaction<Step> } {
  return {
    dialect: dialectOf(platform, rendering),
    ...(platform.transaction ? { transaction: transactionOf(platform.transaction, platform.configMode, rendering) } : {}),
  };
}

function transactionOf(transaction: Transaction<Task>, configMode: string, rendering: Rendering): Transaction<Step> {
  const step = <K extends keyof Transaction<Task>>(key: K): { [P in K]?: Step } => {
    const task = transaction[key];
    return (task === undefined ? {} : { [key]: stepOf(task as Task, configMode, rendering) }) as { [P in K]?: Step };
  };
  return {
    ...step('settled'),
    ...step('diff'),
    commit: stepOf(transaction.commit, configMode, rendering),
    ...step('confirm'),
    ...step('undo'),
    discard: stepOf(transaction.discard, configMode, rendering),
    ...step('abandon'),
    ...(transaction.busy === undefined ? {} : { busy: transaction.busy }),
  };
}

const MODES = new Constants<WrittenMode, PlannedMode>(modeTemplates);

function dialectOf(platform: Platform, { values }: Rendering): Dialect {
  const modes = [...platform.modes].map(([name, mode]): [string, PlannedMode] => [name, MODES.of(mode, () => modeOf(mode, values))]);
  return {
    platform: platform.name,
    session: platform.session,
    modes: new Map(modes),
    onOpen: linesOf(platform.onOpen, values),
    failures: platform.failures,
    noise: platform.noise,
    ...(platform.pager === undefined ? {} : { pager: platform.pager }),
    ...(platform.typeAhead === undefined ? {} : { typeAhead: platform.typeAhead }),
  };
}

function modeOf(mode: WrittenMode, values: Values): PlannedMode {
  return { ...mode, enter: linesOf(mode.enter, values), leave: linesOf(mode.leave, values), answer: renderAnswers(mode.answer, values) };
}

function linesOf(blocks: readonly Template[], values: Values): Line[] {
  return blocks.flatMap(block => renderCommands(block, { values, session: 'shell' }));
}

function split<T>(list: readonly T[], test: (item: T) => boolean): [T[], T[]] {
  return [list.filter(test), list.filter(item => !test(item))];
}
