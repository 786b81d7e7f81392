import type { Notification } from '../../database/notify/notification.ts';
import type { EntityKey, EntityType } from '../../sync/entity-type.ts';

/** The changed rows of one type, or `every` if there are too many to list. */
export type Changes = ReadonlySet<EntityKey> | 'every';

/** With more rows than these, a sweep reads them page by page. */
const KEYS_AT_MOST = 2_000;

/**
 * Collects changes while earlier ones are processed: a row reported many times meanwhile is processed once more, never
 * less.
 */
export class GatheredKeys {
  readonly #lookAt: (type: EntityType, changes: Changes) => Promise<void>;
  #gathered = new Map<EntityType, Set<EntityKey> | 'every'>();
  #running: Promise<void> | null = null;

  /** @param lookAt must not reject. */
  constructor(lookAt: (type: EntityType, changes: Changes) => Promise<void>) {
    this.#lookAt = lookAt;
  }

  add(notification: Notification): void {
    const { type } = notification;
    const before = this.#gathered.get(type) ?? new Set();
    if (before === 'every') return;
    const keys = notification.kind === 'rows' ? notification.keys : [];
    for (const key of keys) before.add(key);
    this.#gathered.set(type, notification.kind === 'every' || before.size > KEYS_AT_MOST ? 'every' : before);
    this.#running ??= this.#run();
  }

  /** Resolves when all changes so far have been processed. */
  async idle(): Promise<void> {
    await this.#running;
  }

  async #run(): Promise<void> {
    // The notifications of one transaction arrive together; collect them first.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#gathered.size > 0) {
      const taken = this.#gathered;
      this.#gathered = new Map();
      await Promise.all([...taken].map(([type, changes]) => this.#lookAt(type, changes)));
    }
    this.#running = null;
  }
}
