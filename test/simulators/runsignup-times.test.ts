import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { type StartedRunSignup, startRunSignup } from '../../simulators/runsignup/start.ts';
import { type Calls, callsOf, clockAt, margie } from './runsignup-calls.ts';

let runSignup: StartedRunSignup;
let calls: Calls;

beforeAll(async () => {
  runSignup = await startRunSignup();
  calls = callsOf(runSignup);
});

afterEach(async () => {
  await runSignup?.control.reset();
});

afterAll(async () => {
  await runSignup?.stop();
});

const raceIn = async (timezone: string) => {
  const made = await runSignup.control.backdoor({
    do: 'create-race',
    race: { name: 'Night Run', timezone },
    events: [{ name: '5K', start: '2027-06-07T08:30' }],
  });
  return { raceId: made.raceId, eventId: made.eventIds[0] ?? 0 };
};

describe('five forms of time, in two zones', () => {
  test('the race’s own times are US Eastern whatever its zone; those of its events are local', async () => {
    await runSignup.control.setClock(clockAt('2027-01-11T06:58:20Z'));
    const { raceId } = await raceIn('America/Los_Angeles');
    expect((await calls.get(`/race/${raceId}`)).race).toMatchObject({
      created: '1/11/2027 01:58',
      last_modified: '1/11/2027 01:58',
      next_date: '06/07/2027',
      last_date: null,
      timezone: 'America/Los_Angeles',
      events: [{ start_time: '6/7/2027 08:30' }],
    });
  });

  test('last_modified of a race has minutes only: an edit within the minute cannot be seen in it', async () => {
    await runSignup.control.setClock(clockAt('2027-01-11T06:58:01Z'));
    const { raceId } = await raceIn('America/New_York');
    await runSignup.control.setClock(clockAt('2027-01-11T06:58:20Z'));
    await runSignup.control.backdoor({ do: 'edit-race', raceId, set: { name: 'Renamed' } });
    expect((await calls.get(`/race/${raceId}`)).race).toMatchObject({
      name: 'Renamed',
      last_modified: '1/11/2027 01:58',
    });
    await runSignup.control.setClock(clockAt('2027-01-11T06:59:10Z'));
    await runSignup.control.backdoor({ do: 'edit-race', raceId, set: { name: 'Again' } });
    expect((await calls.get(`/race/${raceId}`)).race.last_modified).toBe('1/11/2027 01:59');
  });

  test.each([
    ['in winter', '2027-01-11T06:58:05Z', '1/11/2027 01:58', '2027-01-11 01:58:05'],
    ['in summer', '2027-07-11T06:58:20Z', '7/11/2027 02:58', '2027-07-11 02:58:20'],
    ['before the repeated hour', '2027-11-07T05:30:05Z', '11/7/2027 01:30', '2027-11-07 01:30:05'],
    ['in the repeated hour, an hour later', '2027-11-07T06:30:05Z', '11/7/2027 01:30', '2027-11-07 01:30:05'],
    ['before the missing hour', '2027-03-14T06:59:05Z', '3/14/2027 01:59', '2027-03-14 01:59:05'],
    ['after the missing hour', '2027-03-14T07:00:00Z', '3/14/2027 03:00', '2027-03-14 03:00:00'],
  ])('%s a registration and its removal are stamped', async (_when, instant, minutes, seconds) => {
    await runSignup.control.setClock(clockAt(instant));
    const { raceId, eventId } = await raceIn('Europe/Lisbon');
    const { registrationId } = await runSignup.control.backdoor({ do: 'register', eventId, user: margie });
    const [{ participants }] = await calls.get(`/race/${raceId}/participants`, { event_id: eventId });
    const unix = Date.parse(instant) / 1000;
    expect(participants).toMatchObject([{ registration_date: minutes }]);
    expect(participants[0].last_modified - unix).toBeLessThan(120);

    await runSignup.control.backdoor({ do: 'remove', registrationId });
    const [{ event }] = await calls.get(`/race/${raceId}/removed-participants`, { event_id: eventId });
    const [row] = event.participants;
    const elapsed = row.last_modified_ts - unix;
    expect(row.last_modified).toBe(later(seconds, elapsed));
    expect([Math.sign(elapsed) >= 0, elapsed < 30]).toEqual([true, true]);
  });

  test.each([
    ['America/New_York', '2027-03-14 02:30:00', '3/14/2027 03:30'],
    ['America/New_York', '2027-11-07 01:30:00', '11/7/2027 01:30'],
    ['Europe/Lisbon', '2027-03-28 01:15:00', '3/28/2027 02:15'],
    ['Europe/Lisbon', '2027-03-14 02:30:59', '3/14/2027 02:30'],
  ])('in %s a start sent as %s comes back as %s', async (timezone, sent, back) => {
    await runSignup.control.setClock(clockAt('2027-01-01T12:00:00Z'));
    const { raceId, eventId } = await raceIn(timezone);
    const events = [{ event_id: eventId, name: '5K', start_time: sent, end_time: sent }];
    expect(await calls.post('/race', { name: 'Night Run', timezone, events }, { race_id: raceId })).toEqual({
      race_id: raceId,
    });
    expect((await calls.get(`/race/${raceId}`)).race.events).toMatchObject([{ start_time: back, end_time: back }]);
  });

  test('a day ends at midnight of the race’s zone', async () => {
    await runSignup.control.setClock(clockAt('2027-06-08T01:00:00Z'));
    const [west, east] = [await raceIn('America/Los_Angeles'), await raceIn('Asia/Tokyo')];
    expect((await calls.get(`/race/${west.raceId}`)).race).toMatchObject({ next_date: '06/07/2027', last_date: null });
    expect((await calls.get(`/race/${east.raceId}`)).race).toMatchObject({ next_date: null, last_date: '06/07/2027' });
  });
});

/** A wall time some seconds later. */
const later = (text: string, seconds: number): string => {
  const next = Date.parse(`${text.replace(' ', 'T')}Z`) + seconds * 1000;
  return new Date(next).toISOString().slice(0, 19).replace('T', ' ');
};
