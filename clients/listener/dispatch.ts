import type { Logger } from 'pino';
import type { EntityType } from '../../sync/entity-type.ts';
import type { EntityMapping } from '../../targets/entity-mapping.ts';
import type { SyncProcess } from '../../targets/sync-process.ts';
import { Bring, type BringServers } from './bring.ts';
import type { Changes } from './gathered-keys.ts';
import type { Sweeps } from './sweeps.ts';
import { wantedKeys } from './wanted-keys.ts';

export interface DispatchOptions extends BringServers {
  readonly log: Logger;
  /** The outbound processes that are on now. */
  readonly processes: () => readonly SyncProcess[];
  readonly sweeps: Sweeps;
  readonly reasonOf: (error: unknown) => string;
}

/** Turns changes into requests for every process concerned. */
export class Dispatch {
  readonly #options: DispatchOptions;
  readonly #brings = new Map<SyncProcess, Bring>();
  readonly #underWay = new Set<Promise<void>>();

  constructor(options: DispatchOptions) {
    this.#options = options;
  }

  /** Resolves when every request has been sent, not when it is served. Never rejects: failures are left to a sweep. */
  async lookAt(type: EntityType, changes: Changes): Promise<void> {
    const { log, orm, sweeps, reasonOf, processes } = this.#options;
    await Promise.all(
      processes().map(async (process) => {
        const bring = this.#bringOf(process);
        const mapping = process.mappings.find((one) => one.type === type);
        // Report child rows as their parent.
        if (mapping === undefined || mapping.childOf !== null) return;
        if (changes === 'every' || bring.isFull) {
          void sweeps.want(process.name, `many changes of ${type}`);
          return;
        }
        try {
          for (const key of await wantedKeys(orm, process.name, mapping, [...changes])) {
            this.#start(process, mapping, bring, key);
          }
        } catch (error) {
          log.warn({ process: process.name, type, reason: reasonOf(error) }, 'changes could not be processed');
          void sweeps.want(process.name, `changes of ${type} that could not be processed`);
        }
      }),
    );
  }

  #bringOf(process: SyncProcess): Bring {
    const known = this.#brings.get(process) ?? new Bring(this.#options, process);
    this.#brings.set(process, known);
    return known;
  }

  /** Resolves when all pending requests have ended or continue on their own. */
  async idle(): Promise<void> {
    await Promise.all(this.#underWay);
  }

  #start({ name }: SyncProcess, mapping: EntityMapping, bring: Bring, key: string): void {
    const { log, sweeps, reasonOf } = this.#options;
    const { type } = mapping;
    const running = bring.bring(mapping, key).then(
      (outcome) => log.debug({ process: name, type, id: key, outcome }, 'sync of a change requested'),
      (error: unknown) => {
        log.warn(
          { process: name, type, id: key, reason: reasonOf(error) },
          'the sync of a change could not be requested',
        );
        void sweeps.want(name, `changes of ${type} whose sync could not be requested`);
      },
    );
    this.#underWay.add(running);
    void running.finally(() => this.#underWay.delete(running));
  }
}
