interface Slot<T> {
  readonly running: Promise<T>;
  /** Starts after the current round, for all callers that arrived meanwhile. */
  next: Promise<T> | null;
}

/**
 * Merges concurrent calls for the same work. A caller that arrives while a round is running cannot know what it has
 * already read, so the next round serves it: a burst of webhooks for one record costs one round after another instead
 * of a thousand at once.
 */
export class JoinedWork<T> {
  readonly #slots = new Map<string, Slot<T>>();

  /** @param key equal for calls that can share a round. */
  run(key: string, work: () => Promise<T>): Promise<T> {
    const slot = this.#slots.get(key);
    if (slot === undefined) return this.#begin(key, work);
    const begin = () => this.#begin(key, work);
    slot.next ??= slot.running.then(begin, begin);
    return slot.next;
  }

  #begin(key: string, work: () => Promise<T>): Promise<T> {
    const slot: Slot<T> = { running: work(), next: null };
    this.#slots.set(key, slot);
    const end = () => {
      if (slot.next === null) this.#slots.delete(key);
    };
    slot.running.then(end, end);
    return slot.running;
  }
}
