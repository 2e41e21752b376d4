import type { Found } from './foreign.ts';
import { type IniSection, Keys, parseIni } from './ini.ts';
import type { Notes } from './notes.ts';
import { type Remark, takeLogin, tellRest } from './switches.ts';

/** The keys of a switch that are carried over. */
const KNOWN = [
  'driver_type',
  'device_type',
  'address',
  'port',
  'username',
  'password',
  'key_file',
  'enable_secret',
  'mac_address',
  'allowed_vlans',
  'default_vlan',
];

const REMARKS: Readonly<Record<string, Remark>> = {
  persist: { say: 'not needed; Mercury saves after every change and says so when it could not' },
  native_vlan: { say: 'not needed; every call says its native VLAN' },
};

/**
 * Ironic's own switch file (`[ironic_networking] switch_config_file`). Its code reads sections called [switch:NAME]; its documentation shows
 * them as [NAME], and such files exist.
 * @throws LibraryError when it is no INI text
 */
export function readIronic(text: string, file: string, notes: Notes): Found[] {
  return parseIni(text, file).flatMap(section => {
    if (isIronicSwitch(section)) return [readSwitch(section, notes)];
    notes.info(section.place, `[${section.name}] is no switch and is passed over`);
    return [];
  });
}

const PREFIX = 'switch:';

function isIronicSwitch({ name, values }: IniSection): boolean {
  const keys = values.map(({ key }) => key);
  return name.startsWith(PREFIX) || (keys.includes('address') && keys.includes('device_type'));
}

function readSwitch(section: IniSection, notes: Notes): Found {
  const { place } = section;
  const keys = new Keys(section, notes);
  const bare = !section.name.startsWith(PREFIX);
  const name = bare ? section.name : section.name.slice(PREFIX.length);
  if (bare) notes.info(place, `[${name}] is carried over, though Ironic itself reads only sections called [switch:NAME]`);
  const driver = keys.take('driver_type');
  if (driver && driver.text !== 'generic-switch')
    notes.todo(driver.place, `${name}: its driver_type is not generic-switch; see that its device_type is understood`);
  const allowedVlans = keys.takeBlank('allowed_vlans');
  if (allowedVlans?.text === '')
    notes.todo(
      allowedVlans.place,
      `${name}: a blank allowed_vlans allows no VLAN here, as Ironic documents it; Ironic itself lets every VLAN through`,
    );
  const found: Found = {
    name,
    place,
    platform: keys.take('device_type'),
    address: keys.take('address'),
    port: keys.take('port'),
    switchId: keys.take('mac_address'),
    allowedVlans,
    defaultVlan: keys.take('default_vlan'),
    login: takeLogin(keys, 'enable_secret', notes),
  };
  tellRest(keys, REMARKS, KNOWN, notes, () => ({ say: 'no key of Ironic; left out' }));
  return found;
}
