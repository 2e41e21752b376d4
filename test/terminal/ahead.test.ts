import { describe, expect, it } from 'vitest';
import type { Exchange } from '../../server/result.ts';
import type { ShellTerminal } from '../../server/terminal/shell.ts';
import fc from '../chance.ts';
import { failureOf, soon } from '../ends.ts';
import { type Cuts, cutAt, everyByte, IOS_LIKE, line, open, TestDevice, whole } from './device.ts';

/* Lines that are sent before the one above them is answered: each answer must be found, and a line that was refused must stop what follows. */

const AHEAD = { ...IOS_LIKE, typeAhead: { of: /^(?:show .*|description .*|spanning-tree .*|mtu \d+)$/, lines: 3 } };
const PROMPT = 'sw1#';
const ANSWERS: Readonly<Record<string, string>> = {
  'show a': 'one\r\n\r\n two\r\n',
  'show b': '',
  'show c': 'sw1#show b\r\nnot an echo\r\n',
  'show d': '*Mar  1 00:00:01.000: %LINK-3-UPDOWN: Interface p2, changed state to up\r\nfour\r\n',
};
const SHOWN: Readonly<Record<string, string>> = { 'show a': 'one\n\n two', 'show b': '', 'show d': 'four' };

/** A device that echoes a line when it gets to it. `early`: it echoes what is typed ahead at once, too, while it is busy with the line before. */
function device({ cuts = whole, early = false, refuses }: { cuts?: Cuts; early?: boolean; refuses?: string } = {}): TestDevice {
  let mode = '';
  let ahead: string[] = [];
  const one = new TestDevice({
    greeting: PROMPT,
    cuts,
    answer: text => {
      if (text === 'interface p1') mode = '(config-if)';
      const said = text === refuses ? '% Invalid input\r\n' : (ANSWERS[text] ?? '');
      const echoes = ahead.slice(1).map(line => `${line}\r\n`);
      ahead = [];
      return `${text}\r\n${echoes.join('')}${said}sw1${mode}#`;
    },
  });
  const { openShell } = one;
  one.openShell = async () => {
    const channel = await openShell.call(one);
    const write = (text: string) => {
      ahead = early ? text.split('\n').filter(line => line !== '') : [];
      channel.write(text);
    };
    return { ...channel, write };
  };
  return one;
}

async function run(terminal: ShellTerminal, lines: readonly string[], mode = 'privileged'): Promise<Exchange[]> {
  const heard: Exchange[] = [];
  const step = { mode, lines: lines.map(line), tolerate: [], answer: [], ahead: true };
  await terminal.run(step, soon(), exchange => heard.push(exchange));
  return heard;
}

const texts = (exchanges: readonly Exchange[]) => exchanges.map(({ sent, received }) => [sent, received]);

describe('lines that are typed ahead', () => {
  it.each([
    ['in one piece', whole, false],
    ['byte by byte', everyByte, false],
    ['by a device that echoes them twice', whole, true],
    ['by a device that echoes them twice, byte by byte', everyByte, true],
  ] as const)('are answered one by one: %s', async (_how, cuts, early) => {
    const terminal = await open(device({ cuts, early }), AHEAD);
    const lines = ['show a', 'show b', 'show d', 'show a', 'show b', 'show b', 'show d'];
    expect(texts(await run(terminal, lines))).toEqual(lines.map(text => [text, SHOWN[text]]));
    expect(terminal.alive).toBe(true);
  });

  it('are answered the same wherever the answer is cut, and whichever they are', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom(...Object.keys(SHOWN)), { minLength: 1, maxLength: 8 }),
        fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 6 }),
        fc.boolean(),
        async (lines, lengths, early) => {
          const terminal = await open(device({ cuts: cutAt(lengths), early }), AHEAD);
          expect(texts(await run(terminal, lines))).toEqual(lines.map(text => [text, SHOWN[text]]));
        },
      ),
      { numRuns: 60 },
    );
  });

  it('are the ones that the platform names, behind a first line that is typed alone', async () => {
    const asked: string[][] = [[]];
    const one = device();
    const channel = await one.openShell();
    const write = (text: string) => {
      asked.push(text.split('\n').filter(part => part !== ''));
      channel.write(text);
    };
    one.openShell = async () => ({ ...channel, write });
    const terminal = await open(one, AHEAD);
    asked.length = 0;
    await run(terminal, ['show a', 'show b', 'show b', 'show b', 'show b', 'clear x', 'show a', 'show b']);
    expect(asked.filter(lines => lines.length > 0)).toEqual([
      ['show a'],
      ['show b', 'show b', 'show b'],
      ['show b'],
      ['clear x'],
      ['show a', 'show b'],
    ]);
  });

  it('stop at the one that was refused: what was sent with it was typed, nothing after it', async () => {
    const one = device({ refuses: 'description x' });
    const terminal = await open(one, AHEAD);
    const lines = ['interface p1', 'mtu 1', 'description x', 'mtu 2', 'mtu 3', 'mtu 4'];
    const heard: Exchange[] = [];
    const step = { mode: 'privileged', lines: lines.map(line), tolerate: [], answer: [], ahead: true };
    const failure = await failureOf(terminal.run(step, soon(), exchange => heard.push(exchange)));
    expect(failure).toMatchObject({ kind: 'rejected', message: expect.stringContaining('refused "description x"') });
    expect(heard.map(({ sent }) => sent)).toEqual(['interface p1', 'mtu 1', 'description x', 'mtu 2']);
    expect(one.typed).toEqual(['terminal length 0', 'interface p1', 'mtu 1', 'description x', 'mtu 2']);
    expect(terminal.alive).toBe(true);
  });

  it('are not sent below a first line that was refused: it decides where they land', async () => {
    const one = device({ refuses: 'interface p1' });
    const terminal = await open(one, AHEAD);
    await expect(run(terminal, ['interface p1', 'mtu 1', 'mtu 2'])).rejects.toThrow('refused "interface p1"');
    expect(one.typed).toEqual(['terminal length 0', 'interface p1']);
  });

  it('are typed one at a time in a step that may be asked something, or is the platform’s own', async () => {
    for (const more of [{ ahead: true, answer: [{ question: /sure\?$/, answer: 'y' }] }, { answer: [] }]) {
      const one = device();
      const terminal = await open(one, AHEAD);
      let most = 0;
      const before = one.say.bind(one);
      one.say = text => {
        most = Math.max(most, text.split(PROMPT).length - 1);
        before(text);
      };
      await terminal.run({ mode: 'privileged', lines: ['show a', 'show b', 'show b'].map(line), tolerate: [], ...more }, soon());
      expect(one.typed).toEqual(['terminal length 0', 'show a', 'show b', 'show b']);
      expect(most).toBe(1);
    }
  });
});
