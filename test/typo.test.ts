import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { load } from 'js-yaml';
import { describe, expect, it } from 'vitest';
import { Bench, type BenchLine, linesOf, slipped, stepsOf } from './bench.ts';
import { CHANGE, planOf } from './cases.ts';
import { PLATFORMS, ROOT } from './harness.ts';
import { casesOf, type Situation, situationsOf, typedWhenWell } from './situations.ts';
import { slipsIn } from './slips.ts';

/*
 * A typo in any playbook turns a test red. Every line that is typed is typed once more with each slip of the finger in it: the lab switch
 * must refuse it, or it must show in how the change ends. That the lines as they are written end as they should is part of the proof.
 */

const WIDER = 'a part of the word finds the same lines';
/** Slips that nothing can notice: what the line does is the same. */
const ALIKE: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  cisco_ios: { 'show running-config | section ^interfac': WIDER },
  arista_eos: { 'show running-config | section ^interfac': WIDER },
  juniper_junos: {
    'show configuration interfaces | display set | match "lan members|native-vlan-id"': WIDER,
    'show configuration interfaces | display set | match "vlan member|native-vlan-id"': WIDER,
    'show configuration interfaces | display set | match "vlan members|ative-vlan-id"': WIDER,
    'show configuration interfaces | display set | match "vlan members|native-vlan-i"': WIDER,
  },
};

/** Ways out of a mode that no plan takes: a session ends where it is. */
const NEVER_TYPED: Readonly<Record<string, readonly string[]>> = {
  cisco_ios: ['disable'],
  arista_eos: ['disable'],
  juniper_junos: ['exit configuration-mode'],
};

describe.each(PLATFORMS)('a slip of the finger in a line for %s', platform => {
  const cases = casesOf(platform);
  const examined = new Set<string>();
  const alike = new Set<string>();

  it.each(cases)('is refused by the switch, or shows in how it ends: $name', async wanted => {
    const situations = situationsOf(platform, wanted);
    for (const situation of situations) expect(await endOf(platform, situation)).toMatch(situation.ends);
    const unnoticed: string[] = [];
    for (const { before, lines } of scenesOf(situations[0])) {
      for (const [i, line] of lines.entries()) {
        // The same words with other numbers hold the same slips.
        const words = `${line.mode} ${line.sent.replace(/\d+/g, '#')}`;
        if (examined.has(words)) continue;
        examined.add(words);
        const arrive = () => {
          const bench = benchFor(platform, situations[0]);
          bench.replay([...before, ...lines.slice(0, i)]);
          return bench;
        };
        let bench = arrive();
        for (const slip of slipsIn(line.sent, valuesOf(situations[0]))) {
          if (bench.refusalOf(line, slip) !== undefined) continue;
          const isRead = line.when === 'before' || line.when === 'after';
          if (!isRead) bench = arrive(); // what was taken may have done something
          if (!(await shows(platform, situations, line, slip))) unnoticed.push(slip);
        }
        // None of the slips before did anything: the line itself is still taken, and where it belongs.
        bench.replay([line]);
      }
    }
    const known = ALIKE[platform] ?? {};
    for (const slip of unnoticed) alike.add(slip);
    expect(unnoticed.filter(slip => !(slip in known))).toEqual([]);
  });

  it('is left out of account for no other reason than those given', () => {
    expect([...alike].toSorted()).toEqual(Object.keys(ALIKE[platform] ?? {}).toSorted());
  });

  it('is looked for in every word that a playbook or a template has typed', () => {
    const lines = cases.flatMap(wanted => linesOf(planOf(platform, wanted)));
    const steps = cases.flatMap(wanted => stepsOf(planOf(platform, wanted)).flatMap(step => step.lines));
    // A step that no script shows (what is typed on a new session after one was lost) has the words of one that a script shows.
    const words = (text: string) => text.replaceAll(`${CHANGE}r`, CHANGE);
    const sent = new Set(lines.map(line => words(line.text)));
    expect(steps.map(line => words(line.text)).filter(text => !sent.has(text))).toEqual([]);
    const typed = [...lines, ...steps].map(({ text, place }) => `${place?.file} ${text}`);
    const missing = globSync(`{playbooks,templates}/${platform}/*.{yml,hbs}`, { cwd: ROOT }).flatMap(file =>
      fragmentsIn(file).filter(fragment => !typed.some(line => line.startsWith(`${file} `) && line.includes(fragment))),
    );
    expect(missing).toEqual(NEVER_TYPED[platform] ?? []);
  });
});

