import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { listIsCurrent } from './list-is-current.ts';
import { System } from './system.ts';

/** Small enough for CI; the limits were proven with `BULK_LOAD=5000`. */
const SIZE = Number(process.env['BULK_LOAD'] ?? 100);

/** A first load goes by pages, the few rows of later tests do not. */
const THRESHOLD = 50;

const LIMITS = { MAUTIC: 200, MAILCHIMP: 500 } as const;

let system: System;

beforeAll(async () => {
  system = await System.start({
    targets: ['MAUTIC', 'MAILCHIMP'],
    settings: { SYNC_PAGE_THRESHOLD: `${THRESHOLD}` },
  });
  const { database } = system;
  await database.query(
    `INSERT INTO person (modified_on, first_name, last_name, email, city, country, language)
     SELECT now(), 'Ana', 'Silva ' || n, 'load' || n || '@clube.example', 'Porto', 'PT', 'pt-PT' FROM generate_series(1, $1) n`,
    [SIZE],
  );
  await database.query(
    `INSERT INTO contact_preference (modified_on, person_id, channel, topic, opted_in)
     SELECT now(), id, 'EMAIL', 'NEWSLETTER', true FROM person`,
  );
});

afterAll(async () => {
  await system?.stop();
});

/** The number of items in each bulk call. */
async function bulkCalls(process: keyof typeof LIMITS): Promise<number[]> {
  if (process === 'MAUTIC') {
    const journal = await system.mautic.control.journal({ writesOnly: true });
    return journal
      .filter(({ path }) => path.startsWith('/api/contacts/batch/'))
      .map(({ body }) => (body as readonly unknown[]).length);
  }
  const journal = await system.mailchimp.control.journal({ writesOnly: true });
  return journal
    .filter(({ path, method }) => method === 'POST' && /^\/3\.0\/lists\/[^/?]+(\?|$)/.test(path))
    .map(({ body }) => (body as { readonly members: readonly unknown[] }).members.length);
}

const controlOf = (process: keyof typeof LIMITS) =>
  process === 'MAUTIC' ? system.mautic.control : system.mailchimp.control;

const PROCESSES = ['MAUTIC', 'MAILCHIMP'] as const;

describe.each(PROCESSES)('a first load into %s', (process) => {
  test('goes by bulk calls within their limit, and each person has its own result', async () => {
    await controlOf(process).clearConcurrency();
    const { totals, ended } = await system.process(process).sweep();
    await system.process(process).quiet(600_000);
    expect(ended).toBe('complete');
    expect(totals.Person).toMatchObject({ due: SIZE, failed: 0, parked: 0 });
    const { rows } = await system.database.query(
      'SELECT state, count(*)::integer AS n FROM sync_person WHERE sync_process = $1 GROUP BY state',
      [process],
    );
    expect(rows).toEqual([{ state: 'IN_SYNC', n: SIZE }]);
    const calls = await bulkCalls(process);
    const all = await controlOf(process).journal();
    const { maximum } = await controlOf(process).concurrency();
    console.log(
      `${process}: ${SIZE} persons, ${all.length} calls, ${calls.length} of them bulk, ${maximum} at once at most`,
    );
    expect(calls.reduce((sum, items) => sum + items, 0)).toBe(SIZE);
    expect(Math.max(...calls)).toBeLessThanOrEqual(LIMITS[process]);
    // A load keeps deliveries coming, so calls fill up: 5,000 persons took 29 and 42 of them.
    expect(calls.length).toBeLessThanOrEqual(SIZE / 5);
    if (process === 'MAILCHIMP') expect(maximum).toBeLessThanOrEqual(8);
    await listIsCurrent(system.temporal);
    const pages = await system.temporal.workflow.count(`WorkflowType = "syncPage" AND SyncProcess = "${process}"`);
    // Only MailChimp has pages; each is one call.
    expect(pages.count).toBe(process === 'MAILCHIMP' ? calls.length : 0);
  }, 900_000);

  test('is followed by a sweep that writes nothing', async () => {
    await controlOf(process).clearJournal();
    const versions = await system.rowVersions();
    await system.process(process).sweep();
    expect(await controlOf(process).journal({ writesOnly: true })).toEqual([]);
    expect(await system.rowVersions()).toEqual(versions);
  });
});

