import { Migration } from '@mikro-orm/migrations';

/**
 * Receipts of erasures are only added, and *erased* lines of the suppression list stay: triggers hold this for every role but the
 * tables' owner. And which processes are on, for programs without the targets' settings.
 */
export class SyncKeptErasures extends Migration {
  override up(): void {
    this.addSql('ALTER TABLE sync_erasure DROP CONSTRAINT sync_erasure_pair');
    this.addSql('CREATE INDEX sync_erasure_pair ON sync_erasure (sync_process, entity_type, entity_key, id)');
    this.addSql(`CREATE FUNCTION sync_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF pg_has_role((SELECT relowner FROM pg_class WHERE oid = TG_RELID), 'USAGE') THEN
          RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
        END IF;
        IF TG_OP = 'UPDATE' AND TG_TABLE_NAME = 'sync_suppression' THEN
          -- EMS has given the id to another row, which must not inherit the erasure. The address stays erased.
          IF to_jsonb(NEW) = to_jsonb(OLD) || '{"entity_key": null}' THEN
            RETURN NEW;
          END IF;
        END IF;
        RAISE EXCEPTION '% of % is refused: erasures are kept', TG_OP, TG_TABLE_NAME USING ERRCODE = '42501';
      END $$`);
    this.addSql(`CREATE TRIGGER sync_erasure_kept BEFORE UPDATE OR DELETE ON sync_erasure
      FOR EACH ROW EXECUTE FUNCTION sync_refuse_change()`);
    this.addSql(`CREATE TRIGGER sync_suppression_kept BEFORE UPDATE OR DELETE ON sync_suppression
      FOR EACH ROW WHEN (OLD.reason = 'erased') EXECUTE FUNCTION sync_refuse_change()`);
    this.addSql(`CREATE TABLE sync_process_state (
      name text PRIMARY KEY,
      is_on boolean NOT NULL,
      missing text[] NOT NULL DEFAULT '{}',
      told_on timestamptz(6) NOT NULL DEFAULT clock_timestamp()
    )`);
  }
}
