import { setTimeout as wait } from 'node:timers/promises';

import type pg from 'pg';

import {
  deleteParticipant,
  deletePerson,
  registerParticipant,
  swapBibs,
  withdrawParticipant,
} from './changes/entry-changes.ts';
import { cancelEvent, moveStartWave, renameClub, renameRace, reopenEvent } from './changes/event-changes.ts';
import {
  answerConversation,
  changePhone,
  changePreference,
  commitLate,
  movePersonToClub,
  renamePerson,
  touch,
} from './changes/person-changes.ts';
import type { Step } from './changes/step.ts';
import { reassignTag, swapTagCodes, swapTagOwners } from './changes/tag-changes.ts';
import type { Rng } from './rng.ts';
import type { RowName } from './rows.ts';

const steps = {
  'rename-person': renamePerson,
  'move-person-to-club': movePersonToClub,
  'change-phone': changePhone,
  'change-preference': changePreference,
  'answer-conversation': answerConversation,
  'swap-bibs': swapBibs,
  'swap-tag-owners': swapTagOwners,
  'swap-tag-codes': swapTagCodes,
  'reassign-tag': reassignTag,
  'register-participant': registerParticipant,
  'withdraw-participant': withdrawParticipant,
  'delete-participant': deleteParticipant,
  'delete-person': deletePerson,
  'rename-race': renameRace,
  'rename-club': renameClub,
  'move-start-wave': moveStartWave,
  'cancel-event': cancelEvent,
  'reopen-event': reopenEvent,
  touch,
  'commit-late': commitLate,
} satisfies Readonly<Record<string, Step>>;

export type ChangeKind = keyof typeof steps;

export function isChangeKind(kind: string): kind is ChangeKind {
  return Object.hasOwn(steps, kind);
}

export const changeKinds: readonly ChangeKind[] = Object.keys(steps).filter(isChangeKind);

/** What happened, as ids only, without row content. */
export interface Change {
  readonly kind: ChangeKind;
  /**
   * `given-up`: another transaction changed or deleted the rows meanwhile. The change was rolled back; this is
   * expected.
   */
  readonly outcome: 'done' | 'nothing-to-change' | 'given-up';
  /** The rows written or deleted, in that order. */
  readonly rows: readonly RowName[];
}

export interface ChangeOptions {
  /** How long `commit-late` waits before it commits, in milliseconds; default 3,000. */
  readonly lateMs?: number;
  /** Ends that wait early; the change is still committed. */
  readonly signal?: AbortSignal | undefined;
}

/** SQLSTATEs of a lost race: foreign key or unique violation, serialization failure, deadlock, lock not available. */
const lostRace = new Set(['23503', '23505', '40001', '40P01', '55P03']);

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}

/**
 * Changes the EMS once, as one of its users would, in one transaction. The database's clock sets `modified_on` when
 * each row is written. The same tables and the same random sequence give the same choice.
 *
 * The connection must not be in a transaction. Errors other than a lost race are thrown after a rollback.
 */
export async function applyOneChange(
  client: pg.ClientBase,
  kind: ChangeKind,
  rng: Rng,
  { lateMs = 3000, signal }: ChangeOptions = {},
): Promise<Change> {
  const linger = async (): Promise<void> => {
    await wait(lateMs, undefined, { signal }).catch(() => undefined);
  };
  await client.query('BEGIN');
  try {
    const rows = await steps[kind]({ client, rng, linger });
    await client.query('COMMIT');
    return { kind, outcome: rows.length > 0 ? 'done' : 'nothing-to-change', rows };
  } catch (error) {
    // A broken connection cannot roll back, but its transaction is gone anyway. Report the first error, not this one.
    await client.query('ROLLBACK').catch(() => undefined);
    if (lostRace.has(String(codeOf(error)))) return { kind, outcome: 'given-up', rows: [] };
    throw error;
  }
}
