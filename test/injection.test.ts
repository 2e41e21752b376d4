import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { plan } from '../server/engine/plan.ts';
import { script } from '../server/engine/script.ts';
import { vlanName } from '../server/engine/values.ts';
import { ChangeError } from '../server/errors.ts';
import type { Library } from '../server/library/library.ts';
import { canonicalPort } from '../server/library/ports.ts';
import type { Platform } from '../server/library/written.ts';
import type { ChangePlan } from '../server/model.ts';
import { requestsOfCall } from '../server/rpc/calls.ts';
import { stepsOf } from './bench.ts';
import { LAGS } from './cases.ts';
import fc from './chance.ts';
import { Mercury, PLATFORMS } from './harness.ts';
import { hostileText, PIECES } from './hostile-text.ts';

/*
 * Whatever a caller writes into whatever member of whatever call: it is refused, or what is typed is what a harmless value would have
 * typed, with the value in the value's place. No line more, no control character, no word more for a shell.
 */

/** How often each property is tried; the environment may ask for a longer search. */
const TIMES = Number(process.env.MERCURY_TRIES ?? 1);

let mercury: Mercury;
let library: Library;
beforeAll(async () => {
  mercury = await Mercury.start({ devices: Object.fromEntries(PLATFORMS.map(platform => [`sw-${platform}`, platform])) });
  library = mercury.library;
  for (const platform of PLATFORMS) await mercury.onNetwork('add_network', `sw-${platform}`, 3001, 'tenant');
});
afterAll(() => mercury[Symbol.asyncDispose]());

// ---------------------------------------------------------------- calls

interface Call {
  readonly method: string;
  readonly params: Record<string, unknown>;
}

/** A call of each kind, both vocabularies, every member said. Its texts are told apart from all that a playbook says. */
function callsOn(platform: string): Readonly<Record<string, Call>> {
  const name = `sw-${platform}`;
  const port = mercury.device(name).device.ports[2] ?? '';
  const lag = LAGS[platform] ?? '';
  const context = {
    request_id: 'req-tame',
    global_request_id: 'req-all',
    user: 'tame',
    project_id: 'tame',
    node: 'tame-node',
    reason: 'tame',
  };
  const wired = (port_id: string) => ({
    id: 'tame-id',
    address: '52:54:00:12:34:56',
    device_id: 'tame-instance',
    local_link_information: [{ switch_id: name, switch_info: name, port_id }],
  });
  const network = { id: 'net', name: 'tame-net', network_type: 'vlan', segmentation_id: 3001, physical_network: 'physnet1', mtu: 1500 };
  const access = { context, network, mode: 'access', native_vlan: 3001, description: 'tame text' };
  const trunk = { context, mode: 'trunk', native_vlan: 3001, allowed_vlans: [3101, 3103, 3105], description: 'tame text' };
  const ironic = { context, 'rpc.version': '1.0', native_vlan: 3001, default_vlan: null, description: 'tame text' };
  return {
    'attach_port, access': { method: 'attach_port', params: { ...access, port: wired(port) } },
    'attach_port, trunk': { method: 'attach_port', params: { ...trunk, port: wired(port) } },
    'attach_port of a LAG': { method: 'attach_port', params: { ...trunk, port: wired(lag) } },
    update_port: { method: 'update_port', params: { ...trunk, port: wired(port) } },
    detach_port: { method: 'detach_port', params: { context, port: wired(port), default_vlan: 3001 } },
    is_port_supported: { method: 'is_port_supported', params: { context, port: wired(port) } },
    add_network: { method: 'add_network', params: { context, network, devices: [name] } },
    delete_network: { method: 'delete_network', params: { context, network, devices: [name] } },
    'Ironic’s update_port': {
      method: 'update_port',
      params: { ...ironic, switch_id: name, port_name: port, mode: 'trunk', allowed_vlans: [3101, 3103] },
    },
    'Ironic’s update_port into a LAG': {
      method: 'update_port',
      params: { ...ironic, switch_id: name, port_name: port, mode: 'access', allowed_vlans: [], lag_name: lag, aggregation_mode: 'lacp' },
    },
    'Ironic’s reset_port': {
      method: 'reset_port',
      params: { context, switch_id: name, port_name: port, native_vlan: 3001, allowed_vlans: [3101], default_vlan: 3001 },
    },
    'Ironic’s update_lag': {
      method: 'update_lag',
      params: { ...ironic, switch_ids: [name], lag_name: lag, mode: 'access', aggregation_mode: 'lacp', allowed_vlans: null },
    },
    'Ironic’s delete_lag': { method: 'delete_lag', params: { context, switch_ids: [name], lag_name: lag } },
  };
}

