import { Client } from 'pg';
import { inSnapshot } from '../../demo/in-snapshot.ts';

/**
 * Lets the database itself note each opt-in of EMS, with its time: the row may be changed or deleted before anybody looks.
 * In a schema of its own, which the system under test does not know.
 */
export async function noteOptIns(databaseUrl: string): Promise<void> {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await client.query(`
      CREATE SCHEMA chaos;
      CREATE TABLE chaos.opt_in (address text NOT NULL, noted_on timestamptz NOT NULL DEFAULT clock_timestamp());
      CREATE FUNCTION chaos.note_opt_in() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          IF NEW.opted_in THEN
            INSERT INTO chaos.opt_in (address) SELECT lower(btrim(email)) FROM public.person
              WHERE id = NEW.person_id AND email IS NOT NULL;
          END IF;
          RETURN NULL;
        END $$;
      CREATE TRIGGER chaos_note_opt_in AFTER INSERT OR UPDATE ON contact_preference
        FOR EACH ROW EXECUTE FUNCTION chaos.note_opt_in();`);
  } finally {
    await client.end();
  }
}

/** Two seconds for clocks that differ and transactions that were open. */
const TOLERANCE_S = 2;

/** Whether EMS has got an opt-in of this address since. @param since milliseconds since 1970. */
export async function hasOptedIn(databaseUrl: string, address: string, since: number): Promise<boolean> {
  const { rows } = await inSnapshot(databaseUrl, (client) =>
    client.query(`SELECT FROM chaos.opt_in WHERE address = $1 AND noted_on > to_timestamp($2) LIMIT 1`, [
      address,
      since / 1_000 - TOLERANCE_S,
    ]),
  );
  return rows.length > 0;
}
