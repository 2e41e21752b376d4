import type { PlannedMode } from '../model.ts';

type Modes = ReadonlyMap<string, PlannedMode>;

/** Which mode a prompt belongs to. Two that fit are told apart by where the session should be. */
export function modeOf(line: string, modes: Modes, expected?: string): string | undefined {
  const fits = [...modes.values()].filter(mode => mode.prompt.test(line));
  return (fits.find(mode => mode.name === expected) ?? fits[0])?.name;
}

/** One move in the mode tree. */
export interface Move {
  readonly how: 'enter' | 'leave';
  readonly mode: PlannedMode;
}

/** The way from one mode to another: up to the nearest common ancestor, then down. */
export function wayTo(from: string, to: string, modes: Modes): Move[] {
  const up = lineage(from, modes);
  const down = lineage(to, modes);
  const meeting = up.find(mode => down.includes(mode));
  const leaves = up.slice(0, meeting ? up.indexOf(meeting) : up.length);
  const enters = down.slice(0, meeting ? down.indexOf(meeting) : down.length).reverse();
  return [...leaves.map(mode => ({ how: 'leave' as const, mode })), ...enters.map(mode => ({ how: 'enter' as const, mode }))];
}

/** A mode and its ancestors, itself first. */
function lineage(name: string, modes: Modes): PlannedMode[] {
  const line: PlannedMode[] = [];
  for (let mode = modes.get(name); mode && !line.includes(mode); mode = mode.parent === undefined ? undefined : modes.get(mode.parent)) {
    line.push(mode);
  }
  return line;
}

/** The prefix with which a read of `wanted` is typed from `current`, if the platform has one. */
export function readPrefix(current: string, wanted: string, modes: Modes): string | undefined {
  const mode = modes.get(current);
  return mode?.parent === wanted ? mode.reads : undefined;
}
