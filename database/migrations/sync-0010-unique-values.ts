import { Migration } from '@mikro-orm/migrations';

/**
 * The canonical values that decide which rows share a remote record, or which of them has a value: EMS's own text is no measure,
 * because one phone number has many notations. Addresses are keyed hashes. It is made anew from EMS's rows whenever it is old.
 */
export class SyncUniqueValues extends Migration {
  override up(): void {
    this.addSql(`CREATE TABLE sync_unique_value (
      sync_process text NOT NULL,
      entity_type text NOT NULL,
      entity_key bigint NOT NULL,
      field text NOT NULL,
      value text,
      modified_on timestamptz(6) NOT NULL,
      mapping_version text NOT NULL,
      CONSTRAINT sync_unique_value_row PRIMARY KEY (sync_process, entity_type, field, entity_key)
    )`);
    this
      .addSql(`CREATE INDEX sync_unique_value_value ON sync_unique_value (sync_process, entity_type, field, value, entity_key)
      WHERE value IS NOT NULL`);
  }
}
