import { span } from '../../vlans.ts';
import type { CliSession, LabSwitch, LabUser } from '../switch.ts';
import { os10Grammar } from './dell-os10-commands.ts';
import { Os10Session, UNRECOGNIZED } from './dell-os10-session.ts';
import { Os10Store } from './dell-os10-store.ts';

const grammar = os10Grammar();

/** A PowerSwitch with Dell SmartFabric OS10 in full-switch mode; how it keeps its configuration is told in dell-os10-store.ts. */
export class DellOs10 implements LabSwitch {
  readonly platform = 'dell_os10';
  readonly hostname: string;
  readonly user: LabUser;
  readonly banner = 'Dell SmartFabric OS10 Enterprise\nAuthorized use only # this line only looks like a prompt#';
  readonly ports = span(1, 12).map(i => `ethernet1/1/${i}`);
  readonly uplinks = ['ethernet1/1/25'];
  readonly #store: Os10Store;

  constructor(hostname: string, user: LabUser) {
    this.hostname = hostname;
    this.user = user;
    this.#store = new Os10Store(hostname, this.ports, this.uplinks);
  }

  openCli(): CliSession {
    return new Os10Session({ hostname: this.hostname, store: this.#store, grammar });
  }

  running(): string {
    return this.#store.text();
  }

  saved(): string {
    return this.#store.startup;
  }

  refusal(_line: string): string {
    return UNRECOGNIZED;
  }

  /** Has a syslog line land in the next answer of any session, as OS10 prints them into SSH sessions [obs]. */
  syslog(event = '%IFM_OSTATE_DN: Interface operational state is down :ethernet1/1/12'): void {
    this.#store.log(
      `<165>1 2019-07-11T04:11:37.512093+00:00 ${this.hostname} dn_alm 832 - - Node.1-Unit.1:PRI [event], Dell EMC (OS10) ${event}`,
    );
  }
}
