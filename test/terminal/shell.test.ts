import { describe, expect, it } from 'vitest';
import type { ShellTerminal } from '../../server/terminal/shell.ts';
import fc from '../chance.ts';
import { failureOf, soon } from '../ends.ts';
import { ask, type Cuts, cutAt, dialectOf, everyByte, IOS_LIKE, line, mode, open, SECRET, TestDevice, whole } from './device.ts';

/** A device whose prompt follows its modes, which echoes, and prints `outputs` (command → raw text) before its prompt. */
function iosLike(
  outputs: Readonly<Record<string, string>> = {},
  parts: { greeting?: string; cuts?: Cuts; logsIn?: string } = {},
): TestDevice {
  const prompts: Record<string, string> = { exec: 'sw1>', privileged: 'sw1#', config: 'sw1(config)#' };
  let at = parts.logsIn ?? 'exec';
  let secret = false;
  const answer = (text: string): string => {
    if (secret) {
      secret = false;
      if (text === SECRET) at = 'privileged';
      return `\r\n${text === SECRET ? '' : '% Bad secrets\r\n'}${prompts[at]}`;
    }
    if (text === 'enable' && at === 'exec') {
      secret = true;
      return `${text}\r\nPassword: `;
    }
    if (text === 'configure terminal') at = 'config';
    if (text === 'end') at = 'privileged';
    if (text === 'disable') at = 'exec';
    return `${text}\r\n${outputs[text] ?? ''}${prompts[at]}`;
  };
  return new TestDevice({ greeting: `${parts.greeting ?? ''}${prompts[at]}`, answer, ...(parts.cuts ? { cuts: parts.cuts } : {}) });
}

/** Everything that upsets a reader of screens, in one output. */
const NASTY = [
  '\x1b[1mBuilding configuration...\x1b[0m\r\r\n',
  '!\0\r\n',
  'hostname sw1\r\n',
  'banner motd ^C\r\n',
  'Only sw1#\r\n',
  '^C\r\n',
  'interface p1\r\n',
  ' description link to sw1#\r\n',
  '*Mar  1 00:00:01.000: %LINK-3-UPDOWN: Interface p2, changed state to down\r\n',
  ' description sw1(config)# show\r\n',
  ' --More-- \b\b\b\b\b\b\b\b\b\b          \b\b\b\b\b\b\b\b\b\b switchport access vlan 5\r\n',
  'downloading  10%\rdownloading 100%\r\n',
  ' --More--\r\x1b[K no shutdown\r\n',
  'Zürich 雨\r\n',
  '\r\n',
  'end\r\n',
].join('');
const PLAIN = `Building configuration...
!
hostname sw1
banner motd ^C
Only sw1#
^C
interface p1
 description link to sw1#
 description sw1(config)# show
 switchport access vlan 5
downloading 100%
 no shutdown
Zürich 雨

end`;

const BANNER = '\r\n*** Authorized access only ***\r\nsw1 > is watching\r\nLast login: Mar 1 from 192.0.2.1>\r\nWelcome to sw1#1\r\n\r\n';

async function session(cuts: Cuts): Promise<{ shown: string[]; typed: readonly string[] }> {
  const device = iosLike({ 'show running-config': NASTY, 'do show running-config': NASTY, 'show nothing': '' }, { greeting: BANNER, cuts });
  const terminal = await open(device);
  const shown = [
    await ask(terminal, 'show running-config', 'privileged'),
    await ask(terminal, 'show nothing', 'privileged'),
    await ask(terminal, 'interface p1', 'config'),
    await ask(terminal, 'show running-config', 'privileged'),
  ];
  await terminal.enter('exec', soon());
  return { shown, typed: device.typed };
}

const TYPED = [
  'terminal length 0',
  'enable',
  SECRET,
  'show running-config',
  'show nothing',
  'configure terminal',
  'interface p1',
  'do show running-config',
  'end',
  'disable',
];

describe('a session is read the same', () => {
  it.each([
    ['whole', whole],
    ['byte by byte', everyByte],
  ])('%s', async (_what, cuts) => {
    expect(await session(cuts)).toEqual({ shown: [PLAIN, '', '', PLAIN], typed: TYPED });
  });

  it('however it is cut', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 8 }), async lengths => {
        expect(await session(cutAt(lengths))).toEqual({ shown: [PLAIN, '', '', PLAIN], typed: TYPED });
      }),
      { numRuns: 60 },
    );
  });
});

