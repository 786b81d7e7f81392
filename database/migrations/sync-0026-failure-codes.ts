import { Migration } from '@mikro-orm/migrations';
import { ENTITY_TYPES } from '../../sync/entity-type.ts';
import { recordTable } from '../table-names.ts';

/**
 * The stable code of each failure, by which operators group and retry. What already fails gets the code of its class until
 * its next attempt.
 */
export class SyncFailureCodes extends Migration {
  override up(): void {
    for (const table of ENTITY_TYPES.map(recordTable)) {
      this.addSql(`ALTER TABLE ${table} ADD COLUMN last_error_code text`);
      this.addSql(`UPDATE ${table} SET last_error_code = sync_process || '-'
          || CASE last_error_class WHEN 'bug' THEN 'UNEXPECTED' ELSE upper(last_error_class) END
        WHERE state IN ('FAILING', 'PARKED') AND last_error_class IS NOT NULL`);
      this.addSql(`CREATE INDEX ${table}_failing ON ${table} (sync_process, last_error_code, id)
        WHERE state IN ('FAILING', 'PARKED')`);
    }
  }
}
