import { Grammar } from '../grammar.ts';
import type { Reply } from '../switch.ts';
import { channelSummary, groupOf, remove } from './cisco-ios-channel.ts';
import { type Command, onChannel, onInterface, onPort } from './cisco-ios-interface.ts';
import { FRESH, interfaceText, shortName } from './cisco-ios-port.ts';
import { type IosSession, invalid, unnamed } from './cisco-ios-session.ts';

/** The commands that this IOS knows, by mode. */

const RESERVED = (id: number) => id >= 1002 && id <= 1005;

function enable(session: IosSession, tries = 1): Reply {
  const answer = (typed: string): Reply => {
    if (typed === session.device.user.enable) return session.to('privileged');
    return tries >= 3 ? { text: '% Bad secrets\n' } : enable(session, tries + 1);
  };
  return { ask: { text: 'Password: ', secret: true, answer } };
}

function terminalLength(session: IosSession, lines = ''): Reply {
  if (!/^\d{1,3}$/.test(lines)) return { text: invalid(session.prompt().length, 'terminal length '.length) };
  session.length = Number(lines);
  return {};
}

function writeMemory(session: IosSession): Reply {
  session.device.save();
  return { text: 'Building configuration...\n[OK]', work: 'save' };
}

function showInterface(session: IosSession, name = ''): Reply {
  const port = session.device.interfaces.get(name);
  if (!port) return { text: invalid(session.prompt().length, 'show running-config interface '.length) };
  const text = ['!', ...interfaceText(name, port), 'end'].join('\n');
  return { text: `Building configuration...\n\nCurrent configuration : ${text.length} bytes\n${text}\n` };
}

function showRunning(session: IosSession): Reply {
  const text = session.device.running();
  return { text: `Building configuration...\n\nCurrent configuration : ${text.length} bytes\n!\n${text}\n` };
}

/** Trunk ports are not listed, whatever they carry; a Port-channel stands for its members. */
function showVlan(session: IosSession, value = ''): Reply {
  const id = Number(value);
  const name = session.device.vlans.get(id);
  if (name === undefined) return { text: `VLAN id ${id} not found in current VLAN database` };
  const members = [...session.device.interfaces]
    .filter(([, port]) => !port.routed && !port.channel && port.mode !== 'trunk' && port.access === id)
    .map(([port]) => shortName(port));
  return {
    text: [
      '',
      'VLAN Name                             Status    Ports',
      '---- -------------------------------- --------- -------------------------------',
      `${String(id).padEnd(4)} ${name.padEnd(32)} active    ${members.join(', ')}`,
      '',
    ].join('\n'),
  };
}

function showChannels(session: IosSession): Reply {
  return { text: channelSummary(session.device.interfaces) };
}

/** A Port-channel is made by being named. */
function openInterface(session: IosSession, name = ''): Reply {
  const { interfaces } = session.device;
  if (!interfaces.has(name) && groupOf(name) === undefined) return { text: invalid(session.prompt().length, 'interface '.length) };
  if (!interfaces.has(name)) interfaces.set(name, FRESH);
  session.to('config-if');
  session.port = name;
  return {};
}

/** Only what was made by being named can be removed. */
function removeInterface(session: IosSession, name = ''): Reply {
  const { interfaces } = session.device;
  if (!interfaces.has(name) || groupOf(name) === undefined) return { text: invalid(session.prompt().length, 'no interface '.length) };
  remove(interfaces, name);
  return session.to('config');
}

function openVlan(session: IosSession, value = ''): Reply {
  const id = Number(value);
  if (RESERVED(id)) return { text: `% Failed to create VLANs ${id}\nVLAN(s) not available in Port Manager.` };
  session.to('config-vlan');
  session.vlan = { id };
  return {};
}

function nameVlan(session: IosSession, name = ''): Reply {
  if (name.length > 32) {
    return { text: '%You must disable VTPv1 and VTPv2 or switch to VTPv3 before configuring a VLAN name longer than 32 characters' };
  }
  const twin = [...session.device.vlans].find(([id, other]) => other === name && id !== session.vlan?.id);
  if (twin) return { text: `VLAN #${session.vlan?.id} and #${twin[0]} have an identical name: ${name}` };
  if (session.vlan) session.vlan = { ...session.vlan, name };
  return {};
}

function unnameVlan(session: IosSession): Reply {
  if (session.vlan) session.vlan = { ...session.vlan, name: unnamed(session.vlan.id) };
  return {};
}

/** Ports that were on it are left inactive without a word. */
function deleteVlan(session: IosSession, value = ''): Reply {
  if (value === '1') return { text: '%Default VLAN 1 may not be deleted.' };
  session.to('config');
  session.device.vlans.delete(Number(value));
  return {};
}

const anywhere: Record<string, Command> = { 'terminal length <number>': terminalLength, 'terminal width <number>': () => ({}) };
const reads: Record<string, Command> = {
  'show running-config interface <interface>': showInterface,
  'show running-config': showRunning,
  'show vlan id <vlan>': showVlan,
  'show etherchannel summary': showChannels,
  'write memory': writeMemory,
};

export const grammar = new Grammar<IosSession>({
  // Only ids that the parser takes; 4095 gets the caret.
  vlan: /^(?:[1-9]\d{0,2}|[1-3]\d{3}|40[0-8]\d|409[0-4])$/,
  interface: /^[A-Z][A-Za-z-]+\d+(?:\/\d+)*$/,
  group: /^(?:[1-9]\d?|1[01]\d|12[0-8])$/,
  'channel-mode': /^(?:active|passive|on|desirable|auto)$/,
  list: /^[\d,-]+$/,
  number: /^\d+$/,
  word: /^\S+$/,
})
  .in('exec', { ...anywhere, enable: session => enable(session), exit: () => ({ bye: true }) })
  .in('privileged', {
    ...anywhere,
    ...reads,
    'terminal no monitor': () => ({}),
    'configure terminal': session => ({ ...session.to('config'), text: 'Enter configuration commands, one per line.  End with CNTL/Z.' }),
    enable: () => ({}),
    disable: session => session.to('exec'),
    exit: () => ({ bye: true }),
  })
  .in('config', {
    ...Object.fromEntries(Object.entries(reads).map(([syntax, run]) => [`do ${syntax}`, run])),
    end: session => session.to('privileged'),
    exit: session => session.to(session.mode === 'config' ? 'privileged' : 'config'),
    'interface <interface>': openInterface,
    'no interface <interface>': removeInterface,
    'vlan <vlan>': openVlan,
    'no vlan <vlan>': deleteVlan,
  })
  .in('config-vlan', { 'name <word>': nameVlan, 'no name': unnameVlan })
  .in('config-if', onInterface)
  .in('config-if-port', onPort)
  .in('config-if-channel', onChannel);
