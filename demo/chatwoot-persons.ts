import type { ClientBase } from 'pg';
import type { Content } from './difference.ts';
import { plainEmail, plainText } from './plain-text.ts';

/** A person of EMS with everything that a contact shows. */
export interface Person {
  readonly id: string;
  readonly first: string | null;
  readonly last: string | null;
  readonly email: string | null;
  readonly phone: string | null;
  /** YYYY-MM-DD. */
  readonly born: string | null;
  readonly language: string | null;
  readonly club: string | null;
  readonly events: readonly (string | null)[];
}

const UNKNOWN = '9999-99-99';

/** Persons with the same address: a family's e-mail, or a phone if none of them has an e-mail. */
export type Household = readonly Person[];

/** All persons that belong in ChatWoot, grouped by shared contact. */
export async function readHouseholds(client: ClientBase): Promise<Household[]> {
  const { rows } = await client.query<Person>(
    `SELECT p.id::text, p.first_name AS first, p.last_name AS last, p.email, p.phone, p.language, o.name AS club,
       to_char(p.date_of_birth, 'YYYY-MM-DD') AS born,
       ARRAY (SELECT e.name FROM event e WHERE e.id IN
         (SELECT event_id FROM event_participant WHERE person_id = p.id)) AS events
     FROM person p LEFT JOIN organisation o ON o.id = p.organisation_id ORDER BY p.id`,
  );
  const reachable = rows
    .map((row) => ({ ...row, email: plainEmail(row.email), phone: plainText(row.phone) }))
    .filter(({ email, phone }) => email !== null || phone !== null);
  return [...Map.groupBy(reachable, ({ email, phone }) => email ?? phone).values()].map((all) => all.toSorted(byAge));
}

/** What a person's contact shows. A number that several households share appears at one of them. */
export function contactContent(person: Person, everybody: readonly Person[]): Content {
  const before = everybody.some(
    (other) => other.phone === person.phone && other.email !== person.email && byNeedOfPhone(other, person) < 0,
  );
  return {
    name: plainText(`${person.first ?? ''} ${person.last ?? ''}`),
    email: person.email,
    phone_number: before ? null : person.phone,
    ems_events: [...new Set(person.events.flatMap((name) => plainText(name) ?? []))].toSorted().join(', ') || null,
    ems_language: plainText(person.language),
    ems_club: plainText(person.club),
  };
}

/** Persons who have no other address come first. */
function byNeedOfPhone(one: Person, other: Person): number {
  return Number(one.email !== null) - Number(other.email !== null) || byAge(one, other);
}

/** The oldest first, those of unknown age last. */
function byAge(one: Person, other: Person): number {
  if (one.born !== other.born) return (one.born ?? UNKNOWN) < (other.born ?? UNKNOWN) ? -1 : 1;
  return Number(one.id) - Number(other.id);
}
