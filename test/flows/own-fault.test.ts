import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { System } from './system.ts';

let system: System;

beforeAll(async () => {
  system = await System.start();
});

afterEach(() => system.tidyUp());

afterAll(async () => {
  await system?.stop();
});

const put = (path: string) => ({ method: 'PUT', prefix: `/v1/${path}` });

/** An event for which TagServer's answer breaks the contract. */
async function parkedForContract(): Promise<string> {
  const event = await system.ems.event();
  await system.tagServer.control.setFaults({ garble: { as: 'shape', match: put(`events/${event}`) } });
  await system.sweep();
  await system.inState('Event', event, 'PARKED');
  await system.tagServer.control.clearFaults();
  return event;
}

describe('an answer that does not fit the contract (F1 point 19)', () => {
  test('parks nobody while other rows fare no better: they are FAILING, and go on by themselves', async () => {
    const { ems } = system;
    const organisation = await ems.organisation();
    await system.syncNow('Organisation', organisation);
    const events = [
      await ems.event({ organisation_id: organisation }),
      await ems.event({ organisation_id: organisation }),
    ];
    await system.tagServer.control.setFaults({ garble: { as: 'shape', match: put('events/') } });

    await system.sweep();

    for (const event of events)
      expect(await system.inState('Event', event, 'FAILING')).toMatchObject({ last_error_class: 'contract' });
    await system.tagServer.control.clearFaults();
    for (const event of events) await system.request('Event', event);
    for (const event of events) await system.inState('Event', event, 'IN_SYNC');
  });

  test('parks nobody while the probe is answered no better', async () => {
    const event = await system.ems.event();
    await system.syncNow('Organisation', await system.ems.organisationOf(event));
    await system.tagServer.control.setFaults({ garble: { as: 'shape' } });

    await system.request('Event', event);

    expect(await system.inState('Event', event, 'FAILING')).toMatchObject({ last_error_class: 'contract' });
    await system.tagServer.control.clearFaults();
    await system.request('Event', event);
    await system.inState('Event', event, 'IN_SYNC');
  });

  test.each([
    ['an hour later', "updated_on = updated_on - interval '61 minutes'"],
    ['by another version of the program', "program_version = '0.0.1'"],
  ])('is asked for again %s, and by no idle sweep before', async (_, later) => {
    const event = await parkedForContract();
    expect((await system.sweep()).totals).toEqual({});
    await system.database.query(`UPDATE sync_event SET ${later} WHERE entity_key = $1`, [event]);

    await system.sweep();

    expect(await system.inState('Event', event, 'IN_SYNC')).toMatchObject({ last_error: null, program_version: null });
    expect(await system.remote('events', event)).not.toBeNull();
  });
});

describe('a target that asks for a long pause', () => {
  test('shows as FAILING with its reason at the first attempt, not after five pauses', async () => {
    const event = await system.ems.event();
    await system.syncNow('Organisation', await system.ems.organisationOf(event));
    await system.tagServer.control.setFaults({
      respond: { status: 429, retryAfterSeconds: 3_600, times: 1, match: put(`events/${event}`) },
    });

    await system.request('Event', event);

    expect(await system.inState('Event', event, 'FAILING', 20_000)).toMatchObject({
      last_error_class: 'transient',
      last_error: expect.stringContaining('429'),
      attempts: 1,
    });
    await system.pair('Event', event).terminate('an hour is too long for a test');
    await system.sweep();
    await system.inState('Event', event, 'IN_SYNC');
  });
});

describe('a result that cannot be written, for a reason that may pass', () => {
  afterEach(async () => {
    await system.database.query('DROP TRIGGER IF EXISTS locked ON sync_event');
  });

  test('shows as FAILING with its error within minutes, and is written when it can be', async () => {
    const event = await system.ems.event();
    await system.syncNow('Organisation', await system.ems.organisationOf(event));
    await system.database.query(`
      CREATE OR REPLACE FUNCTION locked() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'refused by a test' USING ERRCODE = '55P03'; END $$`);
    await system.database.query(`
      CREATE TRIGGER locked BEFORE UPDATE ON sync_event FOR EACH ROW WHEN (NEW.state = 'IN_SYNC')
        EXECUTE FUNCTION locked()`);

    await system.request('Event', event);

    expect(await system.inState('Event', event, 'FAILING', 240_000)).toMatchObject({
      last_error_class: 'transient',
      last_error: expect.stringContaining('55P03'),
    });
    await system.database.query('DROP TRIGGER locked ON sync_event');
    // Delivered only by the retries: nobody requests it, and it is sent once.
    await system.inState('Event', event, 'IN_SYNC', 240_000);
    expect(await system.writes(`events/${event}`)).toHaveLength(1);
  });
});

describe('a page that one row spoils (F1 point 6)', () => {
  afterEach(async () => {
    await system.database.query('DROP TRIGGER IF EXISTS spoil ON sync_organisation');
  });

  test('is divided: that row alone is FAILING with the database’s code, and holds up no other row or type', async () => {
    const { ems } = system;
    const event = await ems.event();
    await system.sweep();
    await ems.update('event', event, { name: 'Harbour Night' });
    await system.database.query(`
      CREATE OR REPLACE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'refused by a test' USING ERRCODE = '22003'; END $$`);
    const organisation = await ems.organisationOf(event);
    await system.database.query(`
      CREATE TRIGGER spoil BEFORE UPDATE ON sync_organisation FOR EACH ROW
        WHEN (NEW.entity_key = ${organisation}) EXECUTE FUNCTION spoil()`);
    const neighbour = await ems.organisation();
    const other = await ems.event({ organisation_id: neighbour });
    await ems.update('organisation', organisation, {});

    await system.sweep();

    expect(await system.remote('events', event)).toMatchObject({ name: 'Harbour Night' });
    expect(await system.remote('events', other)).not.toBeNull();
    expect(await system.remote('organisations', neighbour)).not.toBeNull();
    await system.database.query('DROP TRIGGER spoil ON sync_organisation');
    await system.request('Organisation', organisation);
    await system.eventually('an idle sweep', async () => Object.keys((await system.sweep()).totals).length === 0);
  });
});
