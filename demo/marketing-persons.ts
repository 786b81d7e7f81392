import type { ClientBase } from 'pg';
import type { SyncProcessName } from '../sync/sync-process-name.ts';
import { plainEmail, plainText } from './plain-text.ts';

/** A person of EMS with all that marketing is told of it. */
export interface MarketedPerson {
  readonly id: string;
  readonly first: string | null;
  readonly last: string | null;
  readonly email: string;
  /** YYYY-MM-DD. */
  readonly born: string | null;
  readonly city: string | null;
  readonly events: readonly { readonly id: string; readonly name: string | null }[];
  /** What the person has said, by channel: topics that are wanted, and how many are not. */
  readonly said: readonly { readonly channel: string; readonly topic: string; readonly yes: boolean }[];
  /** How our record of it stands, or null. */
  readonly state: string | null;
}

/** Those with one e-mail address: one contact stands for all of them. */
export type AddressSharers = readonly [MarketedPerson, ...MarketedPerson[]];

/** All who have an e-mail address, by address; who is parked or unlinked is nobody's to compare. */
export async function readByAddress(client: ClientBase, process: SyncProcessName): Promise<AddressSharers[]> {
  const { rows } = await client.query<MarketedPerson>(
    `SELECT p.id::text, p.first_name AS first, p.last_name AS last, p.email, p.city,
       to_char(p.date_of_birth, 'YYYY-MM-DD') AS born, r.state,
       ARRAY (SELECT json_build_object('id', e.id::text, 'name', e.name) FROM event e WHERE e.id IN
         (SELECT event_id FROM event_participant WHERE person_id = p.id)) AS events,
       ARRAY (SELECT json_build_object('channel', c.channel, 'topic', c.topic, 'yes', c.opted_in)
         FROM contact_preference c WHERE c.person_id = p.id AND c.opted_in IS NOT NULL) AS said
     FROM person p LEFT JOIN sync_person r ON r.entity_key = p.id AND r.sync_process = $1 ORDER BY p.id`,
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

/** Markup is taken out of names before they are sent, for the targets would. */
export function unmarked(text: string | null): string | null {
  return plainText(
    text
      ?.replaceAll(/<[^>]*>?/g, '')
      .replaceAll('>', '')
      .replaceAll(/&[a-z#0-9]+;/gi, ' '),
  );
}

/** What a person has said on one channel: null: nothing. */
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
