import { Grammar } from '../grammar.ts';
import type { Reply } from '../switch.ts';
import type { Editor } from './juniper-junos-database.ts';
import { lagOf, lagsIn, membersOf } from './juniper-junos-lag.ts';
import type { Box, JunosSession } from './juniper-junos-session.ts';
import { branchAt, type Tree } from './juniper-junos-tree.ts';

/** Every command the lab's Junos knows, in full words: a real one takes abbreviations, a playbook must not lean on them. */
export const COMMANDS = new Grammar<JunosSession>({ number: /^\d{1,5}$/, word: /^\S+$/ })
  .in('operational', {
    'show configuration': s => s.show(s.box.database.committed),
    'show configuration <rest>': (s, rest) => s.show(s.box.database.committed, rest),
    'show interfaces terse': s => showInterfaces(s.box),
    'show interfaces terse <word>': (s, name) => showInterfaces(s.box, name),
    'show interfaces <word> terse': (s, name) => showInterfaces(s.box, name),
    'show vlans': s => showVlans(s.box),
    'show vlans <word>': (s, name) => showVlans(s.box, name),
    'show system commit': s => ({ text: s.box.database.commits.join('\n') }),
    'show version': s => ({ text: `Hostname: ${s.box.hostname}\nModel: qfx5100-48s-6q\nJunos: 21.4R3.15` }),
    'set cli screen-length <number>': (s, lines) => {
      s.length = Number(lines);
      return { text: `Screen length set to ${lines}` };
    },
    'set cli screen-width <number>': (_, columns) => ({ text: `Screen width set to ${columns}` }),
    'set cli complete-on-space off': () => ({ text: 'Disabling complete-on-space' }),
    'set cli complete-on-space on': () => ({ text: 'Enabling complete-on-space' }),
    'set cli timestamp disable': () => ({ text: 'CLI timestamp disabled' }),
    configure: s => s.configure('shared'),
    'configure exclusive': s => s.configure('exclusive'),
    'configure private': s => s.configure('private'),
    exit: () => ({ bye: true }),
    quit: () => ({ bye: true }),
  })
  .in('configuration', {
    'set <rest>': (s, rest) => s.change(rest, 'set'),
    'delete <rest>': (s, rest) => s.change(rest, 'delete'),
    show: editing((s, editor) => s.show(editor.candidate)),
    'show <rest>': editing((s, editor, rest) => s.show(editor.candidate, rest)),
    'edit <rest>': (s, rest) => s.edit(rest),
    up: s => to(s, s.level.slice(0, -1)),
    top: s => to(s, []),
    exit: s => (s.level.length > 0 ? to(s, []) : s.exit()),
    quit: s => (s.level.length > 0 ? to(s, []) : s.exit()),
    'exit configuration-mode': s => s.exit(),
    rollback: s => s.rollback(0),
    'rollback <number>': (s, n) => s.rollback(Number(n)),
    commit: editing((s, editor) => s.commit(editor.commit())),
    'commit check': editing((s, editor) => s.commit(editor.check())),
    'commit and-quit': editing((s, editor) => s.commit(editor.commit(), true)),
    'commit comment <rest>': editing((s, editor) => s.commit(editor.commit())),
    'commit confirmed': editing((s, editor) => s.commit(editor.commit(10))),
    'commit confirmed <number>': editing((s, editor, minutes) =>
      Number(minutes) < 1 ? { text: `error: Value ${minutes} is not within range (1..65535)` } : s.commit(editor.commit(Number(minutes))),
    ),
  });

function editing(run: (session: JunosSession, editor: Editor, value: string) => Reply) {
  return (session: JunosSession, value = ''): Reply => (session.editor ? run(session, session.editor, value) : {});
}

function to(session: JunosSession, level: readonly string[]): Reply {
  session.level = level;
  return {};
}

/** Only a port that is on the box is known here, and an aggregate that has members; one that is merely configured is not. */
function showInterfaces(box: Box, name?: string): Reply {
  const { committed } = box.database;
  const known = [...box.installed, ...lagsIn(committed)];
  if (name !== undefined && !known.includes(name)) return { text: `error: device ${name} not found` };
  const rows = (name === undefined ? known : [name]).flatMap(port => {
    const own = branchAt(committed, ['interfaces', port]) ?? new Map();
    const link = hasLink(port, box) ? 'up' : 'down';
    const lag = branchAt(committed, ['interfaces', lagOf(own) ?? '']);
    return [row(port, own.has('disable') ? 'down' : 'up', link), ...unitRow(port, link, own, lag)];
  });
  return { text: [row('Interface', 'Admin', 'Link', 'Proto    Local                 Remote'), ...rows].join('\n') };
}

/** Something is plugged in everywhere: whatever is open has a link, an aggregate through one of its members. */
function hasLink(port: string, { database: { committed }, installed }: Box): boolean {
  const isOpen = (own: Tree | undefined) => !own?.has('disable');
  if (!isOpen(branchAt(committed, ['interfaces', port]))) return false;
  return installed.includes(port) || (lagsIn(committed).includes(port) && membersOf(port, committed).some(isOpen));
}

/** A port's unit; a member shows that of its aggregate. */
function unitRow(port: string, link: string, own: Tree, lag: Tree | undefined): string[] {
  const families = [...(branchAt(own, ['unit', '0', 'family'])?.keys() ?? [])].map(family =>
    family.replace('ethernet-switching', 'eth-switch'),
  );
  if (branchAt(own, ['unit', '0'])) return [row(`${port}.0`, 'up', link, families[0])];
  return lag && branchAt(lag, ['unit', '0']) ? [row(`${port}.0`, 'up', link, `aenet    --> ${lagOf(own)}.0`)] : [];
}

const row = (name: string, admin: string, link: string, rest = '') =>
  `${name.padEnd(24)}${admin.padEnd(6)}${link.padEnd(5)}${rest}`.trimEnd();

function showVlans(box: Box, name?: string): Reply {
  const { database } = box;
  const vlans = [...(database.committed.get('vlans') ?? [])].filter(([vlan]) => name === undefined || vlan === name);
  if (name !== undefined && vlans.length === 0) return { text: `error: vlan with name '${name}' does not exist` }; // [memory]
  const rows = vlans.flatMap(([vlan, own]) => {
    const id = [...(own.get('vlan-id')?.keys() ?? [])][0] ?? '';
    const ports = [...(database.committed.get('interfaces') ?? [])].filter(([, port]) =>
      carries([...(branchAt(port, ['unit', '0', 'family', 'ethernet-switching', 'vlan', 'members'])?.keys() ?? [])], vlan, Number(id)),
    );
    return [
      `${'default-switch'.padEnd(24)}${vlan.padEnd(22)}${id}`,
      ...ports.map(([port]) => `${' '.repeat(59)}${port}.0${hasLink(port, box) ? '*' : ''}`),
      '',
    ];
  });
  return { text: ['', 'Routing instance        VLAN name             Tag          Interfaces', ...rows].join('\n') };
}

function carries(members: readonly string[], name: string, id: number): boolean {
  return members.some(member => {
    const ids = /^(\d+)(?:-(\d+))?$/.exec(member);
    return ids ? Number(ids[1]) <= id && id <= Number(ids[2] ?? ids[1]) : member === name || member === 'all';
  });
}
