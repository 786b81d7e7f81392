import { TextType, type EntitySchema } from '@mikro-orm/core';
import { sql } from 'kysely';
import type { EntityKey } from '../../sync/entity-type.ts';
import { unreadText } from '../../sync/fields.ts';
import { columnName } from '../column-names.ts';
import { SOURCE_ENTITIES, type SourceRowTypes } from '../entities/index.ts';
import type { EntityManager } from '../orm.ts';
import { readRows } from './read-rows.ts';

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
 * column's name. PostgreSQL knows a length without reading the text.
 *
 * The row types differ, and the caller only has the type as a value, so rows are untyped from here. Columns are listed
 * explicitly: with `SELECT *`, a column that EMS renamed would be undefined and cleared at every target.
 */
export async function findRows<T extends keyof SourceRowTypes>(
  em: EntityManager,
  type: T,
  ids: readonly EntityKey[],
): Promise<SourceRowTypes[T][]> {
  if (ids.length === 0) return [];
  const entity: EntitySchema = SOURCE_ENTITIES[type];
  const texts = new Set(textProperties(type));
  const limitOf = (property: string) => sql.lit(longestOf(type, property));
  const long = [...texts].map(
    (property) => sql`CASE WHEN ${lengthOf(columnName(property))} > ${limitOf(property)} THEN ${sql.lit(property)} END`,
  );
  const rows = await readRows<SourceRowTypes[T] & { [LONG]?: readonly string[] }>(em, entity, {
    where: sql`id = ANY (${[...ids]}::bigint[])`,
    select: ({ property, column }) =>
      texts.has(property)
        ? sql`CASE WHEN ${lengthOf(column)} <= ${limitOf(property)} THEN ${sql.id(column)} END`
        : sql.id(column),
    more: [sql`nullif(array_remove(ARRAY[${sql.join(long)}]::text[], NULL), '{}') AS ${sql.id(LONG)}`],
  });
  return rows.map(({ [LONG]: unread, ...row }) => {
    for (const property of unread ?? []) {
      Object.assign(row, { [property]: unreadText({ limit: longestOf(type, property), id: row.id }) });
    }
    return row as unknown as SourceRowTypes[T];
  });
}

/** The properties of a row whose text is too long. No column has this name. */
const LONG = 'too long';

/** EMS may use another type than text; for text the cast does nothing. */
const lengthOf = (column: string) => sql`octet_length(${sql.id(column)}::text)`;

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