type Path = readonly (string | number)[];

/** Where something can be said: every member, and one that nobody knows in every object. */
function placesIn(value: unknown, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [path];
  const inside = Object.entries(value).flatMap(([key, part]) => placesIn(part, [...path, Array.isArray(value) ? Number(key) : key]));
  return [...(path.length > 0 ? [path] : []), ...inside, ...(Array.isArray(value) ? [[...path, value.length]] : [[...path, 'another']])];
}

/** A copy in which something else stands at the place. As over the wire: what JSON cannot say is not there. */
function withAt(params: Record<string, unknown>, path: Path, value: unknown): Record<string, unknown> {
  const copy = structuredClone(params);
  const last = path.at(-1) ?? '';
  const holder = path.slice(0, -1).reduce<Record<string | number, unknown>>((at, key) => at[key] as Record<string, unknown>, copy);
  holder[last] = value;
  return copy;
}

// ---------------------------------------------------------------- what somebody may say

/** Nothing at all is something to say, too. */
const text = fc.oneof({ weight: 30, arbitrary: hostileText }, fc.constantFrom('', 'tame text'));
/** One that begins or ends as it should is looked at more closely than one that is odd altogether. */
const almost = (own: unknown) =>
  typeof own !== 'string'
    ? text
    : fc
        .tuple(text, fc.constantFrom('before', 'behind', 'within'))
        .map(([odd, where]) => (where === 'before' ? odd + own : where === 'behind' ? own + odd : own.slice(0, 3) + odd + own.slice(3)));
const odd = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    false,
    0,
    1,
    -1,
    3001,
    3001.5,
    4095,
    1e21,
    '3001',
    '3001\nreload',
    '0x0bb9',
    ' 3001',
    '3001,3002',
    [],
    [[]],
    {},
  ),
  fc.constantFrom<unknown>(
    [3101, 3103],
    ['3101'],
    [3101, '3103; reload'],
    [3101, null],
    [[3101]],
    { 0: 3101, length: 1 },
    { toString: 'reload' },
    [3001, 3001],
  ),
  fc.array(fc.oneof(fc.integer(), text), { maxLength: 3 }),
  fc.dictionary(fc.constantFrom('__proto__', 'constructor', 'port_id', 'name', 'toString'), text, { maxKeys: 2 }),
  fc.jsonValue({ maxDepth: 2 }),
);

// ---------------------------------------------------------------- what is typed

const TAME = 'zebra42';

/** Every line that may be typed for a call, in order, and what is answered to questions; undefined when it is refused. */
function typedFor({ method, params }: Call): string[] | undefined {
  const caller = { name: 'test', address: '', scheme: 'none' };
  // What came over the wire is JSON.
  const said = JSON.parse(JSON.stringify(params)) as Record<string, unknown>;
  try {
    const requests = requestsOfCall({ method, params: said }, { id: 'mercury-injection', caller, deadline: 0 }, library);
    return requests.map(request => plan(request, library)).flatMap(linesOf);
  } catch (thrown) {
    if (!(thrown instanceof ChangeError)) throw thrown;
    expect(thrown.kind, thrown.message).not.toBe('internal');
    return undefined;
  }
}

function linesOf(made: ChangePlan): string[] {
  const dialects = [made.dialect, ...(made.giveBack ? [made.giveBack.dialect] : []), ...(made.rescue ? [made.rescue.dialect] : [])];
  const modes = dialects.flatMap(({ modes, onOpen }) => [
    ...onOpen.map(line => line.text),
    ...[...modes.values()].flatMap(mode =>
      [...mode.enter, ...mode.leave].map(line => line.text).concat(mode.answer.map(({ answer }) => answer)),
    ),
  ]);
  const steps = stepsOf(made).flatMap(step => [...step.lines.map(line => line.text), ...step.answer.map(({ answer }) => answer)]);
  const lines = script(made).filter(line => !line.quoted);
  return [...lines.map(line => line.sent), ...steps, ...modes];
}

/** Lines without their numbers and lists of numbers; a long list may take several like lines. */
function bonesOf(lines: readonly string[]): string[] {
  const bones = lines.map(line => line.replace(/\d+(?:[-, /:]+\d+)*/g, '0'));
  return bones.filter((bone, i) => bone !== bones[i - 1]);
}

/** Of every line of every harmless call. */
const harmlessBones = (platform: string) => Object.values(callsOn(platform)).flatMap(call => bonesOf(typedFor(call) ?? []));

