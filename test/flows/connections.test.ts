import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { System } from './system.ts';

/** The concurrent connections we use per MailChimp account, over all workers; it allows ten. */
const CONNECTIONS = 8;

const PERSONS = 60;

let system: System;

beforeAll(async () => {
  system = await System.start({ targets: ['MAILCHIMP'], settings: { SYNC_BULK: 'false' } });
  await system.startWorkers();
});

afterAll(async () => {
  await system?.stop();
});

test('two workers that send one by one never have more connections than the account gives us, and use them', async () => {
  const { database, mailchimp } = system;
  await database.query(
    `INSERT INTO person (modified_on, first_name, last_name, email)
     SELECT clock_timestamp(), 'Ana', 'Silva ' || n, 'ana' || n || '@clube.example' FROM generate_series(1, $1) n`,
    [PERSONS],
  );
  await database.query(
    `INSERT INTO contact_preference (modified_on, person_id, channel, topic, opted_in)
     SELECT clock_timestamp(), id, 'EMAIL', 'NEWSLETTER', true FROM person`,
  );
  // Slow enough that requests would pile up.
  await mailchimp.control.setFaults({ latency: { ms: 500 } });
  await mailchimp.control.clearConcurrency();
  const { totals } = await system.process('MAILCHIMP').sweep();
  await system.process('MAILCHIMP').quiet(300_000);
  expect(totals.Person).toMatchObject({ due: PERSONS, failed: 0, parked: 0 });
  const { maximum } = await mailchimp.control.concurrency();
  expect(maximum).toBeLessThanOrEqual(CONNECTIONS);
  expect(maximum).toBeGreaterThan(CONNECTIONS / 2);
  const journal = await mailchimp.control.journal();
  // No bulk call was made, and nothing was throttled.
  expect(journal.filter(({ method, path }) => method === 'POST' && /\/lists\/[^/?]+(\?|$)/.test(path))).toEqual([]);
  expect(journal.filter(({ status }) => status === 429 || status === 403)).toEqual([]);
  const { rows } = await database.query('SELECT state, count(*)::integer AS n FROM sync_person GROUP BY state');
  expect(rows).toEqual([{ state: 'IN_SYNC', n: PERSONS }]);
});
