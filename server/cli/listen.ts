import { ChangeError } from '../errors.ts';

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'something listens there already',
  EACCES: 'this user may not; ports below 1024 belong to root',
  EADDRNOTAVAIL: 'this machine does not have that address',
  ENOTFOUND: 'there is no such host',
};

/** Why an address could not be taken, in words, and what to do about it. */
export function cannotListen(where: string, thrown: NodeJS.ErrnoException, advice: string): ChangeError {
  return new ChangeError('bad_request', `cannot listen on ${where}: ${REASONS[thrown.code ?? ''] ?? thrown.message}; ${advice}`, {
    cause: thrown,
  });
}
