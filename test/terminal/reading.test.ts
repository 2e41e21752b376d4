import { describe, expect, it } from 'vitest';
import { Reading } from '../../server/terminal/reading.ts';
import { Signs, samePrompt, stemOf } from '../../server/terminal/signs.ts';
import { waitingAt } from '../../server/terminal/silence.ts';
import fc from '../chance.ts';
import { cutAt, IOS_LIKE } from './device.ts';

const SIGNS = new Signs(IOS_LIKE, 'sw1');
const LOG = '*Mar  1 00:00:01.000: %LINK-3-UPDOWN: p1 up';

/** What was read once all of it had come; undefined where the line has not been echoed. */
function read(text: string, sent = 'show x', pieces: readonly string[] = [text]): string | undefined {
  const reading = new Reading(sent, SIGNS);
  for (const piece of pieces) reading.hear(piece);
  return reading.echoed ? reading.output() : undefined;
}

describe('the answer to a line', () => {
  it.each([
    ['is what stands between echo and prompt', 'show x\r\none\r\ntwo\r\nsw1#', 'one\ntwo'],
    ['is empty where nothing does', 'show x\r\nsw1#', ''],
    ['begins after the echo, not at text that came before', 'late words\r\nsw1#show x\r\none\r\nsw1#', 'one'],
    ['is not there before the echo is whole', 'sho', undefined],
    ['is not there before the line of the echo has ended', 'show x', undefined],
    ['is not there where the echo is of a longer line', 'show xy\r\none\r\nsw1#', undefined],
    ['is not there where the line stands behind other words', 'he typed show x\r\none\r\nsw1#', undefined],
    ['is not there where the line stands behind the prompt of another device', 'core9#show x\r\none\r\nsw1#', undefined],
    ['leaves log lines out', `show x\r\none\r\n${LOG}\r\ntwo\r\nsw1#`, 'one\ntwo'],
    ['leaves log lines out that came after the prompt', `show x\r\none\r\nsw1#\r\n${LOG}\r\n`, 'one'],
    ['leaves out all prompts at its end', `show x\r\none\r\nsw1#\r\n${LOG}\r\nsw1#\r\nsw1#`, 'one'],
    ['keeps blank lines', 'show x\r\n\r\none\r\n\r\nsw1#', '\none\n'],
    ['keeps what only looks like the prompt', 'show x\r\nsw1#\r\none\r\nsw1#', 'sw1#\none'],
    ['keeps the prompt of another mode', 'show x\r\nsw1>\r\nsw1#', 'sw1>'],
    ['begins after an echo that the device wrapped at its own width', 'sho\r\nw x\r\none\r\nsw1#', 'one'],
    ['begins after a second echo', 'show x\r\nshow x\r\none\r\nsw1#', 'one'],
    ['keeps a line like the command further down', 'show x\r\none\r\nshow x\r\nsw1#', 'one\nshow x'],
    ['holds no escape', 'show x\r\n\x1b]0;one\r\nsw1#', ']0;one'],
  ])('%s', (_what, text, output) => {
    expect(read(text)).toBe(output);
    expect(read(text, 'show x', [...text])).toBe(output);
  });

  it('keeps what came before the echo for the line before, without prompts and log lines', () => {
    const reading = new Reading('show x', SIGNS);
    reading.hear(`% Invalid input\r\n\r\nsw1#\r\n${LOG}\r\nmore\r\nsw1#show x\r\nsw1#`);
    expect(reading.late).toBe('% Invalid input\nmore');
  });

  it('is found whatever signs the command has', () => {
    const command = fc.stringMatching(/^[\x21-\x7e][\x20-\x7e]{0,60}[\x21-\x7e]$/);
    fc.assert(
      fc.property(command, sent => read(`${sent}\r\nanswer\r\nsw1#`, sent) === 'answer'),
      { numRuns: 500 },
    );
  });

  it('is found at whatever column the echo was wrapped, and however it is cut', () => {
    const command = fc.stringMatching(/^[a-z][a-z0-9 ]{20,100}[a-z]$/);
    const wrap = fc.constantFrom('\r\n', ' \r', '\r', '\r\r\n');
    const lengths = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(command, fc.integer({ min: 5, max: 40 }), wrap, lengths, (sent, width, by, cuts) => {
        const echo = (sent.match(new RegExp(`.{1,${width}}`, 'g')) ?? []).join(by);
        const text = `${echo}\r\nanswer\r\nsw1#`;
        expect(read(text, sent, cutAt(cuts)(text))).toBe('answer');
      }),
      { numRuns: 300 },
    );
  });

  it('is the same however it is cut, whatever comes', () => {
    const piece = fc.constantFrom(
      'sw1#',
      'show x',
      '\r\n',
      LOG,
      ' ',
      '\r',
      '\b',
      'a',
      '\0',
      '\x1b[31m',
      '\x1b[K',
      '\x1b[',
      'ü',
      '% Invalid',
      '$',
      'sw1(config)#',
    );
    const lengths = fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 25 }), lengths, (pieces, cuts) => {
        const text = pieces.join('');
        const [whole, cut] = [new Reading('show x', SIGNS), new Reading('show x', SIGNS)];
        whole.hear(text);
        for (const part of cutAt(cuts)(text)) cut.hear(part);
        const all = (reading: Reading) => [reading.echoed, reading.tail, reading.prompt, reading.late, reading.output()];
        expect(all(cut)).toEqual(all(whole));
      }),
      { numRuns: 2000 },
    );
  });
});

