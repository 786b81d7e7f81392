import type { ClientBase } from 'pg';
import type { RunSignupState } from '../simulators/runsignup/start.ts';
import { differencesOf, type Content } from './difference.ts';
import { inSnapshot } from './in-snapshot.ts';
import { plainEmail, plainText } from './plain-text.ts';
import type { Weekend } from './runsignup-weekends.ts';
import type { Verification } from './simulated-target.ts';

interface EntryRow {
  readonly registration: string;
  readonly event: string;
  readonly race: string;
  readonly bib: string | null;
  /** The BIB tag that was assigned last. */
  readonly chip: string | null;
  readonly withdrawn: boolean;
  readonly first: string | null;
  readonly last: string | null;
  readonly email: string | null;
  readonly born: string | null;
  readonly gender: string | null;
  /** Persons with this name, address and date of birth. */
  readonly persons: number;
}

/**
 * Checks that EMS and RunSignup have the same valid registrations of the linked events: each exactly once, for the same race,
 * with the same bib and person. Uses no code of the engine.
 *
 * @param state the simulator's content.
 */
export async function verifyRunSignup(
  databaseUrl: string,
  state: RunSignupState,
  weekends: readonly Weekend[],
): Promise<Verification> {
  const wanted = wantedEntries(state, weekends);
  const rows = await inSnapshot(databaseUrl, (client) => readEntries(client, Object.keys(state.registrations)));
  const standing = rows.filter(({ withdrawn }) => !withdrawn);
  const doubles = [...Map.groupBy(rows, ({ registration }) => registration)].filter(([, same]) => same.length > 1);
  const held = new Map(standing.map((row) => [row.registration, entryContent(row)]));
  return {
    compared: wanted.size,
    differences: [
      ...differencesOf('registrations', wanted, held),
      ...doubles.map(([id]) => ({ type: 'registrations', id, what: 'surplus' as const, fields: [] })),
    ],
  };
}

function wantedEntries({ registrations, users }: RunSignupState, weekends: readonly Weekend[]): Map<string, Content> {
  const wanted = new Map<string, Content>();
  for (const { registrationId, raceId, eventId, userId, bib, chip, removedReason } of Object.values(registrations)) {
    const weekend = weekends.find((one) => one.raceId === raceId);
    const user = users[userId];
    if (weekend === undefined || user === undefined || removedReason !== null) continue;
    wanted.set(String(registrationId), {
      event: weekend.event,
      race: weekend.races.get(eventId) ?? null,
      bib: plainBib(bib),
      chip,
      first: plainText(user.firstName),
      last: plainText(user.lastName),
      email: plainEmail(user.email),
      born: user.dob,
      gender: user.gender,
      persons: 1,
    });
  }
  return wanted;
}

function entryContent({ registration: _registration, withdrawn: _withdrawn, ...row }: EntryRow): Content {
  return {
    ...row,
    bib: plainBib(row.bib),
    first: plainText(row.first),
    last: plainText(row.last),
    email: plainEmail(row.email),
    gender: plainText(row.gender),
  };
}

/** RunSignup keeps bibs as numbers. */
function plainBib(bib: string | null): string | null {
  const text = plainText(bib);
  return text !== null && /^\d+$/.test(text) ? String(Number(text)) : text;
}

async function readEntries(client: ClientBase, registrations: readonly string[]): Promise<EntryRow[]> {
  const { rows } = await client.query<EntryRow>(
    `SELECT e.registration_no AS registration, e.event_id::text AS event, e.race_id::text AS race, e.bib,
       (SELECT t.code FROM tag t WHERE t.event_participant_id = e.id AND t.kind = 'BIB'
          ORDER BY t.assigned_on DESC NULLS LAST, t.id DESC LIMIT 1) AS chip,
       e.status = 'WITHDRAWN' AS withdrawn, p.first_name AS first, p.last_name AS last, p.email, p.gender,
       to_char(p.date_of_birth, 'YYYY-MM-DD') AS born,
       (SELECT count(*)::integer FROM person same WHERE same.first_name IS NOT DISTINCT FROM p.first_name
          AND same.last_name IS NOT DISTINCT FROM p.last_name AND same.date_of_birth IS NOT DISTINCT FROM p.date_of_birth
          AND lower(same.email) IS NOT DISTINCT FROM lower(p.email)) AS persons
     FROM event_participant e JOIN person p ON p.id = e.person_id WHERE e.registration_no = ANY ($1)`,
    [registrations],
  );
  return rows;
}
