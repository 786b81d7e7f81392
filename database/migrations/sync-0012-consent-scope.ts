import { Migration } from '@mikro-orm/migrations';

/**
 * A refusal at one target is looked for by every other: by person and by address, whatever the target. `presumed`: nobody has said
 * so, and it counts at its own target alone. Mautic's contacts that were added are a list of their own, which has been read as far as
 * the one that it was a part of.
 */
export class SyncConsentScope extends Migration {
  override up(): void {
    this.addSql('ALTER TABLE sync_suppression ADD COLUMN presumed boolean NOT NULL DEFAULT false');
    this.addSql('CREATE INDEX sync_suppression_person ON sync_suppression (entity_key)');
    this.addSql('CREATE INDEX sync_suppression_any_address ON sync_suppression (address_hash)');
    this.addSql(`INSERT INTO sync_cursor (sync_process, entity_type, scope, position)
      SELECT sync_process, entity_type, 'added', position FROM sync_cursor WHERE sync_process = 'MAUTIC' AND scope = 'changed'`);
  }
}
