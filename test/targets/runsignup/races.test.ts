import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import * as fc from '../../seeded-fast-check.ts';
import { startRunSignup, type StartedRunSignup } from '../../../simulators/runsignup/start.ts';
import type { Content } from '../../../sync/content-hash.ts';
import { callsOf } from '../../simulators/runsignup-calls.ts';
import { connect, harbourWeekend, listRecords, request } from './connection.ts';

let runSignup: StartedRunSignup;
let race: Awaited<ReturnType<typeof harbourWeekend>>;

beforeAll(async () => {
  runSignup = await startRunSignup();
});

beforeEach(async () => {
  race = await harbourWeekend(runSignup);
});

afterEach(async () => {
  await runSignup?.control.reset();
});

afterAll(async () => {
  await runSignup?.stop();
});

const WRITE = { RUNSIGNUP_CREATE_RACES: 'true' };

const eightK = { name: '8K', startsOn: '2099-06-07T12:30Z', distanceM: 8_000, corrals: [] };
const fun = { name: 'Fun Run', startsOn: '2099-06-07T15:00Z', distanceM: 5_000, corrals: [] };

const linked = () => ({ references: new Map([['Event/7', race.link]]) });
const writes = () => runSignup.control.journal({ writesOnly: true });
const eventIds = async () => Object.keys((await runSignup.control.state()).events);

describe('while races are not to be written', () => {
  test('nothing is sent, and the base is what RunSignup holds', async () => {
    const target = connect(runSignup);
    const remoteId = `${race.raceId}/${race.eightK}`;
    expect(await target.send(request('Event', race.link, { name: 'Other' }))).toMatchObject({
      kind: 'sent',
      remoteId: race.link,
      stored: { name: 'Harbour Weekend' },
    });
    const [listed] = await listRecords(target, 'Race', race.link);
    expect(await target.send(request('Race', remoteId, { ...eightK, name: 'Other' }))).toMatchObject({
      remoteId,
      stored: listed?.content,
    });
    expect(await writes()).toHaveLength(0);
  });

  test("a race of EMS's is linked to the event with its name and local start", async () => {
    const content = { ...eightK, name: '8k', distanceM: 7_999 };
    expect(await connect(runSignup).send(request('Race', null, content, linked()))).toMatchObject({
      kind: 'sent',
      remoteId: `${race.raceId}/${race.eightK}`,
      stored: { distanceM: 8_000 },
    });
    expect(await writes()).toHaveLength(0);
  });

  test.each([
    ['another start', { ...eightK, startsOn: '2099-06-07T12:31Z' }],
    ['another name', { ...eightK, name: '8 K' }],
    ['no start', { ...eightK, startsOn: null }],
    ["a helpers' shift", { ...eightK, name: 'Water station', startsOn: '2099-06-07T10:00Z' }],
  ])('%s is no match, and it is said what to do', async (_, content) => {
    await expect(connect(runSignup).send(request('Race', null, content, linked()))).rejects.toMatchObject({
      errorClass: 'rejected',
      message: expect.stringContaining('RUNSIGNUP_CREATE_RACES'),
    });
  });

  test('two events that could be it are left to a human', async () => {
    await runSignup.control.backdoor({
      do: 'create-event',
      raceId: race.raceId,
      event: { name: '8K', start: '2099-06-07T08:30' },
    });
    await expect(connect(runSignup).send(request('Race', null, eightK, linked()))).rejects.toMatchObject({
      errorClass: 'rejected',
      code: 'ambiguous',
    });
  });

  test('an event or race without a link is refused', async () => {
    await expect(connect(runSignup).send(request('Event', null, {}))).rejects.toMatchObject({ code: 'not-linked' });
    await expect(connect(runSignup).send(request('Race', null, eightK))).rejects.toMatchObject({ code: 'not-linked' });
  });

  test('an event that is gone is told', async () => {
    await expect(connect(runSignup).send(request('Race', `${race.raceId}/999`, eightK))).rejects.toMatchObject({
      errorClass: 'rejected',
      code: 'gone',
    });
  });
});

