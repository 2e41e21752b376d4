import { dirname } from 'node:path';
import type { Platform, Task } from '../library/written.ts';
import type { Device } from '../model.ts';
import { sheetOf } from './sheet.ts';
import { changedFiles, type Side } from './side.ts';
import type { Played, Seen } from './subjects.ts';

/** What each side answers to a request. What nothing is different for is not planned twice. */
export function seen(played: Played): Seen {
  const { request, before, after } = played;
  const [a, b] = [before?.devices.get(request.device), after?.devices.get(request.device)];
  const name = (b ?? a)?.platform ?? '';
  const now = after && sheetOf(request, after);
  const isSame =
    a && b && before?.platforms.get(name) === after?.platforms.get(name) && JSON.stringify(used(a)) === JSON.stringify(used(b));
  return { ...played, platform: name, now, old: isSame ? now : before && sheetOf(request, before) };
}

/** All of a device that a plan is made of. */
const used = ({ name, platform, uplinks, allowedVlans, vars }: Device) => [
  name,
  platform,
  uplinks,
  allowedVlans && [...allowedVlans],
  vars,
];

/** A platform of which no file was edited is the same platform on both sides: its templates are compiled once. */
export function withSamePlatforms(before: Side, after: Side): Side {
  const edited = changedFiles(before, after).map(({ file }) => file);
  const platforms = [...before.library.platforms].map(([name, old]): [string, Platform] => {
    const now = after.library.platforms.get(name);
    if (!now) return [name, old];
    const folder = `${dirname(now.source.file)}/`;
    const own = new Set([...templatesOf(old), ...templatesOf(now)]);
    return [name, edited.some(file => file.startsWith(folder) || own.has(file)) ? old : now];
  });
  return { ...before, library: { ...before.library, platforms: new Map(platforms) } };
}

/** The files that its blocks stand in: a playbook may use the template of another platform. */
function templatesOf({ playbooks }: Platform): string[] {
  const lists = [...playbooks.values()].flatMap(({ require, tasks, verify, rescue }) => [require, tasks, verify, rescue]);
  return lists.flatMap(list => (typeof list === 'string' ? [] : list.map((task: Task) => task.commands.place.file)));
}
