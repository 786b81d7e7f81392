import { Migration } from '@mikro-orm/migrations';

/** A sweep, too, holds back what would remove or change very many rows at once. */
export class SyncBrake extends Migration {
  override up(): void {
    this.addSql(`ALTER TABLE sync_hold DROP CONSTRAINT sync_hold_kind_check,
      ADD CONSTRAINT sync_hold_kind_check CHECK (kind IN ('unlink', 'delete', 'update'))`);
  }
}
