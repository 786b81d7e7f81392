import type { RemoteSystem } from '../../targets/remote-system.ts';

/** The worker dies here: nothing of what follows happens. */
export class Crash extends Error {}

/** Around an effect at the target, or once the target has confirmed it. */
export type CrashPoint = 'before-effect' | 'after-effect' | 'before-record';

/** Calls that have an effect at the target. */
const EFFECTS: ReadonlySet<string | symbol> = new Set(['send', 'remove', 'optOut', 'release', 'sendPage', 'sendMany']);

/** Lets the next delivery crash at a point. */
export class Crashes {
  #at: CrashPoint | null = null;

  arm(at: CrashPoint | null): void {
    this.#at = at;
  }

  /** @throws Crash if it is armed for this point; only once. */
  strike(at: CrashPoint): void {
    if (this.#at !== at) return;
    this.#at = null;
    throw new Crash(at);
  }

  /** The same target, whose calls crash when armed. */
  around(remote: RemoteSystem): RemoteSystem {
    const striking = <T extends object>(calls: T): T =>
      new Proxy(calls, {
        get: (target, name) => {
          const value: unknown = Reflect.get(target, name, target);
          if (name === 'bulk' && typeof value === 'object' && value !== null) return striking(value);
          if (typeof value !== 'function' || !EFFECTS.has(name)) return value;
          return async (...given: unknown[]) => {
            this.strike('before-effect');
            const result: unknown = await Reflect.apply(value, target, given);
            this.strike('after-effect');
            return result;
          };
        },
      });
    return striking(remote);
  }
}
