import { pick } from '../rng.ts';
import type { TableName } from '../rows.ts';
import { lockSome, named } from './step.ts';
import type { Stage, Step } from './step.ts';

/** Renames a row: its original name with one of the additions, or without. */
async function rename(stage: Stage, table: TableName, id: number, additions: readonly string[]): Promise<void> {
  const { rows } = await stage.client.query<{ name: string | null }>(`SELECT name FROM ${table} WHERE id = $1`, [id]);
  const current = rows[0]?.name ?? '';
  const plain = additions.reduce(
    (name, addition) => (name.endsWith(addition) ? name.slice(0, -addition.length) : name),
    current,
  );
  const others = [plain, ...additions.map((addition) => `${plain}${addition}`)].filter((name) => name !== current);
  await stage.client.query(`UPDATE ${table} SET name = $2, modified_on = clock_timestamp() WHERE id = $1`, [
    id,
    pick(stage.rng, others),
  ]);
}

/** Renames a race. */
export const renameRace: Step = async (stage) => {
  const [id] = await lockSome(stage, 'race', 1, 'SELECT id FROM race ORDER BY id');
  if (id === undefined) return [];
  await rename(stage, 'race', id, [' – new course', ' – by the sea', ' 2.0']);
  return named('race', [id]);
};

/** Renames a club with members, which changes each of those persons at the targets. */
export const renameClub: Step = async (stage) => {
  const [id] = await lockSome(
    stage,
    'organisation',
    1,
    `SELECT o.id FROM organisation o WHERE o.kind = 'club'
        AND EXISTS (SELECT FROM person p WHERE p.organisation_id = o.id) ORDER BY o.id`,
  );
  if (id === undefined) return [];
  await rename(stage, 'organisation', id, [' 1921', ' & Friends', ' e. V.']);
  return named('organisation', [id]);
};

/** Moves a start wave five minutes later. */
export const moveStartWave: Step = async (stage) => {
  const ids = await lockSome(
    stage,
    'start_group',
    1,
    'SELECT id FROM start_group WHERE coalesce(capacity, 0) >= 0 ORDER BY id',
  );
  await stage.client.query(
    `UPDATE start_group g SET starts_on = coalesce(g.starts_on, r.starts_on) + interval '5 minutes',
        modified_on = clock_timestamp() FROM race r WHERE r.id = g.race_id AND g.id = ANY($1::bigint[])`,
    [ids],
  );
  return named('start_group', ids);
};

async function setStatus(stage: Stage, status: string, candidates: string): Promise<number[]> {
  const ids = await lockSome(stage, 'event', 1, candidates);
  await stage.client.query(
    `UPDATE event SET status = $2, modified_on = clock_timestamp() WHERE id = ANY($1::bigint[])`,
    [ids, status],
  );
  return ids;
}

const CROWD = '(SELECT count(*) FROM event_participant ep WHERE ep.event_id = e.id)';

/** Cancels the open event with the fewest participants, never the one with the most. */
export const cancelEvent: Step = async (stage) => {
  const smallest = `SELECT e.id FROM event e WHERE e.status = 'OPEN' AND ${CROWD} > 0
      AND e.id <> (SELECT e.id FROM event e ORDER BY ${CROWD} DESC, e.id LIMIT 1) ORDER BY ${CROWD}, e.id LIMIT 1`;
  return named('event', await setStatus(stage, 'CANCELLED', smallest));
};

/** Reopens the event that was cancelled last. */
export const reopenEvent: Step = async (stage) => {
  const latest = `SELECT id FROM event WHERE status = 'CANCELLED' AND organisation_id IS NOT NULL ORDER BY modified_on DESC, id LIMIT 1`;
  return named('event', await setStatus(stage, 'OPEN', latest));
};
