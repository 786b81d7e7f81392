import { z } from 'zod';
import { like } from './contact-lists.ts';
import type { Attributes, AttributeDefinition, Contact, Conversation } from './records.ts';
import { couldNotCreate } from './refusal.ts';

const condition = z.object({
  attribute_key: z.string(),
  filter_operator: z.string(),
  values: z.array(z.union([z.string(), z.number(), z.boolean()])).nullish(),
  query_operator: z.string().nullish(),
});

/** Request body of both filter endpoints. */
export const filterBody = z.object({ payload: z.array(condition) });

type Condition = z.output<typeof condition>;
type Value = string | number | boolean | null;

/** How an attribute is compared: text in lower case, a date by its UTC day, labels by membership. */
interface Attribute<Row> {
  readonly kind: 'text' | 'exact' | 'date' | 'labels';
  readonly valueOf: (row: Row) => Value | readonly string[];
}

export type Attributed<Row> = Readonly<Record<string, Attribute<Row>>>;

const text = <Row>(valueOf: (row: Row) => Value): Attribute<Row> => ({ kind: 'text', valueOf });
const exact = <Row>(valueOf: (row: Row) => Value): Attribute<Row> => ({ kind: 'exact', valueOf });
const date = <Row>(valueOf: (row: Row) => Value): Attribute<Row> => ({ kind: 'date', valueOf });

const scalar = (value: unknown): Value =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : null;

export const contactAttributes: Attributed<Contact> = {
  name: text((contact) => contact.name),
  email: text((contact) => contact.email),
  identifier: text((contact) => contact.identifier),
  phone_number: text((contact) => contact.phone_number),
  country_code: text((contact) => scalar(contact.additional_attributes['country_code'])),
  city: text((contact) => scalar(contact.additional_attributes['city'])),
  company_name: text((contact) => scalar(contact.additional_attributes['company_name'])),
  referer: text((contact) => scalar(contact.additional_attributes['referer'])),
  blocked: exact((contact) => contact.blocked),
  created_at: date((contact) => contact.created_at),
  last_activity_at: date((contact) => contact.last_activity_at),
  labels: { kind: 'labels', valueOf: (contact) => contact.labels },
};

export const conversationAttributes: Attributed<Conversation> = {
  status: exact((conversation) => conversation.status),
  assignee_id: exact((conversation) => conversation.assignee_id),
  contact_id: exact((conversation) => conversation.contact_id),
  inbox_id: exact((conversation) => conversation.inbox_id),
  display_id: exact((conversation) => conversation.id),
  created_at: date((conversation) => conversation.created_at),
  last_activity_at: date((conversation) => conversation.last_activity_at),
  labels: { kind: 'labels', valueOf: (conversation) => conversation.labels },
};

/**
 * Returns the rows that match the conditions; AND binds before OR, as in the SQL that ChatWoot builds. A custom
 * attribute needs a definition. Throws Refusal 422 for an unknown attribute or operator.
 */
export function filtered<Row extends { readonly custom_attributes: Attributes }>(
  rows: readonly Row[],
  conditions: readonly Condition[],
  known: Attributed<Row>,
  definitions: readonly AttributeDefinition[],
  now: number,
): Row[] {
  const groups: ((row: Row) => boolean)[][] = [[]];
  for (const one of conditions) {
    const operator = one.query_operator?.toUpperCase();
    if (operator !== undefined && operator !== 'AND' && operator !== 'OR') {
      throw couldNotCreate('Query operator must be either "AND" or "OR".');
    }
    groups.at(-1)?.push(testOf(one, attributeOf(one.attribute_key, known, definitions), now));
    if (operator === 'OR') groups.push([]);
  }
  const alternatives = groups.filter((group) => group.length > 0);
  if (alternatives.length === 0) return [...rows];
  return rows.filter((row) => alternatives.some((group) => group.every((test) => test(row))));
}

function attributeOf<Row extends { readonly custom_attributes: Attributes }>(
  key: string,
  known: Attributed<Row>,
  definitions: readonly AttributeDefinition[],
): Attribute<Row> {
  const standard = Object.hasOwn(known, key) ? known[key] : undefined;
  if (standard !== undefined) return standard;
  const definition = definitions.find(({ attribute_key }) => attribute_key === key);
  if (definition === undefined) {
    const keys = Object.keys(known).join(',');
    throw couldNotCreate(
      `Invalid attribute key - [${key}]. The key should be one of [${keys}] or a custom attribute defined in the account.`,
    );
  }
  return {
    kind: definition.attribute_display_type === 'date' ? 'date' : 'text',
    valueOf: (row) => scalar(row.custom_attributes[key]),
  };
}

/** ChatWoot compares phone numbers with exactly one leading plus, however many were sent. */
const sentValue = (key: string, value: Value | undefined): Value =>
  key === 'phone_number' && typeof value === 'string' ? `+${value.replaceAll('+', '')}` : (value ?? null);

function testOf<Row>(condition: Condition, attribute: Attribute<Row>, now: number): (row: Row) => boolean {
  const { attribute_key, filter_operator } = condition;
  const sent = condition.values ?? [];
  // Only the first of several values counts, except where the column is a list or an id.
  const first = sentValue(attribute_key, sent[0]);
  const own = (row: Row): Value => {
    const value = attribute.valueOf(row);
    if (value === null || typeof value === 'object') return null;
    if (attribute.kind === 'date') return dayOf(value);
    return attribute.kind === 'text' ? String(value).toLowerCase() : value;
  };
  const wanted =
    attribute.kind === 'date' ? dayOf(first) : attribute.kind === 'text' ? String(first ?? '').toLowerCase() : first;
  const isOne = (row: Row): boolean => {
    const value = attribute.valueOf(row);
    if (value !== null && typeof value === 'object') return sent.some((label) => value.includes(String(label)));
    if (attribute.kind !== 'exact') return own(row) === wanted;
    return sent.includes('all') || sent.some((one) => String(one) === String(value));
  };
  switch (filter_operator) {
    case 'equal_to':
      return isOne;
    case 'not_equal_to':
      // In SQL, `NULL <> x` is never true.
      return (row) => attribute.valueOf(row) !== null && !isOne(row);
    case 'contains':
    case 'does_not_contain': {
      const matches = like(`%${String(first ?? '').trim()}%`, true);
      const wantedAnswer = filter_operator === 'contains';
      return (row) => own(row) !== null && matches(String(own(row))) === wantedAnswer;
    }
    case 'starts_with':
      return (row) => own(row) !== null && like(`${String(first ?? '')}%`, true)(String(own(row)));
    case 'is_present':
      return (row) => own(row) !== null;
    case 'is_not_present':
      return (row) => own(row) === null;
    case 'is_greater_than':
      return (row) => compared(own(row), wanted) > 0;
    case 'is_less_than':
      return (row) => compared(own(row), wanted) < 0;
    case 'days_before':
      return (row) => compared(own(row), dayOf(now - Number(first) * 86_400_000)) < 0;
    default:
      throw couldNotCreate('Invalid operator. The allowed operators for this attribute are [equal_to,not_equal_to].');
  }
}

/** Returns 0 if either side is missing, so neither "greater" nor "less" matches. */
const compared = (left: Value, right: Value): number =>
  left === null || right === null ? 0 : left < right ? -1 : left > right ? 1 : 0;

const dayOf = (value: Value): string | null => {
  if (value === null || typeof value === 'boolean') return null;
  const time = new Date(value);
  return Number.isNaN(time.getTime()) ? null : time.toISOString().slice(0, 10);
};
