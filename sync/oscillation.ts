import type { ContentHash } from './content-hash.ts';

/** A change that was found at the remote: the hash of what it came to, and when (RFC 3339, UTC). */
export interface RemoteState {
  readonly hash: string;
  readonly at: string;
}

/** How often the remote may come back to the same state within an hour. */
const SAME_STATE_PER_HOUR = 3;

/** More are not kept: changing among many states is not ping-pong. */
const KEPT = 24;

/**
 * Remembers a change that was found at the remote. Two systems that undo each other's writes come back to the same state again
 * and again; people do not. `pingPong`: that has happened more than three times within an hour.
 */
export function noteOscillation(
  earlier: readonly RemoteState[],
  hash: ContentHash,
  now: Temporal.Instant,
): { readonly states: readonly RemoteState[]; readonly pingPong: boolean } {
  const since = now.subtract({ hours: 1 });
  const recent = earlier.filter(({ at }) => Temporal.Instant.compare(at, since) > 0);
  const states = [...recent, { hash, at: now.toString() }].slice(-KEPT);
  return { states, pingPong: states.filter((state) => state.hash === hash).length > SAME_STATE_PER_HOUR };
}
