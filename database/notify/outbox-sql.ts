import { NOTIFYING_TABLES } from './trigger-sql.ts';

/** The name prefix of the triggers that write `sync_outbox`. */
export const OUTBOX_PREFIX = 'sync_outbox_';

/** A statement that changes more rows than this is noted as one: everything is compared then. */
const ROWS_NOTED = 1_000;

/** A stamp that is older at the time of its write may be below the bound of a sweep. */
const OLD_STAMP = `interval '1 minute'`;

const FUNCTION = 'sync_write_outbox';

/** The id of a row and of those it refers to: nothing of its content. */
const idsOf = (row: string) =>
  `(SELECT jsonb_object_agg(field.key, field.value) FROM jsonb_each(to_jsonb(${row})) field
     WHERE field.key = 'id' OR field.key LIKE '%\\_id')`;

/**
 * EMS's statement succeeds whatever happens here. The function writes as its owner, so that EMS's own logins need no
 * right to our table. Without nested loops: a session keeps the plan that it made for one row, by which an update of
 * 100,000 rows would compare each old row with each new one.
 */
export const CREATE_OUTBOX = `CREATE OR REPLACE FUNCTION ${FUNCTION}() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET enable_nestloop = off AS $outbox$
  DECLARE
    noted jsonb[];
  BEGIN
    IF TG_OP = 'TRUNCATE' THEN
      noted := NULL;
    ELSIF TG_OP = 'DELETE' THEN
      SELECT coalesce(array_agg(rows.ids), '{}') INTO noted
        FROM (SELECT ${idsOf('b')} AS ids FROM before b LIMIT ${ROWS_NOTED + 1}) rows;
    ELSIF TG_OP = 'INSERT' THEN
      SELECT coalesce(array_agg(rows.ids), '{}') INTO noted
        FROM (SELECT ${idsOf('c')} AS ids FROM changed c
          WHERE c.modified_on < clock_timestamp() - ${OLD_STAMP} LIMIT ${ROWS_NOTED + 1}) rows;
    ELSE
      SELECT coalesce(array_agg(rows.ids), '{}') INTO noted FROM (
        SELECT moved.ids FROM before b JOIN changed c ON c.id = b.id
        CROSS JOIN LATERAL (VALUES (${idsOf('b')}, ${idsOf('c')})) AS both_of (old_ids, new_ids)
        CROSS JOIN LATERAL (
          SELECT both_of.old_ids AS ids WHERE both_of.old_ids <> both_of.new_ids
          UNION ALL
          SELECT both_of.new_ids WHERE c.modified_on < clock_timestamp() - ${OLD_STAMP}
        ) moved
        LIMIT ${ROWS_NOTED + 1}) rows;
    END IF;
    IF noted IS NULL OR cardinality(noted) > ${ROWS_NOTED} THEN
      INSERT INTO public.sync_outbox (source) VALUES (TG_TABLE_NAME);
    ELSE
      INSERT INTO public.sync_outbox (source, ids) SELECT TG_TABLE_NAME, ids FROM unnest(noted) ids;
    END IF;
    RETURN NULL;
  EXCEPTION WHEN OTHERS THEN
    RETURN NULL;
  END $outbox$`;

export const DROP_OUTBOX = `DROP FUNCTION IF EXISTS ${FUNCTION}()`;

const EVENTS = {
  insert: 'REFERENCING NEW TABLE AS changed',
  update: 'REFERENCING OLD TABLE AS before NEW TABLE AS changed',
  delete: 'REFERENCING OLD TABLE AS before',
  truncate: '',
} as const;

type NotifyingTable = (typeof NOTIFYING_TABLES)[number];

export const createOutboxTriggers = ({ table }: Pick<NotifyingTable, 'table'>): string[] =>
  Object.entries(EVENTS).map(
    ([event, rows]) =>
      `CREATE OR REPLACE TRIGGER ${OUTBOX_PREFIX}${event} AFTER ${event.toUpperCase()} ON ${table} ${rows}
       FOR EACH STATEMENT EXECUTE FUNCTION ${FUNCTION}()`,
  );

export const dropOutboxTriggers = ({ table }: Pick<NotifyingTable, 'table'>): string[] =>
  Object.keys(EVENTS).map((event) => `DROP TRIGGER IF EXISTS ${OUTBOX_PREFIX}${event} ON ${table}`);
