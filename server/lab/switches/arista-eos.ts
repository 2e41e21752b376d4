import { span } from '../../vlans.ts';
import type { CliSession, LabSwitch, LabUser } from '../switch.ts';
import { EosCli } from './arista-eos-cli.ts';
import { freshPort } from './arista-eos-config.ts';
import { EosBox } from './arista-eos-sessions.ts';

/** A fixed Arista switch with EOS 4.31: configuration sessions, a commit timer, and errors without a caret. */
export class AristaEos extends EosBox implements LabSwitch {
  readonly platform = 'arista_eos';
  readonly banner =
    'Last login: Mon Nov  2 08:15:00 2026 from 192.0.2.10\nUnauthorized access is prohibited. # this line only looks like a prompt>';
  readonly ports = span(1, 12).map(i => `Ethernet${i}`);
  readonly uplinks = ['Ethernet49/1', 'Port-Channel1000'];

  constructor(hostname: string, user: LabUser) {
    super(hostname, user);
    for (const name of this.ports) this.config.interfaces.set(name, { ...freshPort(), shutdown: true });
    // The uplinks, one port and one LAG: trunks with an explicit list, and nobody's to attach.
    for (const name of this.uplinks) this.config.interfaces.set(name, { ...freshPort(), mode: 'trunk', allowed: span(2, 1001) });
    this.config.interfaces.set('Ethernet50/1', { ...freshPort(), group: { id: 1000, mode: 'active' } });
    this.startup = this.running();
  }

  openCli(): CliSession {
    return new EosCli(this);
  }

  saved(): string {
    return this.startup;
  }

  refusal(): string {
    return '% Invalid input';
  }
}
