import { Migration } from '@mikro-orm/migrations';

/** Which account at the target a process's records are about, as a keyed fingerprint: workers record it at their start. */
export class SyncTargetAccounts extends Migration {
  override up(): void {
    this.addSql(`CREATE TABLE sync_target_account (
      sync_process text PRIMARY KEY,
      fingerprint text NOT NULL,
      recorded_on timestamptz(6) NOT NULL DEFAULT clock_timestamp()
    )`);
  }
}
