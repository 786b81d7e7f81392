import { Migration } from '@mikro-orm/migrations';

/**
 * The installation's id, which is part of task queue names and claims a Temporal namespace. And the time by which
 * oscillations expire.
 */
export class SyncInstallation extends Migration {
  override up(): void {
    this.addSql('ALTER TABLE sync_installation ADD COLUMN id text');
    this.addSql("UPDATE sync_installation SET id = left(replace(gen_random_uuid()::text, '-', ''), 12)");
    this.addSql('ALTER TABLE sync_installation ALTER COLUMN id SET NOT NULL');
    this.addSql(`ALTER TABLE sync_oscillation
      ADD COLUMN updated_on timestamptz(6) NOT NULL DEFAULT clock_timestamp()`);
  }
}
