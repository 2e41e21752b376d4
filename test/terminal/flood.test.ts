import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OUTPUT_LIMIT } from '../../server/transport/transport.ts';
import { failureOf } from '../ends.ts';
import { worked } from '../worked.ts';
import { ask, cutAt, open, TestDevice } from './device.ts';
import { SshDevice, type Tty } from './ssh-device.ts';

const PROMPT = 'sw1#';
const MEGABYTE = 1024 * 1024;
const LINE = 'interface GigabitEthernet1/0/1 description a line of a usual length\r\n';

let device: SshDevice;
beforeAll(async () => {
  device = await SshDevice.start();
});
afterAll(() => device[Symbol.asyncDispose]());

const held = () => {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
};

describe('a device that does not stop', () => {
  const filled = (text: string) => Buffer.from(text.repeat(Math.ceil(MEGABYTE / text.length))).subarray(0, MEGABYTE);

  it.each([
    ['line after line', 'show x\r\n', filled(LINE)],
    ['on one line', 'show x\r\n', filled('x')],
    ['with a progress bar', 'show x\r\n', filled('\r10%')],
    ['with carriage returns', 'show x\r\n', filled(`${'\r'.repeat(1000_000)}x`)],
    ['with blanks', 'show x\r\n', filled(`${' '.repeat(1000_000)}\r`)],
    ['with backspaces', 'show x\r\n', filled('x\b')],
    ['with blank lines', 'show x\r\n', filled('\r\n')],
    ['with log lines', 'show x\r\n', filled('*Mar  1 00:00:01.000: %LINK-3-UPDOWN: p1 up\r\n')],
    ['with half an escape sequence', 'show x\r\n\x1b]', filled('0')],
    ['before it has echoed anything', '', filled(LINE)],
    ['with prompts before it has echoed anything', '', filled(`${PROMPT}\r\n`)],
  ])('%s fails the call, and what was heard of 12 MB is not kept', async (_how, echo, megabyte) => {
    const { tty, terminal } = await device.open({
      greeting: PROMPT,
      answer: (text, on) => {
        if (text !== 'show x') return `${text}\r\n${PROMPT}`;
        on.say(echo);
        void on.flood(12, megabyte);
        return undefined;
      },
    });
    const before = held();
    const failure = await failureOf(ask(terminal, 'show x', 'privileged'));
    expect(failure).toMatchObject({ kind: 'session_lost', message: 'sw1 said more than 8 MB after "show x"' });
    expect(terminal.alive).toBe(false);
    expect(held() - before).toBeLessThan(150 * MEGABYTE);
    expect(tty.typed).toEqual(['terminal length 0', 'show x']);
  });

  it('for 100 MB, even when nobody hangs up, takes no more memory than one for 10', async () => {
    let flooded: Promise<void> = Promise.resolve();
    const { terminal } = await device.open({
      greeting: PROMPT,
      answer: (text, on: Tty) => {
        if (text !== 'show x') return `${text}\r\n${PROMPT}`;
        on.say('show x\r\n');
        flooded = on.flood(100, filled(LINE));
        return undefined;
      },
    });
    const before = held();
    const failure = await failureOf(ask(terminal, 'show x', 'privileged'));
    expect(failure.kind).toBe('session_lost');
    await flooded;
    expect(held() - before).toBeLessThan(150 * MEGABYTE);
  });

  it.each([
    ['log lines', '*Mar  1 00:00:01.000: %LINK-3-UPDOWN: p1 up\r\n'],
    ['other lines', LINE],
    ['half lines', 'x'],
  ])('while nobody asks anything is passed over: %s', async (_what, text) => {
    const { tty, terminal } = await device.open({
      greeting: PROMPT,
      answer: text => `${text}\r\n${text === 'show x' ? 'answer\r\n' : ''}${PROMPT}`,
    });
    expect(await ask(terminal, 'show x', 'privileged')).toBe('answer');
    const before = held();
    await tty.flood(20, filled(text));
    tty.say(`\r\n${PROMPT}`);
    expect(await ask(terminal, 'show x', 'privileged')).toBe('answer');
    expect(held() - before).toBeLessThan(100 * MEGABYTE);
  });
});

describe('a long output', () => {
  const MUCH = 2_400_000;
  it.each([
    ['carriage returns', `x${'\r'.repeat(MUCH)}y\r\n`, 'y'],
    ['blanks', `x${' '.repeat(MUCH)}\ry\r\n`, 'y'],
    ['NUL bytes', `x${'\0'.repeat(MUCH)}y\r\n`, 'xy'],
    ['backspaces', `${'x\b'.repeat(MUCH / 2)}y\r\n`, 'y'],
    ['cursor movements', `${'\x1b[999C\x1b[999D'.repeat(MUCH / 12)}y\r\n`, 'y'],
    ['escapes that begin nothing', `${'\x1b]'.repeat(MUCH / 2)}\r\n`, ']'.repeat(MUCH / 2)],
    ['questions to the terminal', `${'\x1b[6n'.repeat(MUCH / 4)}y\r\n`, 'y'],
    ['prompts', 'sw1#\r\nx\r\n'.repeat(MUCH / 8), 'sw1#\nx\n'.repeat(MUCH / 8).slice(0, -1)],
  ])('of nothing but %s is read in time', async (_what, output, shown) => {
    const { tty, terminal } = await device.open({
      greeting: PROMPT,
      answer: text => `${text}\r\n${text === 'show x' ? output : ''}${PROMPT}`,
    });
    const work = await worked(async () => expect((await ask(terminal, 'show x', 'privileged')) === shown).toBe(true));
    expect(work).toBeLessThan(15_000);
    expect(tty.typed).toEqual(['terminal length 0', 'show x']);
  });

  it('is read whole up to the limit, in time, over a real channel', async () => {
    const output = LINE.repeat(Math.floor((OUTPUT_LIMIT - 1000) / LINE.length));
    const { terminal } = await device.open({ greeting: PROMPT, answer: text => `${text}\r\n${text === 'show x' ? output : ''}${PROMPT}` });
    const length = output.replaceAll('\r', '').length - 1;
    const work = await worked(async () => expect(await ask(terminal, 'show x', 'privileged')).toHaveLength(length));
    expect(work).toBeLessThan(10_000);
  });

  // The text that came before is not looked at again for every packet: that would take minutes.
  it.each([
    ['7 MB in packets of 1 kB', 7 * MEGABYTE, 1024],
    ['30 kB byte by byte', 30_000, 1],
  ])('is read in time when it comes in small pieces: %s', async (_what, length, size) => {
    const output = LINE.repeat(Math.floor(length / LINE.length));
    const slow = new TestDevice({
      greeting: 'sw1>',
      answer: text => `${text}\r\n${text === 'show x' ? output : ''}sw1>`,
      cuts: text => (text.length > 100 ? cutAt([size])(text) : [text]),
    });
    const terminal = await open(slow);
    const whole = output.replaceAll('\r', '').length - 1;
    const work = await worked(async () => expect(await ask(terminal, 'show x')).toHaveLength(whole));
    expect(work).toBeLessThan(15_000);
  });
});
