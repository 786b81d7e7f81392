import { ENTITY_TYPES } from '../../sync/entity-type.ts';
import { entityTable } from '../table-names.ts';
import { realColumn, type RealTable } from '../model/stored-model.ts';
import { NOTIFY_CHANNEL } from './notification.ts';

/** A table with a trigger, the table whose rows it reports, and the column with their ids. */
export interface NotifyingTable {
  readonly table: string;
  readonly tells: string;
  readonly column: 'id' | 'person_id' | 'conversation_id';
}

/**
 * A preference is a child of its person, a message of its conversation: their changes are reported as changes of the
 * parent.
 */
const CARRIED: Readonly<Record<string, Omit<NotifyingTable, 'table'>>> = {
  contact_preference: { tells: 'person', column: 'person_id' },
  conversation_message: { tells: 'conversation', column: 'conversation_id' },
};

export const NOTIFYING_TABLES: readonly NotifyingTable[] = [
  ...ENTITY_TYPES.map(entityTable),
  'conversation_message',
].map((table) => ({ table, tells: table, column: 'id', ...CARRIED[table] }));

/** A statement that changes more rows than this lists none: a sweep reads them page by page. */
const ROWS_NAMED = 1_000;

/** PostgreSQL allows less than 8,000 bytes: 300 keys need at most 6,000. */
const KEYS_IN_PAYLOAD = 300;

/** A table of EMS with a trigger, by EMS's own names. */
export interface NotifyingRealTable extends NotifyingTable {
  readonly real: RealTable;
}

/** Those of the tables that EMS has. */
export const notifyingRealTables = (tables: readonly RealTable[]): NotifyingRealTable[] =>
  NOTIFYING_TABLES.flatMap((one) => {
    const real = tables.find(({ table }) => table === one.table);
    return real === undefined ? [] : [{ ...one, real }];
  });

/** One for each column; under EMS's own names one for each table, because the columns differ. */
const functionName = ({ column, real }: Pick<NotifyingRealTable, 'column' | 'real'>) =>
  real.columns === null ? `sync_notify_${column}` : `sync_notify_${real.table}`;

/**
 * The trigger function, one per column, so that its statements are planned once. PostgreSQL sends the notification at
 * commit, and never after a rollback. EMS's statement succeeds whatever happens here. Only a full notification queue
 * fails at commit, and it is kept far from full (a hanging listener would fill it).
 */
function functionSql(table: NotifyingRealTable): string {
  const column = realColumn(table.real, table.column);
  // A row's own id does not change; a row that moves to another parent concerns both parents.
  const isOwn = table.column === 'id';
  const changed = isOwn ? `SELECT ${column} AS key FROM changed` : `SELECT DISTINCT ${column} AS key FROM changed`;
  const updated = isOwn ? changed : `SELECT ${column} AS key FROM changed UNION SELECT ${column} FROM before`;
  return `CREATE OR REPLACE FUNCTION ${functionName(table)}() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog AS $notify$
    DECLARE
      keys bigint[];
    BEGIN
      IF TG_OP = 'UPDATE' THEN
        SELECT array_agg(rows.key) INTO keys FROM (${updated} LIMIT ${ROWS_NAMED + 1}) rows;
      ELSE
        SELECT array_agg(rows.key) INTO keys FROM (${changed} LIMIT ${ROWS_NAMED + 1}) rows;
      END IF;
      IF keys IS NULL OR pg_notification_queue_usage() > 0.5 THEN
        RETURN NULL;
      END IF;
      IF cardinality(keys) > ${ROWS_NAMED} THEN
        PERFORM pg_notify('${NOTIFY_CHANNEL}', TG_ARGV[0] || ' *');
        RETURN NULL;
      END IF;
      FOR n IN 1 .. cardinality(keys) BY ${KEYS_IN_PAYLOAD} LOOP
        PERFORM pg_notify('${NOTIFY_CHANNEL}',
          TG_ARGV[0] || ' ' || array_to_string(keys[n : n + ${KEYS_IN_PAYLOAD - 1}], ','));
      END LOOP;
      RETURN NULL;
    EXCEPTION WHEN OTHERS THEN
      RETURN NULL;
    END $notify$`;
}

export const createFunctions = (tables: readonly NotifyingRealTable[]): string[] => [
  ...new Set(tables.map(functionSql)),
];
export const dropFunctions = (tables: readonly NotifyingRealTable[]): string[] => [
  ...new Set(tables.map((table) => `DROP FUNCTION IF EXISTS ${functionName(table)}()`)),
];

const EVENTS = {
  insert: 'REFERENCING NEW TABLE AS changed',
  update: 'REFERENCING OLD TABLE AS before NEW TABLE AS changed',
  delete: 'REFERENCING OLD TABLE AS changed',
} as const;

/** The name prefix of our triggers. */
export const TRIGGER_PREFIX = 'sync_notify_';

export function createTriggers(table: NotifyingRealTable): string[] {
  return Object.entries(EVENTS).map(
    ([event, rows]) =>
      `CREATE OR REPLACE TRIGGER ${TRIGGER_PREFIX}${event} AFTER ${event.toUpperCase()} ON ${table.real.sql} ${rows}
       FOR EACH STATEMENT EXECUTE FUNCTION ${functionName(table)}('${table.tells}')`,
  );
}

export function dropTriggers({ real }: Pick<NotifyingRealTable, 'real'>): string[] {
  return Object.keys(EVENTS).map((event) => `DROP TRIGGER IF EXISTS ${TRIGGER_PREFIX}${event} ON ${real.sql}`);
}