const VLANS = new Set<unknown>(['native_vlan', 'allowed_vlans', 'default_vlan', 'segmentation_id']);
const NAMES = new Set<unknown>(['port_id', 'port_name', 'lag_name']);

/** What a caller says that is typed; all else is about who and why. */
const TYPED = new Set<unknown>([...VLANS, ...NAMES, 'description', 'name', 'mode', 'aggregation_mode']);

/** Holds what is typed for a value against what is typed for a harmless one, for none, and for the call as it was. */
function likeHarmless(call: Call, path: Path, value: unknown, lines: readonly string[]): void {
  const linesWith = (other: unknown) => typedFor({ ...call, params: withAt(call.params, path, other) });
  const [platform, member] = [platformOf(call), path.findLast(key => typeof key === 'string')];
  const isShell = platform.session === 'shell';
  const others = [typedFor(call), linesWith(null), ...(member === 'aggregation_mode' ? [linesWith('static')] : [])];
  // Another VLAN may need a line less, or the line of another mode; but no line that no harmless call has.
  if (VLANS.has(member)) {
    const known = [...others, linesWith([3001])].flatMap(other => bonesOf(other ?? []));
    return expect([...harmlessBones(platform.name), ...known]).toEqual(expect.arrayContaining(bonesOf(lines)));
  }
  // Of another port or LAG, only the number is another.
  if (NAMES.has(member) && isShell) return expect(others.map(other => other && bonesOf(other))).toContainEqual(bonesOf(lines));
  const isNetwork = path.join('.') === 'network.name';
  if (typeof value !== 'string') return expect(others).toContainEqual(lines);
  const own = writtenFor(value, { member, isNetwork, platform });
  const isLag = NAMES.has(member) && own.startsWith('bond');
  const harmless = own === '' ? undefined : linesWith(isLag ? `bond${TAME}` : TAME);
  if (harmless === undefined) return expect(others).toContainEqual(lines);
  if (isShell) return expect(lines).toEqual(harmless.map(line => line.replaceAll(TAME, () => own)));
  sameWords(lines, harmless, isLag ? own.slice('bond'.length) : own);
}

/** What is left of a text where it is typed: a name is written in full, the blanks at the ends of a description are none of it. */
function writtenFor(value: string, { member, isNetwork, platform }: { member: unknown; isNetwork: boolean; platform: Platform }): string {
  if (NAMES.has(member)) return canonicalPort(value, platform);
  if (member === 'description') return value.replace(/^ +| +$/g, '');
  if (!isNetwork || value === '') return value;
  const name = vlanName(value, platform);
  expect(name).toMatch(/^[A-Za-z][\w-]{0,79}$/);
  return name;
}

/** Whether it is taken; if so, what is typed is as it should be. */
function holds(call: Call, path: Path, value: unknown): boolean {
  const lines = typedFor({ ...call, params: withAt(call.params, path, value) });
  if (!lines) return false;
  for (const line of lines) expect(line).toMatch(platformOf(call).session === 'exec' ? /^\P{Cc}*$/u : /^[\x20-\x7e]*$/);
  likeHarmless(call, path, value, lines);
  return true;
}

const valueAt = (call: Call, path: Path) =>
  path.reduce<unknown>((at, key) => (at as Record<string | number, unknown> | undefined)?.[key], call.params);

function platformOf(call: Call): Platform {
  const platform = library.platforms.get(mercury.device(deviceOf(call)).platform);
  if (!platform) throw new Error('no such platform');
  return platform;
}

function deviceOf({ params }: Call): string {
  return /"(sw-[a-z0-9_]+)"/.exec(JSON.stringify(params))?.[1] ?? '';
}

// ---------------------------------------------------------------- a real shell

const box = mkdtempSync(join(tmpdir(), 'mercury-injection-'));
const [bin, room] = [join(box, 'bin'), join(box, 'room')];
for (const folder of [bin, room]) mkdirSync(folder);
// What would show that a word was run: all that this shell can run leaves a file behind.
symlinkSync('/usr/bin/touch', join(bin, 'touch'));
afterAll(() => rmSync(box, { recursive: true }));

/** The words that a shell makes of each line. */
function wordsOf(lines: readonly string[], shell: string): string[][] {
  const input = lines.map(line => `printf '%s\\0' ${line}; printf '\\001\\0'`).join('\n');
  const { stdout, stderr, status } = spawnSync(shell, [...(shell.endsWith('bash') ? ['--norc'] : []), '-c', input], {
    stdio: ['ignore', 'pipe', 'pipe'],
    cwd: room,
    env: { PATH: bin, LC_ALL: 'C.UTF-8' },
    encoding: 'utf8',
  });
  expect({ stderr, status, left: readdirSync(room) }).toEqual({ stderr: '', status: 0, left: [] });
  return stdout
    .split('\x01\0')
    .slice(0, -1)
    .map(words => words.split('\0').slice(0, -1));
}

