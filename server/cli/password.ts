import { once } from 'node:events';
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { ChangeError } from '../errors.ts';
import { readInput } from './input.ts';

/**
 * A password from a file, from MERCURY_PASSWORD or from whoever sits at the terminal; never from an argument, which every user of the
 * machine can read. `inputTaken`: standard input holds something else.
 * @throws ChangeError bad_request when there is none
 */
export async function readPassword(user: string, file: string | undefined, inputTaken: boolean): Promise<string> {
  const password =
    file !== undefined ? readInput(file).replace(/\r?\n$/, '') : (process.env.MERCURY_PASSWORD ?? (await asked(user, inputTaken)));
  if (password === '') throw new ChangeError('bad_request', `the password of ${user} is empty`);
  return password;
}

async function asked(user: string, inputTaken: boolean): Promise<string> {
  if (inputTaken || !process.stdin.isTTY)
    throw new ChangeError('bad_request', `no password for ${user}: set MERCURY_PASSWORD, or name a file with --password-file`);
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const terminal = createInterface({ input: process.stdin, output: nowhere, terminal: true, historySize: 0 });
  const gone = once(terminal, 'close').then(() => {
    throw new ChangeError('bad_request', 'no password was given');
  });
  try {
    process.stderr.write(`Password of ${user}: `);
    return await Promise.race([terminal.question(''), gone]);
  } finally {
    terminal.close();
    process.stderr.write('\n');
  }
}
