import { existsSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { PLAYBOOK_METHODS, type Transaction } from '../model.ts';
import { FIRST_VLAN, LAST_VLAN, readRanges } from '../vlans.ts';
import { checkShape, nearest } from './check.ts';
import type { Complaints } from './complaints.ts';
import { readLint } from './lint-rules.ts';
import { type Folders, placesOf, type ReadPlaybook, readPlaybook } from './playbooks.ts';
import { type PlatformShape, platformSchema } from './schema/platform.ts';
import type { PlatformStepShape } from './schema/playbook.ts';
import { Compiler } from './tasks.ts';
import type { Platform, Playbook, Task, WrittenGiveBack, WrittenMode } from './written.ts';
import { readYaml, type YamlFile } from './yaml.ts';

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
    ...(shape.pager === undefined ? {} : { pager: readPager(shape.pager, compiler) }),
    ...(shape.type_ahead === undefined ? {} : { typeAhead: readTypeAhead(shape.type_ahead, compiler) }),
    ...(shape.transaction ? { transaction: readTransaction(shape.transaction, compiler, known) } : {}),
    ...(shape.give_back ? { giveBack: readGiveBack(shape.give_back, compiler, known) } : {}),
    ...optional('save', shape.save),
    interfaces: {
      pattern: compiler.pattern(shape.interfaces.pattern, ['interfaces', 'pattern'], ''),
      ...(shape.interfaces.lag === undefined ? {} : { lag: compiler.pattern(shape.interfaces.lag, ['interfaces', 'lag'], '') }),
      short: shape.interfaces.short,
      ...readExample(shape, yaml, complaints),
    },
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
      lag: shape.supports.lag,
      trunkWithoutNative: shape.supports.trunk_without_native,
      mtu: shape.supports.mtu,
    },
    vars: shape.vars,
    varPlaces: placesOf(yaml, shape.vars),
    lint: readLint(shape.lint, yaml, compiler, complaints),
    playbooks: new Map(),
    source: yaml.at([]),
  };
  return { ...platform, playbooks: readPlaybooks(folders, folder, platform, known, complaints) };
}

/** An example that is none would be refused in every review. */
function readExample({ interfaces }: PlatformShape, yaml: YamlFile, complaints: Complaints): Pick<Platform['interfaces'], 'example'> {
  const { example } = interfaces;
  if (!example) return {};
  for (const [key, pattern] of [
    ['port', interfaces.pattern],
    ['lag', interfaces.lag],
  ] as const) {
    const name = example[key];
    const path = ['interfaces', 'example', key];
    // A pattern that is none has a complaint of its own.
    const isName = complaints.try(() => pattern !== undefined && name !== undefined && new RegExp(pattern).test(name));
    if (name !== undefined && isName === false)
      complaints.add(
        yaml.at(path),
        `interfaces.example: ${name} does not match ${key === 'port' ? 'interfaces.pattern' : 'interfaces.lag'}`,
      );
  }
  return { example: { port: example.port, ...(example.lag === undefined ? {} : { lag: example.lag }) } };
}

