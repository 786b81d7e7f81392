import type { Notification } from '../../database/notify/notification.ts';
import type { EntityKey, EntityType } from '../../sync/entity-type.ts';

/** What has changed of one type: these rows, or too many to name. */
export type Changes = ReadonlySet<EntityKey> | 'every';

/** More rows than these wait for nobody: a sweep finds them, a page at a time. */
const KEYS_AT_MOST = 2_000;

/**
 * Gathers what is told while what was told before is being looked at: a row that is told of many times within a moment is
 * looked at once more, and never less.
 */
export class GatheredKeys {
  readonly #lookAt: (type: EntityType, changes: Changes) => Promise<void>;
  #gathered = new Map<EntityType, Set<EntityKey> | 'every'>();
  #running: Promise<void> | null = null;

  /** @param lookAt never rejects. */
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

  /** Resolves when all that was told so far has been looked at. */
  async idle(): Promise<void> {
    await this.#running;
  }

  async #run(): Promise<void> {
    // What one transaction has changed comes in one piece, and is looked at together.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#gathered.size > 0) {
      const taken = this.#gathered;
      this.#gathered = new Map();
      await Promise.all([...taken].map(([type, changes]) => this.#lookAt(type, changes)));
    }
    this.#running = null;
  }
}
