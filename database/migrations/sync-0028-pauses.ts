import { Migration } from '@mikro-orm/migrations';

/** Processes that an operator has stopped: nothing is sent to their targets or read from them. */
export class SyncPauses extends Migration {
  override up(): void {
    this.addSql(`CREATE TABLE sync_pause (
      sync_process text PRIMARY KEY,
      paused_on timestamptz(6) NOT NULL DEFAULT clock_timestamp()
    )`);
  }
}
