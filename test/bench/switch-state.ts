import { LAB_USER } from '../../server/lab/lab.ts';
import type { LabSwitch } from '../../server/lab/switch.ts';
import { VLAN } from './works.ts';

/** What the lab's switches must look like in the end, said without any playbook. */

const BEFORE: Readonly<Record<string, readonly string[]>> = {
  cisco_ios: ['enable', 'configure terminal', `vlan ${VLAN}`, 'end', 'write memory'],
  juniper_junos: ['configure', `set vlans v${VLAN} vlan-id ${VLAN}`, 'commit', 'exit'],
};

/** Makes the VLAN, at the switch's console. */
export function prepare(device: LabSwitch): void {
  const session = device.openCli?.();
  for (const line of BEFORE[device.platform] ?? []) {
    const { ask } = session?.enter(line) ?? {};
    if (ask?.secret) ask.answer(LAB_USER.enable);
  }
  session?.hangUp();
}

/** All that a port has to show, once it is open on the VLAN; nothing else may stand there. */
const ATTACHED: Readonly<Record<string, (port: string) => readonly string[]>> = {
  cisco_ios: () => [` switchport access vlan ${VLAN}`, ' switchport mode access', ' switchport nonegotiate', ' spanning-tree portfast'],
  juniper_junos: port => [
    `set interfaces ${port} unit 0 family ethernet-switching interface-mode access`,
    `set interfaces ${port} unit 0 family ethernet-switching vlan members ${VLAN}`,
  ],
};

export function hasPort(device: LabSwitch, port: string): boolean {
  const wanted = ATTACHED[device.platform]?.(port) ?? [];
  const shown = linesOf(device, port);
  return shown.length === wanted.length && wanted.every(line => shown.includes(line));
}

function linesOf(device: LabSwitch, port: string): string[] {
  const lines = device.running().split('\n');
  if (device.platform === 'juniper_junos') return lines.filter(line => line.startsWith(`set interfaces ${port} `));
  const start = lines.indexOf(`interface ${port}`) + 1;
  const length = lines.slice(start).findIndex(line => !line.startsWith(' '));
  return start === 0 ? [] : lines.slice(start, start + length);
}

/** What is in force would survive a reload, and no commit waits to be confirmed. */
export function isKept(device: LabSwitch): boolean {
  if (device.saved) return device.saved() === device.running();
  const session = device.openCli?.();
  const pending = /rollback pending/.test(session?.enter('show system commit').text ?? '');
  session?.hangUp();
  return !pending;
}
