import { ChangeError } from '../../errors.ts';
import type { Device } from '../../model.ts';
import type { Lock, Locks } from './lock.ts';

/** What became of a lock when a failed change wants to take back what it typed. */
export type Regained = 'kept' | 'taken again';

/** A device's lock as a change uses it: checked before whatever counts, and taken again where a change that lost it has to end in order. */
export class Hold implements AsyncDisposable {
  readonly #locks: Locks;
  readonly #device: Device;
  #lock: Lock;
  #returning = false;

  private constructor(locks: Locks, device: Device, lock: Lock) {
    this.#locks = locks;
    this.#device = device;
    this.#lock = lock;
  }

  /** Before anything is typed. @throws ChangeError `busy`, `no_lock` */
  static async take(locks: Locks, device: Device, deadline: number): Promise<Hold> {
    try {
      return new Hold(locks, device, await locks.take(device, deadline));
    } catch (thrown) {
      if (!(thrown instanceof ChangeError)) throw thrown;
      throw thrown.with('refused', [], `${thrown.message}; nothing was typed`);
    }
  }

  /** @throws ChangeError `lock_lost` unless what comes next may be typed */
  async check(): Promise<void> {
    if (this.#returning && this.#lock.outlasts) return;
    await this.#lock.check();
  }

  /**
   * Before anything is taken back. From here on the lock counts as ours for as long as nobody else can have got it, whether the backend
   * answers or not: going on needs its word, because it adds to what may be wrong; taking back only lessens it.
   * @throws ChangeError `busy`, `no_lock`: it is lost, and was not to be had again before `deadline`
   */
  async regain(deadline: number): Promise<Regained> {
    try {
      await this.#lock.check();
    } catch {
      if (!this.#lock.outlasts) {
        await this.#lock[Symbol.asyncDispose]();
        this.#lock = await this.#locks.take(this.#device, deadline);
        this.#returning = true;
        return 'taken again';
      }
    }
    this.#returning = true;
    return 'kept';
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#lock[Symbol.asyncDispose]();
  }
}