function readModes(
  shape: PlatformShape,
  yaml: YamlFile,
  compiler: Compiler,
  known: ReadonlySet<string>,
  complaints: Complaints,
): Map<string, WrittenMode> {
  const modes = new Map<string, WrittenMode>();
  if (shape.session === 'shell' && known.size === 0) complaints.add(yaml.at(['modes']), 'a shell session needs modes');
  if (shape.session === 'exec' && shape.pager !== undefined)
    complaints.add(yaml.atKey(['pager']), 'pager: an exec session has no terminal, so nothing pages there');
  if (shape.type_ahead !== undefined && (shape.session === 'exec' || shape.pager !== undefined))
    complaints.add(
      yaml.atKey(['type_ahead']),
      'type_ahead: not in an exec session, where each command is one, and not where a pager stops',
    );
  if (shape.session === 'exec' && shape.on_open.length > 0)
    complaints.add(yaml.at(['on_open']), 'on_open: an exec session has nothing to get ready; each command stands alone');
  if (known.size > 0 && Object.values(shape.modes).length > 0 && Object.values(shape.modes).every(mode => mode.parent !== undefined))
    complaints.add(yaml.at(['modes']), 'no mode is the first: each has a parent');
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

/** A page may end in the middle of a line, but its prompt is the last that stands there. */
function readPager({ prompt, key }: NonNullable<PlatformShape['pager']>, compiler: Compiler): NonNullable<Platform['pager']> {
  return { prompt: compiler.pattern(`(?:${prompt})\\s*$`, ['pager', 'prompt'], ''), key };
}

/** All of a line. */
function readTypeAhead({ of, lines }: NonNullable<PlatformShape['type_ahead']>, compiler: Compiler): NonNullable<Platform['typeAhead']> {
  return { of: compiler.pattern(`^(?:${of})$`, ['type_ahead', 'of'], ''), lines };
}

function readTransaction(
  shape: NonNullable<PlatformShape['transaction']>,
  compiler: Compiler,
  known: ReadonlySet<string>,
): Transaction<Task> {
  const step = (key: string, value: PlatformStepShape) => compiler.step(value, ['transaction', key], key, known);
  return {
    ...(shape.settled === undefined ? {} : { settled: step('settled', shape.settled) }),
    ...(shape.diff === undefined ? {} : { diff: step('diff', shape.diff) }),
    commit: step('commit', shape.commit),
    ...(shape.confirm === undefined ? {} : { confirm: step('confirm', shape.confirm) }),
    ...(shape.undo === undefined ? {} : { undo: step('undo', shape.undo) }),
    discard: step('discard', shape.discard),
    ...(shape.abandon === undefined ? {} : { abandon: step('abandon', shape.abandon) }),
    ...(shape.busy === undefined ? {} : { busy: compiler.pattern(shape.busy, ['transaction', 'busy']) }),
  };
}

function readGiveBack(shape: NonNullable<PlatformShape['give_back']>, compiler: Compiler, known: ReadonlySet<string>): WrittenGiveBack {
  const step = (key: 'read' | 'into' | 'open') => compiler.step(shape[key], ['give_back', key], key, known);
  const pattern = (key: 'lines' | 'unless') => compiler.pattern(shape[key], ['give_back', key]);
  return {
    read: step('read'),
    clear: shape.clear,
    into: step('into'),
    lines: pattern('lines'),
    open: step('open'),
    unless: pattern('unless'),
  };
}

function readIds(shape: PlatformShape, yaml: YamlFile, complaints: Complaints): number[] {
  const ids = readRanges(shape.vlans.ids);
  if (!ids || ids.length === 0)
    complaints.add(yaml.at(['vlans', 'ids']), `vlans.ids: ${shape.vlans.ids} is no list of VLANs such as 2-1001,1006-4094`);
  const strange = ids?.filter(id => id < FIRST_VLAN || id > LAST_VLAN) ?? [];
  if (strange.length > 0) complaints.add(yaml.at(['vlans', 'ids']), 'vlans.ids: 0 and 4095 are no VLANs');
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
  const files = readdirSync(folder).filter(entry => /\.ya?ml$/.test(entry) && entry !== 'platform.yml');
  const read: ReadPlaybook[] = [];
  for (const file of files) {
    const method = file.replace(/\.ya?ml$/, '');
    const path = join(folder, file);
    const place = { file: relative(folders.root, path), line: 1 };
    if (file.endsWith('.yaml')) {
      complaints.add(place, `a playbook’s name ends in .yml: ${method}.yml`);
      continue;
    }
    if (!(PLAYBOOK_METHODS as readonly string[]).includes(method)) {
      const near = nearest(method, PLAYBOOK_METHODS);
      complaints.add(place, `no method is called ${method}${near ? `; did you mean ${near}.yml?` : ''}`);
      continue;
    }
    const one = complaints.try(() => readPlaybook({ folders, path, platform, method, modes: known, complaints }));
    if (one) read.push(one);
  }
  checkReferences(read, files, complaints);
  const clear = platform.giveBack?.clear;
  if (clear !== undefined && !files.includes(`${clear}.yml`))
    complaints.add(platform.giveBack?.read.source ?? platform.source, `give_back: clear: this platform has no ${clear}.yml`);
  return new Map(read.map(({ playbook }) => [playbook.method, playbook]));
}

/** `verify: attach_port` and `rescue: detach_port` must lead to a playbook that has a list of its own. */
function checkReferences(read: readonly ReadPlaybook[], files: readonly string[], complaints: Complaints): void {
  for (const { playbook, yaml } of read) {
    for (const key of ['verify', 'rescue'] as const) {
      const name = playbook[key];
      if (typeof name !== 'string') continue;
      const target = read.find(other => other.playbook.method === name)?.playbook;
      // One that is there but wrong has complaints of its own.
      if (!files.includes(`${name}.yml`)) complaints.add(yaml.atKey([key]), `${key}: this platform has no ${name}.yml`);
      else if (typeof target?.verify === 'string') complaints.add(yaml.atKey([key]), `${key}: ${name}.yml has no verify list of its own`);
    }
  }
}

/** Whether a folder looks like a playbook folder at all, for a clear message when it does not. */
export function holdsPlatforms(folder: string): boolean {
  return existsSync(folder) && readdirSync(folder, { withFileTypes: true }).some(entry => entry.isDirectory());
}
