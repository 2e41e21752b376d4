import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { learnSecrets } from '../../server/log.ts';
import type { Answer, Dialect } from '../../server/model.ts';
import { failureOf, soon } from '../ends.ts';
import { ask, dialectOf, IOS_LIKE, line, mode, SECRET } from './device.ts';
import { type Bytes, type Cuts, cutAfter, dripped, inOne, type Script, SshDevice, type Tty } from './ssh-device.ts';

const PROMPT = 'sw1#';

/** At a prompt until `show x` or `reload` is typed; what it does then is `says`. */
const script = (says: (line: string, tty: Tty) => Bytes | undefined, greeting: Bytes = PROMPT): Script => ({
  greeting,
  answer: (text, tty) => (text === 'show x' || text === 'reload' ? says(text, tty) : `${text}\r\n${PROMPT}`),
});

let device: SshDevice;
beforeAll(async () => {
  device = await SshDevice.start();
});
afterAll(() => device[Symbol.asyncDispose]());

/** Two packets at every byte, and byte by byte. */
const cutsOf = (bytes: Bytes): Cuts[] => [
  inOne,
  dripped,
  ...Array.from({ length: Buffer.from(bytes as Buffer).length - 1 }, (_, i) => cutAfter(i + 1)),
];

/** Milliseconds that calls have here, and those that a failure may take which is no timeout: it comes after some seconds of silence. */
const PATIENCE = 60_000;
const AT_ONCE = PATIENCE / 2;

