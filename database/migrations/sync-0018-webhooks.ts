import { Migration } from '@mikro-orm/migrations';

/** Webhooks that a gateway has taken, so that no gateway takes one again. Keyed hashes, no personal data. */
export class SyncWebhooks extends Migration {
  override up(): void {
    this.addSql(`CREATE TABLE sync_webhook (
      digest text PRIMARY KEY,
      expires_on timestamptz(6) NOT NULL
    )`);
    this.addSql('CREATE INDEX ON sync_webhook (expires_on)');
  }
}
