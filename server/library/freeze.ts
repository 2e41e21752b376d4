import { statSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { Caller, Place } from '../model.ts';
import { checkShape } from './check.ts';
import { Complaints, LibraryError } from './complaints.ts';
import { ALL, callerList, type DeviceList, deviceList, type List } from './lists.ts';
import { deviceComplaint } from './policy.ts';
import { freezeSchema } from './schema/policy.ts';
import { parseYaml, readText } from './yaml.ts';

/** Devices that nothing is changed on for the time being. */
export interface Freeze {
  readonly place: Place;
  readonly reason: string;
  readonly devices: DeviceList;
  /** Who works on them meanwhile. */
  readonly except: List<Caller>;
}

/** As long as a file is this young it may change again without showing it: file systems tell time in steps of some milliseconds. */
const YOUNG = 1000;

/**
 * `freeze.yml` of the inventory folder, looked at on every call: it holds from the moment that it is there, and no longer than it is there.
 * One that cannot be read, or names what is not there, freezes everything: somebody wanted a brake.
 */
export class FreezeFile {
  readonly #places: readonly { readonly path: string; readonly file: string }[];
  readonly #names: ReadonlySet<string> | undefined;
  /** What the files looked like when they were read; undefined: they are to be read again. */
  #seen: string | undefined;
  #freezes: readonly Freeze[] = [];

  /** `names`: every device and group of the inventory; undefined where it could not be read. */
  constructor(folder: string, root: string, names: ReadonlySet<string> | undefined) {
    const paths = ['freeze.yml', 'freeze.yaml'].map(name => join(folder, name));
    this.#places = paths.map(path => ({ path, file: relative(root, path) }));
    this.#names = names;
  }

  /** What is frozen now. Never throws. */
  now(again = true): readonly Freeze[] {
    try {
      return this.#read();
    } catch (thrown) {
      if (!(thrown instanceof LibraryError)) throw thrown;
      // It may have been taken away, or replaced, while it was read.
      if (again) return this.now(false);
      this.#seen = undefined;
      const [first] = thrown.complaints;
      return [everything(first?.place ?? { file: 'freeze.yml', line: 1 }, `the freeze file is wrong: ${first?.message}`)];
    }
  }

  /** @throws LibraryError with every complaint about the file */
  check(): void {
    this.#seen = undefined;
    this.#read();
  }

  #read(): readonly Freeze[] {
    const files = this.#places.flatMap(({ path, file }) => {
      const stat = statOf(path, file);
      return stat ? [{ path, file, stat }] : [];
    });
    const seen = files.map(({ path, stat }) => `${path} ${stat.ino} ${stat.size} ${stat.mtimeNs} ${stat.ctimeNs}`).join();
    if (seen === this.#seen) return this.#freezes;
    this.#freezes = files.flatMap(({ path, file }) => readFreezes(path, file, this.#names));
    const youngest = Math.max(0, ...files.map(({ stat }) => Number(stat.ctimeMs)));
    this.#seen = Date.now() - youngest > YOUNG ? seen : undefined;
    return this.#freezes;
  }
}

/** @throws LibraryError when it cannot be told whether the file is there */
function statOf(path: string, file: string) {
  try {
    return statSync(path, { bigint: true, throwIfNoEntry: false });
  } catch (thrown) {
    const message = `cannot be looked at (${(thrown as NodeJS.ErrnoException).code})`;
    throw new LibraryError([{ place: { file, line: 1 }, message }]);
  }
}

function readFreezes(path: string, file: string, names: ReadonlySet<string> | undefined): Freeze[] {
  const source = readText(path, file);
  // `touch inventory/freeze.yml`: the shortest way to say stop. A file that somebody emptied to comments says nothing.
  if (source.trim() === '') return [everything({ file, line: 1 }, 'the freeze file is there, and says no more')];
  const yaml = parseYaml(source, file);
  const shape = checkShape(freezeSchema, yaml.value === null ? { ...yaml, value: {} } : yaml);
  const complaints = new Complaints();
  for (const name of Object.keys(shape)) {
    const complaint = deviceComplaint(name, names);
    if (complaint !== undefined) complaints.add(yaml.atKey([name]), complaint);
  }
  complaints.throwIfAny();
  return Object.entries(shape).map(([name, said]) => {
    const { reason, except } = typeof said === 'string' ? { reason: said, except: [] } : said;
    return { place: yaml.atKey([name]), reason, devices: deviceList([name]), except: callerList(except) };
  });
}

function everything(place: Place, reason: string): Freeze {
  return { place, reason, devices: deviceList([ALL]), except: callerList([]) };
}
