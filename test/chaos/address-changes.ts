import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { exchange, lockSome, named, type Step } from '../../simulators/ems/changes/step.ts';
import { createRng, int, pick, type Rng } from '../../simulators/ems/rng.ts';
import type { RowName } from '../../simulators/ems/rows.ts';

/** What office staff do with addresses and consent: the changes that move contacts from one person to another. */
const CHANGES = {
  'new address': async (stage) => {
    const [id] = await lockSome(stage, 'person', 1, WITH_ADDRESS);
    return id === undefined ? [] : setAddress(stage, id, `moved-${int(stage.rng, 1, 1e9)}@post.example`);
  },
  'address of another person': async (stage) => {
    const [id, other] = await lockSome(stage, 'person', 2, WITH_ADDRESS);
    if (id === undefined || other === undefined) return [];
    const { rows } = await stage.client.query<{ email: string }>('SELECT email FROM person WHERE id = $1', [other]);
    return setAddress(stage, id, rows[0]?.email ?? null);
  },
  'addresses swapped': async (stage) => {
    const [one, other] = await lockSome(stage, 'person', 2, WITH_ADDRESS);
    if (one === undefined || other === undefined) return [];
    await exchange(stage, 'person', 'email', [one, other]);
    return named('person', [one, other]);
  },
  'address deleted': async (stage) => {
    const [id] = await lockSome(stage, 'person', 1, WITH_ADDRESS);
    return id === undefined ? [] : setAddress(stage, id, null);
  },
  'opt-in or opt-out': async (stage) => {
    const [id] = await lockSome(stage, 'contact_preference', 1, 'SELECT id FROM contact_preference ORDER BY id');
    if (id === undefined) return [];
    await stage.client.query(
      `UPDATE contact_preference SET opted_in = $2, changed_on = clock_timestamp(), modified_on = clock_timestamp()
       WHERE id = $1`,
      [id, pick(stage.rng, [true, true, false])],
    );
    return named('contact_preference', [id]);
  },
  // Otherwise a long run deletes all of them: after twenty minutes nobody would be mailed.
  'preference given': async (stage) => {
    const [person] = await lockSome(stage, 'person', 1, WITH_ADDRESS);
    if (person === undefined) return [];
    const { rows } = await stage.client.query<{ id: string }>(
      `INSERT INTO contact_preference (person_id, channel, topic, opted_in, source, changed_on, modified_on)
       VALUES ($1, 'EMAIL', $2, $3, 'web', clock_timestamp(), clock_timestamp())
       ON CONFLICT (person_id, channel, topic) DO NOTHING RETURNING id`,
      [person, pick(stage.rng, TOPICS), pick(stage.rng, [true, true, false])],
    );
    return named(
      'contact_preference',
      rows.map(({ id }) => Number(id)),
    );
  },
  'preference deleted': async (stage) => {
    const [id] = await lockSome(stage, 'contact_preference', 1, 'SELECT id FROM contact_preference ORDER BY id');
    if (id === undefined) return [];
    await stage.client.query('DELETE FROM contact_preference WHERE id = $1', [id]);
    return named('contact_preference', [id]);
  },
} satisfies Readonly<Record<string, Step>>;

const TOPICS = ['NEWSLETTER', 'OFFERS', 'RESULTS', 'SERVICE'];

const WITH_ADDRESS = 'SELECT id FROM person WHERE email IS NOT NULL ORDER BY id';

async function setAddress(stage: Parameters<Step>[0], id: number, email: string | null): Promise<RowName[]> {
  await stage.client.query('UPDATE person SET email = $2, modified_on = clock_timestamp() WHERE id = $1', [id, email]);
  return named('person', [id]);
}

/** Changes addresses and consent in EMS until `signal` is aborted. A database that is away is tried again. */
export async function keepChangingAddresses({
  databaseUrl,
  seed,
  everyMs,
  signal,
  onChange,
}: {
  readonly databaseUrl: string;
  readonly seed: number;
  readonly everyMs: number;
  readonly signal: AbortSignal;
  readonly onChange: (what: string) => void;
}): Promise<void> {
  const rng = createRng(seed);
  while (!signal.aborted) {
    const [name, step] = pick(rng, Object.entries<Step>(CHANGES));
    const rows = await changeOnce(databaseUrl, step, rng).catch((): RowName[] => []);
    if (rows.length > 0) onChange(`${name} ${rows.map(({ table, id }) => `${table}/${id}`).join(' ')}`);
    await sleep(everyMs, undefined, { signal }).catch(() => undefined);
  }
}

async function changeOnce(databaseUrl: string, step: Step, rng: Rng): Promise<RowName[]> {
  const client = new Client({ connectionString: databaseUrl });
  client.on('error', () => {});
  await client.connect();
  try {
    await client.query('BEGIN');
    const rows = await step({ client, rng, linger: async () => {} });
    await client.query('COMMIT');
    return rows;
  } finally {
    await client.end();
  }
}