describe('a login', () => {
  it('is not taken in by a banner line that is just like a prompt, cut where it hurts', async () => {
    for (const banner of ['Welcome#\r\n', 'sw1>\r\n', 'Unauthorized>\r\nuse-is-prohibited#\r\n', 'core-1(config)#\r\n']) {
      for (const cuts of [whole, everyByte]) {
        const device = iosLike({ 'show version': 'Version 1\r\n' }, { greeting: banner, cuts });
        const terminal = await open(device);
        expect(await ask(terminal, 'show version', 'exec')).toBe('Version 1');
        expect(await ask(terminal, 'show version', 'privileged')).toBe('Version 1');
      }
    }
  });

  it('that lands deeper than the first mode does not enable again', async () => {
    const device = iosLike({ 'show x': 'y\r\n' }, { logsIn: 'privileged' });
    const terminal = await open(device);
    await ask(terminal, 'show x', 'privileged');
    expect(device.typed).toEqual(['terminal length 0', 'show x']);
  });

  it('fails on an on_open that the device refuses, and says where it was written', async () => {
    const failure = await failureOf(open(iosLike({ 'terminal length 0': '% Invalid input\r\n' })));
    expect(failure).toMatchObject({
      kind: 'rejected',
      outcome: 'refused',
      message: 'sw1 refused "terminal length 0" (test.yml:1): % Invalid input',
    });
  });

  it('fails with the tail of the screen when no prompt that it knows comes', async () => {
    const device = new TestDevice({ greeting: 'Welcome\r\nYour password has expired.\r\nNew password: ', answer: () => undefined });
    const failure = await failureOf(open(device, IOS_LIKE, 1000));
    expect(failure.kind).toBe('timeout');
    expect(failure.message).toMatch(
      /^gave up after .* s waiting to hear from sw1; its screen ends in: Welcome\nYour password has expired\.\nNew password:$/,
    );
    expect(device.typed).toEqual([]);
  });

  it('fails as lost, at once, when the device hangs up', async () => {
    const device = new TestDevice({ greeting: 'Too many sessions\r\n', answer: () => undefined });
    setImmediate(() => setImmediate(() => device.hangUp()));
    const failure = await failureOf(open(device));
    expect(failure).toMatchObject({ kind: 'session_lost', message: 'the connection to sw1 was lost' });
  });

  it('takes only prompts of the device it is on: a piece of output that ends like another’s is none', async () => {
    const device = new TestDevice({
      greeting: 'sw1>',
      answer: text => (text === 'show cdp neighbors' ? `${text}\r\nother-switch#` : `${text}\r\nsw1>`),
    });
    const terminal = await open(device);
    const asked = ask(terminal, 'show cdp neighbors');
    setTimeout(() => device.say('1 p48\r\nsw1>'), 50);
    expect(await asked).toBe('other-switch#1 p48');
  });
});

describe('a log line', () => {
  const LOG = '*Mar  1 00:00:01.000: %SYS-5-CONFIG_I: Configured from console by vty0\r\n';

  it.each([
    ['before the echo', (text: string) => `${LOG}sw1>${text}\r\nanswer\r\nsw1>`],
    ['between echo and output', (text: string) => `${text}\r\n${LOG}answer\r\nsw1>`],
    ['before the prompt', (text: string) => `${text}\r\nanswer\r\n${LOG}sw1>`],
    ['below the prompt, which is not printed again', (text: string) => `${text}\r\nanswer\r\nsw1>\r\n${LOG}`],
    ['below the prompt, twice, with blank lines', (text: string) => `${text}\r\nanswer\r\nsw1>\r\n${LOG}\r\n${LOG}`],
    ['below the prompt, which is printed again', (text: string) => `${text}\r\nanswer\r\nsw1>\r\n${LOG}sw1>`],
  ])('%s changes nothing', async (_what, said) => {
    for (const cuts of [whole, cutAt([7]), everyByte]) {
      const device = new TestDevice({ greeting: 'sw1>', answer: text => (text === 'show x' ? said(text) : `${text}\r\nsw1>`), cuts });
      const terminal = await open(device);
      expect(await ask(terminal, 'show x')).toBe('answer');
      expect(await ask(terminal, 'show y')).toBe('');
      expect(await ask(terminal, 'show x')).toBe('answer');
    }
  });
});

