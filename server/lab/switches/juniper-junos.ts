import { type CliSession, type LabSwitch, type LabUser, stacked } from '../switch.ts';
import { COMMANDS } from './juniper-junos-commands.ts';
import { Database } from './juniper-junos-database.ts';
import { CONFIGURATION } from './juniper-junos-schema.ts';
import { JunosSession } from './juniper-junos-session.ts';
import { placeOf, put, setLines, type Tree, wordsOf } from './juniper-junos-tree.ts';

/*
 * A QFX with ELS. Texts and behaviours are those of Juniper's CLI guides and of recorded sessions;
 * where neither says, the code says [memory]:
 * nothing typed is in force before `commit`; `set` adds to a list of members; a VLAN that is not there is found at commit;
 * an aggregate is there once it has a member, and members have nothing of their own;
 * `commit confirmed` is taken back by the switch itself; whoever edits exclusively keeps all others from committing.
 */
export class JuniperJunos implements LabSwitch {
  readonly platform = 'juniper_junos';
  readonly hostname: string;
  readonly user: LabUser;
  readonly banner = [
    'Last login: Mon Mar  2 08:14:11 2026 from 192.0.2.9',
    '--- JUNOS 21.4R3.15 built 2022-06-03 12:04:24 UTC',
    'nobody@elsewhere> is only part of the banner',
  ].join('\n');
  readonly ports: readonly string[];
  /** A trunk with an explicit list, and nobody's to attach. */
  readonly uplinks = ['xe-0/0/47'];
  readonly installed: readonly string[];
  readonly database: Database;
  #logins = 0;

  constructor(hostname: string, user: LabUser, ports = 12) {
    this.ports = stacked(ports, (member, port) => `xe-${member}/0/${port}`);
    this.installed = [...this.ports, ...this.uplinks];
    this.hostname = hostname;
    this.user = user;
    this.database = new Database(this.#factory());
  }

  /** Multiplies the minutes of `commit confirmed`: 0.001 makes two minutes 120 ms. */
  get timerScale(): number {
    return this.database.timerScale;
  }

  set timerScale(scale: number) {
    this.database.timerScale = scale;
  }

  openCli(): CliSession {
    this.#logins += 1;
    const who = `${this.user.username} terminal p${this.#logins - 1} (pid ${4680 + this.#logins}) on since 2026-03-02 08:14:11 UTC`;
    return new JunosSession(this, who, COMMANDS);
  }

  running(): string {
    return setLines(this.database.committed, CONFIGURATION, 'set').join('\n');
  }

  refusal(line: string): string {
    const prompt = `${this.user.username}@${this.hostname}# `;
    return `${' '.repeat(prompt.length + Math.max(0, line.search(/\S/)))}^\nsyntax error, expecting <command>.`;
  }

  #factory(): Tree {
    const tree: Tree = new Map();
    const lines = [
      'chassis aggregated-devices ethernet device-count 16',
      ...this.ports.flatMap(port => [`interfaces ${port} disable`, `interfaces ${port} unit 0 family ethernet-switching`]),
      ...this.uplinks.flatMap(name => [
        `interfaces ${name} description "uplink to spine-1"`,
        `interfaces ${name} unit 0 family ethernet-switching interface-mode trunk`,
        `interfaces ${name} unit 0 family ethernet-switching vlan members 2-1001`,
      ]),
      'vlans default vlan-id 1',
    ];
    for (const line of lines) {
      const place = placeOf(CONFIGURATION, wordsOf(line) ?? []);
      if ('wrong' in place) throw new Error(`lab: ${line}: ${place.wrong}`);
      put(tree, place);
    }
    return tree;
  }
}
