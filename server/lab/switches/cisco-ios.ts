import { span } from '../../vlans.ts';
import { type CliSession, type LabSwitch, type LabUser, stacked } from '../switch.ts';
import { groupOf } from './cisco-ios-channel.ts';
import { grammar } from './cisco-ios-commands.ts';
import { FRESH, interfaceText, type Port } from './cisco-ios-port.ts';
import { IosSession, invalid, unnamed } from './cisco-ios-session.ts';

/**
 * A Catalyst with IOS-XE. Texts and behaviours are those of Cisco's configuration guides and of recorded sessions:
 * every accepted line is live at once; a trunk without a list carries every VLAN; a VLAN is made on leaving (config-vlan);
 * an access VLAN that does not exist is made with a notice; the hostname in configuration prompts is cut to 20 characters.
 * A stack of them is one switch.
 */
export class CiscoIos implements LabSwitch {
  readonly platform = 'cisco_ios';
  readonly hostname: string;
  readonly user: LabUser;
  readonly banner = '\nUnauthorized access is prohibited. # this line only looks like a prompt>';
  readonly ports: readonly string[];
  readonly uplinks = ['TenGigabitEthernet1/1/1'];
  readonly vlans = new Map<number, string>([[1, 'default']]);
  readonly interfaces = new Map<string, Port>();
  #startup: string;

  constructor(hostname: string, user: LabUser, ports = 12) {
    this.ports = stacked(ports, (member, port) => `GigabitEthernet${member + 1}/0/${port + 1}`);
    this.hostname = hostname;
    this.user = user;
    for (const name of this.ports) this.interfaces.set(name, { ...FRESH, mode: 'access', shutdown: true });
    for (const name of this.uplinks) this.interfaces.set(name, { ...FRESH, mode: 'trunk', allowed: span(2, 1001), nonegotiate: true });
    this.#startup = this.running();
  }

  openCli(): CliSession {
    return new IosSession(this, grammar);
  }

  running(): string {
    const vlans = [...this.vlans].filter(([id]) => id !== 1).sort(([a], [b]) => a - b);
    // Port-channels come first, by number.
    const place = (name: string) => groupOf(name) ?? Number.MAX_SAFE_INTEGER;
    const interfaces = [...this.interfaces].sort(([a], [b]) => place(a) - place(b));
    return [
      'version 17.9',
      `hostname ${this.hostname}`,
      ...vlans.flatMap(([id, name]) => ['!', `vlan ${id}`, ...(name === unnamed(id) ? [] : [` name ${name}`])]),
      ...interfaces.flatMap(([name, port]) => ['!', ...interfaceText(name, port)]),
      'end',
    ].join('\n');
  }

  saved(): string {
    return this.#startup;
  }

  save(): void {
    this.#startup = this.running();
  }

  refusal(line: string): string {
    return invalid(this.hostname.length + 1, line.search(/\S/));
  }
}
