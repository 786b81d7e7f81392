import { createPeople } from '../people.ts';
import { chance, pick } from '../rng.ts';
import type { RowName, TableName } from '../rows.ts';
import { inventCode } from '../tags.ts';
import { localesOf } from './person-changes.ts';
import { exchange, findIds, lockSome, named } from './step.ts';
import type { Stage, Step } from './step.ts';

/** Inserts a row stamped now, and returns its id. */
async function insert(stage: Stage, table: TableName, row: Readonly<Record<string, unknown>>): Promise<number> {
  const columns = Object.keys(row);
  const places = columns.map((_, index) => `$${index + 1}`);
  const { rows } = await stage.client.query<{ id: string }>(
    `INSERT INTO ${table} (${columns.join(', ')}, modified_on) VALUES (${places.join(', ')}, clock_timestamp()) RETURNING id`,
    Object.values(row),
  );
  return Number(rows[0]?.id);
}

async function freshCode(stage: Stage): Promise<string> {
  for (;;) {
    const code = inventCode(stage.rng, 'BIB');
    const taken = await findIds(stage, 'SELECT id FROM tag WHERE upper(code) = $1', [code]);
    if (taken.length === 0) return code;
  }
}

/** Two participants of a race swap their bibs. */
export const swapBibs: Step = async (stage) => {
  const withBib = `bib IS NOT NULL AND trim(bib) <> '' AND length(trim(bib)) <= 16`;
  const races = await findIds(
    stage,
    `SELECT race_id AS id FROM event_participant WHERE ${withBib} GROUP BY race_id HAVING count(*) > 1 ORDER BY race_id`,
  );
  if (races.length === 0) return [];
  const [one, other] = await lockSome(
    stage,
    'event_participant',
    2,
    `SELECT id FROM event_participant WHERE race_id = $1 AND ${withBib} ORDER BY id`,
    [pick(stage.rng, races)],
  );
  if (one === undefined || other === undefined) return [];
  await exchange(stage, 'event_participant', 'bib', [one, other]);
  return named('event_participant', [one, other]);
};

/** A new participant enters an open race and gets a start wave, the next bib and a tag. */
export const registerParticipant: Step = async (stage) => {
  const { client, rng } = stage;
  const { rows } = await client.query<{
    id: string;
    event_id: string;
    today: string;
    next_person: string;
    bib: string;
  }>(
    `SELECT r.id, r.event_id, current_date::text AS today,
            (SELECT coalesce(max(id), 0) + 1 FROM person) AS next_person,
            (SELECT coalesce(max(substring(bib FROM '[0-9]+')::numeric), 0) + 1
               FROM event_participant WHERE race_id = r.id) AS bib
       FROM race r JOIN event e ON e.id = r.event_id WHERE e.status = 'OPEN' ORDER BY r.id`,
  );
  if (rows.length === 0) return [];
  const race = pick(rng, rows);
  const people = createPeople(rng, localesOf(rng), Temporal.PlainDate.from(race.today));
  const personId = await insert(stage, 'person', { ...people.single(Number(race.next_person)) });
  const participantId = await insert(stage, 'event_participant', {
    event_id: race.event_id,
    race_id: race.id,
    person_id: personId,
    registration_no: `L-${race.id}-${personId}`,
    bib: race.bib,
    category: 'OPEN',
    status: 'REGISTERED',
    registered_on: Temporal.PlainDate.from(race.today).toZonedDateTime('UTC').toInstant().toString(),
  });
  const written = [...named('person', [personId]), ...named('event_participant', [participantId])];
  const groups = await findIds(
    stage,
    'SELECT id FROM start_group WHERE race_id = $1 AND coalesce(capacity, 0) >= 0 ORDER BY id',
    [race.id],
  );
  if (groups.length > 0) {
    const row = { start_group_id: pick(rng, groups), event_participant_id: participantId };
    written.push(...named('start_group_participant', [await insert(stage, 'start_group_participant', row)]));
  }
  const tag = { code: await freshCode(stage), event_participant_id: participantId, kind: 'BIB' };
  return [...written, ...named('tag', [await insert(stage, 'tag', tag)])];
};

/** A participant withdraws but keeps bib, wave and tag. */
export const withdrawParticipant: Step = async (stage) => {
  const entered = `SELECT id FROM event_participant WHERE status IN ('REGISTERED', 'CONFIRMED') ORDER BY id`;
  const ids = await lockSome(stage, 'event_participant', 1, entered);
  await stage.client.query(
    `UPDATE event_participant SET status = 'WITHDRAWN', modified_on = clock_timestamp() WHERE id = ANY($1::bigint[])`,
    [ids],
  );
  return named('event_participant', ids);
};

async function deleteWhere(
  stage: Stage,
  table: TableName,
  condition: string,
  ids: readonly number[],
): Promise<RowName[]> {
  return named(table, await findIds(stage, `DELETE FROM ${table} WHERE ${condition} RETURNING id`, [ids]));
}

/** Deletes entries and their start wave places. Their tags are deleted too or become spare tags. */
async function removeEntries(stage: Stage, ids: readonly number[]): Promise<RowName[]> {
  const ofEntries = 'event_participant_id = ANY($1::bigint[])';
  const places = await deleteWhere(stage, 'start_group_participant', ofEntries, ids);
  const tags = chance(stage.rng, 0.5)
    ? await deleteWhere(stage, 'tag', ofEntries, ids)
    : named(
        'tag',
        await findIds(
          stage,
          `UPDATE tag SET event_participant_id = NULL, assigned_on = NULL, modified_on = clock_timestamp()
             WHERE ${ofEntries} RETURNING id`,
          [ids],
        ),
      );
  return [...places, ...tags, ...(await deleteWhere(stage, 'event_participant', 'id = ANY($1::bigint[])', ids))];
}

/** Deletes an entry with its dependents. */
export const deleteParticipant: Step = async (stage) => {
  const ids = await lockSome(stage, 'event_participant', 1, 'SELECT id FROM event_participant ORDER BY id');
  return ids.length === 0 ? [] : removeEntries(stage, ids);
};

/** Deletes a person with everything that belongs to them. */
export const deletePerson: Step = async (stage) => {
  const ids = await lockSome(stage, 'person', 1, 'SELECT id FROM person ORDER BY id');
  if (ids.length === 0) return [];
  const ofPerson = 'person_id = ANY($1::bigint[])';
  const entries = await findIds(stage, `SELECT id FROM event_participant WHERE ${ofPerson} ORDER BY id`, [ids]);
  const talks = await findIds(stage, `SELECT id FROM conversation WHERE ${ofPerson} ORDER BY id`, [ids]);
  return [
    ...(await removeEntries(stage, entries)),
    ...(await deleteWhere(stage, 'conversation_message', 'conversation_id = ANY($1::bigint[])', talks)),
    ...(await deleteWhere(stage, 'conversation', ofPerson, ids)),
    ...(await deleteWhere(stage, 'contact_preference', ofPerson, ids)),
    ...(await deleteWhere(stage, 'person', 'id = ANY($1::bigint[])', ids)),
  ];
};
