import { expect } from 'vitest';
import type { Mercury } from './harness.ts';
import { hold } from './hold.ts';

/** Makes calls for one switch meet in one visit, in their order: it lets nobody in until all of them wait for it. */
export async function meet<T>(mercury: Mercury, device: string, calls: readonly (() => Promise<T>)[]): Promise<T[]> {
  const { letGo } = hold(mercury.device(device), 'login', /^$/);
  const answers: Promise<T>[] = [];
  for (const call of calls) {
    answers.push(call());
    await expect.poll(() => mercury.desk.world.queue.size).toBe(answers.length);
  }
  letGo();
  return Promise.all(answers);
}
