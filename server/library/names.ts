import type { Device, Method, Value } from '../model.ts';
import { nearest } from './check.ts';
import type { Complaints } from './complaints.ts';
import type { Platform, Playbook, PortMode, Task, Template, WrittenMode } from './written.ts';

/** Set for every template, whatever the method. `change` is a short id of the change, for names of sessions. */
export const ALWAYS = ['device', 'uplinks', 'uplink_lags', 'change'] as const;

const PORT = [
  'port',
  'mode',
  'native_vlan',
  'allowed_vlans',
  'default_vlan',
  'description',
  'mtu',
  'mac',
  'port_id',
  'node',
  'instance',
] as const;
/** null: a method whose call says no mode. */
const MODES = new Set<Value>(['access', 'trunk', 'hybrid', null] satisfies (PortMode | null)[]);

/** `lag` is the LAG itself, or the one that `port` is to join; `lag_id` is its number. */
const LAG = ['lag', 'lag_id'] as const;
const ON_LAG = [
  'port',
  ...LAG,
  'mode',
  'native_vlan',
  'allowed_vlans',
  'default_vlan',
  'description',
  'mtu',
  'aggregation',
  'mlag',
] as const;
const NETWORK = ['vlan', 'network_name'] as const;

/** What a call sets, by method. A name that a call leaves out is null. */
export const CALL_NAMES: Readonly<Record<Method, readonly string[]>> = {
  attach_port: PORT,
  update_port: PORT,
  detach_port: ['port', ...LAG, 'mode', 'default_vlan', 'description'],
  is_port_supported: ['port', ...LAG],
  attach_lag: ON_LAG,
  join_lag: ON_LAG,
  delete_lag: ['port', ...LAG],
  add_network: NETWORK,
  delete_network: NETWORK,
};

/** Complains about every name in a template that neither the call, nor the playbook, nor every device's inventory sets. */
export function checkNames(platform: Platform, devices: readonly Device[], complaints: Complaints): void {
  const fromInventory = commonVars(devices);
  const base = [...ALWAYS, ...Object.keys(platform.vars), ...fromInventory];
  check(platformTemplates(platform), new Set(base), complaints);
  check(giveBackTemplates(platform), new Set([...base, ...CALL_NAMES.detach_port]), complaints);
  for (const playbook of platform.playbooks.values()) {
    const shared = typeof playbook.verify === 'string' ? platform.playbooks.get(playbook.verify) : undefined;
    const known = new Set([...base, ...CALL_NAMES[playbook.method as Method], ...Object.keys(playbook.vars)]);
    check(templatesOfPlaybook(playbook), known, complaints);
    checkTasks(playbook, known, complaints);
    if (shared && Array.isArray(shared.verify))
      check(shared.verify.flatMap(taskTemplates), new Set([...known, ...Object.keys(shared.vars)]), complaints);
  }
}

/** Complains about vars that look like a misspelt name: nothing would read them. A var that is like no other may be somebody's own. */
export function checkVars(devices: Iterable<Device>, platforms: ReadonlyMap<string, Platform>, complaints: Complaints): void {
  const read = new Map([...platforms.values()].map(platform => [platform.name, namesRead(platform)]));
  const anywhere = new Set([...read.values()].flatMap(names => [...names]));
  for (const device of devices) {
    for (const name of Object.keys(device.vars)) {
      // A default for all devices may be meant for those of another platform.
      if (anywhere.has(name)) continue;
      const near = nearest(name, read.get(device.platform) ?? []);
      if (near) complaints.add(device.source, `vars: no playbook reads ${name}; did you mean ${near}?`);
    }
  }
}

