import { existsSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { type Mode, PLAYBOOK_METHODS, type Platform, type Playbook, type Task, type Transaction } from '../model.ts';
import { readRanges } from '../vlans.ts';
import { checkShape, nearest } from './check.ts';
import type { Complaints } from './complaints.ts';
import { readPlaybook } from './playbooks.ts';
import { type PlatformShape, platformSchema } from './schema/platform.ts';
import type { PlatformStepShape } from './schema/playbook.ts';
import { Compiler } from './tasks.ts';
import { readYaml, type YamlFile } from './yaml.ts';

/** Where the network team's files are. File names in complaints and plans are relative to `root`. */
export interface Folders {
  readonly root: string;
  readonly playbooks: string;
  readonly templates: string;
}

/** Every folder below playbooks/ that holds a platform.yml; what is wrong is collected. */
export function readPlatforms(folders: Folders, complaints: Complaints): Map<string, Platform> {
  const platforms = new Map<string, Platform>();
  for (const entry of readdirSync(folders.playbooks, { withFileTypes: true })) {
    if (!entry.isDirectory()) continue;
    const platform = complaints.try(() => readPlatform(folders, entry.name, complaints));
    if (platform) platforms.set(entry.name, platform);
  }
  return platforms;
}

function readPlatform(folders: Folders, name: string, complaints: Complaints): Platform {
  const folder = join(folders.playbooks, name);
  const path = join(folder, 'platform.yml');
  const yaml = readYaml(path, relative(folders.root, path));
  const shape = checkShape(platformSchema, yaml);
  const compiler = new Compiler({ yaml, complaints, templates: folders.templates, root: folders.root });
  const known = new Set(shape.session === 'exec' ? ['shell'] : Object.keys(shape.modes));
  const modes = readModes(shape, yaml, compiler, known, complaints);
  const optional = <K extends string>(key: K, step: PlatformStepShape | undefined): { [P in K]?: Task } =>
    (step === undefined ? {} : { [key]: compiler.step(step, [key], key, known) }) as { [P in K]?: Task };
  const platform: Platform = {
    name,
    title: shape.name,
    aliases: shape.aliases,
    session: shape.session,
    modes,
    configMode: compiler.mode(shape.config_mode, ['config_mode'], known),
    readMode: compiler.mode(shape.read_mode, ['read_mode'], known),
    onOpen: shape.on_open.map((line, i) => compiler.block(line, ['on_open', i])),
    ...(shape.prefix === undefined ? {} : { prefix: compiler.block(shape.prefix, ['prefix']) }),
    failures: shape.failures.map((source, i) => compiler.pattern(source, ['failures', i])),
    noise: shape.noise.map((source, i) => compiler.pattern(source, ['noise', i])),
    ...(shape.transaction ? { transaction: readTransaction(shape.transaction, compiler, known) } : {}),
    ...optional('save', shape.save),
    interfaces: { pattern: compiler.pattern(shape.interfaces.pattern, ['interfaces', 'pattern'], ''), short: shape.interfaces.short },
    vlans: {
      ids: new Set(readIds(shape, yaml, complaints)),
      text: shape.vlans.ids,
      name: { max: shape.vlans.name.max, pattern: compiler.pattern(shape.vlans.name.pattern, ['vlans', 'name', 'pattern'], '') },
    },
    description: {
      max: shape.description.max,
      ...(shape.description.never === undefined ? {} : { never: compiler.pattern(shape.description.never, ['description', 'never'], '') }),
    },
    supports: {
      modes: shape.supports.modes,
      networkTypes: shape.supports.network_types,
      trunkWithoutNative: shape.supports.trunk_without_native,
      mtu: shape.supports.mtu,
    },
    vars: shape.vars,
    playbooks: new Map(),
    source: yaml.at([]),
  };
  return { ...platform, playbooks: readPlaybooks(folders, folder, platform, known, complaints) };
}

function readModes(
  shape: PlatformShape,
  yaml: YamlFile,
  compiler: Compiler,
  known: ReadonlySet<string>,
  complaints: Complaints,
): Map<string, Mode> {
  const modes = new Map<string, Mode>();
  if (shape.session === 'shell' && known.size === 0) complaints.add(yaml.at(['modes']), 'a shell session needs modes');
  for (const [name, mode] of Object.entries(shape.modes)) {
    const path = ['modes', name];
    if (mode.parent !== undefined) compiler.mode(mode.parent, [...path, 'parent'], known);
    if (mode.parent !== undefined && mode.enter.length === 0)
      complaints.add(yaml.at(path), `${name} has a parent but nothing to enter it with`);
    modes.set(name, {
      name,
      prompt: compiler.pattern(`^(?:${mode.prompt})\\s*$`, [...path, 'prompt'], ''),
      ...(mode.parent === undefined ? {} : { parent: mode.parent }),
      enter: mode.enter.map(line => compiler.block(line, [...path, 'enter'])),
      leave: mode.leave.map(line => compiler.block(line, [...path, 'leave'])),
      ...(mode.password === undefined ? {} : { password: compiler.pattern(mode.password, [...path, 'password']) }),
      answer: compiler.answers(mode.answer, [...path, 'answer']),
      ...(mode.reads === undefined ? {} : { reads: mode.reads.trim() }),
    });
  }
  return modes;
}

function readTransaction(
  shape: NonNullable<PlatformShape['transaction']>,
  compiler: Compiler,
  known: ReadonlySet<string>,
): Transaction<Task> {
  const step = (key: string, value: PlatformStepShape) => compiler.step(value, ['transaction', key], key, known);
  return {
    ...(shape.diff === undefined ? {} : { diff: step('diff', shape.diff) }),
    commit: step('commit', shape.commit),
    ...(shape.confirm === undefined ? {} : { confirm: step('confirm', shape.confirm) }),
    ...(shape.undo === undefined ? {} : { undo: step('undo', shape.undo) }),
    discard: step('discard', shape.discard),
    ...(shape.abandon === undefined ? {} : { abandon: step('abandon', shape.abandon) }),
    ...(shape.busy === undefined ? {} : { busy: compiler.pattern(shape.busy, ['transaction', 'busy']) }),
  };
}

function readIds(shape: PlatformShape, yaml: YamlFile, complaints: Complaints): number[] {
  const ids = readRanges(shape.vlans.ids);
  if (!ids || ids.length === 0)
    complaints.add(yaml.at(['vlans', 'ids']), `vlans.ids: ${shape.vlans.ids} is no list of VLANs such as 2-1001,1006-4094`);
  if (ids?.includes(1)) complaints.add(yaml.at(['vlans', 'ids']), 'vlans.ids: VLAN 1 is nobody’s to attach');
  return ids ?? [];
}

function readPlaybooks(
  folders: Folders,
  folder: string,
  platform: Platform,
  known: ReadonlySet<string>,
  complaints: Complaints,
): Map<string, Playbook> {
  const playbooks = new Map<string, Playbook>();
  for (const file of readdirSync(folder).filter(entry => entry.endsWith('.yml') && entry !== 'platform.yml')) {
    const method = file.slice(0, -'.yml'.length);
    const path = join(folder, file);
    const place = { file: relative(folders.root, path), line: 1 };
    if (!(PLAYBOOK_METHODS as readonly string[]).includes(method)) {
      const near = nearest(method, PLAYBOOK_METHODS);
      complaints.add(place, `no method is called ${method}${near ? `; did you mean ${near}.yml?` : ''}`);
      continue;
    }
    const playbook = complaints.try(() => readPlaybook({ folders, path, platform, method, modes: known, complaints }));
    if (playbook) playbooks.set(method, playbook);
  }
  checkReferences(playbooks, complaints);
  return playbooks;
}

/** `verify: attach_port` and `rescue: detach_port` must lead to a playbook that has a list of its own. */
function checkReferences(playbooks: ReadonlyMap<string, Playbook>, complaints: Complaints): void {
  for (const playbook of playbooks.values()) {
    for (const [key, value] of [
      ['verify', playbook.verify],
      ['rescue', playbook.rescue],
    ] as const) {
      if (typeof value !== 'string') continue;
      const target = playbooks.get(value);
      if (!target) complaints.add(playbook.source, `${key}: this platform has no ${value}.yml`);
      else if (typeof target.verify === 'string') complaints.add(playbook.source, `${key}: ${value}.yml has no verify list of its own`);
    }
  }
}

/** Whether a folder looks like a playbook folder at all, for a clear message when it does not. */
export function holdsPlatforms(folder: string): boolean {
  return existsSync(folder) && readdirSync(folder, { withFileTypes: true }).some(entry => entry.isDirectory());
}