describe('an echo', () => {
  const withEcho = (echo: (text: string) => string, cuts: Cuts = whole) =>
    new TestDevice({
      greeting: 'sw1>',
      answer: text => (text.startsWith('show') ? `${echo(text)}answer\r\nsw1>` : `${text}\r\nsw1>`),
      cuts,
    });

  it.each([
    ['wrapped by the device', (text: string) => `${text.slice(0, 10)}\r\n${text.slice(10)}\r\n`],
    ['with colours in it', (text: string) => `\x1b[1m${text.slice(0, 4)}\x1b[0m${text.slice(4)}\r\n`],
    ['redrawn', (text: string) => `${text.slice(0, 8)}\r\x1b[Ksw1>${text}\r\n`],
    ['with backspaces', (text: string) => `sh\b \b\b \b${text}\r\n`],
  ])('is known when it comes %s', async (_what, echo) => {
    for (const cuts of [whole, everyByte]) {
      const terminal = await open(withEcho(echo, cuts));
      expect(await ask(terminal, 'show interfaces p1 switchport')).toBe('answer');
    }
  });

  it('is waited for: what the device still had to say belongs to no command', async () => {
    const device = new TestDevice({ greeting: 'sw1>', answer: text => (text === 'show late' ? undefined : `${text}\r\nsw1>`) });
    const terminal = await open(device);
    const asked = ask(terminal, 'show late');
    device.say('\r\nstale words\r\nsw1>');
    setTimeout(() => device.say('show late\r\nfresh words\r\nsw1>'), 30);
    expect(await asked).toBe('fresh words');
  });

  it('that never comes is a timeout that names the command and shows the screen', async () => {
    const device = new TestDevice({ greeting: 'sw1>', answer: text => (text === 'show x' ? 'press any key' : `${text}\r\nsw1>`) });
    const terminal = await open(device);
    const failure = await failureOf(ask(terminal, 'show x', 'exec', { wait: 1000 }));
    expect(failure.message).toMatch(/^gave up after .* s waiting to hear from sw1 after "show x"; its screen ends in: press any key$/);
    expect(terminal.alive).toBe(false);
    expect((await failureOf(ask(terminal, 'show y'))).kind).toBe('session_lost');
    expect(device.typed).not.toContain('show y');
  });
});

describe('a question', () => {
  const asking = (question: string, then: (answer: string) => string, cuts: Cuts = whole) => {
    let asked = false;
    return new TestDevice({
      greeting: 'sw1>',
      cuts,
      answer: text => {
        if (text === 'reload') {
          asked = true;
          return `reload\r\n${question}`;
        }
        if (!asked) return `${text}\r\nsw1>`;
        asked = false;
        return then(text);
      },
    });
  };

  it('is answered as the playbook says, and its text is part of the output', async () => {
    for (const cuts of [whole, everyByte]) {
      const device = asking('Save? [yes/no]: ', text => `${text}\r\nDone\r\nsw1>`, cuts);
      const terminal = await open(device);
      const said = await ask(terminal, 'reload', 'exec', { answer: [{ question: /Save\? \[yes\/no\]:/, answer: 'yes' }] });
      // Cut behind the colon, the blank after it comes late.
      expect(said.replace(/: ?\n ?/, ': ')).toBe('Save? [yes/no]: yes\nDone');
      expect(device.typed).toEqual(['terminal length 0', 'reload', 'yes']);
    }
  });

  it('is answered once: a device that asks again did not take the answer, and is told on', async () => {
    const device = asking('Save? [yes/no]: ', text => `${text}\r\nPlease answer yes or no\r\nSave? [yes/no]: `);
    const terminal = await open(device);
    const failure = await failureOf(ask(terminal, 'reload', 'exec', { answer: [{ question: /Save\? \[yes\/no\]:/, answer: 'perhaps' }] }));
    expect(failure.kind).toBe('rejected');
    expect(failure.message).toMatch(/^sw1 asks again, it did not take the answer after "reload": .*Save\? \[yes\/no\]:$/s);
    expect(device.typed.filter(text => text === 'perhaps')).toHaveLength(1);
    expect(terminal.alive).toBe(false);
  });

  it('that nobody foresaw is a timeout that shows it', async () => {
    const device = asking('Proceed with reload? [confirm]', () => 'sw1>');
    const terminal = await open(device);
    const failure = await failureOf(ask(terminal, 'reload', 'exec', { wait: 1000 }));
    expect(failure.message).toMatch(/after "reload"; its screen ends in: Proceed with reload\? \[confirm\]$/);
  });

  it('and a second one are answered each with its own answer', async () => {
    const answers: string[] = [];
    const device = asking('Name? ', text => {
      answers.push(text);
      return `${text}\r\nSure? `;
    });
    const terminal = await open(device);
    const done = ask(terminal, 'reload', 'exec', {
      answer: [
        { question: /Sure\?/, answer: 'y' },
        { question: /Name\?/, answer: 'flash' },
      ],
    });
    expect(await done).toBe('Name? \nflash\nSure? \ny');
    expect(answers).toEqual(['flash']);
  });
});

