interface Slot<T> {
  readonly running: Promise<T>;
  /** Begins afterwards, for all who have come meanwhile. */
  next: Promise<T> | null;
}

/**
 * Work that many ask for at once is done once for all of them. Who comes while it is under way cannot know what it has
 * already seen, and is served by the next round: a storm of webhooks for one record costs one round after the other, not
 * a thousand at once.
 */
export class JoinedWork<T> {
  readonly #slots = new Map<string, Slot<T>>();

  /** @param key the same for work that serves the same. */
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
