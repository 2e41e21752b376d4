import { ChangeError } from '../errors.ts';

/**
 * The promise's value, or ChangeError `timeout` once `deadline` (milliseconds since the epoch) has passed.
 * `giveUp` runs then, to end what is under way.
 */
export async function within<T>(work: Promise<T>, deadline: number, what: string, giveUp: () => void = () => {}): Promise<T> {
  const left = deadline - Date.now();
  if (left <= 0) {
    work.catch(() => {});
    giveUp();
    throw new ChangeError('timeout', `no time left to ${what}`);
  }
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      giveUp();
      reject(new ChangeError('timeout', `gave up after ${Math.round(left / 100) / 10} s waiting to ${what}`));
    }, left);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