describe('the enable secret', () => {
  it('is typed without an echo, and shown nowhere', async () => {
    const device = iosLike();
    const terminal = await open(device);
    const heard: string[] = [];
    await terminal.run({ mode: 'privileged', lines: [line('show x')], tolerate: [], answer: [] }, soon(), ({ sent, received }) =>
      heard.push(sent, received),
    );
    expect(device.typed).toEqual(['terminal length 0', 'enable', SECRET, 'show x']);
    expect(heard).toEqual(['show x', '']);
  });

  it('that is wrong is told in the device’s own words', async () => {
    const terminal = await open(iosLike(), IOS_LIKE, undefined, 'wrong');
    const failure = await failureOf(ask(terminal, 'show x', 'privileged'));
    expect(failure).toMatchObject({ kind: 'rejected', said: 'Password: % Bad secrets' });
    expect(failure.message).not.toContain('wrong');
  });

  it('that is wrong fails at once where the device asks a second time', async () => {
    const device = new TestDevice({
      greeting: 'sw1>',
      answer: text => (text === 'enable' || text === 'wrong' ? `${text === 'enable' ? text : ''}\r\nPassword: ` : `${text}\r\nsw1>`),
    });
    const terminal = await open(device, IOS_LIKE, undefined, 'wrong');
    const failure = await failureOf(ask(terminal, 'show x', 'privileged'));
    expect(failure.kind).toBe('rejected');
    expect(device.typed.filter(text => text === 'wrong')).toHaveLength(1);
    expect(failure.message).not.toContain('wrong');
  });
});

const withoutSecret = (device: TestDevice): Promise<ShellTerminal> => open(device, IOS_LIKE, undefined, null);

describe('credentials without an enable secret', () => {
  it('refuse the login where the device asks for one', async () => {
    const terminal = await withoutSecret(iosLike());
    const failure = await failureOf(ask(terminal, 'show x', 'privileged'));
    expect(failure).toMatchObject({
      kind: 'login_refused',
      message: 'sw1 asks for the secret of privileged, and the credentials have no enable',
    });
    expect(terminal.alive).toBe(false);
  });

  it('are enough where the device asks for none', async () => {
    let at = 'sw1>';
    const device = new TestDevice({
      greeting: at,
      answer: text => {
        if (text === 'enable') at = 'sw1#';
        if (text === 'disable') at = 'sw1>';
        return `${text}\r\n${at}`;
      },
    });
    const terminal = await withoutSecret(device);
    expect(await ask(terminal, 'show x', 'privileged')).toBe('');
    expect(await ask(terminal, 'show y', 'exec')).toBe('');
    expect(device.typed).toEqual(['terminal length 0', 'enable', 'show x', 'disable', 'show y']);
  });
});