describe('where races may be written', () => {
  test('an edit changes one event, and keeps everything else of the race', async () => {
    await runSignup.control.backdoor({
      do: 'edit-race',
      raceId: race.raceId,
      set: {
        draft: true,
        timezone: 'America/Chicago',
        description: '<p>By the sea</p>',
        logoUrl: 'https://x.example/l.png',
      },
    });
    const before = await runSignup.control.state();
    const remoteId = `${race.raceId}/${race.eightK}`;
    // 08:30 in Chicago is 13:30 in UTC.
    const content = { ...eightK, name: '10K', startsOn: '2099-06-07T14:00Z', distanceM: 10_000 };
    expect(await connect(runSignup, WRITE).send(request('Race', remoteId, content))).toMatchObject({
      stored: { name: '10K', startsOn: '2099-06-07T14:00Z', distanceM: 10_000 },
    });
    const after = await runSignup.control.state();
    expect(after.races[String(race.raceId)]).toEqual({
      ...before.races[String(race.raceId)],
      modifiedAt: expect.any(Number),
    });
    expect(after.events).toEqual({
      ...before.events,
      [race.eightK]: { ...before.events[String(race.eightK)], name: '10K', start: '2099-06-07T09:00', distance: '10K' },
    });
    const [post] = await writes();
    expect(post?.path).toContain('preserve_missing_events=T');
    expect(JSON.stringify(post?.body)).not.toContain('url_string');
  });

  test('equal content is not written', async () => {
    const target = connect(runSignup, WRITE);
    await target.send(request('Race', `${race.raceId}/${race.eightK}`, eightK));
    await target.send(request('Event', race.link, { name: 'Harbour Weekend', website: null }));
    expect(await writes()).toHaveLength(0);
  });

  test("a race's name and website are written", async () => {
    const content = { name: 'Harbour Days', website: 'https://harbour.example/', startsOn: null, endsOn: null };
    await connect(runSignup, WRITE).send(request('Event', race.link, content));
    const { races } = await runSignup.control.state();
    expect(races[String(race.raceId)]).toMatchObject({ name: 'Harbour Days', externalUrl: 'https://harbour.example/' });
  });

  test('a race that RunSignup does not have is made; a lost answer makes no second one', async () => {
    await runSignup.control.setFaults({ failAfter: { times: 1, match: { method: 'POST' } } });
    const target = connect(runSignup, WRITE);
    const sent = request('Race', null, fun, linked());
    await expect(target.send(sent)).rejects.toMatchObject({ errorClass: 'transient' });
    const result = await target.send(sent);
    expect(result).toMatchObject({ kind: 'sent', stored: { name: 'Fun Run', distanceM: 5_000 } });
    expect(await eventIds()).toHaveLength(4);
    expect(await writes()).toHaveLength(1);
  });

  test('two races made at once are both there, each once', async () => {
    const target = connect(runSignup, WRITE);
    const other = { ...fun, name: 'Mile', startsOn: '2099-06-07T16:00Z', distanceM: 1_609 };
    const results = await Promise.all(
      [fun, other].map((content) => target.send(request('Race', null, content, linked()))),
    );
    expect(new Set(results.map((result) => ('remoteId' in result ? result.remoteId : null))).size).toBe(2);
    expect(await eventIds()).toHaveLength(5);
  });

  test('two edits at once are both there: neither writes back what the other has changed', async () => {
    const target = connect(runSignup, WRITE);
    await Promise.all([
      target.send(request('Race', `${race.raceId}/${race.eightK}`, { ...eightK, name: 'Eight' })),
      target.send(request('Race', `${race.raceId}/${race.half}`, { ...fun, name: 'HM' })),
      target.send(request('Event', race.link, { name: 'Harbour Days', website: null })),
    ]);
    const { events, races } = await runSignup.control.state();
    expect(events).toMatchObject({ [race.eightK]: { name: 'Eight' }, [race.half]: { name: 'HM' } });
    expect(races).toMatchObject({ [race.raceId]: { name: 'Harbour Days' } });
  });

  test('an edit that was taken and not stored is told', async () => {
    await runSignup.control.setFaults({ respond: { status: 200, body: {}, match: { method: 'POST' } } });
    const remoteId = `${race.raceId}/${race.eightK}`;
    const target = connect(runSignup, WRITE);
    await expect(target.send(request('Race', remoteId, { ...eightK, name: 'New' }))).rejects.toMatchObject({
      errorClass: 'contract',
      code: 'not-stored',
      field: 'name',
    });
    await expect(target.send(request('Race', null, fun, linked()))).rejects.toMatchObject({ code: 'not-stored' });
  });

  test('should RunSignup look for the flag elsewhere, every event is named all the same', async () => {
    await runSignup.control.assume({ raceFlagsIn: 'body' });
    await connect(runSignup, WRITE).send(request('Race', `${race.raceId}/${race.eightK}`, { ...eightK, name: 'New' }));
    expect(await eventIds()).toHaveLength(3);
  });

  test('a start within the hour that autumn has twice is stored once, and told as it is stored', async () => {
    // The second 01:30 of that night, which RunSignup cannot tell from the first.
    const content = { ...eightK, startsOn: '2099-11-01T06:30Z' };
    const remoteId = `${race.raceId}/${race.eightK}`;
    await runSignup.control.backdoor({ do: 'edit-event', eventId: race.eightK, set: { end: null } });
    const target = connect(runSignup, WRITE);
    expect(await target.send(request('Race', remoteId, content))).toMatchObject({
      stored: { startsOn: '2099-11-01T05:30Z' },
    });
    await target.send(request('Race', remoteId, content));
    expect(await writes()).toHaveLength(1);
  });
});

