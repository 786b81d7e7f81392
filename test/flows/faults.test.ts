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

/** Time between the arrivals of two journal entries, in milliseconds. */
function between(first: { at: string } | undefined, second: { at: string } | undefined): number {
  return Date.parse(second?.at ?? '') - Date.parse(first?.at ?? '');
}

describe('answers that fail for a while', () => {
  test('429 with Retry-After: tried again when TagServer says, not before (pitfall 31)', async () => {
    const eventId = await system.ems.event();
    await system.tagServer.control.setFaults({
      respond: { status: 429, retryAfterSeconds: 5, times: 1, match: put(`events/${eventId}`) },
    });

    await system.sweep();

    expect(await system.inState('Event', eventId, 'IN_SYNC')).toMatchObject({ attempts: 0, last_error: null });
    const attempts = await system.writes(`events/${eventId}`);
    expect(attempts.map(({ status }) => status)).toEqual([429, 201]);
    // Without the header the second attempt would come after 2 s.
    expect(between(attempts[0], attempts[1])).toBeGreaterThanOrEqual(4_900);
  });

  test('an answer lost after the effect: sent again, and there is one of it (pitfalls 16, 17)', async () => {
    const eventId = await system.ems.event();
    await system.tagServer.control.setFaults({ failAfter: { times: 1, match: put(`events/${eventId}`) } });

    await system.sweep();

    await system.inState('Event', eventId, 'IN_SYNC');
    const attempts = await system.writes(`events/${eventId}`);
    // The second attempt creates nothing over what is there: it looks first, and finds its own.
    expect(attempts.map(({ outcome }) => outcome)).toEqual(['created', 'precondition-failed', 'unchanged']);
    const { events } = await system.tagServer.control.state();
    expect(events[eventId]).toMatchObject({ version: 1 });
  });

  test('cut before the effect: nothing is marked done, the retry does it once (pitfall 7)', async () => {
    const eventId = await system.ems.event();
    await system.tagServer.control.setFaults({ failBefore: { times: 2, match: put(`events/${eventId}`) } });
    const sweep = system.sweep();
    expect(await system.inState('Event', eventId, 'CREATING')).toMatchObject({ content_hash: null, remote_id: null });
    await sweep;
    await system.inState('Event', eventId, 'IN_SYNC');
    expect((await system.tagServer.control.state()).events[eventId]).toMatchObject({ version: 1 });
  });

  test('TagServer counts higher than our restored database: the sequence is raised and the change arrives', async () => {
    const eventId = await system.ems.event();
    await system.sweep();
    await system.database.query("SELECT setval('sync_pass', 1)");
    await system.database.query('UPDATE sync_event SET pass = 0 WHERE entity_key = $1', [eventId]);
    await system.ems.update('event', eventId, { name: 'After the restore' });

    await system.sweep();

    expect(await system.remote('events', eventId)).toMatchObject({ name: 'After the restore' });
    expect(Number((await system.record('Event', eventId))?.pass)).toBeGreaterThan(1);
  });
});

describe('a database restored without its sequence', () => {
  test('our own records count higher than the sequence: it is raised, and nobody is taken for a newer attempt', async () => {
    const eventId = await system.ems.event();
    await system.sweep();
    const before = await system.record('Event', eventId);
    await system.database.query("SELECT setval('sync_pass', 1)");
    await system.ems.update('event', eventId, { name: 'After the restore, once more' });

    await system.sweep();

    expect(await system.remote('events', eventId)).toMatchObject({ name: 'After the restore, once more' });
    expect(Number((await system.record('Event', eventId))?.pass)).toBeGreaterThan(Number(before?.pass));
  });
});

describe('a target that was changed by hand', () => {
  test('sends nothing while our records say that it is equal, and mends it when asked to send again', async () => {
    const eventId = await system.ems.event();
    await system.sweep();
    await system.tagServer.control.backdoor({ type: 'events', externalId: eventId, set: { name: 'By hand' } });
    await system.request('Event', eventId);
    await system.pair('Event', eventId).result();
    expect(await system.remote('events', eventId)).toMatchObject({ name: 'By hand' });

    await system.request('Event', eventId, 'resend');
    await system.pair('Event', eventId).result();

    expect(await system.remote('events', eventId)).toMatchObject({ name: 'Harbour Marathon' });
  });
});

