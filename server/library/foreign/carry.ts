import { inShort } from '../../errors.ts';
import { dropTwins, type Platforms, platformOf, toDevice } from './device.ts';
import type { Carried, Format, Found, Login, Placed, Unfinished, WrittenDevice } from './foreign.ts';
import { shareLogins } from './logins.ts';
import { Naming } from './naming.ts';
import type { Notes } from './notes.ts';

/** Turns what was found into an inventory that `lint` has nothing to say about, with its credentials and the notes. */
export function carry(format: Format, found: readonly Found[], platforms: Platforms, notes: Notes): Carried {
  const naming = new Naming();
  const named = new Map(found.map(device => [nameOf(device, naming, notes), device]));
  const { entries, entryOf } = shareLogins(new Map([...named].map(([name, { login }]) => [name, login])));
  tellLacks(named, entries, entryOf, notes);
  const groups = new Groups(platforms, notes);
  const devices = new Map<string, WrittenDevice>();
  const unfinished = new Map<string, Unfinished>();
  for (const [name, one] of named) {
    const { device, why } = toDevice(name, one, platforms, notes);
    const { platform, address, port, ...rest } = device;
    const login = { credentials: entryOf.get(name) ?? name };
    const where = { ...(address === undefined ? {} : { address }), ...(port === undefined ? {} : { port }) };
    const from = why.length === 0 && one.groups?.length ? { groups: groups.use(one.groups) } : platform === undefined ? {} : { platform };
    if (why.length === 0) devices.set(name, { ...from, ...where, ...login, ...rest });
    else unfinished.set(name, { device: { ...from, ...where, ...login, ...rest }, why });
    for (const reason of why) notes.todo(one.platform?.place ?? one.place, `${name} is written as a comment: ${reason}`);
  }
  dropTwins(devices, named, notes);
  return { format, groups: groups.used, devices, unfinished, logins: entries, notes: notes.list };
}

function nameOf({ name, place }: Found, naming: Naming, notes: Notes): string {
  const given = naming.give(name, 'device');
  if (given !== name)
    notes.todo(place, `${given} is what Mercury calls ${JSON.stringify(inShort(name))}; who calls it by that name must change it, too`);
  return given;
}

function tellLacks(
  devices: ReadonlyMap<string, Found>,
  entries: ReadonlyMap<string, Login>,
  entryOf: ReadonlyMap<string, string>,
  notes: Notes,
): void {
  for (const [name, { place }] of devices) {
    const entry = entryOf.get(name) ?? name;
    const lacks = entries.get(entry)?.lacks ?? [];
    if (lacks.length > 0)
      notes.todo(place, `the credentials ${entry} lack ${lacks.join(' and ')}; the entry is a comment until it is whole`);
  }
}

/** Groups of the foreign file that say a platform: the inventory has them, too. */
class Groups {
  readonly used = new Map<string, { readonly platform: string }>();
  readonly #names = new Map<string, string>();
  readonly #naming = new Naming();
  readonly #platforms: Platforms;
  readonly #notes: Notes;

  constructor(platforms: Platforms, notes: Notes) {
    this.#platforms = platforms;
    this.#notes = notes;
  }

  /** Their names in the inventory, in the same order; one whose platform nobody knows is not among them. */
  use(groups: readonly Placed[]): string[] {
    return groups.flatMap(({ key, text, place }) => {
      const platform = platformOf(text, this.#platforms);
      if (!platform) return [];
      const name = this.#names.get(key) ?? this.#naming.give(key, 'group');
      if (name !== key) this.#notes.info(place, `${name} is what Mercury calls the group ${JSON.stringify(inShort(key))}`);
      this.#names.set(key, name);
      this.used.set(name, { platform: platform.name });
      return [name];
    });
  }
}