test('whatever a race holds, an edit never lowers the number of its events, nor touches another one', async () => {
  const wall = fc
    .integer({ min: 0, max: 20 * 365 * 24 * 60 })
    .map((minute) => Temporal.PlainDateTime.from('2030-01-01T00:00').add({ minutes: minute }).toString().slice(0, 16));
  const event = fc.record({
    name: fc.constantFrom('8K', "O'Brien Mile", 'Zoë', '김민준', 'A & B <fun>'),
    start: wall,
    distance: fc.constantFrom(null, '10K', 'Fun', '13.1 Miles'),
    details: fc.constantFrom(null, '<p>x</p>'),
    volunteer: fc.boolean(),
    giveaways: fc.constantFrom<string[]>([], ['Shirt', 'Cap']),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(event, { minLength: 1, maxLength: 6 }),
      fc.nat(5),
      fc.constantFrom('America/New_York', 'Europe/Lisbon', 'Australia/Lord_Howe'),
      fc.boolean(),
      async (events, index, timezone, preserves) => {
        await runSignup.control.assume({ raceFlagsIn: preserves ? 'query' : 'body' });
        const made = await runSignup.control.backdoor({ do: 'create-race', race: { name: 'R', timezone }, events });
        const before = (await runSignup.control.state()).events;
        const edited = String(made.eventIds[index % events.length]);
        const content = { name: 'Edited', startsOn: null, distanceM: 12_345, corrals: [] };
        await connect(runSignup, WRITE).send(request('Race', `${made.raceId}/${edited}`, content));
        const after = (await runSignup.control.state()).events;
        // RunSignup shifts a wall time in the skipped hour when it is written again.
        const untouched = Object.entries(before).filter(([id, { start }]) => id !== edited && exists(start, timezone));
        expect(Object.keys(after)).toEqual(Object.keys(before));
        for (const [id, kept] of untouched) expect(after[id]).toEqual(kept);
        expect(after[edited]).toMatchObject({ name: 'Edited', distance: '12.345K' });
      },
    ),
    { numRuns: 40, interruptAfterTimeLimit: 120_000 },
  );
});

const exists = (wall: string, zone: string) =>
  Temporal.PlainDateTime.from(wall).toZonedDateTime(zone).toPlainDateTime().toString().startsWith(wall);

const held = async () => Object.values((await runSignup.control.state()).corrals);

const eightKId = () => `${race.raceId}/${race.eightK}`;

const handMade = (corral: object) =>
  callsOf(runSignup).post(
    '/v2/corrals/manage-corrals.json',
    { race_corrals: [corral] },
    { race_id: race.raceId, race_event_days_id: race.daysId },
  );

