import type { Migration } from '@mikro-orm/migrations';
import type { MigrationSet } from '../orm.ts';

/** `CREATE TABLE sync_person (… entity_id bigint REFERENCES person (id) ON DELETE SET NULL …`. */
const REFERENCE = /^(\s*CREATE TABLE (\w+) .*?\bentity_id bigint) REFERENCES \w+ \(id\) ON DELETE SET NULL/s;

/**
 * The same migrations, for a database whose EMS has other names. The first ones refer to EMS's tables, which are views
 * here, and a later one drops that again: a constraint that holds nothing stands in for each foreign key meanwhile.
 */
export function withoutForeignKeys(set: MigrationSet): MigrationSet {
  return { ...set, migrations: set.migrations.map((one) => ({ ...one, class: new Proxy(one.class, { construct }) })) };
}

function construct(migration: new (...args: never[]) => Migration, args: unknown[]): Migration {
  const made = Reflect.construct(migration, args) as Migration;
  const addSql = made.addSql.bind(made);
  made.addSql = (sql) => {
    addSql(typeof sql === 'string' ? sql.replace(REFERENCE, '$1 CONSTRAINT $2_entity_id_fkey CHECK (true)') : sql);
  };
  return made;
}
