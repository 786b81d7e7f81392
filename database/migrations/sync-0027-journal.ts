import { Migration } from '@mikro-orm/migrations';
import { ENTITY_TYPES } from '../../sync/entity-type.ts';
import { recordTable } from '../table-names.ts';

/**
 * What happened to each pair, for a while after histories have expired: no values, no remote ids. Triggers write it with
 * the record, once for each statement, so that no writer can forget it. (The name `sync_event` belongs to the records of
 * events.)
 */
export class SyncJournal extends Migration {
  override up(): void {
    this.addSql(`CREATE TABLE sync_journal (
      written_on timestamptz(6) NOT NULL DEFAULT clock_timestamp(),
      sync_process text NOT NULL,
      entity_type text NOT NULL,
      entity_key bigint NOT NULL,
      happened text NOT NULL,
      code text,
      waits_for text,
      content_hash text,
      workflow_id text
    )`);
    this.addSql('CREATE INDEX sync_journal_pair ON sync_journal (entity_type, entity_key, written_on)');
    this.addSql('CREATE INDEX sync_journal_written ON sync_journal USING brin (written_on)');
    this.addSql(WRITE_JOURNAL);
    for (const type of ENTITY_TYPES) {
      const table = recordTable(type);
      const trigger = (event: string, tables: string) =>
        this.addSql(`CREATE TRIGGER sync_journal_${event.toLowerCase()} AFTER ${event} ON ${table} REFERENCING ${tables}
          FOR EACH STATEMENT EXECUTE FUNCTION sync_write_journal('${type}')`);
      trigger('INSERT', 'NEW TABLE AS changed');
      trigger('UPDATE', 'OLD TABLE AS former NEW TABLE AS changed');
      trigger('DELETE', 'OLD TABLE AS former');
    }
  }
}

/**
 * An attempt that has only begun is not listed: its result is. A hash counts only with the attempt that wrote it, so a
 * new SYNC_KEY leaves no trace. Of what was erased no hash stays.
 */
const WRITE_JOURNAL = `CREATE FUNCTION sync_write_journal() RETURNS trigger LANGUAGE plpgsql AS $journal$
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
    IF EXISTS (SELECT FROM changed WHERE state = 'ERASED') THEN
      UPDATE sync_journal j SET content_hash = NULL FROM changed n
      WHERE n.state = 'ERASED' AND j.entity_type = TG_ARGV[0] AND j.entity_key = n.entity_key
        AND j.sync_process = n.sync_process AND j.content_hash IS NOT NULL;
    END IF;
    RETURN NULL;
  END $journal$`;
