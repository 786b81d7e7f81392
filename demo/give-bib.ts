import type { ClientBase } from 'pg';
import { pick, type Rng } from '../simulators/ems/rng.ts';

/** Bibs that neither the sample nor RunSignup assigns: a race must not have one twice. */
const FIRST_BIB = 70_000;

export interface GivenBib {
  readonly participant: string;
  readonly registration: number;
  readonly bib: string;
}

/**
 * EMS assigns a bib and a chip to a registration that has none.
 *
 * @param number unique, for the bib and the chip.
 */
export async function giveBib(
  client: ClientBase,
  registrations: readonly number[],
  { rng, number }: { readonly rng: Rng; readonly number: number },
): Promise<GivenBib | null> {
  const { rows } = await client.query<{ id: string; registration: string }>(
    `SELECT id::text, registration_no AS registration FROM event_participant
     WHERE registration_no = ANY ($1) AND status = 'REGISTERED' AND coalesce(btrim(bib), '') = '' ORDER BY id`,
    [registrations.map(String)],
  );
  if (rows.length === 0) return null;
  const { id, registration } = pick(rng, rows);
  const bib = String(FIRST_BIB + number);
  await client.query('UPDATE event_participant SET bib = $2, modified_on = clock_timestamp() WHERE id = $1', [id, bib]);
  await client.query(
    `INSERT INTO tag (modified_on, code, event_participant_id, kind, assigned_on)
     VALUES (clock_timestamp(), $2, $1, 'BIB', clock_timestamp())`,
    [id, `DE30${number.toString(16).toUpperCase().padStart(8, '0')}`],
  );
  return { participant: id, registration: Number(registration), bib };
}