describe('a step', () => {
  it('stops at the first line that the device refuses, and tells what was typed until then', async () => {
    const device = iosLike({ 'vlan 5000': '     ^\r\n% Bad VLAN id\r\n' });
    const terminal = await open(device);
    const heard: string[] = [];
    const lines = ['interface p1', 'vlan 5000', 'no shutdown'].map(line);
    const failure = await failureOf(
      terminal.run({ mode: 'config', lines, tolerate: [], answer: [] }, soon(), ({ sent, received }) =>
        heard.push(`${sent} → ${received.trim()}`),
      ),
    );
    expect(failure).toMatchObject({
      kind: 'rejected',
      said: '% Bad VLAN id',
      message: 'sw1 refused "vlan 5000" (test.yml:1): % Bad VLAN id',
    });
    expect(heard).toEqual(['interface p1 → ', 'vlan 5000 → ^\n% Bad VLAN id']);
    expect(device.typed).not.toContain('no shutdown');
    expect(terminal.alive).toBe(true);
  });

  it('goes on over a line that is tolerated', async () => {
    const device = iosLike({ 'vlan 5': '% VLAN does not exist. Creating vlan 5\r\n' });
    const terminal = await open(device);
    const lines = ['vlan 5', 'no shutdown'].map(line);
    await terminal.run({ mode: 'config', lines, tolerate: [/^% VLAN does not exist/m], answer: [] }, soon());
    expect(device.typed.slice(-2)).toEqual(['vlan 5', 'no shutdown']);
  });

  it('fails as lost when the session drops between two lines, and types no more', async () => {
    const device = new TestDevice({
      greeting: 'sw1>',
      answer: text => {
        if (text === 'two') device.hangUp();
        return `${text}\r\nsw1>`;
      },
    });
    const terminal = await open(device);
    const failure = await failureOf(
      terminal.run({ mode: 'exec', lines: ['one', 'two', 'three'].map(line), tolerate: [], answer: [] }, soon()),
    );
    expect(failure.kind).toBe('session_lost');
    expect(device.typed).toEqual(['terminal length 0', 'one', 'two']);
    expect(terminal.alive).toBe(false);
  });

  it('types nothing when its time is over', async () => {
    const device = iosLike();
    const terminal = await open(device);
    const failure = await failureOf(ask(terminal, 'show x', 'exec', { wait: -1 }));
    expect(failure.kind).toBe('timeout');
  });

  it('fails when a way into a mode leads elsewhere', async () => {
    const device = new TestDevice({ greeting: 'sw1#', answer: text => `${text}\r\nsw1#` });
    const terminal = await open(device);
    const failure = await failureOf(ask(terminal, 'interface p1', 'config'));
    expect(failure).toMatchObject({ kind: 'rejected', message: 'sw1: expected to get to config, but the prompt is sw1#' });
    expect(device.typed).not.toContain('interface p1');
  });

  it('knows where a commit landed', async () => {
    const device = iosLike();
    const terminal = await open(device);
    await terminal.enter('config', soon());
    expect([terminal.landed('config'), terminal.landed('privileged')]).toEqual([true, false]);
    await terminal.run({ mode: 'config', lines: [line('end')], tolerate: [], answer: [] }, soon());
    expect([terminal.landed('config'), terminal.landed('privileged')]).toEqual([false, true]);
  });

  it('enters the same modes by other names once it speaks another dialect', async () => {
    const prompts = { a: 'sw1#', b: 'sw1(s1)#', c: 'sw1(s2)#' };
    let at = prompts.a;
    const device = new TestDevice({
      greeting: at,
      answer: text => {
        at = text === 'session s1' ? prompts.b : text === 'session s2' ? prompts.c : text === 'abort' ? prompts.a : at;
        return `${text}\r\n${at}`;
      },
    });
    const speaking = (name: string) =>
      dialectOf([
        mode('a', /^[\w.-]+#\s*$/),
        mode('b', /^[\w.-]+\(s\d\)#\s*$/, { parent: 'a', enter: [line(`session ${name}`)], leave: [line('abort')] }),
      ]);
    const terminal = await open(device, speaking('s1'));
    await ask(terminal, 'x', 'b');
    await terminal.enter('a', soon());
    terminal.speak(speaking('s2'));
    await ask(terminal, 'y', 'b');
    expect(device.typed).toEqual(['terminal length 0', 'session s1', 'x', 'abort', 'session s2', 'y']);
  });
});

describe('a very long output', () => {
  it('is read whole up to some megabytes', async () => {
    const lines = Array.from({ length: 60_000 }, (_, i) => `vlan ${i} name tenant-network-number-${i}`);
    const terminal = await open(iosLike({ 'show all': `${lines.join('\r\n')}\r\n` }, { cuts: cutAt([32_768]) }));
    expect(await ask(terminal, 'show all')).toBe(lines.join('\n'));
  });

  it('beyond that ends in an error, not in a process without memory', async () => {
    const device = new TestDevice({
      greeting: 'sw1>',
      answer: text => (text === 'show all' ? `${text}\r\n` : `${text}\r\nsw1>`),
      cuts: cutAt([65_536]),
    });
    const terminal = await open(device);
    const asked = failureOf(ask(terminal, 'show all'));
    const megabyte = `${'x'.repeat(1022)}\r\n`.repeat(1024);
    const before = process.memoryUsage().heapUsed + process.memoryUsage().external;
    for (let i = 0; i < 12; i += 1) device.say(megabyte);
    device.say('sw1>');
    const failure = await asked;
    expect(failure.kind).toBe('session_lost');
    expect(failure.message).toMatch(/^sw1 said more than 8 MB after "show all"/);
    expect(process.memoryUsage().heapUsed + process.memoryUsage().external - before).toBeLessThan(300 * 1024 * 1024);
  });
});
