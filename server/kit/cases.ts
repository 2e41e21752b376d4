import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { ChangeError } from '../errors.ts';
import type { Fault } from '../lab/faults.ts';
import { checkShape } from '../library/check.ts';
import type { Complaints } from '../library/complaints.ts';
import { readYaml, type YamlFile } from '../library/yaml.ts';
import type { Line, Place, Values } from '../model.ts';
import { type CallShape, casesSchema, type ExpectShape, type FaultShape, type GivenShape } from './case-schema.ts';

/** A case as it was written: a switch, what is sent, and what must have become of it. */
export interface Case {
  readonly name: string;
  readonly platform: string;
  /** Which lab switch plays the device. */
  readonly lab: string;
  readonly given: Given;
  readonly calls: readonly CallShape[];
  readonly expect: ExpectShape;
  readonly place: Place;
  /** Where a part of the expectations stands. */
  at(path: readonly PropertyKey[]): Place;
}

export interface Given {
  /** The vendor's CLI text, a line each. */
  readonly running: readonly Line[];
  readonly vars: Values;
  readonly uplinks?: readonly string[] | undefined;
  readonly faults: readonly Fault[];
  /** Milliseconds. */
  readonly callTime: number;
  /** Path of a recording, and where it is named. */
  readonly recording?: { readonly path: string; readonly place: Place } | undefined;
}

const CALL_TIME = 30_000;

/** Every case of these files and folders, in the order of their names. @throws ChangeError bad_request for one that is not there */
export function readCases(paths: readonly string[], root: string, complaints: Complaints): Case[] {
  const files = paths.flatMap(path => filesIn(resolve(root, path)));
  return [...new Set(files)].flatMap(file => complaints.try(() => readCaseFile(file, root)) ?? []);
}

function filesIn(path: string): string[] {
  if (!existsSync(path)) throw new ChangeError('bad_request', `there is no ${path}`);
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path, { withFileTypes: true })
    .toSorted((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }))
    .flatMap(entry => {
      const below = join(path, entry.name);
      if (entry.isDirectory()) return entry.name === RECORDINGS ? [] : filesIn(below);
      return /\.ya?ml$/.test(entry.name) ? [below] : [];
    });
}

/** A folder of this name holds what cases play, and no cases. */
export const RECORDINGS = 'recordings';

/** @throws LibraryError with file and line for whatever is wrong in it */
export function readCaseFile(path: string, root: string): Case[] {
  const yaml = readYaml(path, relative(root, path));
  const shape = checkShape(casesSchema, yaml);
  const platform = shape.platform ?? basename(dirname(path));
  return shape.cases.map((one, nth) => {
    const own = ['cases', nth];
    return {
      name: one.name,
      platform,
      lab: shape.lab ?? platform,
      given: both(givenOf(shape.given ?? {}, ['given'], yaml, path), givenOf(one.given ?? {}, [...own, 'given'], yaml, path)),
      calls: one.call ?? [],
      expect: one.expect,
      place: yaml.at(own),
      at: more => yaml.at([...own, 'expect', ...more]),
    };
  });
}

type Half = Partial<Given> & Pick<Given, 'running' | 'vars' | 'faults'>;

function givenOf(shape: GivenShape, path: readonly PropertyKey[], yaml: YamlFile, file: string): Half {
  return {
    running: linesOf(shape.running ?? '', [...path, 'running'], yaml),
    vars: shape.vars ?? {},
    faults: (shape.faults ?? []).map(faultOf),
    ...(shape.uplinks === undefined ? {} : { uplinks: shape.uplinks }),
    ...(shape.call_time === undefined ? {} : { callTime: shape.call_time }),
    ...(shape.recording === undefined
      ? {}
      : { recording: { path: resolve(dirname(file), shape.recording), place: yaml.at([...path, 'recording']) } }),
  };
}

/** What the file says of every case, and what the case says itself. */
function both(file: Half, own: Half): Given {
  return {
    callTime: CALL_TIME,
    ...file,
    ...own,
    running: [...file.running, ...own.running],
    vars: { ...file.vars, ...own.vars },
    faults: [...file.faults, ...own.faults],
  };
}

/** A pasted configuration has remarks between its sections, and they are nothing to type. */
function linesOf(text: string, path: readonly PropertyKey[], yaml: YamlFile): Line[] {
  const { file, line } = yaml.at(path);
  return text.split('\n').flatMap((typed, nth): Line[] => {
    const place = { file, line: line + nth };
    return /^\s*(?:[!#].*)?$/.test(typed) ? [] : [{ text: typed.trimEnd(), place }];
  });
}

function faultOf({ on, does, says, times }: FaultShape): Fault {
  return {
    on: new RegExp(on),
    does: does === 'cut_after' ? 'cutAfter' : does,
    ...(says === undefined ? {} : { says }),
    ...(times === undefined ? {} : { times }),
  };
}
