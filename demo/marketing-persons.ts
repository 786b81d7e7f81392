import type { ClientBase } from 'pg';
import type { SyncProcessName } from '../sync/sync-process-name.ts';
import { plainEmail, plainText } from './plain-text.ts';

/** A person of EMS with everything that marketing targets get. */
export interface MarketedPerson {
  readonly id: string;
  readonly first: string | null;
  readonly last: string | null;
  readonly email: string;
  /** YYYY-MM-DD. */
  readonly born: string | null;
  readonly city: string | null;
  readonly events: readonly { readonly id: string; readonly name: string | null }[];
  /** Consent by channel: the wanted topics, and the number of refused ones. */
  readonly said: readonly { readonly channel: string; readonly topic: string; readonly yes: boolean }[];
  /** The state of its sync record, or null. */
  readonly state: string | null;
}

/** Persons with the same e-mail address. They share one contact. */
export type AddressSharers = readonly [MarketedPerson, ...MarketedPerson[]];

/** All persons with an e-mail address, by address, the eldest first: the contact is theirs. Parked and unlinked ones are not compared. */
export async function readByAddress(client: ClientBase, process: SyncProcessName): Promise<AddressSharers[]> {
  const { rows } = await client.query<MarketedPerson>(
    `SELECT p.id::text, p.first_name AS first, p.last_name AS last, p.email, p.city,
       to_char(p.date_of_birth, 'YYYY-MM-DD') AS born, r.state,
       ARRAY (SELECT json_build_object('id', e.id::text, 'name', e.name) FROM event e WHERE e.id IN
         (SELECT event_id FROM event_participant WHERE person_id = p.id)) AS events,
       ARRAY (SELECT json_build_object('channel', c.channel, 'topic', c.topic, 'yes', c.opted_in)
         FROM contact_preference c WHERE c.person_id = p.id AND c.opted_in IS NOT NULL) AS said
     FROM person p LEFT JOIN sync_person r ON r.entity_key = p.id AND r.sync_process = $1
     ORDER BY p.date_of_birth NULLS LAST, p.id`,
    [process],
  );
  const reachable = rows.flatMap((row) => {
    const email = plainEmail(row.email);
    return email === null || row.state === 'UNLINKED' ? [] : [{ ...row, email }];
  });
  return [...Map.groupBy(reachable, ({ email }) => email).values()].flatMap(([first, ...others]): AddressSharers[] =>
    first === undefined ? [] : [[first, ...others]],
  );
}

/** Removes markup from names, as the adapters do before the targets would. */
export function unmarked(text: string | null): string | null {
  return plainText(
    text
      ?.replaceAll(/<[^>]*>?/g, '')
      .replaceAll('>', '')
      .replaceAll(/&[a-z#0-9]+;/gi, ' '),
  );
}

/** A person's consent on one channel, or null if there is none. */
export function verdict({ said }: MarketedPerson, channel: string): 'in' | 'out' | null {
  const on = said.filter((one) => one.channel === channel);
  if (on.length === 0) return null;
  return on.some(({ yes }) => yes) ? 'in' : 'out';
}

export const topicsWanted = ({ said }: MarketedPerson): string[] =>
  said
    .filter(({ channel, yes }) => channel === 'EMAIL' && yes)
    .map(({ topic }) => topic)
    .toSorted();