describe('a bulk call that takes longer than a single one may', () => {
  /** More than the 25 s of a single call, and the 30 s after which a worker without heartbeat is given up. */
  const SLOW_MS = 35_000;
  const FEW = 20;

  test('is made once, and whoever is asked for meanwhile does not wait for it', async () => {
    const bulkPath = { MAUTIC: '/api/contacts/batch/', MAILCHIMP: `/3.0/lists/${system.mailchimp.list}?` };
    for (const process of PROCESSES) {
      const rule = { ms: SLOW_MS, match: { method: 'POST', prefix: bulkPath[process] } };
      await controlOf(process).setFaults({ latency: rule });
      await controlOf(process).clearJournal();
    }
    const person = async (email: string) => {
      const key = await system.ems.person({ email });
      await system.ems.preference(key, true);
      return key;
    };
    for (let n = 0; n < FEW; n += 1) await person(`slow${n}@clube.example`);
    const sweeps = PROCESSES.map((process) => system.process(process).sweep());
    const isCalled = async (process: (typeof PROCESSES)[number]) =>
      (await controlOf(process).concurrency()).current > 0;
    for (const process of PROCESSES) await system.eventually(`a bulk call to ${process}`, () => isCalled(process));
    const urgent = await person('urgent@clube.example');
    for (const process of PROCESSES) {
      await system.process(process).syncNow('Person', urgent);
      expect(await system.process(process).record('Person', urgent)).toMatchObject({ state: 'IN_SYNC' });
      expect(await isCalled(process)).toBe(true);
    }
    await Promise.all(sweeps);
    for (const process of PROCESSES) {
      await system.process(process).quiet();
      // A call that was repeated would count its persons again. How many calls they share depends on the machine.
      const calls = await bulkCalls(process);
      expect(calls.reduce((sum, items) => sum + items, 0)).toBe(FEW);
    }
    const { rows } = await system.database.query('SELECT DISTINCT state, attempts FROM sync_person');
    expect(rows).toEqual([{ state: 'IN_SYNC', attempts: 0 }]);
  });
});

describe('pages', () => {
  const MANY = THRESHOLD + 20;

  test('workers killed while the call of a page is on its way: every person arrives, and none is doubled', async () => {
    await system.mailchimp.control.clearFaults();
    const { rows: persons } = await system.database.query<{ id: string }>(
      `INSERT INTO person (modified_on, first_name, last_name, email)
       SELECT now(), 'Rui', 'Costa ' || n, 'page' || n || '@clube.example' FROM generate_series(1, $1) n RETURNING id`,
      [MANY],
    );
    const keys = persons.map(({ id }) => id);
    await system.database.query(
      `INSERT INTO contact_preference (modified_on, person_id, channel, topic, opted_in)
       SELECT now(), id, 'EMAIL', 'NEWSLETTER', true FROM unnest($1::bigint[]) id`,
      [keys],
    );
    await system.mailchimp.control.clearJournal();
    const match = { method: 'POST', prefix: `/3.0/lists/${system.mailchimp.list}?` };
    await system.mailchimp.control.setFaults({ latency: { ms: 600_000, match } });
    const sweep = system.process('MAILCHIMP').sweep();
    await system.eventually(
      'the call of a page',
      async () => (await system.mailchimp.control.concurrency()).current > 0,
    );
    await system.stopWorkers('SIGKILL');
    await system.mailchimp.control.clearFaults();
    await system.startWorkers();
    const { totals } = await sweep;
    await system.process('MAILCHIMP').quiet();
    expect(totals.Person).toMatchObject({ due: MANY, failed: 0, parked: 0 });
    const { rows } = await system.database.query(
      `SELECT state, count(*)::integer AS n FROM sync_person WHERE sync_process = 'MAILCHIMP' AND entity_key = ANY ($1::bigint[]) GROUP BY state`,
      [keys],
    );
    expect(rows).toEqual([{ state: 'IN_SYNC', n: MANY }]);
    const members = Object.values((await system.mailchimp.control.state()).members);
    expect(members.filter(({ email }) => email.startsWith('page'))).toHaveLength(MANY);
    const pages = await system.temporal.workflow.count(
      `WorkflowType = "syncPage" AND EntityIds = "${keys[MANY - 1]}" AND SyncOutcome = "IN_SYNC"`,
    );
    expect(pages.count).toBe(1);
  });
});
