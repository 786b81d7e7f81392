import { Migration } from '@mikro-orm/migrations';

/**
 * Values that a remote proposes stand in the conflict log beside those that lost against EMS: an operator accepts them
 * (`restored_on`) or refuses them.
 */
export class SyncProposals extends Migration {
  override up(): void {
    this.addSql(`ALTER TABLE sync_conflict ADD COLUMN kind text NOT NULL DEFAULT 'lost'
      CONSTRAINT sync_conflict_kind CHECK (kind IN ('lost', 'proposed'))`);
    this.addSql('ALTER TABLE sync_conflict ADD COLUMN refused_on timestamptz(6)');
    this.addSql(`CREATE INDEX sync_conflict_proposed ON sync_conflict (id)
      WHERE kind = 'proposed' AND restored_on IS NULL AND refused_on IS NULL`);
  }
}
