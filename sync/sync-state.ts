/**
 * Where one pair (process, entity) stands. An orphan is not a state: it is a record whose entity is gone.
 *
 * - IN_SYNC: the target confirmed what EMS holds.
 * - PENDING, CREATING: an attempt was begun whose result is not confirmed; CREATING when the target may not know the entity yet.
 * - WAITING: another record (`waiting_for`) must reach the target first.
 * - FAILING: five attempts failed, retries go on.
 * - PARKED: this content can never pass; it waits for a change of the entity, of the mapping, or for an operator.
 * - SUPPRESSED: consent forbids it. ERASED: erased by command; the record is never taken up again.
 * - SHARED: the remote record of another row (`shared_with`) stands for this one.
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

/** States in which a result is outstanding: the next sweep looks again, whatever the times say. */
export const UNCONFIRMED_STATES = ['PENDING', 'CREATING', 'FAILING'] as const satisfies readonly SyncState[];
