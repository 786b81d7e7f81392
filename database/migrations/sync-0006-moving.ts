import { Migration } from '@mikro-orm/migrations';

/** Under which id a call is about to leave a remote record: should its answer be lost, the record is still found. */
export class SyncMoving extends Migration {
  override up(): void {
    this.addSql(`CREATE TABLE sync_move (
      sync_process text NOT NULL,
      entity_type text NOT NULL,
      entity_key bigint NOT NULL,
      moving_to text NOT NULL,
      PRIMARY KEY (sync_process, entity_type, entity_key)
    )`);
  }
}
