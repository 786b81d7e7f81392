import { exchange, findIds, lockSome, named } from './step.ts';
import type { Stage, Step } from './step.ts';

/** Two tags in use at one event by different participants; the event is drawn first. */
async function twoTagsOfAnEvent(stage: Stage): Promise<[number, number] | undefined> {
  const [first] = await lockSome(
    stage,
    'tag',
    1,
    `SELECT id FROM tag WHERE event_participant_id IS NOT NULL AND code ~ '^[0-9A-Fa-f]{4,32}$' ORDER BY id`,
  );
  const [second] = await lockSome(
    stage,
    'tag',
    1,
    `SELECT t.id FROM tag mine
       JOIN event_participant me ON me.id = mine.event_participant_id
       JOIN event_participant they ON they.event_id = me.event_id AND they.id <> me.id
       JOIN tag t ON t.event_participant_id = they.id AND t.kind IS NOT DISTINCT FROM mine.kind
      WHERE mine.id = $1 AND t.code ~ '^[0-9A-Fa-f]{4,32}$' ORDER BY t.id`,
    [first],
  );
  return first === undefined || second === undefined ? undefined : [first, second];
}

/** Two participants of an event swap their tags. */
export const swapTagOwners: Step = async (stage) => {
  const tags = await twoTagsOfAnEvent(stage);
  if (!tags) return [];
  await exchange(stage, 'tag', 'event_participant_id', tags);
  return named('tag', tags);
};

/** Corrects two tags of an event whose codes had been mixed up. */
export const swapTagCodes: Step = async (stage) => {
  const tags = await twoTagsOfAnEvent(stage);
  if (!tags) return [];
  await exchange(stage, 'tag', 'code', tags);
  return named('tag', tags);
};

/** Gives a tag, spare or in use, to a participant with a bib. */
export const reassignTag: Step = async (stage) => {
  const [tag] = await lockSome(stage, 'tag', 1, `SELECT id FROM tag WHERE code ~ '^[0-9A-Fa-f]{4,32}$' ORDER BY id`);
  const [holder] = await lockSome(
    stage,
    'event_participant',
    1,
    `SELECT ep.id FROM event_participant ep WHERE trim(ep.bib) <> '' AND ep.id IS DISTINCT FROM
       (SELECT event_participant_id FROM tag WHERE id = $1) ORDER BY ep.id`,
    [tag],
  );
  if (tag === undefined || holder === undefined) return [];
  await findIds(
    stage,
    `UPDATE tag SET event_participant_id = $2, assigned_on = clock_timestamp(), modified_on = clock_timestamp()
      WHERE id = $1 RETURNING id`,
    [tag, holder],
  );
  return named('tag', [tag]);
};