describe.concurrent('a device that is not where it should be fails the call at once, with the end of its screen,', () => {
  const STUCK: Readonly<Record<string, { sent?: string; says: string; message: RegExp; dialect?: Dialect }>> = {
    'when it does not echo': {
      says: `answer\r\n${PROMPT}`,
      message: /^sw1 shows a prompt and no echo of the line after "show x": answer\nsw1#$/,
    },
    'when it echoes another line': {
      says: `show y\r\nanswer\r\n${PROMPT}`,
      message: /^sw1 shows a prompt and no echo of the line after "show x": show y\nanswer\nsw1#$/,
    },
    'when it echoes half of the line': {
      says: `show\r\n% Incomplete command.\r\n${PROMPT}`,
      message: /^sw1 shows a prompt and no echo of the line after "show x": show\n% Incomplete command\.\nsw1#$/,
    },
    'when the line stands in some other text': {
      says: `op1 typed show x\r\n${PROMPT}`,
      message: /^sw1 shows a prompt and no echo of the line after "show x": op1 typed show x\nsw1#$/,
    },
    'when it asks what nobody answers': {
      sent: 'reload',
      says: 'reload\r\nSystem configuration has been modified. Save? [yes/no]: ',
      message: /^sw1 asks what nobody answers after "reload": System configuration has been modified\. Save\? \[yes\/no\]:$/,
    },
    'when it asks for a key': {
      sent: 'reload',
      says: 'reload\r\nProceed with reload? [confirm]',
      message: /^sw1 asks what nobody answers after "reload": Proceed with reload\? \[confirm\]$/,
    },
    'when it asks for a password': { says: 'show x\r\nPassword: ', message: /^sw1 asks what nobody answers after "show x": Password:$/ },
    'when it stops at a pager that no platform.yml names': {
      says: 'show x\r\nanswer\r\n --More-- ',
      message: /^sw1 stops at a pager that its platform\.yml does not name after "show x": answer\n --More--$/,
    },
    'when its prompt is that of an unknown mode': {
      says: 'show x\r\nsw1(maint-mode)# ',
      message: /^sw1 shows a prompt that is none of its platform\.yml after "show x": sw1\(maint-mode\)#$/,
    },
    'when its prompt is that of another device': {
      says: 'show x\r\nTrying 192.0.2.9 ... Open\r\ncore-9#',
      message: /^sw1 shows a prompt that is none of its platform\.yml after "show x": Trying 192\.0\.2\.9 \.\.\. Open\ncore-9#$/,
    },
    'when it has fallen out of its CLI into a shell': {
      says: 'show x\r\nroot@sw1:RE:0% ',
      message: /^sw1 shows a prompt that is none of its platform\.yml after "show x": root@sw1:RE:0%$/,
    },
    'when its pager takes no key': {
      says: 'show x\r\nanswer\r\n',
      message: /^sw1 stops at its pager, whatever key is pressed, after "show x"$/,
      dialect: { ...IOS_LIKE, pager: { prompt: /^--More--$/, key: ' ' } },
    },
  };

  it.each(Object.entries(STUCK))('%s', async (_when, { sent = 'show x', says, message, dialect }) => {
    // All at once: each is silent for the same while.
    const failures = await Promise.all(
      cutsOf(says).map(async cuts => {
        const { tty, terminal } = await device.open(
          script((_line, on) => {
            if (dialect) on.page([says, '', '', '', '', ''], '--More--', '\r\n');
            return dialect ? undefined : says;
          }),
          { cuts, ...(dialect ? { dialect } : {}) },
        );
        const started = Date.now();
        const failure = await failureOf(ask(terminal, sent, 'privileged', { wait: PATIENCE }));
        const again = await failureOf(ask(terminal, 'show y', 'privileged'));
        return {
          kind: failure.kind,
          message: failure.message,
          fast: Date.now() - started < AT_ONCE,
          alive: terminal.alive,
          again: again.kind,
          typed: tty.typed,
        };
      }),
    );
    for (const failure of failures) {
      expect(failure).toMatchObject({
        kind: 'session_lost',
        alive: false,
        again: 'session_lost',
        typed: ['terminal length 0', sent],
        fast: true,
      });
      expect(failure.message).toMatch(message);
    }
  });

  it('when it answers an empty line with words of its own', async () => {
    const chatty: Script = { greeting: PROMPT, answer: text => `${text}\r\nit is ${Date.now()}, all is well\r\n${PROMPT}` };
    const { tty, terminal } = device.try(chatty, { wait: PATIENCE });
    expect(await failureOf(terminal)).toMatchObject({
      kind: 'login_refused',
      message: expect.stringMatching(/^sw1 answers an empty line with more than its prompt: /),
    });
    expect((await tty).typed).toEqual([]);
  });

  it('and shows no secret that stands there', async () => {
    learnSecrets(['what-nobody-may-see']);
    const { terminal } = await device.open(script(text => `${text}\r\nthe password is what-nobody-may-see. Right? [y/n]: `));
    const failure = await failureOf(ask(terminal, 'show x', 'privileged'));
    expect(failure.message).toBe('sw1 asks what nobody answers after "show x": the password is ********. Right? [y/n]:');
  });

  it('but waits for one that is at work, however long it keeps silent and whatever stands on its last line', async () => {
    const lines = [
      'Building configuration...',
      'Copying: ########',
      '10%',
      'Translating "x"...domain server (255.255.255.255)',
      'commit [done]',
      '',
    ];
    const answers = await Promise.all(
      lines.map(async busy => {
        const { tty, terminal } = await device.open(script(text => `${text}\r\n${busy}`));
        const asked = ask(terminal, 'show x', 'privileged', { wait: PATIENCE });
        setTimeout(() => tty.say(`\r\nOK\r\n${PROMPT}`), 2600);
        return (await asked).split('\n').at(-1);
      }),
    );
    expect(answers).toEqual(lines.map(() => 'OK'));
  });
});

