import type { EntityKey } from './entity-type.ts';

/** The prefix of the reason of a pair parked because its remote record now belongs to somebody else. */
const CHANGED_HANDS = 'changed hands';

/** What shows who owns a remote record. */
export interface OwnershipCase {
  readonly key: EntityKey;
  /** The EMS id stored in the remote record; null if none. */
  readonly emsKey: EntityKey | null;
  /** We have written this record before, and our writes include our id. */
  readonly wasSigned: boolean;
}

/**
 * Determines who owns a remote record (rule 16). A remote id alone is not proof: accounts are restored and replaced,
 * and then the id of one person's contact belongs to a stranger. Such a record must neither be written into EMS nor
 * overwritten.
 *
 * @returns why it is not this pair's; null: nothing contradicts it.
 */
export function changedHands({ key, emsKey, wasSigned }: OwnershipCase): string | null {
  const remedy = 'nothing was written on either side: link or unlink the pair';
  if (emsKey !== null && emsKey !== key) return `${CHANGED_HANDS}: it carries the EMS id ${emsKey}; ${remedy}`;
  if (emsKey === null && wasSigned) return `${CHANGED_HANDS}: it does not carry our EMS id any more; ${remedy}`;
  return null;
}

/** Whether the pair was parked for this reason. */
export const hasChangedHands = (lastError: string | null) => lastError?.startsWith(CHANGED_HANDS) === true;
