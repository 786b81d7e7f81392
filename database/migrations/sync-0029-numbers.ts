import { Migration } from '@mikro-orm/migrations';
import { ENTITY_TYPES } from '../../sync/entity-type.ts';
import { recordTable } from '../table-names.ts';

/**
 * Numbers for metrics, alerts and the status page, without reading whole tables: an index by which records are counted
 * by state, and what the last plan of a sweep has found due. And the states that ALERT_WEBHOOK_URL is told of.
 */
export class SyncNumbers extends Migration {
  override up(): void {
    for (const table of ENTITY_TYPES.map(recordTable))
      this.addSql(`CREATE INDEX ${table}_state ON ${table} (sync_process, state)`);
    this.addSql(`CREATE TABLE sync_due (
      sync_process text NOT NULL,
      entity_type text NOT NULL,
      due integer NOT NULL,
      due_since timestamptz(6) NOT NULL,
      measured_on timestamptz(6) NOT NULL,
      CONSTRAINT sync_due_type PRIMARY KEY (sync_process, entity_type)
    )`);
    this.addSql(`CREATE TABLE sync_alert (
      sync_process text NOT NULL,
      kind text NOT NULL,
      since timestamptz(6) NOT NULL,
      seen_on timestamptz(6) NOT NULL,
      told_on timestamptz(6),
      CONSTRAINT sync_alert_kind PRIMARY KEY (sync_process, kind)
    )`);
  }
}
