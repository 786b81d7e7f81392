import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { System } from './system.ts';

const SETTLE_MS = 1_000;

let system: System;

beforeAll(async () => {
  system = await System.start({ settleMs: SETTLE_MS });
});

afterEach(() => system.tidyUp());

afterAll(async () => {
  await system?.stop();
});

const settle = () => new Promise((resolve) => setTimeout(resolve, SETTLE_MS + 100));

describe('times', () => {
  test('microseconds survive: rows a microsecond apart are each delivered once (pitfall 1)', async () => {
    const { ems } = system;
    const eventId = await ems.event({ modified_on: '2026-05-01T10:00:00.000001Z' });
    const races: string[] = [];
    for (let microsecond = 1; microsecond <= 5; microsecond += 1) {
      races.push(await ems.race(eventId, { modified_on: `2026-05-01T10:00:00.00000${microsecond}Z` }));
    }
    await settle();
    await system.sweep();

    for (const [index, id] of races.entries()) {
      expect(await system.record('Race', id)).toMatchObject({
        state: 'IN_SYNC',
        entity_synced_on: `2026-05-01 10:00:00.00000${index + 1}+00`,
      });
    }
    await system.tagServer.control.clearJournal();
    expect((await system.sweep()).totals).toEqual({});
    // A change of one microsecond is a change.
    await ems.update('race', races[0] ?? '', { name: 'Half', modified_on: '2026-05-01T10:00:00.000002Z' });
    await system.sweep();
    expect(await system.remote('races', races[0] ?? '')).toMatchObject({ name: 'Half' });
  });

  test('a time that went back is a change too', async () => {
    const eventId = await system.ems.event({ modified_on: '2026-05-02T10:00:00Z' });
    await settle();
    await system.sweep();
    await system.ems.update('event', eventId, { name: 'Renamed', modified_on: '2026-05-01T10:00:00Z' });
    await system.sweep();
    expect(await system.remote('events', eventId)).toMatchObject({ name: 'Renamed' });
  });

  test('rows of one transaction, all with one time, all arrive, over several pages (pitfall 2)', async () => {
    // Three pages, as 450 rows of the default page size.
    const [pageSize, rows] = [40, 90];
    const eventId = await system.ems.event();
    await system.database.query(
      `INSERT INTO race (modified_on, event_id, name) SELECT now(), $1, 'Race ' || n FROM generate_series(1, $2::integer) n`,
      [eventId, rows],
    );
    await settle();

    const result = await system.sweep({ pageSize });

    expect(result).toMatchObject({ ended: 'complete', totals: { Race: { due: rows, inSync: rows, failed: 0 } } });
    const { races } = await system.tagServer.control.state();
    expect(Object.values(races).filter(({ data }) => data?.['eventId'] === eventId)).toHaveLength(rows);
    expect((await system.sweep()).totals).toEqual({});
  });

  test('a late commit is not lost: stamped early, committed after later rows were delivered (pitfall 3)', async () => {
    const { ems } = system;
    const [early, late] = [await ems.event(), await ems.event()];
    await settle();
    await system.sweep();
    const slow = new Client({ connectionString: system.databaseUrl });
    await slow.connect();
    try {
      await slow.query('BEGIN');
      await slow.query(`UPDATE event SET name = 'Stamped first', modified_on = clock_timestamp() WHERE id = $1`, [
        early,
      ]);
      await ems.update('event', late, { name: 'Stamped second' });
      await settle();
      await system.sweep();
      expect(await system.remote('events', late)).toMatchObject({ name: 'Stamped second' });
      expect(await system.remote('events', early)).toMatchObject({ name: 'Harbour Marathon' });
      await slow.query('COMMIT');
    } finally {
      await slow.end();
    }

    await system.sweep();

    expect(await system.remote('events', early)).toMatchObject({ name: 'Stamped first' });
  });

  test('a change waits for its settle time, unless it is asked for; then two changes in one tick both arrive', async () => {
    const { ems } = system;
    const eventId = await ems.event({ modified_on: '2026-05-01T10:00:00Z' });
    await settle();
    await system.sweep();
    let tick = '';
    let totals: unknown;
    let begun = 0;
    // Once more where the machine was so slow that the change had settled meanwhile.
    do {
      begun = performance.now();
      tick = await ems.now();
      await ems.update('event', eventId, { name: 'First change', modified_on: tick });
      ({ totals } = await system.sweep());
      await system.syncNow('Event', eventId);
    } while (performance.now() - begun >= SETTLE_MS);

    expect(totals).toEqual({});
    expect(await system.remote('events', eventId)).toMatchObject({ name: 'First change' });
    const short = await system.record('Event', eventId);
    expect(short?.state).toBe('IN_SYNC');
    expect(short?.entity_synced_on).not.toBe(await system.modifiedOn('event', eventId));
    expect(await microsecondsBetween(short?.entity_synced_on, await system.modifiedOn('event', eventId))).toBe(1);

    await ems.update('event', eventId, { name: 'Second change, same tick', modified_on: tick });
    await settle();
    await system.sweep();

    expect(await system.remote('events', eventId)).toMatchObject({ name: 'Second change, same tick' });
    expect(await system.record('Event', eventId)).toMatchObject({
      entity_synced_on: await system.modifiedOn('event', eventId),
    });
  });

  test('asked for while unsettled and not changed again: the next sweep sets the time right without a call', async () => {
    const eventId = await system.ems.event();
    await system.syncNow('Organisation', await system.ems.organisationOf(eventId));
    await system.syncNow('Event', eventId);
    await settle();
    await system.tagServer.control.clearJournal();

    const result = await system.sweep();

    expect(result.totals['Event']).toMatchObject({ due: 1, touched: 1, started: 0 });
    expect(await system.tagServer.control.journal({ writesOnly: true })).toEqual([]);
    expect(await system.record('Event', eventId)).toMatchObject({
      entity_synced_on: await system.modifiedOn('event', eventId),
    });
  });

  test('a row stamped in the future is delivered, not held back, and looked at again without writing (pitfall 9)', async () => {
    const { ems } = system;
    const inAnHour = Temporal.Now.instant().add({ hours: 1 }).toString({ fractionalSecondDigits: 6 });
    const eventId = await ems.event({ modified_on: inAnHour });
    await settle();
    await system.sweep();
    expect(await system.remote('events', eventId)).toMatchObject({ name: 'Harbour Marathon' });
    await system.tagServer.control.clearJournal();
    const before = await system.rowVersions();

    await system.sweep();
    expect(await system.rowVersions()).toEqual(before);
    expect(await system.tagServer.control.journal({ writesOnly: true })).toEqual([]);

    // A second change with the same future time is found, because a time in the future is never trusted.
    await ems.update('event', eventId, { name: 'Changed', modified_on: inAnHour });
    await system.sweep();
    expect(await system.remote('events', eventId)).toMatchObject({ name: 'Changed' });
    // After EMS's clock is corrected, an earlier time is a change as well.
    await ems.update('event', eventId, { name: 'Clock put right' });
    await settle();
    await system.sweep();
    expect(await system.remote('events', eventId)).toMatchObject({ name: 'Clock put right' });
  });
});

async function microsecondsBetween(from: string | null | undefined, to: string): Promise<number> {
  const { rows } = await system.database.query<{ between: string }>(
    'SELECT trunc(extract(epoch FROM $2::timestamptz - $1::timestamptz) * 1000000) AS between',
    [from, to],
  );
  return Number(rows[0]?.between);
}