describe('a question', () => {
  const confirming = (then: string) => {
    let asked = false;
    return {
      greeting: PROMPT,
      answer: (text: string) => {
        if (asked) {
          asked = false;
          return `${text}\r\n${then}${PROMPT}`;
        }
        asked = text === 'reload';
        return asked ? 'reload\r\nProceed with reload? [confirm]' : `${text}\r\n${PROMPT}`;
      },
    };
  };

  it.each([
    ['with a word', 'yes'],
    ['with nothing but Enter', ''],
  ])('is answered %s, wherever it is cut', async (_how, answer) => {
    const answers: readonly Answer<string>[] = [{ question: /Proceed with reload\? \[confirm\]$/, answer }];
    const { tty, terminal } = await device.open(confirming('Reloading\r\n'));
    for (const cuts of cutsOf('reload\r\nProceed with reload? [confirm]')) {
      tty.cuts = cuts;
      expect((await ask(terminal, 'reload', 'privileged', { answer: answers })).split('\n')).toEqual([
        'Proceed with reload? [confirm]',
        answer,
        'Reloading',
      ]);
    }
  });

  it('stands for itself: one that is only printed, above the prompt, is not answered', async () => {
    const { tty, terminal } = await device.open(script(text => `${text}\r\nSave? [yes/no]: no\r\n${PROMPT}`));
    const answers = [{ question: /Save\? \[yes\/no\]:$/, answer: 'yes' }];
    expect(await ask(terminal, 'show x', 'privileged', { answer: answers })).toBe('Save? [yes/no]: no');
    expect(tty.typed).toEqual(['terminal length 0', 'show x']);
  });
});

