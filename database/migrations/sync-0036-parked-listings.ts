import { Migration } from '@mikro-orm/migrations';

/**
 * How lists showed the remote records of parked pairs, and of parked records without a row, when these were looked at last:
 * a poll that shows the same starts no workflow. And the remote record that a pair cannot go on as, because it is another
 * row's: the pair is looked at again once that is free.
 */
export class SyncParkedListings extends Migration {
  override up(): void {
    this.addSql(`CREATE TABLE sync_parked_listing (
      sync_process text NOT NULL,
      entity_type text NOT NULL,
      remote_id text NOT NULL,
      listed text,
      listed_on timestamptz(6),
      judged_as text,
      goes_on_as text,
      updated_on timestamptz(6) NOT NULL DEFAULT clock_timestamp(),
      PRIMARY KEY (sync_process, entity_type, remote_id)
    )`);
  }
}
