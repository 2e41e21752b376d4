import { readFileSync, writeFileSync } from 'node:fs';
import { ChangeError, messageOf } from '../errors.ts';

/** The text of a file, or of standard input when it is called `-`. @throws ChangeError bad_request when it cannot be read */
export function readInput(file: string): string {
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8');
  } catch (thrown) {
    const missing = (thrown as NodeJS.ErrnoException).code === 'ENOENT';
    throw new ChangeError('bad_request', missing ? `there is no file ${file}` : `${file} cannot be read: ${messageOf(thrown)}`);
  }
}

/** Writes a file, or to standard output when it is called `-`. @throws ChangeError bad_request when it cannot be written */
export function writeOutput(file: string, text: string): void {
  if (file === '-') {
    process.stdout.write(text);
    return;
  }
  try {
    writeFileSync(file, text);
  } catch (thrown) {
    throw new ChangeError('bad_request', `${file} cannot be written: ${messageOf(thrown)}`);
  }
}
