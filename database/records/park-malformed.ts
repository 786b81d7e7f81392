import { sql } from 'kysely';
import type { EntityType } from '../../sync/entity-type.ts';
import { failureCode } from '../../sync/failure-code.ts';
import type { SyncProcessName } from '../../sync/sync-process-name.ts';
import type { EntityManager } from '../orm.ts';
import { recordTable } from '../table-names.ts';

const PREFIX = 'malformed: ';

/** The code of a malformed remote record, as {@link failureCode} takes it. */
export const MALFORMED = 'malformed';

/** The reason of a record whose remote record is malformed, recognised by {@link isMalformed}. */
export const malformedReason = (what: string): string => `${PREFIX}${what}`;

/** Whether a record was parked because its remote record was malformed: it is resumed as soon as that is valid. */
export const isMalformed = (lastError: string | null) => lastError?.startsWith(PREFIX) === true;

/** Parks a pair while its remote record breaks the target's contract; writes nothing if it is already parked. */
export async function parkMalformed(
  em: EntityManager,
  process: SyncProcessName,
  { type, remoteId, malformed }: { readonly type: EntityType; readonly remoteId: string; readonly malformed: string },
): Promise<void> {
  const reason = malformedReason(malformed);
  await sql`
    UPDATE ${sql.raw(recordTable(type))} SET state = 'PARKED', last_error_class = 'contract',
      last_error_code = ${failureCode(process, 'contract', MALFORMED)}, last_error = ${reason},
      program_version = NULL, updated_on = clock_timestamp()
    WHERE sync_process = ${process} AND remote_id = ${remoteId} AND state IN ('IN_SYNC', 'PARKED')
      AND (state, last_error) IS DISTINCT FROM ('PARKED', ${reason}::text)`.execute(em.getKysely());
}
