import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Answer, Dialect } from '../../server/model.ts';
import { ask, IOS_LIKE } from './device.ts';
import { type Bytes, cutAfter, dripped, inOne, type Script, SshDevice, type Tty } from './ssh-device.ts';

/** A way in which a device answers one command, and what a person would say that it answered. */
interface Oddity {
  readonly sent?: string;
  /** All that the device sends for it, prompt included. */
  readonly says: (sent: string) => Bytes;
  readonly answer?: string;
  readonly dialect?: Dialect;
  readonly answers?: readonly Answer<string>[];
  /** What is typed besides the command. */
  readonly typed?: readonly string[];
}

const PROMPT = 'sw1#';
const LOG = '*Mar  1 00:00:01.000: %LINK-3-UPDOWN: Interface p2, changed state to up';
const ANSWER = 'interface p1\r\n description web\r\nend\r\n';
const SHOWN = 'interface p1\n description web\nend';
const LONG =
  'switchport trunk allowed vlan 100,102,104,106,108,110,112,114,116,118,120,122,124,126,128,130,132,134,136,138,140,142,144,146,148,150,152';

/** The echo of a line on a terminal so wide, which begins a new line where one is full; the prompt stands before it. */
function wrapped(sent: string, width: number, wrap: string): string {
  const first = sent.slice(0, width - PROMPT.length);
  const others = sent.slice(first.length).match(new RegExp(`.{1,${width}}`, 'g')) ?? [];
  return [first, ...others].join(wrap);
}

/** As IOS does where a line is wider than the terminal: it steps back, draws the end of the line behind a `$`, and leaves room for more. */
function scrolled(sent: string, width: number): string {
  const room = width - PROMPT.length - 1;
  let drawn = sent.slice(0, room);
  let echo = drawn;
  for (let at = room; at < sent.length; at += 10) {
    const tail = `$${sent.slice(Math.max(0, at - room + 11), at)}`;
    const more = sent.slice(at, at + 10);
    echo += `${'\b'.repeat(drawn.length)}${tail}${' '.repeat(10)}${'\b'.repeat(10)}${more}`;
    drawn = tail + more;
  }
  return echo;
}

const SHORT = LONG.slice(0, 95);
const answering = (echo: (sent: string) => string, sent = SHORT): Oddity => ({ sent, says: text => `${echo(text)}\r\n${ANSWER}${PROMPT}` });
const saying = (output: Bytes, answer: string = SHOWN): Oddity => ({
  says: sent => Buffer.concat([Buffer.from(`${sent}\r\n`), Buffer.from(output as Buffer), Buffer.from(PROMPT)]),
  answer,
});

const ECHOES: Readonly<Record<string, Oddity>> = {
  'wrapped at 80 columns with a new line': answering(sent => wrapped(sent, 80, '\r\n')),
  'wrapped at 132 columns with a new line': answering(sent => wrapped(sent, 132, '\r\n'), LONG),
  'wrapped at 80 columns as readline does, with a blank and a carriage return': answering(sent => wrapped(sent, 80, ' \r')),
  'wrapped at 132 columns with a bare carriage return': answering(sent => wrapped(sent, 132, '\r'), LONG),
  'wrapped in the middle of a blank': answering(sent => wrapped(sent, 'switchport trunk '.length + PROMPT.length, '\r\n')),
  'scrolled behind a $ at 80 columns': answering(sent => scrolled(sent, 80)),
  'scrolled, and shown from its beginning to a $ once it is entered': answering(
    sent => `${scrolled(sent, 80)}\r${PROMPT}${sent.slice(0, 70)}$`,
    LONG.slice(0, 85),
  ),
  'drawn again with its prompt behind a carriage return': answering(sent => `${sent.slice(0, 20)}\r\x1b[K${PROMPT}${sent}`),
  'drawn again by backspaces': answering(sent => `${sent.slice(0, 5)}${'\b'.repeat(5)}${sent}`),
  'with blanks that are taken back': answering(sent => sent.replace('vlan ', 'vlan    \b\b\b')),
  'with cursor movements': answering(sent => `${sent.slice(0, 9)} \x1b[1D${sent.slice(9)}`),
  'in colours': answering(sent => `\x1b[1m${sent.slice(0, 10)}\x1b[0;32m${sent.slice(10)}\x1b[0m`),
  'with CR CR LF': answering(sent => `${sent}\r`),
  twice: { says: sent => `${sent}\r\n${sent}\r\n${ANSWER}${PROMPT}` },
  'twice, the second time behind a prompt': { says: sent => `${sent}\r\n${PROMPT}${sent}\r\n${ANSWER}${PROMPT}` },
  'behind the late echo of the line before': { says: sent => `terminal length 0\r\n${PROMPT}${sent}\r\n${ANSWER}${PROMPT}` },
  'behind a prompt that is printed once more': { says: sent => `\r\n${PROMPT}${sent}\r\n${ANSWER}${PROMPT}` },
  'with a log line in its middle': { says: sent => `${sent.slice(0, 6)}\r\n${LOG}\r\n${sent.slice(6)}\r\n${ANSWER}${PROMPT}` },
  'with a log line in its middle, and drawn again below it': {
    says: sent => `${sent.slice(0, 6)}\r\n${LOG}\r\n${PROMPT}${sent}\r\n${ANSWER}${PROMPT}`,
  },
};

