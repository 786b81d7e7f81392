import { ENTITY_TYPES } from '../../sync/entity-type.ts';
import { entityTable } from '../table-names.ts';
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

const functionName = (column: NotifyingTable['column']) => `sync_notify_${column}`;

/**
 * The trigger function, one per column, so that its statements are planned once. PostgreSQL sends the notification at
 * commit, and never after a rollback. EMS's statement succeeds whatever happens here. Only a full notification queue
 * fails at commit, and it is kept far from full (a hanging listener would fill it).
 */
function functionSql(column: NotifyingTable['column']): string {
  // A row's own id does not change; a row that moves to another parent concerns both parents.
  const changed = column === 'id' ? 'SELECT id AS key FROM changed' : `SELECT DISTINCT ${column} AS key FROM changed`;
  const updated = column === 'id' ? changed : `SELECT ${column} AS key FROM changed UNION SELECT ${column} FROM before`;
  return `CREATE OR REPLACE FUNCTION ${functionName(column)}() RETURNS trigger
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

const COLUMNS = [...new Set(NOTIFYING_TABLES.map(({ column }) => column))];

export const CREATE_FUNCTIONS = COLUMNS.map(functionSql);
export const DROP_FUNCTIONS = COLUMNS.map((column) => `DROP FUNCTION IF EXISTS ${functionName(column)}()`);

const EVENTS = {
  insert: 'REFERENCING NEW TABLE AS changed',
  update: 'REFERENCING OLD TABLE AS before NEW TABLE AS changed',
  delete: 'REFERENCING OLD TABLE AS changed',
} as const;

/** The name prefix of our triggers. */
export const TRIGGER_PREFIX = 'sync_notify_';

export function createTriggers({ table, tells, column }: NotifyingTable): string[] {
  return Object.entries(EVENTS).map(
    ([event, rows]) =>
      `CREATE OR REPLACE TRIGGER ${TRIGGER_PREFIX}${event} AFTER ${event.toUpperCase()} ON ${table} ${rows}
       FOR EACH STATEMENT EXECUTE FUNCTION ${functionName(column)}('${tells}')`,
  );
}

export function dropTriggers({ table }: NotifyingTable): string[] {
  return Object.keys(EVENTS).map((event) => `DROP TRIGGER IF EXISTS ${TRIGGER_PREFIX}${event} ON ${table}`);
}
