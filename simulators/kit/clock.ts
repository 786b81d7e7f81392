/** The simulator's time: the machine's clock plus an offset that a test sets. */
export interface VirtualClock {
  /** Milliseconds since 1970, UTC. */
  now(): number;
  /** The same moment as RFC 3339, UTC, with milliseconds. */
  instant(): string;
  offsetMs: number;
}

export const createClock = (): VirtualClock => ({
  offsetMs: 0,
  now() {
    return Date.now() + this.offsetMs;
  },
  instant() {
    return new Date(this.now()).toISOString();
  },
});
