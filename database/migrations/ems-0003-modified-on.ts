import { Migration } from '@mikro-orm/migrations';
import { modifiedOnIndexes } from '../detection/modified-on-index.ts';

/** Everyday sweeps read the rows that changed lately. EMS gets the same indexes by `ems-sync migrate --with-indexes`. */
export class EmsModifiedOn extends Migration {
  override up(): void {
    for (const { table, name } of modifiedOnIndexes()) this.addSql(`CREATE INDEX ${name} ON ${table} (modified_on)`);
  }
}
