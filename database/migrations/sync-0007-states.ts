import { Migration } from '@mikro-orm/migrations';
import { ENTITY_TYPES } from '../../sync/entity-type.ts';
import { recordTable } from '../table-names.ts';

const STATES =
  "'IN_SYNC', 'PENDING', 'WAITING', 'CREATING', 'FAILING', 'PARKED', 'SUPPRESSED', 'SHARED', 'UNLINKED', 'REMOVED', 'ERASED'";

/**
 * What was told by texts gets states and columns: ERASED, and SHARED (was LINKED) with the owner in `shared_with`.
 * `mapping_version` becomes text, and the tables of rekeys and oscillation get their names.
 */
export class SyncStates extends Migration {
  override up(): void {
    for (const type of ENTITY_TYPES) {
      const table = recordTable(type);
      this.addSql(`ALTER TABLE ${table} RENAME COLUMN examined_on TO evaluated_on`);
      this.addSql(`ALTER TABLE ${table} ADD COLUMN shared_with bigint,
        ALTER COLUMN mapping_version TYPE text USING mapping_version::text,
        DROP CONSTRAINT ${table}_state_check`);
      this.addSql(`UPDATE ${table} SET state = 'SHARED', shared_with = split_part(waiting_for, '/', 2)::bigint,
        waiting_for = NULL WHERE state = 'LINKED'`);
      this.addSql(`UPDATE ${table} SET state = 'ERASED', last_error_class = NULL, last_error = NULL
        WHERE state = 'SUPPRESSED' AND last_error = 'erased'`);
      this.addSql(`ALTER TABLE ${table} ADD CONSTRAINT ${table}_state_check CHECK (state IN (${STATES}))`);
    }
    this.addSql('ALTER TABLE sync_flip RENAME TO sync_oscillation');
    this.addSql('ALTER TABLE sync_oscillation RENAME COLUMN flips TO states');
    this.addSql('ALTER TABLE sync_oscillation RENAME CONSTRAINT sync_flip_pair TO sync_oscillation_pair');
    this.addSql('ALTER TABLE sync_move RENAME TO sync_rekey');
    this.addSql('ALTER TABLE sync_rekey RENAME COLUMN moving_to TO rekeying_to');
  }
}
