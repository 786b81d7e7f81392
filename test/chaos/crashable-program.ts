import { setTimeout as sleep } from 'node:timers/promises';
import type { Child } from '../../local/child-process.ts';

/** A program or server that faults kill, freeze and start again. */
export class CrashableProgram {
  readonly name: string;
  readonly #start: () => Promise<Child>;
  readonly #onBroken: (reason: string) => void;
  #child: Child | undefined;
  /** Faults of one program take turns. */
  #turn: Promise<void> = Promise.resolve();

  /** @param onBroken called if the program ends by itself. */
  constructor(name: string, start: () => Promise<Child>, onBroken: (reason: string) => void) {
    this.name = name;
    this.#start = start;
    this.#onBroken = onBroken;
  }

  async start(): Promise<void> {
    const child = await this.#start();
    this.#child = child;
    void this.#watch(child);
  }

  async #watch(child: Child): Promise<void> {
    const end = await child.ended;
    if (!end.asked) this.#onBroken(child.describeEnd(end));
  }

  /** Ends it by a signal, and starts it again after a pause. */
  end(signal: 'SIGKILL' | 'SIGTERM' | 'SIGINT' | 'SIGQUIT', awayMs: number): Promise<void> {
    return this.#inTurn(async (child) => {
      if (signal === 'SIGKILL') child.kill();
      else {
        child.expectEnd();
        process.kill(child.pid, signal);
      }
      await child.ended;
      await sleep(awayMs);
      await this.start();
    });
  }

  /** Stops it in an orderly way, and starts it again after `work`. */
  whileStopped(work: () => Promise<void>): Promise<void> {
    return this.#inTurn(async (child) => {
      await child.stop();
      await work();
      await this.start();
    });
  }

  /** A zombie: it neither works nor ends, and then goes on as if nothing had happened. */
  freeze(ms: number): Promise<void> {
    return this.#inTurn(async (child) => {
      process.kill(child.pid, 'SIGSTOP');
      await sleep(ms);
      process.kill(child.pid, 'SIGCONT');
    });
  }

  async stop(): Promise<void> {
    await this.#turn;
    await this.#child?.stop();
  }

  #inTurn(work: (child: Child) => Promise<void>): Promise<void> {
    const turn = this.#workAfter(this.#turn, work);
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  async #workAfter(before: Promise<void>, work: (child: Child) => Promise<void>): Promise<void> {
    await before;
    if (this.#child === undefined) throw new Error(`${this.name} has not been started`);
    await work(this.#child);
  }
}