describe('a prompt', () => {
  it.each([
    ['sw1#', 'sw1#'],
    ['sw1(config)# ', 'sw1(config)#'],
    [`sw1#${LOG}`, 'sw1#'],
    [`sw1# ${LOG}`, 'sw1#'],
    ['sw2#', undefined],
    ['sw1# show', undefined],
    [LOG, undefined],
    ['', undefined],
  ])('is in %j: %j', (line, prompt) => {
    expect(SIGNS.promptIn(line)).toBe(prompt);
  });

  it('is the same with another number in it, and no other', () => {
    expect(samePrompt('sw1.9 12:00# ', 'sw1.10 12:01#')).toBe(true);
    expect(samePrompt('sw1#', 'sw1(config)#')).toBe(false);
  });

  it('begins with the name of its device', () => {
    expect(['sw1#', 'a-very-long-hostname-in-the-rack#', 'op@sw1>', 'X440.12 # ', '(sw1) #'].map(stemOf)).toEqual([
      'sw1',
      'a-very-long-host',
      'op@sw1',
      'X440',
      '',
    ]);
  });
});

describe('a device seems to wait', () => {
  it.each([
    ...[
      'sw9#',
      'root@sw1:RE:0%',
      'root@sw1:~ #',
      '(host) [mynode] (config) #',
      'admin@sw:~$',
      'bash-4.2$',
      'router>',
      'sw1(maint-mode)#',
    ].map(tail => [tail, 'prompt']),
    ...[
      'Save? [yes/no]:',
      'Proceed? [confirm]',
      'Continue (y/n)?  [n]',
      'Overwrite [confirm]',
      'Password:',
      'New password:',
      'User Name:',
      'login:',
      'Destination filename [startup-config]?',
    ].map(tail => [tail, 'question']),
    ...[
      ' --More--',
      '--More-- or (q)uit',
      '---(more 40%)---',
      '<--- More --->',
      '  ---- More ----',
      'Press any key to continue',
      'lines 1-23',
      '(END)',
      'Press <SPACE> to continue or Q to quit',
    ].map(tail => [tail, 'pager']),
    ...[
      'Building configuration...',
      '10%',
      '[####',
      '########',
      'Copying: ####',
      '100 %',
      'vlan 5',
      'Translating "x"...domain server (255.255.255.255)',
      '!',
      '[OK]',
      'done',
    ].map(tail => [tail, undefined]),
  ])('at %j: %s', (tail, what) => {
    expect(waitingAt(tail ?? '')).toBe(what);
  });
});