describe('corrals', () => {
  const corrals = [
    { name: 'Wave A', startsOn: '2099-06-07T12:30Z' },
    { name: 'Wave B', startsOn: null },
    { name: null, startsOn: null },
  ];

  const WITH_CORRALS = { RUNSIGNUP_WRITE_CORRALS: 'true' };
  const sent = (content: Content) =>
    connect(runSignup, WITH_CORRALS).send(request('Race', eightKId(), { ...eightK, ...content }));

  /** An edition whose only event has corrals. */
  async function onlyEvent() {
    const { raceId, eventIds } = await runSignup.control.backdoor({
      do: 'create-race',
      race: { name: 'Sprint' },
      events: [{ name: '8K', start: '2099-06-07T08:30', distance: '8K' }],
    });
    const remoteId = `${raceId}/${eventIds[0]}`;
    const target = connect(runSignup, WITH_CORRALS);
    return (groups: Content['corrals']) => target.send(request('Race', remoteId, { ...eightK, corrals: groups }));
  }

  test('are sent at the local time, where the setting says so', async () => {
    await runSignup.control.assume({ corralsTell: 'all' });
    const target = connect(runSignup, WITH_CORRALS);
    const result = await target.send(request('Race', null, { ...eightK, corrals }, linked()));
    expect(await held()).toMatchObject([
      { name: 'Wave A', startDescription: '08:30', eventIds: [race.eightK], sortOrder: 1 },
      { name: 'Wave B', startDescription: null, eventIds: [race.eightK], sortOrder: 2 },
    ]);
    expect('stored' in result && result.stored).not.toHaveProperty('corrals');
    await sent({ corrals });
    expect(await held()).toHaveLength(2);
    expect(await writes()).toHaveLength(1);
  });

  test('a start group that is moved, renamed or new is sent later as well, by the id of its corral', async () => {
    await runSignup.control.assume({ corralsTell: 'all' });
    await sent({ corrals });
    const [first, second] = await held();
    await sent({
      corrals: [
        { name: 'Wave A', startsOn: '2099-06-07T12:45Z' },
        { name: 'Elite', startsOn: null },
        { name: 'Wave C', startsOn: null },
      ],
    });
    expect(await held()).toMatchObject([
      { raceCorralId: first?.raceCorralId, name: 'Wave A', startDescription: '08:45' },
      { raceCorralId: second?.raceCorralId, name: 'Elite' },
      { name: 'Wave C', sortOrder: 3 },
    ]);
  });

  test('are edited by their ids where RunSignup tells nothing but their names', async () => {
    const send = await onlyEvent();
    await send(corrals);
    await send([{ name: 'wave a', startsOn: '2099-06-07T12:45Z' }, corrals[1] ?? null]);
    expect(await held()).toMatchObject([{ name: 'wave a', startDescription: '08:45' }, { name: 'Wave B' }]);
  });

  test('are there once though the answer was lost', async () => {
    const send = await onlyEvent();
    await runSignup.control.setFaults({ failAfter: { times: 1, match: { method: 'POST' } } });
    await expect(send(corrals)).rejects.toMatchObject({ errorClass: 'transient' });
    await send(corrals);
    expect(await held()).toHaveLength(2);
  });

  test('are not taken from another event that has one of the same name', async () => {
    await runSignup.control.assume({ corralsTell: 'all' });
    await sent({ corrals: [corrals[0]] });
    const half = { name: 'Half', startsOn: '2099-06-08T11:00Z', distanceM: 21_098 };
    const remoteId = `${race.raceId}/${race.half}`;
    await connect(runSignup, WITH_CORRALS).send(request('Race', remoteId, { ...half, corrals: [corrals[0]] }));
    expect(await held()).toMatchObject([{ eventIds: [race.eightK] }, { eventIds: [race.half] }]);
  });

  test('that cannot be told apart are left to a human: nothing is written', async () => {
    await sent({ corrals });
    const before = await held();
    await expect(sent({ corrals: [{ name: 'Wave C', startsOn: null }] })).rejects.toMatchObject({
      errorClass: 'rejected',
      code: 'ambiguous',
    });
    await expect(sent({ corrals: [corrals[0], { ...corrals[0], startsOn: null }] })).rejects.toMatchObject({
      code: 'ambiguous',
    });
    expect(await held()).toEqual(before);
  });

  test('what a human wrote of a corral stays, and so do the other events that it is for', async () => {
    await runSignup.control.assume({ corralsTell: 'all' });
    await handMade({ corral_name: 'Wave A', corral_desc: 'Fast', applicable_event_ids: [race.eightK, race.half] });
    await sent({ corrals });
    expect(await held()).toMatchObject([
      { description: 'Fast', eventIds: [race.eightK, race.half], startDescription: '08:30' },
      { name: 'Wave B' },
    ]);
  });

  test('are not sent by default', async () => {
    await connect(runSignup).send(request('Race', null, { ...eightK, corrals }, linked()));
    expect(await writes()).toHaveLength(0);
  });
});
