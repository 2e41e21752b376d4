import { Grammar } from '../grammar.ts';
import type { Reply } from '../switch.ts';
import { freshPort, interfaceLines, isLag } from './arista-eos-config.ts';
import { INTERFACE_COMMANDS, LAG_COMMANDS, MEMBER_COMMANDS } from './arista-eos-interface.ts';
import { type EosState, INVALID, idsOf, type Run } from './arista-eos-state.ts';

const says = (text: string | undefined): Reply => (text === undefined ? {} : { text });

function enable(state: EosState, tries = 1): Reply {
  const answer = (typed: string): Reply => {
    if (typed === state.box.user.enable) return state.to('privileged');
    return tries >= 3 ? { text: '% Bad secret' } : enable(state, tries + 1);
  };
  // No space after the colon, unlike IOS.
  return { ask: { text: 'Password:', secret: true, answer } };
}

function milliseconds(time: string): number {
  const [hours = 0, minutes = 0, seconds = 0] = time.split(':').map(Number);
  return ((hours * 60 + minutes) * 60 + seconds) * 1000;
}

// ---------------------------------------------------------------- sessions

const openSession: Run = (state, name = '') => {
  const session = state.box.openSession(name);
  return typeof session === 'string' ? { text: session } : state.configure(session);
};

/** From inside: a commit that is refused leaves the user where he was. */
const commit: Run = (state, time) => {
  if (!state.session) return { text: INVALID };
  const refused = state.box.commit(state.session, time === undefined ? undefined : milliseconds(time));
  return refused === undefined ? { ...state.to('privileged'), work: 'commit' } : { text: refused };
};

const named =
  (act: (state: EosState, session: NonNullable<EosState['session']>, time?: string) => string | undefined): Run =>
  (state, name = '', time) => {
    const session = state.box.session(name);
    // [weak] That there is an answer at all, and not silence, is assumed.
    return session ? { ...says(act(state, session, time)), work: 'commit' } : { text: `% Session ${name} does not exist` };
  };

// ---------------------------------------------------------------- reads

/** Of a Port-Channel that is not there EOS prints nothing. [a Pulumi provider's tests, run on cEOS] */
const showInterface: Run = (state, name = '') => {
  const port = state.box.config.interfaces.get(name);
  if (!port && isLag(name)) return {};
  return { text: port ? interfaceLines(name, port).join('\n') : INVALID };
};

const VLAN_HEADER = [
  'VLAN  Name                             Status    Ports',
  '----- -------------------------------- --------- -------------------------------',
];

/** Without `configured-ports` a port that is shut is not listed ([ngs], whose authors met it). */
const showVlan =
  (open: boolean): Run =>
  (state, value) => {
    const { config } = state.box;
    if (value !== undefined && !config.vlans.has(Number(value))) return { text: `% VLAN ${value} not found in current VLAN database` };
    const ids = value === undefined ? [...config.vlans.keys()].sort((a, b) => a - b) : [Number(value)];
    const rows = ids.map(
      id => `${String(id).padEnd(5)} ${config.vlanName(id).padEnd(32)} active    ${config.members(id, open).join(', ')}`,
    );
    return { text: [...VLAN_HEADER, ...rows].join('\n') };
  };

const save: Run = state => {
  state.box.startup = state.box.running();
  return { text: 'Copy completed successfully.', work: 'save' };
};

// ---------------------------------------------------------------- configuration

const openInterface: Run = (state, name = '') => {
  if (isLag(name) && !state.config.interfaces.has(name)) state.config.interfaces.set(name, freshPort());
  if (!state.config.interfaces.has(name)) return { text: INVALID };
  state.context = { kind: 'if', name };
  return {};
};

/** Silent, be it there or not. [the tests of Arista's rbeapi, in which the members of a Port-Channel that was deleted are none of it later] */
const deleteLag: Run = (state, name = '') => {
  state.config.deleteLag(name);
  state.context = undefined;
  return {};
};

/** Unlike IOS, the VLAN is there as soon as the line is typed. */
const openVlan: Run = (state, text = '') => {
  const ids = idsOf(text);
  if (!ids) return { text: INVALID };
  for (const id of ids) if (!state.config.vlans.has(id)) state.config.vlans.set(id, undefined);
  state.context = { kind: 'vlan', text };
  return {};
};

/** Ports keep naming a VLAN that is gone, and carry nothing: EOS deletes it without a word. */
const deleteVlan: Run = (state, text = '') => {
  const ids = idsOf(text);
  if (!ids) return { text: INVALID };
  if (ids.includes(1)) return { text: '% Default VLAN 1 may not be deleted' }; // [weak]
  for (const id of ids) state.config.vlans.delete(id);
  state.context = undefined;
  return {};
};

