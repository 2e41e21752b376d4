import type { Found } from './foreign.ts';
import { type IniSection, Keys, parseIni } from './ini.ts';
import { NETMIKO, OPTIONS, SECTIONS } from './ngs-options.ts';
import type { Notes } from './notes.ts';
import { takeLogin, tellRest } from './switches.ts';

/** The keys of a switch that are carried over. */
const KNOWN = [
  'device_type',
  'ip',
  'host',
  'port',
  'username',
  'password',
  'secret',
  'key_file',
  'passphrase',
  'ngs_mac_address',
  'ngs_trunk_ports',
  'ngs_physical_networks',
  'ngs_port_default_vlan',
  'ngs_allowed_vlans',
];

const PREFIX = 'genericswitch:';

/**
 * The switches of networking-generic-switch: sections [genericswitch:NAME] of Neutron's ml2_conf_genericswitch.ini.
 * @throws LibraryError when it is no INI text
 */
export function readNgs(text: string, file: string, notes: Notes): Found[] {
  return parseIni(text, file).flatMap(section => {
    if (section.name.startsWith(PREFIX)) return [readSwitch(section, notes)];
    const what = Object.hasOwn(SECTIONS, section.name) ? SECTIONS[section.name] : 'is no switch and is passed over';
    notes.info(section.place, `[${section.name}] ${what}`);
    return [];
  });
}

function readSwitch(section: IniSection, notes: Notes): Found {
  const keys = new Keys(section, notes);
  const name = section.name.slice(PREFIX.length);
  const ip = keys.take('ip');
  const host = keys.take('host');
  const uplinks = keys.take('ngs_trunk_ports');
  if (uplinks)
    notes.todo(
      uplinks.place,
      'ngs_trunk_ports: carried over as uplinks, which Mercury never touches: it adds no VLAN to them; let them carry the servers’ VLANs from the start',
    );
  const allowedVlans = keys.takeBlank('ngs_allowed_vlans');
  if (allowedVlans && /\d\s*-\s*\d/.test(allowedVlans.text))
    notes.todo(
      allowedVlans.place,
      `${name}: ngs_allowed_vlans has a range, which networking-generic-switch takes for no VLAN at all, and Mercury for all of the range`,
    );
  const found: Found = {
    name,
    place: section.place,
    platform: keys.take('device_type'),
    address: ip ?? host,
    port: keys.take('port'),
    switchId: keys.take('ngs_mac_address'),
    uplinks,
    physicalNetworks: keys.take('ngs_physical_networks'),
    allowedVlans,
    defaultVlan: keys.take('ngs_port_default_vlan'),
    login: takeLogin(keys, 'secret', notes),
  };
  tellRest(keys, { ...OPTIONS, ...NETMIKO }, KNOWN, notes, ({ key }) =>
    key.startsWith('ngs_')
      ? { say: 'no option of networking-generic-switch; left out' }
      : { say: 'left out; networking-generic-switch hands it to Netmiko, which Mercury does without' },
  );
  return found;
}
