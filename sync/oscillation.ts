import type { ContentHash } from './content-hash.ts';

/** A change found at the remote: the hash of the resulting state, and the time (RFC 3339, UTC). */
export interface RemoteState {
  readonly hash: string;
  readonly at: string;
}

/** How often the remote may return to the same state within an hour. */
export const SAME_STATE_PER_HOUR = 3;

/** The limit of stored states: a change among many states is not ping-pong. */
const KEPT = 24;

/**
 * Records a change found at the remote. Two systems that undo each other's writes return to the same states again and
 * again; people do not. `pingPong`: this happened more than three times within an hour.
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
