import type { KeyboardAuthContext, Prompt } from 'ssh2';
import { describe, expect, it } from 'vitest';
import type { Credentials } from '../../server/transport/hop.ts';
import { connectSsh } from '../../server/transport/ssh.ts';
import { failureOf, soon } from '../ends.ts';
import { deviceAt, gate, KEY } from './servers.ts';

const PASSWORD: Credentials = { username: 'mercury', password: 'lab-password' };

/** A host that logs in by questions only: one list of them after another, whatever is answered. */
function interview(rounds: readonly (readonly Prompt[])[], heard: string[][] = [], title = '') {
  return gate(context => {
    if (context.method !== 'keyboard-interactive') return context.reject(['keyboard-interactive']);
    const ask = ([questions, ...others]: typeof rounds, asking: KeyboardAuthContext): void => {
      if (!questions) return asking.accept();
      asking.prompt([...questions], title, 'Only for those who may.\r\nsw1# ', answers => {
        heard.push(answers);
        ask(others, asking);
      });
    };
    ask(rounds, context);
  });
}

const quiet = (prompt: string): Prompt => ({ prompt, echo: false });
const shown = (prompt: string): Prompt => ({ prompt, echo: true });

describe('a login by questions', () => {
  it.each([
    ['the password', [[quiet('Password: ')]], [['lab-password']]],
    ['the user and the password, at once', [[shown('Username:'), quiet('Password:')]], [['mercury', 'lab-password']]],
    ['the user, then the password', [[shown('login: ')], [quiet("mercury's password for sw1.example: ")]], [['mercury'], ['lab-password']]],
    ['the password, and shows what is typed', [[shown('Password:')]], [['lab-password']]],
    ['the password in another language', [[quiet('Passwort: ')]], [['lab-password']]],
    ['nothing, after a message', [[], [quiet('Password: ')]], [[], ['lab-password']]],
  ])('answers one that asks for %s', async (_what, rounds, answers) => {
    const heard: string[][] = [];
    await using ssh = await interview(rounds, heard, 'RADIUS');
    const connection = await connectSsh(deviceAt(ssh.port), PASSWORD, soon());
    await connection.close();
    expect(heard).toEqual(answers);
  });

  it.each([
    ['a new password', [[quiet('Password: ')], [quiet('New password: '), quiet('Retype new password: ')]], 'New password:', 1],
    ['the new password with the old', [[quiet('Current password:'), quiet('New password:')]], 'New password:', 0],
    ['a code', [[quiet('Password: ')], [quiet('Verification code: ')]], 'Verification code:', 1],
    ['a code with the password', [[quiet('Password:'), quiet('One-time password (OTP):')]], 'One-time password (OTP):', 0],
    ['the password again, which was wrong then', [[quiet('Password: ')], [quiet('Password: ')]], 'Password:', 1],
    ['whatever comes to its mind', [[shown('Favourite colour?')]], 'Favourite colour?', 0],
  ])('is given up at once where it asks for %s', async (_what, rounds, stuck, answered) => {
    const heard: string[][] = [];
    await using ssh = await interview(rounds, heard);
    const failure = await failureOf(connectSsh(deviceAt(ssh.port), PASSWORD, soon()));
    expect(failure).toMatchObject({
      kind: 'login_refused',
      message: `sw1 (127.0.0.1:${ssh.port}) refused the login of mercury: it asks "${stuck}", to which the credentials have no answer`,
    });
    expect(heard).toHaveLength(answered);
    await expect.poll(() => ssh.clients.size).toBe(0);
  });

  it('does not answer questions with the passphrase of a key', async () => {
    await using ssh = await interview([[quiet('Password: ')]]);
    const failure = await failureOf(
      connectSsh(deviceAt(ssh.port), { username: 'mercury', private_key: KEY.privateKey, passphrase: 'sesame-street' }, soon()),
    );
    expect(failure.message).toBe(
      `sw1 (127.0.0.1:${ssh.port}) refused the login of mercury: it takes keyboard-interactive, and the credentials have a private key`,
    );
  });
});

describe('a login', () => {
  it('tries keys before passwords, and each of them once', async () => {
    const tried: string[] = [];
    await using ssh = await gate(context => {
      tried.push(context.method);
      context.reject(['password', 'publickey', 'keyboard-interactive']);
    });
    const failure = await failureOf(connectSsh(deviceAt(ssh.port), { ...PASSWORD, private_key: KEY.privateKey }, soon()));
    expect(failure.message).toBe(`sw1 (127.0.0.1:${ssh.port}) refused the login of mercury`);
    // A password that was refused is not tried a second time by way of a question: some hosts count.
    expect(tried).toEqual(['none', 'publickey', 'password']);
  });

  it('goes on with the other half where a host wants two', async () => {
    const tried: string[] = [];
    await using ssh = await gate(context => {
      tried.push(context.method);
      if (context.method === 'publickey' && context.signature === undefined) return context.accept();
      if (context.method === 'publickey') return context.reject(['keyboard-interactive'], true);
      if (context.method === 'keyboard-interactive') return context.prompt([quiet('Password:')], () => context.accept());
      context.reject(['publickey']);
    });
    const connection = await connectSsh(deviceAt(ssh.port), { ...PASSWORD, private_key: KEY.privateKey }, soon());
    await connection.close();
    expect(tried).toEqual(['none', 'publickey', 'publickey', 'keyboard-interactive']);
  });

  it('asks about the password after the password, where that is the other half', async () => {
    await using ssh = await gate(context => {
      if (context.method === 'password') return context.reject(['keyboard-interactive'], true);
      if (context.method === 'keyboard-interactive') return context.prompt([quiet('Password:')], () => context.accept());
      context.reject(['password']);
    });
    const connection = await connectSsh(deviceAt(ssh.port), PASSWORD, soon());
    await connection.close();
  });

  it('is given up where a new password is wanted, and none is made up', async () => {
    await using ssh = await gate(context => {
      if (context.method !== 'password') return context.reject(['password']);
      context.requestChange('Your password has expired.', () => context.accept());
    });
    const failure = await failureOf(connectSsh(deviceAt(ssh.port), PASSWORD, soon()));
    expect(failure.message).toBe(`sw1 (127.0.0.1:${ssh.port}) refused the login of mercury: it wants a new password first`);
    await expect.poll(() => ssh.clients.size).toBe(0);
  });

  it('reads past banners and greetings, long ones and such as look like prompts', async () => {
    const banner = `${'Authorised access only.\r\n'.repeat(1200)}sw1# \r\nPassword: `;
    await using ssh = await gate(context => (context.method === 'password' ? context.accept() : context.reject(['password'])), {
      banner,
      greeting: 'Welcome to sw1\r\nsw1> ',
    });
    const connection = await connectSsh(deviceAt(ssh.port), PASSWORD, soon());
    await connection.close();
  });

  it('takes no key from a file that holds the public half', async () => {
    await using ssh = await gate(context => context.reject(['publickey']));
    const none = await failureOf(connectSsh(deviceAt(ssh.port), { username: 'm', private_key: '-----BEGIN NONSENSE-----\n' }, soon()));
    expect(none).toMatchObject({
      kind: 'login_refused',
      message: expect.stringMatching(/^the private key of the credentials cannot be used: /),
    });
  });
});
