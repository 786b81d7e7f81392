import { Migration } from '@mikro-orm/migrations';
import { ENTITY_TYPES } from '../../sync/entity-type.ts';
import { recordTable } from '../table-names.ts';

/**
 * Plans that stay good when numbers change. Until PostgreSQL has statistics of a process's first rows, it takes them for
 * one, and joins by any index that begins with the process, which reads all of them for each row: so indexes begin with
 * what tells rows apart. And a session keeps the plan of a trigger's statement, which may have been made for one row, so
 * the journal compares old and new rows by a hash, never row by row.
 */
export class SyncSteadyPlans extends Migration {
  override up(): void {
    for (const table of ENTITY_TYPES.map(recordTable)) {
      this.addSql(`DROP INDEX ${table}_written`);
      this.addSql(`CREATE INDEX ${table}_written ON ${table} (updated_on, sync_process)`);
      // To count them. For all other states there is one since the first migration.
      this.addSql(`DROP INDEX ${table}_state`);
      this.addSql(`CREATE INDEX ${table}_in_sync ON ${table} (entity_key, sync_process) WHERE state = 'IN_SYNC'`);
      this.#turn(table, `${table}_remote`, 'remote_id, sync_process');
      this.#turn(table, `${table}_entity`, 'entity_key, sync_process');
    }
    // There is one by the address alone.
    this.addSql('DROP INDEX IF EXISTS sync_person_sync_process_expr_idx');
    this.addSql('ALTER TABLE sync_unique_value DROP CONSTRAINT sync_unique_value_row');
    this.addSql(`ALTER TABLE sync_unique_value
      ADD CONSTRAINT sync_unique_value_row PRIMARY KEY (entity_key, field, entity_type, sync_process)`);
    this.addSql('DROP INDEX sync_unique_value_value');
    this
      .addSql(`CREATE INDEX sync_unique_value_value ON sync_unique_value (value, field, entity_type, sync_process, entity_key)
      WHERE value IS NOT NULL`);
    this.addSql(WRITE_JOURNAL);
  }

  /** The same constraint, with its columns in another order. */
  #turn(table: string, name: string, columns: string): void {
    this.addSql(`ALTER TABLE ${table} DROP CONSTRAINT ${name}`);
    this.addSql(`ALTER TABLE ${table} ADD CONSTRAINT ${name} UNIQUE (${columns})`);
  }
}

/** As before, but for the setting, and for the loop, which needs the index. */
const WRITE_JOURNAL = `CREATE OR REPLACE FUNCTION sync_write_journal() RETURNS trigger LANGUAGE plpgsql
  SET enable_nestloop = off AS $journal$
  DECLARE
    erased record;
  BEGIN
    IF TG_OP = 'DELETE' THEN
      INSERT INTO sync_journal (sync_process, entity_type, entity_key, happened, workflow_id)
      SELECT o.sync_process, TG_ARGV[0], o.entity_key, 'removed', o.workflow_id FROM former o
      WHERE o.entity_key IS NOT NULL AND o.state NOT IN ('REMOVED', 'UNLINKED', 'SHARED', 'ERASED');
      RETURN NULL;
    END IF;
    IF TG_OP = 'INSERT' THEN
      INSERT INTO sync_journal (sync_process, entity_type, entity_key, happened, code, waits_for, content_hash, workflow_id)
      SELECT n.sync_process, TG_ARGV[0], n.entity_key, CASE n.state WHEN 'IN_SYNC' THEN 'created' ELSE lower(n.state) END,
        n.last_error_code, n.waiting_for, n.content_hash, n.workflow_id FROM changed n
      WHERE n.entity_key IS NOT NULL AND n.state NOT IN ('PENDING', 'CREATING');
      RETURN NULL;
    END IF;
    INSERT INTO sync_journal (sync_process, entity_type, entity_key, happened, code, waits_for, content_hash, workflow_id)
    SELECT n.sync_process, TG_ARGV[0], n.entity_key,
      CASE WHEN n.state <> 'IN_SYNC' THEN lower(n.state)
        WHEN o.state = 'CREATING' OR o.remote_id IS NULL THEN 'created'
        -- Children are written with their parent and begin no attempt of their own.
        WHEN o.state = 'IN_SYNC' AND TG_ARGV[0] <> 'ContactPreference' THEN 'absorbed'
        ELSE 'updated' END,
      n.last_error_code, n.waiting_for, n.content_hash, n.workflow_id
    FROM changed n JOIN former o ON o.id = n.id
    WHERE n.entity_key IS NOT NULL AND n.state NOT IN ('PENDING', 'CREATING')
      AND ((o.state, o.last_error_code, o.waiting_for, o.shared_with)
          IS DISTINCT FROM (n.state, n.last_error_code, n.waiting_for, n.shared_with)
        OR (o.pass <> n.pass AND o.content_hash IS DISTINCT FROM n.content_hash));
    FOR erased IN SELECT n.sync_process, n.entity_key FROM changed n WHERE n.state = 'ERASED' LOOP
      UPDATE sync_journal j SET content_hash = NULL
      WHERE j.entity_type = TG_ARGV[0] AND j.entity_key = erased.entity_key
        AND j.sync_process = erased.sync_process AND j.content_hash IS NOT NULL;
    END LOOP;
    RETURN NULL;
  END $journal$`;
