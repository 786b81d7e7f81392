import { Migration } from '@mikro-orm/migrations';

/**
 * The attempt that a page's workflow is at, and until when a call of it may be on its way. A later attempt begins only
 * after that.
 */
export class SyncPageAttempts extends Migration {
  override up(): void {
    this.addSql(`CREATE TABLE sync_page_attempt (
      holder text PRIMARY KEY,
      pass bigint NOT NULL,
      claimed_until timestamptz(6) NOT NULL,
      calling_until timestamptz(6) NOT NULL DEFAULT '-infinity'
    )`);
  }
}