const OUTPUTS: Readonly<Record<string, Oddity>> = {
  'a log line between echo and output': saying(`${LOG}\r\n${ANSWER}`),
  'a log line in its middle': saying(ANSWER.replace('end', `${LOG}\r\nend`)),
  'a log line right before the prompt': saying(`${ANSWER}${LOG}\r\n`),
  'a log line below the prompt, which is not printed again': { says: sent => `${sent}\r\n${ANSWER}${PROMPT}\r\n${LOG}\r\n` },
  'a log line below the prompt, which is printed again': { says: sent => `${sent}\r\n${ANSWER}${PROMPT}\r\n${LOG}\r\n${PROMPT}` },
  'a log line right behind the prompt': { says: sent => `${sent}\r\n${ANSWER}${PROMPT}${LOG}\r\n` },
  'a log line before the echo': { says: sent => `\r\n${LOG}\r\n${PROMPT}${sent}\r\n${ANSWER}${PROMPT}` },
  'a line that is the prompt': saying(`banner motd\r\n${PROMPT}\r\n${ANSWER}`, `banner motd\n${PROMPT}\n${SHOWN}`),
  'the prompt as its first line': saying(`${PROMPT}\r\n${ANSWER}`, `${PROMPT}\n${SHOWN}`),
  'a line that begins with the prompt': saying(`${PROMPT} show clock\r\n${ANSWER}`, `${PROMPT} show clock\n${SHOWN}`),
  'a line that is the prompt of another mode': saying(`sw1(config)#\r\n${ANSWER}`, `sw1(config)#\n${SHOWN}`),
  'a line that is the prompt, and a log line': saying(`${PROMPT}\r\n${LOG}\r\n${ANSWER}`, `${PROMPT}\n${SHOWN}`),
  'a line that is the prompt of another device': saying(`core-9#\r\n${ANSWER}`, `core-9#\n${SHOWN}`),
  'CR CR LF': saying(ANSWER.replaceAll('\r\n', '\r\r\n')),
  'LF CR': saying(ANSWER.replaceAll('\r\n', '\n\r')),
  'NUL bytes': saying(`\0${ANSWER.replaceAll('\r\n', '\0\r\0\n')}\0`),
  'bytes that are no UTF-8': saying(
    Buffer.concat([Buffer.from('description Z'), Buffer.of(0xfc), Buffer.from('rich\r\n'), Buffer.of(0xff, 0xc3), Buffer.from('\r\n')]),
    'description Z\ufffdrich\n\ufffd\ufffd',
  ),
  'characters of several bytes': saying('description Zürich 雨 ☂ 🙂\r\n', 'description Zürich 雨 ☂ 🙂'),
  'a device status request at its beginning, its end and in its middle': saying(
    `\x1b[5n${ANSWER.replace('web', '\x1b[6nw\x1b[ceb')}\x1b[5n\x1b[6n`,
  ),
  'a title, bracketed paste and other modes of a terminal': saying(`\x1b]0;sw1#\x07\x1b[?2004l\x1b[?1h\x1b=${ANSWER}\x1b[?2004h\x1b(B`),
  'a title that is just like a prompt': saying(`\x1b]0;\r\n${ANSWER}`, `]0;\n${SHOWN}`),
  'a line that is rubbed out': saying(`Working...\r\x1b[K${ANSWER}`),
  'a line that is drawn over and over': saying(`10%\r50%\r100%\r    \r${ANSWER}`),
  nothing: saying('', ''),
  'a progress bar of signs': saying('Copying: [##        ]\b\b\b\b\b\b\b\b\b#\r\nDone ######\r\n', 'Copying: [###       ]\nDone ######'),
};

const pagerOf = (prompt: RegExp, key = ' '): Dialect => ({ ...IOS_LIKE, pager: { prompt, key } });