/** Every name that a platform's files use or set. */
export function namesRead(platform: Platform): Set<string> {
  const names = (templates: readonly Template[]) => templates.flatMap(template => template.names.map(({ name }) => name));
  const playbooks = [...platform.playbooks.values()];
  return new Set([
    ...names([...platformTemplates(platform), ...giveBackTemplates(platform)]),
    ...Object.keys(platform.vars),
    ...playbooks.flatMap(playbook => [
      ...names(templatesOfPlaybook(playbook)),
      ...Object.keys(playbook.vars),
      ...tasksOf(playbook).flatMap(task => Object.keys(task.when)),
    ]),
  ]);
}

/** Vars that every device of the platform has; without any device, none. */
function commonVars(devices: readonly Device[]): string[] {
  const [first, ...others] = devices;
  return first ? Object.keys(first.vars).filter(name => others.every(device => name in device.vars)) : [];
}

function check(templates: readonly Template[], known: ReadonlySet<string>, complaints: Complaints): void {
  const told = new Set<string>();
  for (const { name, place } of templates.flatMap(template => template.names)) {
    const key = `${place.file}:${place.line}:${name}`;
    if (known.has(name) || told.has(key)) continue;
    told.add(key);
    const near = nearest(name, known);
    complaints.add(place, `{{${name}}} is set by nobody${near ? `; did you mean {{${near}}}?` : ''}`);
  }
}

function checkTasks(playbook: Playbook, known: ReadonlySet<string>, complaints: Complaints): void {
  for (const task of tasksOf(playbook)) {
    for (const [name, values] of Object.entries(task.when)) {
      if (!known.has(name)) complaints.add(task.source, `when: ${name} is set by nobody`);
      const never = name === 'mode' ? values.filter(value => !MODES.has(value)) : [];
      for (const value of never) complaints.add(task.source, `when: mode is never ${value}; it is access, trunk or hybrid`);
    }
    for (const name of Object.keys(task.vars).filter(own => !known.has(own)))
      complaints.add(task.source, `vars: a task gives names another value; nobody knows ${name}`);
  }
}

function tasksOf(playbook: Playbook): Task[] {
  const lists = [playbook.require, playbook.tasks, playbook.verify, playbook.rescue];
  return lists.flatMap(list => (typeof list === 'string' ? [] : [...list]));
}

/** Every block of a platform's files. */
export function templatesOf(platform: Platform): Template[] {
  return [...platformTemplates(platform), ...giveBackTemplates(platform), ...[...platform.playbooks.values()].flatMap(templatesOfPlaybook)];
}

export function templatesOfPlaybook(playbook: Playbook): Template[] {
  return [playbook.title, ...tasksOf(playbook).flatMap(taskTemplates)];
}

export function taskTemplates(task: Task): Template[] {
  const expectations = [...task.expect, ...task.reject].flatMap(entry => [
    entry.pattern,
    ...(entry.means ? [entry.means] : []),
    ...(entry.kind === 'vlans' ? [entry.list, ...(entry.under ? [entry.under] : []), ...(entry.except ? [entry.except] : [])] : []),
  ]);
  const own = Object.values(task.vars);
  return [task.name, task.commands, ...own, ...task.tolerate, ...task.answer.map(({ answer }) => answer), ...expectations];
}

/** These are typed for one port, and know which. */
function giveBackTemplates({ giveBack }: Platform): Template[] {
  return giveBack ? [giveBack.read, giveBack.into, giveBack.open].flatMap(taskTemplates) : [];
}

export function modeTemplates({ enter, leave, answer }: WrittenMode): Template[] {
  return [...enter, ...leave, ...answer.map(entry => entry.answer)];
}

function platformTemplates(platform: Platform): Template[] {
  const { transaction, save } = platform;
  const steps = [
    transaction?.settled,
    transaction?.diff,
    transaction?.commit,
    transaction?.confirm,
    transaction?.undo,
    transaction?.discard,
    transaction?.abandon,
    save,
  ];
  return [
    ...platform.onOpen,
    ...(platform.prefix ? [platform.prefix] : []),
    ...[...platform.modes.values()].flatMap(modeTemplates),
    ...steps.flatMap(step => (step ? taskTemplates(step) : [])),
  ];
}
