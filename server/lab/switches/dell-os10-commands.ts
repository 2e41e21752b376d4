import { Grammar } from '../grammar.ts';
import type { Reply } from '../switch.ts';
import { blocks, type Config, readDescription, textOf } from './dell-os10-config.ts';
import { lagCommands, lagConfigCommands, memberCommands } from './dell-os10-lags.ts';
import { switchCommands } from './dell-os10-ports.ts';
import type { Os10Session } from './dell-os10-session.ts';

/* Commands of EXEC and CONFIGURATION mode, and of a VLAN's interface. Those of a port and of a LAG are in files of their own. */

/** Printed for a value out of range [memory]. */
const ILLEGAL = '% Error: Illegal parameter.';

/** Two spaces after the colon, and broken there [docs]. */
const CONFLICT = [
  '% Error:  Range configuration conflict - the last command was not applied. Please',
  'commit (or discard) the rest of the configuration changes and retry.',
].join('\n');

type Run = (session: Os10Session, ...values: string[]) => Reply;

/** A fresh grammar; the kinds take any number, the commands refuse those out of range. */
export function os10Grammar(): Grammar<Os10Session> {
  return new Grammar<Os10Session>({
    number: /^\d+$/,
    path: /^\d+\/\d+\/\d+(?::\d)?$/,
    ethernet: /^ethernet\d+\/\d+\/\d+(?::\d)?$/,
    vlan: /^vlan\d+$/,
    lag: /^port-channel\d+$/,
    list: /^\d+(?:-\d+)?(?:,\d+(?:-\d+)?)*$/,
    mode: /^(?:active|passive|on)$/,
  })
    .in('exec', exec)
    .in('login', {
      'configure terminal': s => s.to('config'),
      exit: () => ({ bye: true }),
      end: () => ({}),
    })
    .in('config', config)
    .in('config', lagConfigCommands)
    .in('vlan', {
      'description <rest>': (s, text) => describeVlan(s, text),
      'no description': s => describeVlan(s),
      shutdown: s => s.change(candidate => void Object.assign(s.vlanIn(candidate) ?? {}, { shutdown: true })),
      'no shutdown': s => s.change(candidate => void Object.assign(s.vlanIn(candidate) ?? {}, { shutdown: false })),
    })
    .in('port', switchCommands)
    .in('port', memberCommands)
    .in('lag', lagCommands);
}

const exec: Readonly<Record<string, Run>> = {
  'terminal length <number>': (s, lines) => {
    if (Number(lines) > 512) return { text: ILLEGAL };
    s.length = Number(lines);
    return {};
  },
  'terminal monitor': () => ({}),
  'terminal no monitor': () => ({}),
  lock: s => say(s.store.lock(s)),
  unlock: s => (s.store.unlock(s) ? {} : { text: '% Error: Configuration is not locked by this session.' }), // [memory]
  // Typed twice it changes nothing [memory].
  'start transaction': s => {
    s.transaction = true;
    return {};
  },
  // Prints nothing. Taken outside a transaction too: Ansible's os10_config ends with one and never starts one [ansible].
  commit: s => {
    const refused = s.store.barred(s);
    if (refused) return { text: refused, work: 'commit' };
    s.store.commit();
    s.transaction = false;
    return { work: 'commit' };
  },
  // The guide names only `commit` as what ends a transaction.
  discard: s => {
    const refused = s.store.barred(s);
    if (refused) return { text: refused };
    s.store.discard();
    return {};
  },
  'write memory': save,
  'copy running-configuration startup-configuration': save,
  'show running-configuration': s => ({ text: s.store.text() }),
  'show candidate-configuration': s => ({ text: s.store.text(s.store.candidate) }),
  'show startup-configuration': s => ({ text: s.store.startup }),
  'show running-configuration interface': s => show(s, () => true),
  'show running-configuration interface vlan': s => show(s, name => name.startsWith('vlan')),
  'show running-configuration interface vlan <number>': (s, id) => showOne(s, `vlan${Number(id)}`),
  'show running-configuration interface <vlan>': showOne,
  'show running-configuration interface port-channel': s => show(s, name => name.startsWith('port-channel')),
  'show running-configuration interface port-channel <number>': (s, id) => showOne(s, `port-channel${Number(id)}`),
  'show running-configuration interface <lag>': showOne,
  'show running-configuration interface ethernet': s => show(s, name => name.startsWith('ethernet')),
  'show running-configuration interface ethernet <path>': (s, path) => showOne(s, `ethernet${path}`),
  'show running-configuration interface <ethernet>': showOne,
  'show diff candidate-configuration running-configuration': s => ({ text: s.store.diff() }),
};