/** What a pager shows, and how it is taken off the screen again. */
const PAGERS: Readonly<Record<string, { more: string; erase: string; prompt: RegExp; key?: string }>> = {
  'IOS, with backspaces': {
    more: ' --More-- ',
    erase: `${'\b'.repeat(10)}${' '.repeat(10)}${'\b'.repeat(10)}`,
    prompt: /^ ?--More--\s*$/,
  },
  'with a carriage return and blanks': { more: '--More--', erase: `\r${' '.repeat(8)}\r`, prompt: /^--More--\s*$/ },
  'in reverse video, erased': { more: '\x1b[7m--More--\x1b[27m', erase: '\r\x1b[K', prompt: /^--More--\s*$/ },
  'of Huawei, with the cursor': {
    more: '  ---- More ----',
    erase: '\x1b[42D                                          \x1b[42D',
    prompt: /---- More ----\s*$/,
  },
  'of Junos': { more: '---(more 40%)---', erase: '\r                                        \r', prompt: /^---\(more[^)]*\)---\s*$/ },
  'with a question': { more: '--More-- or (q)uit', erase: '\r\n', prompt: /--More-- or \(q\)uit\s*$/, key: 'm' },
  'that is left where it stands': { more: '<--- More --->', erase: '', prompt: /<--- More --->\s*$/ },
  'that is turned by Enter': { more: 'Press any key to continue', erase: '\r\n', prompt: /^Press any key to continue\s*$/, key: '\n' },
};

const script = (says: (line: string, tty: Tty) => Bytes | undefined): Script => ({
  greeting: PROMPT,
  answer: (line, tty) => (line === '' ? `\r\n${PROMPT}` : line === 'terminal length 0' ? `${line}\r\n${PROMPT}` : says(line, tty)),
});

let device: SshDevice;
beforeAll(async () => {
  device = await SshDevice.start();
});
afterAll(() => device[Symbol.asyncDispose]());

/** Asks in every way in which the answer may be cut: whole, in two at every byte, and byte by byte. */
async function holds({ sent = 'show running-config', says, answer = SHOWN, dialect, answers, typed = [] }: Oddity): Promise<void> {
  const { tty, terminal } = await device.open(
    script(line => (line === sent ? says(line) : `${line}\r\n${PROMPT}`)),
    { ...(dialect ? { dialect } : {}) },
  );
  const length = Buffer.from(says(sent) as Buffer).length;
  const ways = [inOne, dripped, ...Array.from({ length: length - 1 }, (_, i) => cutAfter(i + 1)), inOne];
  for (const [i, cuts] of ways.entries()) {
    tty.cuts = cuts;
    expect(await ask(terminal, sent, 'privileged', answers ? { answer: answers } : {}), `cut ${i - 1}`).toBe(answer);
  }
  // Nothing but these lines: no answer to a question that the terminal was asked, no key for a pager that was none.
  expect(tty.typed).toEqual(['terminal length 0', ...ways.flatMap(() => [sent, ...typed])]);
  expect(tty.keys.replaceAll('\n', '')).toBe(tty.typed.join(''));
}

describe('over a real SSH channel, cut at every byte,', () => {
  it.each(Object.entries(ECHOES))('an echo is known that comes %s', (_name, oddity) => holds(oddity));
  it.each(Object.entries(OUTPUTS))('an output is read right that has %s', (_name, oddity) => holds(oddity));
});

describe('a pager that cannot be switched off', () => {
  it('is told to go on where a page has a line that is the prompt, and nothing is lost', async () => {
    const { more, erase, prompt } = PAGERS['with a carriage return and blanks'] ?? { more: '', erase: '', prompt: /^$/ };
    const pages = [`show running-config\r\ninterface p1\r\n${PROMPT}\r\n`, ` description web\r\n${PROMPT}\r\n`, `end\r\n${PROMPT}`];
    const { tty, terminal } = await device.open(
      script((_line, on) => {
        on.page(pages, more, erase);
        return undefined;
      }),
      { dialect: pagerOf(prompt) },
    );
    for (const cuts of [inOne, dripped, ...Array.from({ length: 40 }, (_, i) => cutAfter(i + 1))]) {
      tty.cuts = cuts;
      expect(await ask(terminal, 'show running-config', 'privileged')).toBe(`interface p1\n${PROMPT}\n description web\n${PROMPT}\nend`);
    }
  });

  it.each(Object.entries(PAGERS))('%s is told to go on, and leaves no trace', async (_name, { more, erase, prompt, key }) => {
    const pages = ['show running-config\r\ninterface p1\r\n', ' description web\r\n', `end\r\n${PROMPT}`];
    const { tty, terminal } = await device.open(
      script((_line, on) => {
        on.page(pages, more, erase);
        return undefined;
      }),
      { dialect: pagerOf(prompt, key) },
    );
    const most = Math.max(...pages.map(page => page.length), more.length, erase.length);
    const ways = [inOne, dripped, ...Array.from({ length: most }, (_, i) => cutAfter(i + 1))];
    for (const cuts of ways) {
      tty.cuts = cuts;
      expect(await ask(terminal, 'show running-config', 'privileged')).toBe(SHOWN);
    }
    expect(tty.keys.split(key === '\n' ? '\0' : (key ?? ' ')).length - 1).toBeGreaterThanOrEqual(key === '\n' ? 0 : 2 * ways.length);
  });
});
