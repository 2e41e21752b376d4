import { LAB_USER } from '../server/lab/lab.ts';
import type { LabDevice } from '../server/lab/ssh-server.ts';

/** What somebody at the switch types to put a port on VLAN 200, or to close it, past Mercury. */
export type Slip = 'moved' | 'closed';

const TYPED: Readonly<Record<string, (port: string) => Readonly<Record<Slip, readonly string[]>>>> = {
  cisco_ios: port => {
    const there = ['enable', 'configure terminal', `interface ${port}`];
    return { moved: [...there, 'switchport access vlan 200'], closed: [...there, 'shutdown'] };
  },
  arista_eos: port => {
    const there = ['enable', 'configure', `interface ${port}`];
    return { moved: [...there, 'switchport access vlan 200'], closed: [...there, 'shutdown'] };
  },
  juniper_junos: port => {
    const vlan = `interfaces ${port} unit 0 family ethernet-switching vlan`;
    return {
      moved: ['configure exclusive', `delete ${vlan}`, `set ${vlan} members 200`, 'commit'],
      closed: ['configure exclusive', `set interfaces ${port} disable`, 'commit'],
    };
  },
  dell_os10: port => {
    const there = ['configure terminal', `interface ${port}`];
    return { moved: [...there, 'switchport access vlan 200'], closed: [...there, 'shutdown'] };
  },
  openvswitch: port => ({
    moved: [`sudo -n ovs-vsctl --timeout=15 set Port ${port} tag=200`],
    closed: [`sudo -n ovs-vsctl --timeout=15 del-port br-int ${port}`],
  }),
};

/** @throws when the switch refuses a line: the test would prove nothing */
export function slip(device: LabDevice, port: string, what: Slip): void {
  const before = device.device.running();
  typeAt(device, TYPED[device.platform]?.(port)[what] ?? []);
  if (device.device.running() === before) throw new Error(`${device.platform}: nothing changed`);
}

/** Types lines in a session of its own, past SSH and so past all that the lab counts. */
export function typeAt({ device }: LabDevice, lines: readonly string[]): string[] {
  if (device.exec) return lines.map(line => device.exec?.(line).stdout ?? '');
  const session = device.openCli?.();
  const said = lines.map(line => {
    const { text, ask } = session?.enter(line) ?? {};
    return (ask?.answer(LAB_USER.enable).text ?? text) || '';
  });
  session?.hangUp();
  return said;
}

/** The session's own settings, and reading: what cannot change a switch. */
const READS = {
  shell: /^(terminal (length|width) \d+|set cli .*|enable|show .*|exit)$/,
  exec: /^sudo -n (test -e \S+|ovs-vsctl --timeout=15 (--if-exists |--columns=\S+ |list \w+( \S+)?|-- |list-(br|ports)( \S+)?| )*)$/,
};

/** What was typed there over SSH that may have changed something. */
export function writesOf({ device, typed }: LabDevice): string[] {
  return typed.filter(line => !(device.exec ? READS.exec : READS.shell).test(line));
}
