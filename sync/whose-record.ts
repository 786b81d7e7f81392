import type { EntityKey } from './entity-type.ts';

/** Begins the reason of a pair that was parked because its remote record is not its own any more. */
const CHANGED_HANDS = 'changed hands';

/** What says whose a remote record is. */
export interface OwnershipCase {
  readonly key: EntityKey;
  /** The EMS id that the remote record carries; null: none. */
  readonly emsKey: EntityKey | null;
  /** We have written this record before, and what we write carries our id. */
  readonly wasSigned: boolean;
}

/**
 * Whose record is it (rule 16)? A remote id alone is no proof: accounts are restored and swapped, and then the number of one
 * person's contact is a stranger's. Nothing of such a record may be written into EMS, and nothing of EMS's into it.
 *
 * @returns why it is not this pair's; null: nothing speaks against it.
 */
export function changedHands({ key, emsKey, wasSigned }: OwnershipCase): string | null {
  const remedy = 'nothing was written on either side: link or unlink the pair';
  if (emsKey !== null && emsKey !== key) return `${CHANGED_HANDS}: it carries the EMS id ${emsKey}; ${remedy}`;
  if (emsKey === null && wasSigned) return `${CHANGED_HANDS}: it does not carry our EMS id any more; ${remedy}`;
  return null;
}

/** Whether the pair was parked for this reason. */
export const hasChangedHands = (lastError: string | null) => lastError?.startsWith(CHANGED_HANDS) === true;