const config: Readonly<Record<string, Run>> = {
  end: s => s.to('exec'),
  exit: s => s.to(s.mode === 'config' ? 'exec' : 'config'),
  'interface <ethernet>': openPort,
  'interface ethernet <path>': (s, path) => openPort(s, `ethernet${path}`),
  'interface vlan <number>': (s, id) => openVlan(s, Number(id)),
  'interface <vlan>': (s, name) => openVlan(s, Number(name.slice('vlan'.length))),
  'no interface vlan <number>': (s, id) => deleteVlan(s, Number(id)),
  'no interface <vlan>': (s, name) => deleteVlan(s, Number(name.slice('vlan'.length))),
};

function save(session: Os10Session): Reply {
  session.store.save();
  return { work: 'save' };
}

function show(session: Os10Session, wanted: (name: string) => boolean): Reply {
  return { text: textOf(new Map([...blocks(session.store.running)].filter(([name]) => wanted(name)))) };
}

/** An interface that is not there [memory]. */
function showOne(session: Os10Session, name: string): Reply {
  return blocks(session.store.running).has(name) ? show(session, other => other === name) : { text: ILLEGAL };
}

function openPort(session: Os10Session, name: string): Reply {
  return session.store.candidate.ports.has(name) ? session.to('port', name) : { text: ILLEGAL };
}

/** Makes the VLAN when it is not there [docs]. 4094 is VLT's own. */
function openVlan(session: Os10Session, id: number): Reply {
  if (id < 1 || id > 4093) return { text: ILLEGAL };
  const reply = session.change(candidate => {
    if (!candidate.vlans.has(id)) candidate.vlans.set(id, { shutdown: false });
    return undefined;
  });
  return reply.text === undefined ? session.to('vlan', `vlan${id}`) : reply;
}

/**
 * Trunks drop a deleted VLAN by themselves [docs]; access ports fall back to VLAN 1 [memory].
 * Not in one transaction with the line that put a port on it [docs].
 */
function deleteVlan(session: Os10Session, id: number): Reply {
  if (id === 1) return { text: '% Error: Default VLAN cannot be deleted.' }; // [memory]
  const reply = session.change(candidate => {
    if (joinedSince(session.store.running, candidate, id)) return CONFLICT;
    candidate.vlans.delete(id);
    for (const port of candidate.ports.values()) {
      if (port.pinned) continue;
      port.tagged = port.tagged.filter(other => other !== id);
      if (port.untagged === id) port.untagged = 1;
    }
    return undefined;
  });
  return reply.text === undefined ? session.to('config') : reply;
}

function joinedSince(running: Config, candidate: Config, id: number): boolean {
  return [...candidate.ports].some(([name, port]) => port.tagged.includes(id) && !running.ports.get(name)?.tagged.includes(id));
}

function describeVlan(session: Os10Session, text?: string): Reply {
  const description = text === undefined ? undefined : readDescription(text);
  if (text !== undefined && description === undefined) return { text: ILLEGAL };
  return session.change(candidate => void Object.assign(session.vlanIn(candidate) ?? {}, { description }));
}

function say(text: string | undefined): Reply {
  return text === undefined ? {} : { text };
}
