import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { MailchimpUnderTest } from './mailchimp-under-test.ts';
import { System } from './system.ts';

describe('while a long sweep is under way', () => {
  /** At eight calls at once, 105 s in total. The sweep looks around each 15 s, and what it finds waits for 40 others. */
  const ROWS = 140;
  const LATENCY_MS = 6_000;

  let under: MailchimpUnderTest;

  beforeAll(async () => {
    under = await MailchimpUnderTest.start({ settings: { SYNC_BULK: 'false' } });
  });

  afterEach(() => under.system.tidyUp());

  afterAll(async () => {
    await under?.stop();
  });

  test('an opt-out made meanwhile goes out, and who is deleted leaves, before it ends', async () => {
    const { system, process } = under;
    const [one, other] = [await under.personInStep(), await under.personInStep()];
    await system.database.query(
      `WITH made AS (INSERT INTO person (modified_on, last_name, email)
         SELECT clock_timestamp(), 'Silva', 'runner' || n || '@clube.example' FROM generate_series(1, ${ROWS}) n RETURNING id)
       INSERT INTO contact_preference (modified_on, person_id, channel, topic, opted_in)
       SELECT clock_timestamp(), id, 'EMAIL', 'NEWSLETTER', true FROM made`,
    );
    await under.control.setFaults({ latency: { ms: LATENCY_MS, match: { method: 'PUT', prefix: '/3.0/lists' } } });
    let isOver = false;
    const sweep = process.sweep().finally(() => {
      isOver = true;
    });
    await system.eventually('the sweep under way', async () => (await writesOf(system)) > 10);
    await system.ems.update('contact_preference', one.preference, { opted_in: false });
    await system.ems.delete('contact_preference', other.preference);
    await system.ems.delete('person', other.person);

    await system.eventually('the opt-out', async () => (await under.member(one.email))?.status === 'unsubscribed');
    await system.eventually('the removal', async () => (await process.record('Person', other.person)) === null);
    expect(isOver).toBe(false);
    await under.control.setFaults({});
    // The sweep's own rows are all delivered as well, though some may finish without it.
    expect((await sweep).totals['Person']).toMatchObject({ failed: 0, parked: 0 });
    await process.settle();
    expect((await process.sweep()).totals).toEqual({});
    const { rows } = await system.database.query(
      `SELECT count(*)::integer AS rows FROM sync_person WHERE state = 'IN_SYNC'`,
    );
    expect(rows).toEqual([{ rows: ROWS + 1 }]);
  });
});

describe('while a long sweep of one type is under way', () => {
  /** 24 pages of 4 s. The sweep looks for types that have become due after 15 s, then after 75 s. */
  const ROWS = 120;
  const PAGE_SIZE = 5;
  const LATENCY_MS = 4_000;

  let system: System;

  beforeAll(async () => {
    system = await System.start();
  });

  afterEach(() => system.tidyUp());

  afterAll(async () => {
    await system?.stop();
  });

  test('types that it has passed, and rows before the one that it is at, arrive before it ends', async () => {
    const { ems } = system;
    const eventId = await ems.event();
    const raceId = await ems.race(eventId);
    const personId = await ems.person();
    const first = await ems.participant(eventId, raceId, { person_id: personId });
    await system.sweep();
    await system.database.query(
      `INSERT INTO event_participant (modified_on, event_id, race_id, person_id, status)
       SELECT clock_timestamp(), $1, $2, $3, 'REGISTERED' FROM generate_series(1, ${ROWS})`,
      [eventId, raceId, personId],
    );
    await system.tagServer.control.setFaults({
      latency: { ms: LATENCY_MS, match: { method: 'PUT', prefix: '/v1/event-participants' } },
    });
    let isOver = false;
    const sweep = system.sweep({ pageSize: PAGE_SIZE }).finally(() => {
      isOver = true;
    });
    await system.eventually('the sweep under way', async () => {
      const journal = await system.tagServer.control.journal({ writesOnly: true });
      return journal.filter(({ path }) => path.startsWith('/v1/event-participants/')).length > PAGE_SIZE;
    });
    await ems.update('event', eventId, { name: 'Moved to Sunday' });
    await ems.update('event_participant', first, { status: 'DNS' });

    await system.eventually(
      'the event',
      async () => (await system.remote('events', eventId))?.['name'] === 'Moved to Sunday',
    );
    await system.eventually(
      'the participant',
      async () => (await system.remote('event-participants', first))?.['status'] === 'dns',
    );
    expect(isOver).toBe(false);
    await system.tagServer.control.setFaults({});
    await sweep;
    expect((await system.sweep()).totals).toEqual({});
  });

  test('one that has started all the children it may goes on at once, with a new plan, to the end', async () => {
    for (let n = 0; n < 5; n += 1) await system.ems.event();
    const { ended, totals } = await system.sweep({ pageSize: 2, childrenAtMost: 2 });
    expect(ended).toBe('complete');
    expect(totals.Event).toMatchObject({ due: 5, inSync: 5 });
    const { events } = await system.temporal.workflow.getHandle('sweep/TAGSERVER/outbound').fetchHistory();
    expect(events?.[0]?.workflowExecutionStartedEventAttributes?.continuedExecutionRunId).toMatch(/./);
  });
});

async function writesOf(system: System): Promise<number> {
  return (await system.mailchimp.control.journal({ writesOnly: true })).length;
}