/** Whether two VLANs may share a name is not documented to be refused, and is not refused here ([memory]). */
const nameVlan: Run = (state, name) => {
  if (name !== undefined && name.length > 32) return { text: INVALID };
  for (const id of state.vlans) state.config.vlans.set(id, name);
  return {};
};

/**
 * Modes: exec and privileged; config (any configuration mode), session (only in a session), if (any interface), member (an Ethernet one),
 * lag, vlan; any and read are shows.
 */
export const grammar = new Grammar<EosState>({
  vlan: /^(?:[1-9]\d{0,2}|[1-3]\d{3}|40[0-8]\d|409[0-4])$/,
  list: /^[\d,-]+$/,
  interface: /^(?:Ethernet\d+(?:\/\d+){0,2}|Port-Channel[1-9]\d{0,5})$/,
  lag: /^Port-Channel[1-9]\d{0,5}$/,
  // 999999 and 2000 are what Arista's AVD takes for the two; older EOS ends both at 2000.
  group: /^[1-9]\d{0,5}$/,
  mlag: /^(?:[1-9]\d{0,2}|1\d{3}|2000)$/,
  seconds: /^(?:\d|[1-9]\d|[12]\d{2}|300)$/,
  lacp: /^(?:active|passive|on)$/,
  session: /^[\w.-]+$/,
  time: /^\d{1,2}:[0-5]\d:[0-5]\d$/,
  lines: /^\d{1,5}$/,
  word: /^\S+$/,
})
  .in('any', {
    'terminal length <lines>': (state, lines) => {
      state.length = Number(lines);
      return { text: lines === '0' ? 'Pagination disabled.' : `Pagination set to ${lines} lines.` };
    },
    'terminal width <lines>': (_, columns) => ({ text: `Width set to ${columns} columns.` }),
    'show vlan': showVlan(true),
    'show vlan <vlan>': showVlan(true),
    'show vlan id <vlan>': showVlan(true),
    'show vlan configured-ports': showVlan(false),
    'show vlan id <vlan> configured-ports': showVlan(false),
    'show version': () => ({ text: 'Arista DCS-7050SX3-48YC8-F\n\nSoftware image version: 4.31.5M\nArchitecture: x86_64\n' }),
  })
  .in('read', {
    'show running-config': state => ({ text: `! Command: show running-config\n${state.box.running()}` }),
    'show running-config interfaces <interface>': showInterface,
    'show configuration sessions': state => ({ text: state.box.sessionsText() }),
    'show configuration sessions detail': state => ({ text: state.box.sessionsText() }),
    'write memory': save,
    'copy running-config startup-config': save,
  })
  .in('exec', { enable: state => enable(state), exit: () => ({ bye: true }) })
  .in('privileged', {
    enable: () => ({}),
    disable: state => state.to('exec'),
    exit: () => ({ bye: true }),
    configure: state => state.configure(),
    'configure terminal': state => state.configure(),
    'configure session <session>': openSession,
    'configure session <session> commit': named((state, session) => state.box.commit(session)),
    'configure session <session> commit timer <time>': named((state, session, time = '') => state.box.commit(session, milliseconds(time))),
    'configure session <session> abort': named((state, session) => state.box.abort(session)),
  })
  .in('session', {
    commit,
    'commit timer <time>': commit,
    abort: state => {
      if (state.session?.state === 'pending') state.box.abort(state.session);
      return state.to('privileged');
    },
    'show session-config': state => says(state.config.lines(state.box.hostname).join('\n')),
    'show session-config diffs': state => says(state.session ? state.box.diff(state.session) : INVALID),
  })
  .in('config', {
    end: state => state.to('privileged'),
    exit: state => {
      if (!state.context) return state.to('privileged');
      state.context = undefined;
      return {};
    },
    'interface <interface>': openInterface,
    'no interface <lag>': deleteLag,
    'default interface <interface>': (state, name = '') => {
      if (!state.config.interfaces.has(name)) return { text: INVALID };
      state.config.interfaces.set(name, freshPort());
      return {};
    },
    'vlan <list>': openVlan,
    'no vlan <list>': deleteVlan,
  })
  .in('vlan', { 'name <word>': nameVlan, 'no name': state => nameVlan(state) })
  .in('if', INTERFACE_COMMANDS)
  .in('member', MEMBER_COMMANDS)
  .in('lag', LAG_COMMANDS);