interface Scene {
  readonly before: readonly BenchLine[];
  readonly lines: readonly BenchLine[];
}

/** A change that goes well; and what is typed when it does not, each part at the point where it would be. */
function scenesOf({ plan }: Situation): Scene[] {
  const forward = typedWhenWell(plan);
  const failing = linesOf(plan).filter(line => line.when === 'if it fails');
  const broken = forward.filter(line => line.when === 'login' || line.when === 'before' || line.when === 'change');
  const { discard, undo } = plan.transaction ?? {};
  const discarding = failing.slice(0, failing.findLastIndex(line => line.step !== undefined && line.step === discard) + 1);
  const undoing = failing.filter(line => line.step !== undefined && line.step === undo);
  return [
    { before: [], lines: forward },
    { before: broken, lines: discarding },
    { before: forward.filter(line => line.when !== 'keep'), lines: undoing },
    { before: [...broken, ...discarding], lines: failing.filter(line => !discarding.includes(line) && !undoing.includes(line)) },
  ];
}

function benchFor(platform: string, { ready, byHand }: Situation): Bench {
  const bench = new Bench(platform);
  for (const lines of ready) {
    bench.replay(lines);
    bench.login();
  }
  bench.byHand(byHand);
  bench.login();
  return bench;
}

function endOf(platform: string, situation: Situation, plan = situation.plan): Promise<string> {
  return benchFor(platform, situation).carryOut(plan, situation.faults);
}

/** Whether a change with the slip in it ends otherwise than it should. */
async function shows(platform: string, situations: readonly Situation[], line: BenchLine, slip: string): Promise<boolean> {
  const apt = situations.filter(({ faults }) => faults.length > 0 === (line.when === 'if it fails'));
  for (const situation of apt.toReversed()) {
    if (!situation.ends.test(await endOf(platform, situation, slipped(situation.plan, line, slip)))) return true;
  }
  return false;
}

/** What is no word of a playbook: what the call says, the name of the change, and the bridge, which the inventory may name. */
function valuesOf({ plan }: Situation): string[] {
  const said = Object.entries(plan.request.args).flatMap(([name, value]) => (typeof value === 'string' && name !== 'mode' ? [value] : []));
  return [...said, CHANGE, `${CHANGE}r`, 'br-int'];
}

/** The text of a file's commands, cut where a value or a block stands in it. */
function fragmentsIn(file: string): string[] {
  const text = readFileSync(join(ROOT, file), 'utf8');
  const blocks = file.endsWith('.hbs') ? [text] : commandsIn(load(text), basename(file) === 'platform.yml');
  return blocks.flatMap(block => block.split(/\{\{[^}]*\}\}|\n/).map(part => part.trim())).filter(part => /[A-Za-z]/.test(part));
}

const PLATFORM_KEYS = new Set(['on_open', 'enter', 'leave', 'diff', 'commit', 'confirm', 'undo', 'discard', 'abandon', 'save']);

function commandsIn(node: unknown, ofPlatform: boolean): string[] {
  if (typeof node !== 'object' || node === null) return [];
  return Object.entries(node).flatMap(([key, value]) => {
    const holds = key === 'commands' || (ofPlatform && PLATFORM_KEYS.has(key));
    const texts = (Array.isArray(value) ? value : [value]).filter(item => typeof item === 'string');
    return holds && texts.length > 0 ? texts : commandsIn(value, ofPlatform);
  });
}
