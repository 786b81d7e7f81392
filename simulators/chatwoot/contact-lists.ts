import type { SeededRandom } from '../kit/random.ts';
import { shuffled } from './paging.ts';
import type { Contact } from './records.ts';

type SortValue = string | number | null;

const textOf = (value: unknown): string | null => (typeof value === 'string' ? value : null);

const sortKeys: Readonly<Record<string, (contact: Contact) => SortValue>> = {
  name: (contact) => contact.name.toLowerCase(),
  email: (contact) => contact.email,
  phone_number: (contact) => contact.phone_number,
  last_activity_at: (contact) => contact.last_activity_at,
  created_at: (contact) => contact.created_at,
  company_name: (contact) => textOf(contact.additional_attributes['company_name']),
  city: (contact) => contact.location,
  country: (contact) => textOf(contact.additional_attributes['country']),
};

/** Whether the contact has an e-mail, a phone number or an identifier. */
const isResolved = ({ email, phone_number, identifier }: Contact): boolean =>
  [email, phone_number, identifier].some((value) => value !== null && value !== '');

/**
 * Sorts by `sort` (`created_at`, `-last_activity_at`, …), nulls last. Rows without a value, and all rows when `sort` is
 * missing or unknown, come in a new random order each time: the query names no order.
 */
export function sorted(contacts: readonly Contact[], sort: string | undefined, random: SeededRandom): Contact[] {
  const descending = sort?.startsWith('-') === true;
  const name = descending ? sort.slice(1) : sort;
  const keyOf = name === undefined || !Object.hasOwn(sortKeys, name) ? undefined : sortKeys[name];
  if (keyOf === undefined) return shuffled(contacts, random);
  const { ordered, without } = orderedBy(contacts, name ?? '', keyOf);
  return [...(descending ? ordered.toReversed() : ordered), ...shuffled(without, random)];
}

interface Ordered {
  readonly ordered: readonly Contact[];
  readonly without: readonly Contact[];
}

/** Cached, because a scan asks for the same order page by page. */
const remembered = new WeakMap<readonly Contact[], Map<string, Ordered>>();

function orderedBy(contacts: readonly Contact[], name: string, keyOf: (contact: Contact) => SortValue): Ordered {
  const orders = remembered.get(contacts) ?? new Map<string, Ordered>();
  remembered.set(contacts, orders);
  const known = orders.get(name);
  if (known !== undefined) return known;
  const withKey = contacts.flatMap((contact) => {
    const key = keyOf(contact);
    return key === null ? [] : [{ key, contact }];
  });
  withKey.sort((left, right) =>
    left.key < right.key ? -1 : left.key > right.key ? 1 : left.contact.id - right.contact.id,
  );
  const order = {
    ordered: withKey.map(({ contact }) => contact),
    without: contacts.filter((contact) => keyOf(contact) === null),
  };
  orders.set(name, order);
  return order;
}

const resolvedOf = new WeakMap<readonly Contact[], readonly Contact[]>();

/** The contacts that lists and filters show. */
export function resolved(contacts: readonly Contact[]): readonly Contact[] {
  const found = resolvedOf.get(contacts) ?? contacts.filter(isResolved);
  resolvedOf.set(contacts, found);
  return found;
}

/** SQL's LIKE. `%` and `_` in the search text are wildcards too. */
export function like(pattern: string, caseInsensitive: boolean): (value: string | null) => boolean {
  const source = pattern
    .replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)
    .replaceAll('%', '.*')
    .replaceAll('_', '.');
  const expression = new RegExp(`^${source}$`, caseInsensitive ? 'is' : 's');
  return (value) => value !== null && expression.test(value);
}

/**
 * What the search box finds: contacts whose name, e-mail, phone or identifier (case-sensitive) contains the text,
 * unresolved contacts included.
 */
export function searched(contacts: readonly Contact[], q: string): Contact[] {
  const [anyCase, thisCase] = [like(`%${q.trim()}%`, true), like(`%${q.trim()}%`, false)];
  return contacts.filter(
    ({ name, email, phone_number, identifier }) =>
      anyCase(name) || anyCase(email) || anyCase(phone_number) || thisCase(identifier),
  );
}
