import { Migration } from '@mikro-orm/migrations';
import { ENTITY_TYPES } from '../../sync/entity-type.ts';
import { recordTable } from '../table-names.ts';

/**
 * When the last known state of a remote record was confirmed, by PostgreSQL's clock. A read that began much later cannot
 * lag behind that state, so an older remote time then means that the target's clock was set back.
 */
export class SyncConfirmedReads extends Migration {
  override up(): void {
    for (const table of ENTITY_TYPES.map(recordTable))
      this.addSql(`ALTER TABLE ${table} ADD COLUMN remote_confirmed_on timestamptz(6)`);
  }
}
