import { Migration } from '@mikro-orm/migrations';

/**
 * Claims of page deliveries: a page holds the names of its pairs and their addresses here. Rows by the thousands would not fit
 * into PostgreSQL's table of advisory locks.
 */
export class SyncPages extends Migration {
  override up(): void {
    this.addSql(`CREATE TABLE sync_claim (
      lock_name text PRIMARY KEY,
      pass bigint NOT NULL,
      holder text NOT NULL,
      claimed_until timestamptz(6) NOT NULL
    )`);
  }
}
