import type { Device, SetBy } from '../model.ts';
import type { InventoryShape } from './schema/inventory.ts';
import type { YamlFile } from './yaml.ts';

interface InventoryFile {
  readonly yaml: YamlFile;
  readonly shape: InventoryShape;
}

type Layer = Pick<InventoryShape['defaults'], 'vars' | 'uplinks'>;
type Places = ReadonlyMap<string, SetBy>;

/** Where the layers of an inventory say what templates see: the vars, and the uplinks. */
export class Layers {
  readonly #defaults: Places;
  readonly #groups: ReadonlyMap<string, Places>;

  constructor(files: readonly InventoryFile[]) {
    this.#defaults = new Map(files.flatMap(({ yaml, shape }) => [...placesIn(yaml, ['defaults'], shape.defaults, 'defaults')]));
    this.#groups = new Map(
      files.flatMap(({ yaml, shape }) =>
        Object.entries(shape.groups).map(([name, group]) => [name, placesIn(yaml, ['groups', name], group, `group ${name}`)] as const),
      ),
    );
  }

  /** The last layer that sets each of a device's; nothing where no layer says anything. */
  of(name: string, { yaml, shape }: InventoryFile): Pick<Device, 'setBy'> {
    const own = shape.devices[name];
    if (!own) return {};
    const groups = own.groups.flatMap(group => [...(this.#groups.get(group) ?? [])]);
    const found = new Map([...this.#defaults, ...groups, ...placesIn(yaml, ['devices', name], own, 'the device')]);
    return found.size > 0 ? { setBy: found } : {};
  }
}

function placesIn(yaml: YamlFile, path: readonly string[], { vars = {}, uplinks }: Layer, layer: string): Places {
  const places = Object.keys(vars).map(name => [name, { layer, place: yaml.atKey([...path, 'vars', name]) }] as const);
  return new Map([...places, ...(uplinks ? [['uplinks', { layer, place: yaml.atKey([...path, 'uplinks']) }] as const] : [])]);
}