/** Word for word what a harmless value gives, in both shells that a host may have. */
function sameWords(lines: readonly string[], harmless: readonly string[], value: string): void {
  expect(lines.length).toBe(harmless.length);
  const others = lines.flatMap((line, i) => (line === harmless[i] ? [] : [i]));
  if (others.length === 0) return;
  for (const shell of ['/bin/sh', '/bin/bash']) {
    const wanted = others.map(i => harmlessWords(harmless[i] ?? '', shell));
    const said = wordsOf(
      others.map(i => lines[i] ?? ''),
      shell,
    );
    expect(said).toEqual(wanted.map(words => words.map(word => word.replaceAll(TAME, () => value))));
  }
}

const known = new Map<string, string[]>();

/** The same few lines are asked for over and over. */
function harmlessWords(line: string, shell: string): string[] {
  const key = `${shell} ${line}`;
  const words = known.get(key) ?? wordsOf([line], shell)[0] ?? [];
  known.set(key, words);
  return words;
}

// ---------------------------------------------------------------- the properties

describe.each(PLATFORMS)('%s', platform => {
  const calls = () => callsOn(platform);

  it('takes every harmless call', () => {
    for (const [name, call] of Object.entries(calls())) expect(typedFor(call)?.length, name).toBeGreaterThan(0);
  });

  it('takes no piece of a text for anything but text', () => {
    const some = ['attach_port, access', 'add_network', 'Ironic’s update_port into a LAG'].flatMap(name => calls()[name] ?? []);
    for (const call of some) {
      const places = placesIn(call.params).filter(path => TYPED.has(path.at(-1)) && typeof valueAt(call, path) === 'string');
      for (const path of places) for (const piece of PIECES) holds(call, path, `a${piece}b`);
    }
  });

  it('types for a hostile value what it types for a harmless one, or nothing', { timeout: 120_000 * TIMES }, () => {
    let taken = 0;
    const spots = Object.entries(calls()).flatMap(([name, call]) => placesIn(call.params).map(path => ({ name, call, path })));
    const typed = spots.filter(({ path }) => TYPED.has(path.findLast(key => typeof key === 'string')));
    const spot = fc.oneof({ weight: 2, arbitrary: fc.constantFrom(...typed) }, { weight: 1, arbitrary: fc.constantFrom(...spots) });
    const chosen = spot.chain(({ name, call, path }) => {
      const own = valueAt(call, path);
      return fc.tuple(
        fc.constant({ name, call, path }),
        fc.oneof({ weight: 3, arbitrary: text }, { weight: 3, arbitrary: almost(own) }, { weight: 2, arbitrary: odd }),
      );
    });
    fc.assert(
      fc.property(chosen, ([{ call, path }, value]) => {
        if (holds(call, path, value)) taken += 1;
      }),
      { numRuns: 400 * TIMES },
    );
    // What is about who and why may be anything.
    expect(taken).toBeGreaterThan(60 * TIMES);
  });

  it('types nothing on a device that is not in the plan, whatever is said in several places at once', {
    timeout: 120_000 * TIMES,
  }, async () => {
    const device = mercury.device(`sw-${platform}`);
    const spots = fc.constantFrom(...Object.entries(calls())).chain(([name, call]) => {
      const paths = fc.uniqueArray(fc.constantFrom(...placesIn(call.params).filter(path => path.length > 0)), {
        minLength: 1,
        maxLength: 3,
        selector: path => path.join('.'),
      });
      return fc.tuple(fc.constant({ name, call }), fc.array(fc.oneof(text, odd), { minLength: 3, maxLength: 3 }), paths);
    });
    const property = fc.asyncProperty(spots, async ([{ call }, values, paths]) => {
      let params = call.params;
      for (const [i, path] of paths.entries()) {
        try {
          params = withAt(params, path, values[i]);
        } catch {
          // An earlier value took the place away.
        }
      }
      const lines = new Set((typedFor({ method: call.method, params }) ?? []).map(named));
      const from = device.typed.length;
      await mercury.reply(call.method, JSON.parse(JSON.stringify(params)) as object);
      expect(device.typed.slice(from).filter(line => !lines.has(named(line)))).toEqual([]);
    });
    await fc.assert(property, { numRuns: 12 * TIMES });
  });
});

/** Each change has a short id of its own in the names it gives. */
const named = (line: string) => line.replace(/\bmercury-[A-Za-z0-9]+/, 'mercury-…');
