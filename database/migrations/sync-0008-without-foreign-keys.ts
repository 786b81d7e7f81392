import { Migration } from '@mikro-orm/migrations';
import { ENTITY_TYPES } from '../../sync/entity-type.ts';
import { recordTable } from '../table-names.ts';

/**
 * Records refer to EMS's rows without a foreign key. With one, EMS could not truncate its tables, `TRUNCATE … CASCADE` and
 * `pg_restore --clean` emptied ours, and every delete in EMS paid for it. Sweeps tell a deletion by comparing keys.
 */
export class SyncWithoutForeignKeys extends Migration {
  override up(): void {
    for (const table of [...ENTITY_TYPES.map(recordTable), 'sync_conversation_message']) {
      this.addSql(`ALTER TABLE ${table} DROP CONSTRAINT ${table}_entity_id_fkey`);
      this.addSql(`DROP INDEX ${table}_entity_id_idx`);
      this.addSql(`CREATE INDEX ${table}_orphan ON ${table} (entity_key) WHERE entity_id IS NULL`);
    }
  }
}
