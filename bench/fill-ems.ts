import type { Orm } from '../database/orm.ts';

/** Persons with a registration, an e-mail address and a newsletter preference each, a day old. */
export async function fillEms(orm: Orm, size: number): Promise<void> {
  const em = orm.em.fork();
  const old = `now() - interval '1 day'`;
  const events = Math.max(1, Math.ceil(size / 5_000));
  for (const statement of [
    `INSERT INTO organisation (modified_on, name, country) SELECT ${old}, 'Club ' || n, 'PT' FROM generate_series(1, ${events}) n`,
    `INSERT INTO event (modified_on, organisation_id, name, status) SELECT ${old}, n, 'Event ' || n, 'OPEN' FROM generate_series(1, ${events}) n`,
    `INSERT INTO race (modified_on, event_id, name) SELECT ${old}, n, 'Race ' || n FROM generate_series(1, ${events}) n`,
    `INSERT INTO person (modified_on, first_name, last_name, email, organisation_id)
       SELECT ${old}, 'First', 'Last', 'p' || n || '@example.org', 1 + n % ${events} FROM generate_series(1, ${size}) n`,
    `INSERT INTO event_participant (modified_on, event_id, race_id, person_id, bib, status)
       SELECT ${old}, 1 + n % ${events}, 1 + n % ${events}, n, n, 'CONFIRMED' FROM generate_series(1, ${size}) n`,
    `INSERT INTO contact_preference (modified_on, person_id, channel, topic, opted_in)
       SELECT ${old}, n, 'EMAIL', 'NEWSLETTER', true FROM generate_series(1, ${size}) n`,
    'VACUUM ANALYZE',
  ])
    await em.execute(statement);
}
