import { escapeIdentifier } from 'pg';
import { realColumn, type RealTable } from '../model/stored-model.ts';
import { isThere } from '../model/view-sql.ts';

/** The name prefix of the triggers that write `sync_outbox`. */
export const OUTBOX_PREFIX = 'sync_outbox_';

/** A statement that changes more rows than this is noted as one: everything is compared then. */
const ROWS_NOTED = 1_000;

/** A stamp that is older at the time of its write may be below the bound of a sweep. */
const OLD_STAMP = `interval '1 minute'`;

/** One for all; under EMS's own names one for each table, because the columns differ. */
const functionName = ({ columns, table }: RealTable) =>
  columns === null ? 'sync_write_outbox' : `sync_write_outbox_${table}`;

/** The id of a row and of those it refers to: nothing of its content. */
const idsOf = (row: string) =>
  `(SELECT jsonb_object_agg(field.key, field.value) FROM jsonb_each(to_jsonb(${row})) field
     WHERE field.key = 'id' OR field.key LIKE '%\\_id')`;

/** The same of a row under EMS's own names. */
function realIdsOf(row: string, { columns }: RealTable): string {
  const ids = Object.entries(columns ?? {}).filter(([column]) => column === 'id' || column.endsWith('_id'));
  return `jsonb_build_object(${ids
    .flatMap(([column, emsColumn]) =>
      emsColumn === null ? [] : [`'${column}', ${row}.${escapeIdentifier(emsColumn)}`],
    )
    .join(', ')})`;
}

/** Rows of a transition table that are not marked as deleted. To mark one is to delete it. */
const there = (rows: string, { model }: RealTable) =>
  model?.deleted == null ? rows : `(SELECT * FROM ${rows} WHERE ${isThere(model.deleted)})`;

/** How a function reads the rows of a statement. */
function readingOf(real: RealTable) {
  const ids = (row: string) => (real.columns === null ? idsOf(row) : realIdsOf(row, real));
  const [id, modifiedOn] = [realColumn(real, 'id'), realColumn(real, 'modified_on')];
  const isOld = `c.${modifiedOn} < clock_timestamp() - ${OLD_STAMP}`;
  const source = real.columns === null ? 'TG_TABLE_NAME' : `'${real.table}'`;
  const updated =
    real.model?.deleted == null
      ? `FROM before b JOIN changed c ON c.${id} = b.${id}
        CROSS JOIN LATERAL (VALUES (${ids('b')}, ${ids('c')})) AS both_of (old_ids, new_ids)
        CROSS JOIN LATERAL (
          SELECT both_of.old_ids AS ids WHERE both_of.old_ids <> both_of.new_ids
          UNION ALL
          SELECT both_of.new_ids WHERE ${isOld}
        ) moved`
      : `FROM ${there('before', real)} b FULL JOIN ${there('changed', real)} c ON c.${id} = b.${id}
        CROSS JOIN LATERAL (VALUES (
          CASE WHEN b.${id} IS NOT NULL THEN ${ids('b')} END, CASE WHEN c.${id} IS NOT NULL THEN ${ids('c')} END)) AS both_of (old_ids, new_ids)
        CROSS JOIN LATERAL (
          SELECT both_of.old_ids AS ids WHERE both_of.old_ids IS NOT NULL AND both_of.old_ids IS DISTINCT FROM both_of.new_ids
          UNION ALL
          SELECT both_of.new_ids WHERE ${isOld}
        ) moved`;
  return { ids, isOld, source, updated, before: there('before', real), changed: there('changed', real) };
}

/**
 * EMS's statement succeeds whatever happens here. The function writes as its owner, so that EMS's own logins need no
 * right to our table. Without nested loops: a session keeps the plan that it made for one row, by which an update of
 * 100,000 rows would compare each old row with each new one.
 */
export function createOutboxFunction(real: RealTable): string {
  const { ids, isOld, source, updated, before, changed } = readingOf(real);
  return `CREATE OR REPLACE FUNCTION ${functionName(real)}() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET enable_nestloop = off AS $outbox$
  DECLARE
    noted jsonb[];
  BEGIN
    IF TG_OP = 'TRUNCATE' THEN
      noted := NULL;
    ELSIF TG_OP = 'DELETE' THEN
      SELECT coalesce(array_agg(rows.ids), '{}') INTO noted
        FROM (SELECT ${ids('b')} AS ids FROM ${before} b LIMIT ${ROWS_NOTED + 1}) rows;
    ELSIF TG_OP = 'INSERT' THEN
      SELECT coalesce(array_agg(rows.ids), '{}') INTO noted
        FROM (SELECT ${ids('c')} AS ids FROM ${changed} c
          WHERE ${isOld} LIMIT ${ROWS_NOTED + 1}) rows;
    ELSE
      SELECT coalesce(array_agg(rows.ids), '{}') INTO noted FROM (
        SELECT moved.ids ${updated}
        LIMIT ${ROWS_NOTED + 1}) rows;
    END IF;
    IF noted IS NULL OR cardinality(noted) > ${ROWS_NOTED} THEN
      INSERT INTO public.sync_outbox (source) VALUES (${source});
    ELSE
      INSERT INTO public.sync_outbox (source, ids) SELECT ${source}, ids FROM unnest(noted) ids;
    END IF;
    RETURN NULL;
  EXCEPTION WHEN OTHERS THEN
    RETURN NULL;
  END $outbox$`;
}

export const dropOutboxFunction = (real: RealTable): string => `DROP FUNCTION IF EXISTS ${functionName(real)}()`;

const EVENTS = {
  insert: 'REFERENCING NEW TABLE AS changed',
  update: 'REFERENCING OLD TABLE AS before NEW TABLE AS changed',
  delete: 'REFERENCING OLD TABLE AS before',
  truncate: '',
} as const;

export const createOutboxTriggers = (real: RealTable): string[] =>
  Object.entries(EVENTS).map(
    ([event, rows]) =>
      `CREATE OR REPLACE TRIGGER ${OUTBOX_PREFIX}${event} AFTER ${event.toUpperCase()} ON ${real.sql} ${rows}
       FOR EACH STATEMENT EXECUTE FUNCTION ${functionName(real)}()`,
  );

export const dropOutboxTriggers = ({ sql }: RealTable): string[] =>
  Object.keys(EVENTS).map((event) => `DROP TRIGGER IF EXISTS ${OUTBOX_PREFIX}${event} ON ${sql}`);
