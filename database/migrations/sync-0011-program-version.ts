import { Migration } from '@mikro-orm/migrations';
import { ENTITY_TYPES } from '../../sync/entity-type.ts';
import { recordTable } from '../table-names.ts';

/**
 * The version of the program that parked a row because of an answer that it could not read: another one tries the row again.
 * Rows that are parked so already are tried again by this one. A remote record that was malformed when a poll read it is not
 * among them, for polls take it up themselves.
 */
export class SyncProgramVersion extends Migration {
  override up(): void {
    for (const type of ENTITY_TYPES) {
      const table = recordTable(type);
      this.addSql(`ALTER TABLE ${table} ADD COLUMN program_version text`);
      this.addSql(`UPDATE ${table} SET program_version = '0' WHERE state = 'PARKED' AND last_error_class = 'contract'
        AND entity_key IS NOT NULL AND last_error NOT LIKE 'malformed: %'`);
    }
  }
}
