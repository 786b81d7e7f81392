import type { Orm } from '../database/orm.ts';
import { readPauses } from '../database/records/pauses.ts';
import { readProcessStates, type ProcessState } from '../database/records/process-states.ts';
import type { SyncProcessName } from '../sync/sync-process-name.ts';
import { TARGETS } from '../targets/index.ts';
import type { SyncProcess } from '../targets/sync-process.ts';

/** A process that is switched on is served within this time. */
const KNOWN_FOR_MS = 2_000;

/**
 * Which processes are on, from the database: gateway and listener do not have the targets' settings. A look is shared by
 * all who ask meanwhile, and its answer is kept for a moment.
 */
export class EnabledProcesses {
  readonly #orm: Orm;
  #known: { readonly states: Promise<readonly ProcessState[]>; readonly until: number } | null = null;

  constructor(orm: Orm) {
    this.#orm = orm;
  }

  /** @throws the error of the database. */
  async isOn(name: SyncProcessName): Promise<boolean> {
    return (await this.#states()).some((state) => state.name === name && state.isOn);
  }

  /** The processes that are off, with the settings that they lack, if a program has said so. */
  async off(): Promise<readonly { readonly process: SyncProcessName; readonly missing: readonly string[] }[]> {
    const states = new Map((await this.#states()).map((state) => [state.name, state]));
    return TARGETS.map(({ process }) => process.name)
      .filter((name) => states.get(name)?.isOn !== true)
      .map((name) => ({ process: name, missing: states.get(name)?.missing ?? [] }));
  }

  /** Without paused ones: they are on again once they are resumed. */
  async outbound(): Promise<readonly SyncProcess[]> {
    const [states, pauses] = await Promise.all([this.#states(), readPauses(this.#orm.em.fork())]);
    return TARGETS.map(({ process }) => process).filter(
      ({ name, directions }) =>
        directions.includes('outbound') &&
        states.some((state) => state.name === name && state.isOn) &&
        !pauses.some(({ process }) => process === name),
    );
  }

  async #states(): Promise<readonly ProcessState[]> {
    if (this.#known === null || Date.now() >= this.#known.until)
      this.#known = { states: readProcessStates(this.#orm.em.fork()), until: Date.now() + KNOWN_FOR_MS };
    return this.#known.states;
  }
}
