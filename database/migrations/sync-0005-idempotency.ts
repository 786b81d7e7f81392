import { Migration } from '@mikro-orm/migrations';

/** Answers to on-demand requests over HTTP, for a day: whoever repeats one gets the same again. No personal data. */
export class SyncIdempotency extends Migration {
  override up(): void {
    this.addSql(`CREATE TABLE sync_idempotency (
      key_hash text PRIMARY KEY,
      request_hash text NOT NULL,
      status integer,
      answer text,
      claimed_on timestamptz(6) NOT NULL DEFAULT clock_timestamp(),
      expires_on timestamptz(6) NOT NULL DEFAULT clock_timestamp() + interval '24 hours'
    )`);
    this.addSql('CREATE INDEX ON sync_idempotency (expires_on)');
  }
}