describe('records that fail alone', () => {
  test('a child that still retries holds up no sweep and no other row, and retries at once when asked', async () => {
    const { ems } = system;
    const stuck = await ems.event();
    await system.tagServer.control.setFaults({ respond: { status: 500, match: put(`events/${stuck}`) } });
    const other = await ems.event();

    const first = await system.sweep();
    expect(first).toMatchObject({ ended: 'complete', totals: { Event: { due: 2, inSync: 1, leftRunning: 1 } } });
    expect(await system.remote('events', other)).not.toBeNull();
    expect((await system.sweep()).totals['Event']).toEqual(expect.objectContaining({ due: 1, busy: 1, started: 0 }));

    const failing = await system.inState('Event', stuck, 'FAILING');
    expect(failing).toMatchObject({
      last_error_class: 'transient',
      last_error: expect.stringContaining('500'),
      attempts: 5,
      failing_since: expect.anything(),
    });
    expect(await system.outcomeInWebUi('Event', stuck)).toBe('FAILING');

    await system.tagServer.control.clearFaults();
    // The sixth attempt would come half a minute after the fifth; a request does not wait for that.
    await system.request('Event', stuck);
    await system.inState('Event', stuck, 'IN_SYNC', 10_000);
    expect(await system.pair('Event', stuck).result()).toMatchObject({ outcome: 'IN_SYNC' });
    expect(await system.outcomeInWebUi('Event', stuck)).toBe('IN_SYNC');
    expect(await system.record('Event', stuck)).toMatchObject({ attempts: 0, last_error: null, failing_since: null });
  });

  test('an answer that does not fit the contract: parked after five attempts, with the field; the others go on', async () => {
    const { ems } = system;
    const garbled = await ems.event();
    await system.tagServer.control.setFaults({ garble: { as: 'shape', match: put(`events/${garbled}`) } });
    const other = await ems.event();

    await system.sweep();

    expect(await system.remote('events', other)).not.toBeNull();
    expect(await system.inState('Event', garbled, 'PARKED')).toMatchObject({
      last_error_class: 'contract',
      last_error: expect.stringMatching(/^[a-zA-Z.]+: TagServer's answer to PUT events\/\d+ does not fit the contract/),
    });
    // From the second attempt on it is there, so each looks first: that refused create is no attempt.
    const outcomes = (await system.writes(`events/${garbled}`)).map(({ outcome }) => outcome);
    expect(outcomes.filter((outcome) => outcome !== 'precondition-failed')).toHaveLength(5);
    expect((await system.sweep()).totals).toEqual({});

    // A change makes it due again, and TagServer answers correctly now.
    await system.tagServer.control.clearFaults();
    await ems.update('event', garbled, { name: 'Mended' });
    await system.sweep();
    expect(await system.record('Event', garbled)).toMatchObject({ state: 'IN_SYNC', last_error: null });
  });

  test('content that TagServer refuses for good is parked at once, and never sent again unchanged', async () => {
    const eventId = await system.ems.event();
    await system.tagServer.control.setFaults({ respond: { status: 422, times: 1, match: put(`events/${eventId}`) } });

    await system.sweep();

    expect(await system.record('Event', eventId)).toMatchObject({ state: 'PARKED', last_error_class: 'rejected' });
    expect((await system.sweep()).totals).toEqual({});
    expect(await system.writes(`events/${eventId}`)).toHaveLength(1);
    await system.request('Event', eventId);
    await system.inState('Event', eventId, 'IN_SYNC');
  });

  test('a value that cannot be mapped parks its row and no other; the remote keeps what it had', async () => {
    const { ems } = system;
    const eventId = await ems.event();
    const raceId = await ems.race(eventId);
    await system.sweep();
    await ems.update('race', raceId, { discipline: 'CURLING' });
    const other = await ems.race(eventId, { name: 'Other' });

    await system.sweep();

    expect(await system.record('Race', raceId)).toMatchObject({
      state: 'PARKED',
      last_error: expect.stringContaining('discipline'),
      remote_id: raceId,
    });
    expect(await system.remote('races', raceId)).toMatchObject({ name: '10K', discipline: 'run' });
    expect(await system.remote('races', other)).toMatchObject({ name: 'Other' });
    await ems.update('race', raceId, { discipline: 'WALK' });
    await system.sweep();
    expect(await system.remote('races', raceId)).toMatchObject({ discipline: 'walk' });
  });
});

describe('a failing pair that is asked for without end', () => {
  test('begins a new run before its history grows too long, and still arrives', async () => {
    const eventId = await system.ems.event();
    await system.syncNow('Organisation', await system.ems.organisationOf(eventId));
    await system.tagServer.control.setFaults({ respond: { status: 500, match: put(`events/${eventId}`) } });
    await system.request('Event', eventId);
    await system.inState('Event', eventId, 'FAILING');
    const { runId } = await system.pair('Event', eventId).describe();

    await system.eventually(
      'a new run',
      async () => {
        await system.request('Event', eventId);
        return (await system.pair('Event', eventId).describe()).runId !== runId;
      },
      undefined,
      0,
    );

    await system.tagServer.control.clearFaults();
    await system.inState('Event', eventId, 'IN_SYNC');
  });
});

describe('a token that TagServer refuses', () => {
  test('the sweep stops before the first child, and says what to check', async () => {
    const eventId = await system.ems.event();
    await system.tagServer.control.setFaults({ respond: { status: 401 } });
    const result = await system.sweep();
    await system.tagServer.control.clearFaults();

    expect(result).toMatchObject({
      ended: 'target-down',
      reason: expect.stringContaining('TAGSERVER_TOKEN'),
      totals: {},
    });
    expect(await system.record('Event', eventId)).toBeNull();
  });
});

describe('a pair that cannot be', () => {
  test('a type that TagServer does not have: the run ends red, names what there is, and leaves no record', async () => {
    await system.request('Conversation', '5');
    const error = await system
      .pair('Conversation', '5')
      .result()
      .catch((reason: unknown) => reason);
    expect(String((error as Error & { cause?: Error }).cause?.cause)).toContain(
      'TAGSERVER has no Conversation; it has Organisation',
    );
    expect(await system.record('Conversation', '5')).toBeNull();
  });

  test('an id that EMS does not have: an answer, not an error', async () => {
    expect(await system.syncNow('Person', '999999')).toEqual({
      outcome: 'NOTHING',
      delivery: 'nothing',
      reason: 'EMS has no such row',
    });
    expect(await system.record('Person', '999999')).toBeNull();
  });
});