describe.concurrent('a login', () => {
  const show = (greeting: Bytes, more: Partial<Script> = {}): Script => ({
    ...script(text => `${text}\r\nanswer\r\n${PROMPT}`, greeting),
    ...more,
  });

  it.each([
    ['ends like a prompt', 'Welcome to\r\nswitch# ', true],
    ['has a line that is just like a prompt', 'switch#\r\nUse is logged\r\n', false],
    ['has a line that is the device’s own prompt', `${PROMPT}\r\nUse is logged\r\n`, false],
    ['has one that is the prompt of a deeper mode', 'sw1(config)#\r\n', false],
    ['has a question', 'Do you agree? [y/n]\r\n', false],
    ['asks the terminal who it is', '\x1b[5n\x1b[6n\x1b[c\r\n', false],
    ['clears the screen and sets a title', '\x1b[2J\x1b[H\x1b]0;sw1#\x07\x1b[?2004h', false],
    ['has NUL bytes and is no UTF-8', Buffer.concat([Buffer.of(0, 0xff, 0xfe, 0), Buffer.from('\r\r\n\0')]), false],
  ])('is not taken in by a banner that %s', async (_what, banner, lineGoesOn) => {
    const greeting = Buffer.concat([Buffer.from(banner as Buffer), Buffer.from(`${lineGoesOn ? '\r\n' : ''}${PROMPT}`)]);
    for (const cuts of cutsOf(greeting)) {
      const { tty, terminal } = await device.open(show(greeting), { cuts });
      expect(await ask(terminal, 'show x', 'privileged')).toBe('answer');
      expect(terminal.landed('privileged')).toBe(true);
      expect(tty.typed).toEqual(['terminal length 0', 'show x']);
      expect(tty.keys.replaceAll('\n', '')).toBe('terminal length 0show x');
    }
  });

  it('waits for the device behind a banner that ends like a prompt, and types nothing but empty lines until it is there', async () => {
    let early: readonly string[] = ['?'];
    const late: Script = {
      greeting: 'Welcome to\r\nswitch# ',
      // It does not listen yet: what is typed before its CLI has started is lost.
      answer: (text, tty) => (tty.ready ? (text === 'show x' ? `${text}\r\nanswer\r\n${PROMPT}` : `${text}\r\n${PROMPT}`) : undefined),
    };
    const { tty, terminal } = device.try(late);
    const on = await tty;
    setTimeout(() => {
      early = [...on.typed];
      on.ready = true;
      on.say(`\r\n${PROMPT}`);
    }, 500);
    expect(await ask(await terminal, 'show x', 'privileged')).toBe('answer');
    expect(early).toEqual([]);
  });

  it.each([
    [
      'a new password',
      'Your password has expired.\r\nNew password: ',
      /^sw1 asks what nobody answers: Your password has expired\.\nNew password:$/,
    ],
    [
      'a key',
      'Use is logged.\r\nPress any key to continue',
      /^sw1 stops at a pager that its platform\.yml does not name: Use is logged\.\nPress any key to continue$/,
    ],
    ['somebody who knows its shell', 'root@sw1:~ # ', /^sw1 shows a prompt that is none of its platform\.yml: root@sw1:~ #$/],
  ])('that ends at a device that wants %s is refused at once, and nothing is typed', async (_what, greeting, message) => {
    const failures = await Promise.all(
      cutsOf(greeting).map(async cuts => {
        const started = Date.now();
        const { tty, terminal } = device.try({ greeting, answer: () => undefined }, { cuts, wait: PATIENCE });
        const failure = await failureOf(terminal);
        return { kind: failure.kind, message: failure.message, keys: (await tty).keys, fast: Date.now() - started < AT_ONCE };
      }),
    );
    for (const failure of failures) {
      expect(failure).toMatchObject({ kind: 'login_refused', keys: '', fast: true });
      expect(failure.message).toMatch(message);
    }
  });

  it('goes through pages of a banner where the platform has such a pager', async () => {
    const paged: Script = {
      greeting: '',
      answer: text => (text === 'show x' ? `${text}\r\nanswer\r\n${PROMPT}` : `${text}\r\n${PROMPT}`),
    };
    const dialect = { ...IOS_LIKE, pager: { prompt: /^--More--$/, key: ' ' } };
    const { tty, terminal } = device.try(paged, { dialect });
    (await tty).page(['Terms of use\r\n', 'More terms\r\n', PROMPT], '--More--', '\r        \r');
    expect(await ask(await terminal, 'show x', 'privileged')).toBe('answer');
  });
});

describe('a device that hangs up', () => {
  it('right after the prompt fails the call as lost, wherever that is cut: nobody can tell whether the answer was whole', async () => {
    const says = `show x\r\nanswer\r\n${PROMPT}`;
    for (const cuts of cutsOf(says)) {
      const { terminal } = await device.open(
        script((_line, tty) => {
          tty.cuts = cuts;
          tty.say(says);
          tty.hangUp();
          return undefined;
        }),
      );
      const failure = await failureOf(ask(terminal, 'show x', 'privileged'));
      expect(failure).toMatchObject({ kind: 'session_lost', message: 'the connection to sw1 was lost' });
      expect(terminal.alive).toBe(false);
    }
  });

  it('in the middle of a line, wherever that is, fails the call as lost', async () => {
    const says = Buffer.from(`show x\r\n${PROMPT}\r\nanswer\r\n${PROMPT}`);
    for (let length = 0; length < says.length; length += 1) {
      const { terminal } = await device.open(
        script((_line, tty) => {
          tty.say(says.subarray(0, length));
          tty.hangUp();
          return undefined;
        }),
      );
      expect((await failureOf(ask(terminal, 'show x', 'privileged'))).kind).toBe('session_lost');
    }
  });

  it('right after the first prompt refuses the login', async () => {
    const { tty, terminal } = device.try({ greeting: PROMPT, answer: () => undefined });
    (await tty).hangUp();
    expect(await failureOf(terminal)).toMatchObject({ kind: 'session_lost', message: 'the connection to sw1 was lost' });
  });
});

describe('what comes after a prompt that was none', () => {
  const step = (...lines: string[]) => ({ mode: 'privileged', lines: lines.map(line), tolerate: [], answer: [] });

  it('is part of the answer before it', async () => {
    const { tty, terminal } = await device.open(
      script((text, on) => (on.typed.length === 2 ? `${text}\r\n${PROMPT}\r\none\r\n${PROMPT}` : `${text}\r\n${PROMPT}`)),
    );
    tty.cuts = dripped;
    const answers = await terminal.run(step('show x', 'show y', 'show z'), soon());
    expect(answers.map(({ sent, received }) => [sent, received])).toEqual([
      ['show x', 'one'],
      ['show y', ''],
      ['show z', ''],
    ]);
  });

  it('is a refusal, where it is one, and then no further line is typed', async () => {
    const { tty, terminal } = await device.open(
      script((text, on) => (on.typed.length === 2 ? `${text}\r\n${PROMPT}\r\n% Invalid input\r\n${PROMPT}` : `${text}\r\n${PROMPT}`)),
    );
    tty.cuts = dripped;
    const failure = await failureOf(terminal.run(step('show x', 'show y', 'show z'), soon()));
    expect(failure).toMatchObject({
      kind: 'rejected',
      message: expect.stringMatching(/^sw1 refused "show x" \(test\.yml:1\): % Invalid input/),
    });
    expect(tty.typed).toEqual(['terminal length 0', 'show x', 'show y']);
  });

  it('is a refusal of the last line too', async () => {
    const { tty, terminal } = await device.open(script(text => `${text}\r\n${PROMPT}\r\n% Invalid input\r\n${PROMPT}`));
    tty.cuts = dripped;
    const failure = await failureOf(terminal.run(step('show y', 'show x'), soon()));
    expect(failure).toMatchObject({
      kind: 'rejected',
      message: expect.stringMatching(/^sw1 refused "show x" \(test\.yml:1\): .*% Invalid input$/),
    });
    expect(terminal.alive).toBe(true);
  });

  it('is waited for when a mode seems not to be reached', async () => {
    const LOG = '*Mar  1 00:00:01.000: %SYS-5-CONFIG_I: Configured from console by vty0';
    let at = 'sw1#';
    const slow: Script = {
      greeting: at,
      answer: text => {
        if (text !== 'configure terminal') return `${text}\r\n${at}`;
        at = 'sw1(config)#';
        return `${text}\r\nsw1#\r\n${LOG}\r\n${at}`;
      },
    };
    const { terminal } = await device.open(slow, { cuts: dripped });
    await terminal.enter('config', soon());
    expect(terminal.landed('config')).toBe(true);
  });
});

it('a prompt that counts its commands, or shows the time, is still the same prompt', async () => {
  let count = 0;
  const prompt = () => {
    count += 1;
    return `sw1.${count} 12:00:${String(count % 60).padStart(2, '0')}# `;
  };
  const dialect = dialectOf([mode('exec', /^sw1\.\d+ [\d:]+#\s*$/)]);
  const { terminal } = await device.open(
    { greeting: prompt(), answer: text => `${text}\r\n${text === 'show x' ? 'answer\r\n' : ''}${prompt()}` },
    { dialect, cuts: dripped },
  );
  expect(await ask(terminal, 'show x')).toBe('answer');
  expect(await ask(terminal, 'show y')).toBe('');
});

it('the enable secret is typed at its question only, and never echoed into an answer', async () => {
  let at = 'sw1>';
  let secret = false;
  const asking: Script = {
    greeting: at,
    answer: text => {
      if (secret) {
        secret = false;
        at = text === SECRET ? 'sw1#' : at;
        return `\r\n${at}`;
      }
      secret = text === 'enable';
      return secret ? 'enable\r\nPassword: ' : `${text}\r\n${at}`;
    },
  };
  for (const cuts of cutsOf('enable\r\nPassword: ')) {
    at = 'sw1>';
    const { tty, terminal } = await device.open(asking, { cuts });
    expect(await ask(terminal, 'show version', 'privileged')).toBe('');
    expect(tty.typed).toEqual(['terminal length 0', 'enable', SECRET, 'show version']);
  }
});
