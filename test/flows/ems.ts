import type { Client } from 'pg';

type Values = Readonly<Record<string, unknown>>;

/** Writes to EMS as its own application does: `modified_on` comes from the database's clock unless a test sets it. */
export class Ems {
  readonly #database: Client;

  constructor(database: Client) {
    this.#database = database;
  }

  /** @returns the new row's id. */
  async insert(table: string, values: Values): Promise<string> {
    const row = { modified_on: await this.now(), ...values };
    const columns = Object.keys(row);
    const { rows } = await this.#database.query<{ id: string }>(
      `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${columns.map((_, i) => `$${i + 1}`).join(', ')}) RETURNING id`,
      Object.values(row),
    );
    const [first] = rows;
    if (first === undefined) throw new Error(`${table}: no row was inserted`);
    return first.id;
  }

  /** Changes a row as EMS does: also sets `modified_on`, unless it is given. */
  async update(table: string, id: string, values: Values): Promise<void> {
    const row = { modified_on: await this.now(), ...values };
    const columns = Object.keys(row);
    await this.#database.query(
      `UPDATE ${table} SET ${columns.map((column, i) => `${column} = $${i + 2}`).join(', ')} WHERE id = $1`,
      [id, ...Object.values(row)],
    );
  }

  async delete(table: string, ...ids: string[]): Promise<void> {
    await this.#database.query(`DELETE FROM ${table} WHERE id = ANY ($1::bigint[])`, [ids]);
  }

  /** The database's clock, RFC 3339 with microseconds. */
  async now(): Promise<string> {
    const { rows } = await this.#database.query<{ now: string }>(
      `SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS now`,
    );
    return rows[0]?.now ?? '';
  }

  async organisation(values: Values = {}): Promise<string> {
    return this.insert('organisation', { name: 'Harbour Athletics', country: 'PT', ...values });
  }

  async event(values: Values = {}): Promise<string> {
    return this.insert('event', {
      organisation_id: values['organisation_id'] ?? (await this.organisation()),
      name: 'Harbour Marathon',
      starts_on: '2027-05-15T07:00:00Z',
      ends_on: '2027-05-16T15:00:00Z',
      time_zone: 'Europe/Lisbon',
      status: 'OPEN',
      ...values,
    });
  }

  /** The organisation of an event. */
  async organisationOf(eventId: string): Promise<string> {
    const { rows } = await this.#database.query('SELECT organisation_id FROM event WHERE id = $1', [eventId]);
    return rows[0].organisation_id;
  }

  async race(eventId: string, values: Values = {}): Promise<string> {
    return this.insert('race', { event_id: eventId, name: '10K', discipline: 'RUN', distance_m: 10_000, ...values });
  }

  async startGroup(raceId: string, values: Values = {}): Promise<string> {
    return this.insert('start_group', { race_id: raceId, name: 'Wave A', sequence: 1, ...values });
  }

  async person(values: Values = {}): Promise<string> {
    return this.insert('person', { first_name: 'Ana', last_name: 'Silva', gender: 'F', ...values });
  }

  /** An opt-in or opt-out. */
  async preference(personId: string, optedIn: boolean, values: Values = {}): Promise<string> {
    return this.insert('contact_preference', {
      person_id: personId,
      channel: 'EMAIL',
      topic: 'NEWSLETTER',
      opted_in: optedIn,
      ...values,
    });
  }

  /** A participant with a new person, unless one is given. */
  async participant(eventId: string, raceId: string, values: Values = {}): Promise<string> {
    return this.insert('event_participant', {
      event_id: eventId,
      race_id: raceId,
      person_id: values['person_id'] ?? (await this.person()),
      status: 'REGISTERED',
      ...values,
    });
  }

  async startGroupParticipant(startGroupId: string, participantId: string): Promise<string> {
    return this.insert('start_group_participant', {
      start_group_id: startGroupId,
      event_participant_id: participantId,
    });
  }

  async tag(participantId: string | null, values: Values = {}): Promise<string> {
    return this.insert('tag', { event_participant_id: participantId, code: 'ABCD0001', kind: 'BIB', ...values });
  }
}
