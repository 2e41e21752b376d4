import { relative } from 'node:path';
import type { Place } from '../model.ts';
import { checkShape } from './check.ts';
import type { Complaints } from './complaints.ts';
import { playbookSchema, type TaskShape } from './schema/playbook.ts';
import { Compiler } from './tasks.ts';
import type { Platform, Playbook, Task } from './written.ts';
import { readYaml, type YamlFile } from './yaml.ts';

/** Where the network team's files are. File names in complaints and plans are relative to `root`. */
export interface Folders {
  readonly root: string;
  readonly playbooks: string;
  readonly templates: string;
}

/** What only reads: it may have no tasks of its own. */
const READS_ONLY = new Set(['is_port_supported']);

/** A playbook and the file it came from, for complaints that need its siblings. */
export interface ReadPlaybook {
  readonly playbook: Playbook;
  readonly yaml: YamlFile;
}

/** Reads and compiles one playbook. Whether its names are set by anybody is lint's to say, which knows the inventory. */
export function readPlaybook(parts: {
  folders: Folders;
  path: string;
  platform: Platform;
  method: string;
  modes: ReadonlySet<string>;
  complaints: Complaints;
}): ReadPlaybook {
  const { folders, platform, method, modes, complaints } = parts;
  const yaml = readYaml(parts.path, relative(folders.root, parts.path));
  const shape = checkShape(playbookSchema, yaml);
  const compiler = new Compiler({ yaml, complaints, templates: folders.templates, root: folders.root });
  const tasks = (key: string, list: readonly TaskShape[]) => list.map((task, i) => compiler.task(task, [key, i], modes));
  const verify = typeof shape.verify === 'string' ? shape.verify : tasks('verify', shape.verify);
  const rescue = typeof shape.rescue === 'string' ? shape.rescue : tasks('rescue', shape.rescue);
  if (!READS_ONLY.has(method) && verify.length === 0) {
    complaints.add(yaml.at([]), 'no verify: a change that is not read back cannot be called applied');
  }
  if (Array.isArray(verify) && platform.session === 'shell') for (const task of verify) mustAsk(task, complaints);
  if (Array.isArray(rescue) && rescue.length > 0 && !rescue.some((task: Task) => isCheck(task, platform) && asks(task))) {
    complaints.add(
      yaml.at(['rescue']),
      `rescue: needs a task in ${platform.readMode} with expect or reject, or it cannot be called rescued`,
    );
  }
  const playbook = {
    method,
    platform: platform.name,
    title: compiler.block(shape.name, ['name']),
    vars: { ...platform.vars, ...shape.vars },
    varPlaces: { ...platform.varPlaces, ...placesOf(yaml, shape.vars) },
    require: tasks('require', shape.require),
    tasks: tasks('tasks', shape.tasks),
    verify,
    rescue,
    source: yaml.at([]),
  };
  return { playbook, yaml };
}

/** Where the vars of a file stand. */
export function placesOf(yaml: YamlFile, vars: Readonly<Record<string, unknown>>): Record<string, Place> {
  return Object.fromEntries(Object.keys(vars).map(name => [name, yaml.atKey(['vars', name])]));
}

/** An exec session has an exit status; at a prompt only what was read can prove anything. */
function mustAsk(task: Task, complaints: Complaints): void {
  if (!asks(task)) complaints.add(task.source, 'verify: a task without expect or reject proves nothing');
}

function asks(task: Task): boolean {
  return task.expect.length + task.reject.length > 0;
}

/** A rescue task that reads instead of typing: it is asked after the others, and after their commit. */
export function isCheck(task: Task, platform: Pick<Platform, 'readMode' | 'configMode'>): boolean {
  return platform.readMode === platform.configMode ? asks(task) : task.mode === platform.readMode;
}
