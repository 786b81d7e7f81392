import { Migration } from '@mikro-orm/migrations';
import { ENTITY_TYPES } from '../../sync/entity-type.ts';
import { recordTable } from '../table-names.ts';

/** What pairs that are kept in step both ways need beside their base: where a message was written, which conflict was restored,
 * and recent flips. */
export class SyncBothWays extends Migration {
  override up(): void {
    this.addSql(`ALTER TABLE sync_conversation_message
      ADD COLUMN origin text NOT NULL DEFAULT 'remote' CHECK (origin IN ('ems', 'remote'))`);
    this.addSql('ALTER TABLE sync_conflict ADD COLUMN restored_on timestamptz(6)');
    for (const type of ENTITY_TYPES) this.addSql(`ALTER TABLE ${recordTable(type)} ADD COLUMN flips jsonb`);
  }
}
