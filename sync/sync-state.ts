/**
 * The state of one pair (process, entity). An orphan is not a state: it is a record whose entity is gone.
 *
 * - IN_SYNC: the target confirmed EMS's state.
 * - PENDING, CREATING: an attempt was started whose result is not confirmed; CREATING if the target may not know the
 * entity yet.
 * - WAITING: another record (`waiting_for`) must reach the target first.
 * - FAILING: five attempts failed, retries continue.
 * - PARKED: this content can never pass; it waits for a change of the entity, of the mapping, or for an operator.
 * - SUPPRESSED: consent forbids it. ERASED: erased by command; the record is never resumed.
 * - SHARED: another row's remote record (`shared_with`) represents this one.
 * - UNLINKED: an operator unlinked the pair. REMOVED: filtered out, and gone from the target.
 */
export const SYNC_STATES = [
  'IN_SYNC',
  'PENDING',
  'WAITING',
  'CREATING',
  'FAILING',
  'PARKED',
  'SUPPRESSED',
  'SHARED',
  'UNLINKED',
  'REMOVED',
  'ERASED',
] as const;

export type SyncState = (typeof SYNC_STATES)[number];

/** States with an outstanding result: the next sweep evaluates the row again, whatever its times. */
export const UNCONFIRMED_STATES = ['PENDING', 'CREATING', 'FAILING'] as const satisfies readonly SyncState[];
