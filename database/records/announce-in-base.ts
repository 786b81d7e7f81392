import { sql } from 'kysely';
import type { EntityKey, EntityType } from '../../sync/entity-type.ts';
import type { Base } from '../../sync/keyed-hash.ts';
import type { SyncProcessName } from '../../sync/sync-process-name.ts';
import type { Orm } from '../orm.ts';
import { recordTable } from '../table-names.ts';

/**
 * Writes what a call will store at the target into the record's base, before it is confirmed: if the answer is lost, our own
 * write must not count as a change of the target. A record that a newer attempt has written is left alone.
 */
export async function announceInBase(
  orm: Orm,
  process: SyncProcessName,
  type: EntityType,
  {
    key,
    fencingToken,
    announced,
  }: { readonly key: EntityKey; readonly fencingToken: bigint; readonly announced: Base },
): Promise<void> {
  await sql`
    UPDATE ${sql.raw(recordTable(type))} SET base = coalesce(base, '{}'::jsonb) || ${JSON.stringify(announced)}::jsonb
    WHERE sync_process = ${process} AND entity_key = ${key}::bigint AND pass <= ${fencingToken.toString()}::bigint`.execute(
    orm.em.fork().getKysely(),
  );
}
