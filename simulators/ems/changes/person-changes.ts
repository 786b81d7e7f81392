import { createLocales, tidy } from '../locales.ts';
import type { Locale } from '../locales.ts';
import { inventPhone } from '../contact-details.ts';
import { int, pick, pickWeighted } from '../rng.ts';
import type { Rng } from '../rng.ts';
import type { TableName } from '../rows.ts';
import { lockSome, named } from './step.ts';
import type { Stage, Step } from './step.ts';

/** Persons who take part in some event: only their changes reach every target. */
const TAKING_PART = `SELECT p.id FROM person p WHERE EXISTS
  (SELECT FROM event_participant ep WHERE ep.person_id = p.id) ORDER BY p.id`;

const localesByRng = new WeakMap<Rng, readonly Locale[]>();

/** The locales for this random sequence; cached, because building forty name lists is slow. */
export function localesOf(rng: Rng): readonly Locale[] {
  const known = localesByRng.get(rng);
  if (known) return known;
  const locales = createLocales(rng);
  localesByRng.set(rng, locales);
  return locales;
}

async function setOnPerson(stage: Stage, id: number, column: string, value: unknown): Promise<void> {
  await stage.client.query(`UPDATE person SET ${column} = $2, modified_on = clock_timestamp() WHERE id = $1`, [
    id,
    value,
  ]);
}

/** Changes a person's last name. */
export const renamePerson: Step = async (stage) => {
  const [id] = await lockSome(stage, 'person', 1, TAKING_PART);
  if (id === undefined) return [];
  const { faker } = pickWeighted(stage.rng, localesOf(stage.rng));
  await setOnPerson(stage, id, 'last_name', tidy(faker.person.lastName()));
  return named('person', [id]);
};

/** A person joins, changes or leaves a club. */
export const movePersonToClub: Step = async (stage) => {
  const [id] = await lockSome(stage, 'person', 1, TAKING_PART);
  const { rows } = await stage.client.query<{ id: string }>(
    `SELECT o.id FROM organisation o WHERE o.kind = 'club' AND o.id IS DISTINCT FROM
       (SELECT organisation_id FROM person WHERE id = $1) ORDER BY o.id`,
    [id],
  );
  if (id === undefined || rows.length === 0) return [];
  const club = int(stage.rng, 1, 6) === 1 ? null : pick(stage.rng, rows).id;
  await setOnPerson(stage, id, 'organisation_id', club);
  return named('person', [id]);
};

/** Changes a person's phone number. */
export const changePhone: Step = async (stage) => {
  const [id] = await lockSome(stage, 'person', 1, TAKING_PART);
  if (id === undefined) return [];
  const { country } = pickWeighted(stage.rng, localesOf(stage.rng));
  await setOnPerson(stage, id, 'phone', inventPhone(stage.rng, country));
  return named('person', [id]);
};

/** Commits long after it set `modified_on`, when later changes have already been delivered. */
export const commitLate: Step = async (stage) => {
  const changed = await renamePerson(stage);
  if (changed.length > 0) await stage.linger();
  return changed;
};

const touchable: readonly TableName[] = ['organisation', 'person', 'race', 'event_participant', 'tag'];

/** Saves a few rows of one table without changing them: all get the same new `modified_on`. */
export const touch: Step = async (stage) => {
  const table = pick(stage.rng, touchable);
  const ids = await lockSome(stage, table, int(stage.rng, 1, 5), `SELECT id FROM ${table} ORDER BY id`);
  await stage.client.query(
    `UPDATE ${table} SET modified_on = (SELECT clock_timestamp()) WHERE id = ANY($1::bigint[])`,
    [ids],
  );
  return named(table, ids);
};

/** Changes a person's preference for a topic. */
export const changePreference: Step = async (stage) => {
  const all = 'SELECT id FROM contact_preference ORDER BY id';
  const ids = await lockSome(stage, 'contact_preference', 1, all);
  await stage.client.query(
    `UPDATE contact_preference SET opted_in = NOT coalesce(opted_in, false), changed_on = clock_timestamp(),
       source = 'web', modified_on = clock_timestamp() WHERE id = ANY($1::bigint[])`,
    [ids],
  );
  return named('contact_preference', ids);
};

/** The office answers; the message updates its conversation. */
export const answerConversation: Step = async (stage) => {
  const [id] = await lockSome(stage, 'conversation', 1, 'SELECT id FROM conversation ORDER BY id');
  if (id === undefined) return [];
  const { rows } = await stage.client.query<{ id: string }>(
    `INSERT INTO conversation_message (modified_on, conversation_id, author, agent_name, body, private, sent_on)
       VALUES (clock_timestamp(), $1, 'AGENT', 'Race office', $2, false, clock_timestamp()) RETURNING id`,
    [id, pick(stage.rng, ['We looked into it: all is well.', 'You get an answer by Friday.', 'Done, see you there.'])],
  );
  await stage.client.query(
    `UPDATE conversation SET last_activity_on = clock_timestamp(), modified_on = clock_timestamp() WHERE id = $1`,
    [id],
  );
  return [
    ...named(
      'conversation_message',
      rows.map((row) => Number(row.id)),
    ),
    ...named('conversation', [id]),
  ];
};
