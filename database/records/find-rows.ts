import { TextType, type EntitySchema } from '@mikro-orm/core';
import { sql } from 'kysely';
import type { EntityKey } from '../../sync/entity-type.ts';
import { unreadText } from '../../sync/fields.ts';
import { columnName } from '../column-names.ts';
import { SOURCE_ENTITIES, type SourceRowTypes } from '../entities/index.ts';
import type { EntityManager } from '../orm.ts';
import { entityTable } from '../table-names.ts';

/** In bytes: no target takes 5,000 characters of any field but a message. */
const LONGEST_TEXT = 20_000;

/** Columns that a target takes longer texts of: ChatWoot's messages have up to 150,000 characters. */
const LONGEST: Readonly<Record<string, number>> = { 'ConversationMessage.body': 600_000 };

/** The longest text of a column that is read, in bytes. */
export const longestOf = (type: keyof SourceRowTypes, property: string): number =>
  LONGEST[`${type}.${property}`] ?? LONGEST_TEXT;

/**
 * The rows with these ids. A text that is longer than any target takes is not loaded, because one of 20 MB would block
 * the worker for seconds: {@link unreadText} stands for it, which no mapping sends, so that the row is parked with the
 * column's name.
 *
 * The row types differ, and the caller only has the type as a value, so rows are untyped from here. Columns are listed
 * explicitly: with `SELECT *`, a column that EMS renamed would be undefined and cleared at every target.
 */
export async function findRows<T extends keyof SourceRowTypes>(
  em: EntityManager,
  type: T,
  ids: readonly EntityKey[],
): Promise<SourceRowTypes[T][]> {
  const long = await findLongTexts(em, type, ids);
  const rows = await load(em, type, { ids: ids.filter((id) => !long.has(id)), without: [] });
  for (const [id, without] of long) {
    const unread = Object.fromEntries(
      without.map((property) => [property, unreadText({ limit: longestOf(type, property), id })]),
    );
    // Copies: the entity itself would count as changed.
    for (const row of await load(em, type, { ids: [id], without })) rows.push({ ...row, ...unread });
  }
  return rows;
}

function load<T extends keyof SourceRowTypes>(
  em: EntityManager,
  type: T,
  { ids, without }: { readonly ids: readonly EntityKey[]; readonly without: readonly string[] },
): Promise<SourceRowTypes[T][]> {
  const entity: EntitySchema = SOURCE_ENTITIES[type];
  return em.find(
    entity as EntitySchema<SourceRowTypes[T]>,
    { id: { $in: ids } } as never,
    { fields: Object.keys(entity.meta.properties).filter((property) => !without.includes(property)) } as never,
  );
}

/** By row, the properties whose text is too long. PostgreSQL knows a length without reading the text. */
async function findLongTexts(
  em: EntityManager,
  type: keyof SourceRowTypes,
  ids: readonly EntityKey[],
): Promise<ReadonlyMap<EntityKey, readonly string[]>> {
  const texts = textProperties(type);
  if (texts.length === 0 || ids.length === 0) return new Map();
  const isLong = texts.map((property) => {
    // EMS may use another type than text; for text the cast does nothing.
    const column = sql`${sql.id(columnName(property))}::text`;
    return sql`CASE WHEN octet_length(${column}) > ${sql.lit(longestOf(type, property))} THEN ${sql.lit(property)} END`;
  });
  const { rows } = await sql<{ id: EntityKey; long: readonly string[] }>`
    SELECT id, long FROM (
      SELECT id, array_remove(ARRAY[${sql.join(isLong)}]::text[], NULL) AS long
      FROM ${sql.raw(entityTable(type))} WHERE id = ANY (${[...ids]}::bigint[])) read
    WHERE long <> '{}'`.execute(em.getKysely());
  return new Map(rows.map(({ id, long }) => [id, long]));
}

const textProperties = (type: keyof SourceRowTypes): readonly string[] => {
  const known = TEXTS.get(type);
  if (known !== undefined) return known;
  const { properties } = (SOURCE_ENTITIES[type] as EntitySchema).meta;
  const texts = Object.entries(properties).flatMap(([name, property]) => (isText(property) ? [name] : []));
  TEXTS.set(type, texts);
  return texts;
};

const TEXTS = new Map<keyof SourceRowTypes, readonly string[]>();

/** Before MikroORM has looked at the entities, a property has its type; afterwards its name. */
function isText({ type, customType }: { readonly type?: unknown; readonly customType?: unknown }): boolean {
  return [type, customType].some((one) => one instanceof TextType || one === TextType || one === 'text');
}
