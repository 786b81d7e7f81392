import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { type StartedRunSignup, startRunSignup } from '../../simulators/runsignup/start.ts';
import { type Calls, callsOf, clockAt, harbourWeekend, margie } from './runsignup-calls.ts';

let runSignup: StartedRunSignup;
let calls: Calls;
let raceId: number;
let eightK: number;
let half: number;

beforeAll(async () => {
  runSignup = await startRunSignup();
  calls = callsOf(runSignup);
});

beforeEach(async () => {
  ({ raceId, eightK, half } = await harbourWeekend(runSignup));
});

afterEach(async () => {
  await runSignup?.control.reset();
});

afterAll(async () => {
  await runSignup?.stop();
});

const errorOf = (code: number) => ({ error: { error_code: code, error_msg: expect.any(String) } });

const namesOf = ({ races }: { races: { race: { name: string } }[] }) => races.map(({ race }) => race.name);

const eventIds = async () => Object.keys((await runSignup.control.state()).events).map(Number);

const pastRace = (name: string, start: string) =>
  runSignup.control.backdoor({ do: 'create-race', race: { name }, events: [{ name: '5K', start }] });

const edit = (fields: object, query = {}) =>
  calls.post('/race', { name: 'Harbour Weekend', ...fields }, { race_id: raceId, ...query });

const eightKEdited = () => ({ event_id: eightK, name: '8K', start_time: '2099-06-07 08:45:00' });

const manage = (corrals: object[], query: Record<string, number> = edition()) =>
  calls.post('/v2/corrals/manage-corrals.json', { race_corrals: corrals }, query);

const edition = () => ({ race_id: raceId, race_event_days_id: FIRST_DAYS });

/** The id of the first edition. */
const FIRST_DAYS = 9001;

describe('reading races', () => {
  test('a race has its events, and its editions where they are asked for', async () => {
    expect(await calls.get(`/race/${raceId}`, { include_event_days: 'T' })).toEqual({
      race: expect.objectContaining({
        race_id: raceId,
        name: 'Harbour Weekend',
        last_date: null,
        next_date: '06/07/2099',
        is_draft_race: 'F',
        url: 'https://runsignup.example/Race/NJ/Moorestown/HarbourWeekend',
        address: { street: '1 Quay St.', city: 'Moorestown', state: 'NJ', zipcode: '08057', country_code: 'US' },
        timezone: 'America/New_York',
        race_event_days: [{ race_event_days_id: 9001, start_date: '06/07/2099', end_date: '06/07/2099' }],
        events: [
          {
            event_id: eightK,
            race_event_days_id: 9001,
            name: '8K',
            details: null,
            start_time: '6/7/2099 08:30',
            end_time: null,
            event_type: 'running_race',
            distance: '8K',
            volunteer: 'F',
          },
          expect.objectContaining({ event_id: half, distance: '13.1 Miles' }),
        ],
      }),
    });
    expect((await calls.get(`/race/${raceId}`)).race).not.toHaveProperty('race_event_days');
  });

  test('the list begins today unless told otherwise: the past is invisible', async () => {
    await pastRace('Old Run', '2019-03-20T09:00');
    expect(namesOf(await calls.get('/races'))).toEqual(['Harbour Weekend']);
    expect(namesOf(await calls.get('/races', { start_date: '2019-01-01' }))).toEqual(['Harbour Weekend', 'Old Run']);
    expect(namesOf(await calls.get('/races', { start_date: '1/1/2019', end_date: '2019-12-31' }))).toEqual(['Old Run']);
  });

  test('the list shows events only where asked, and comes in pages', async () => {
    await pastRace('Second', '2099-03-20T09:00');
    const [first] = (await calls.get('/races', { results_per_page: 1 })).races;
    expect(first.race).not.toHaveProperty('events');
    const second = await calls.get('/races', { results_per_page: 1, page: 2, events: 'T' });
    expect(namesOf(second)).toEqual(['Second']);
    expect(second.races[0].race.events).toHaveLength(1);
    expect(await calls.get('/races', { results_per_page: 1, page: 3 })).toEqual({});
    expect(namesOf(await calls.get('/races', { name: 'harb' }))).toEqual(['Harbour Weekend']);
    expect(namesOf(await calls.get('/races', { state: 'NJ' }))).toEqual(['Harbour Weekend']);
  });

  test('modified_since is ignored, unless that is assumed otherwise', async () => {
    const query = { modified_since: 4_000_000_000 };
    expect(namesOf(await calls.get('/races', query))).toEqual(['Harbour Weekend']);
    await runSignup.control.assume({ racesKnowModifiedSince: true });
    expect(await calls.get('/races', query)).toEqual({});
  });

  test('a knob lets reads lag behind writes', async () => {
    await runSignup.control.setClock(60_000);
    await runSignup.control.backdoor({ do: 'edit-race', raceId, set: { name: 'Renamed' } });
    await runSignup.control.setFaults({ lag: { ms: 30_000 } });
    expect(namesOf(await calls.get('/races'))).toEqual(['Harbour Weekend']);
    expect((await calls.get(`/race/${raceId}`)).race.name).toBe('Harbour Weekend');
    await runSignup.control.setClock(120_000);
    expect(namesOf(await calls.get('/races'))).toEqual(['Renamed']);
  });
});

describe('creating a race', () => {
  const wanted = {
    name: 'Lake Run',
    url_string: 'LakeRun',
    draft_race: 'T',
    address: { street: '3 Lake Rd.', city: 'Erie', state: 'PA', zipcode: '16501', country_code: 'US' },
    contact_email: 'race@example.org',
    events: [{ name: '10K', start_time: '2099-07-01 08:00:00' }],
  };

  test('answers its id; contact_email is write-only', async () => {
    const created = await calls.post('/race', wanted);
    expect(created).toEqual({ race_id: expect.any(Number) });
    const { race } = await calls.get(`/race/${created.race_id}`);
    expect(race).toMatchObject({ name: 'Lake Run', is_draft_race: 'T', events: [{ start_time: '7/1/2099 08:00' }] });
    expect(JSON.stringify(race)).not.toContain('race@example.org');
    expect((await runSignup.control.state()).races[created.race_id]?.contactEmail).toBe('race@example.org');
    expect((await runSignup.control.journal()).find(({ write }) => write)?.outcome).toBe('created');
  });

  test('the answer may name the events, if that is assumed', async () => {
    await runSignup.control.assume({ raceAnswerNamesEvents: true });
    expect(await calls.post('/race', wanted)).toMatchObject({
      events: [{ event_id: expect.any(Number), name: '10K' }],
    });
  });

  test.each([
    [203, { name: '' }],
    [214, { timezone: 'Mars/Base' }],
    [215, { url_string: 'no blanks' }],
    [216, { url_string: 'harbourWEEKEND' }],
    [217, { events: [] }],
    [218, { events: [{ start_time: '2099-07-01 08:00:00' }] }],
    [219, { events: [{ name: '10K' }] }],
    [220, { events: [{ name: '10K', start_time: '7/1/2099 08:00' }] }],
    [223, { events: [{ event_id: 1, name: '10K', start_time: '2099-07-01 08:00:00' }] }],
    [227, { events: [{ name: '10K', start_time: '2019-07-01 08:00:00' }] }],
    [228, { events: [{ name: '10K', start_time: '2099-07-01 08:00:00', event_type: 'Fun Run' }] }],
  ])('error %s leaves nothing behind', async (code, spoiled) => {
    expect(await calls.post('/race', { ...wanted, ...spoiled })).toEqual(errorOf(code));
    expect(Object.keys((await runSignup.control.state()).races)).toEqual([String(raceId)]);
  });

  test('a past event passes with its flag', async () => {
    const past = { ...wanted, events: [{ name: '10K', start_time: '2019-07-01 08:00:00' }] };
    expect(await calls.post('/race', past, { allow_past_event_creation: 'T' })).toHaveProperty('race_id');
  });
});

describe('editing a race replaces all of it', () => {
  test('events that are left out are really deleted, with their registrations, and no feed tells of it', async () => {
    await runSignup.control.backdoor({ do: 'register', eventId: half, user: margie });
    expect(await edit({ events: [eightKEdited()] })).toEqual({ race_id: raceId });
    expect(await eventIds()).toEqual([eightK]);
    expect((await runSignup.control.state()).registrations).toEqual({});
    expect(await calls.get(`/race/${raceId}/removed-participants`, { event_id: half })).toEqual(errorOf(15));
  });

  test('preserve_missing_events=T keeps them', async () => {
    await edit({ events: [eightKEdited()] }, { preserve_missing_events: 'T' });
    expect(await eventIds()).toEqual([eightK, half]);
    const { race } = await calls.get(`/race/${raceId}`);
    expect(race.events.map((event: { start_time: string }) => event.start_time)).toEqual([
      '6/7/2099 08:45',
      '6/7/2099 09:30',
    ]);
  });

  test('the flag in the body is not seen, unless it is assumed to belong there', async () => {
    await runSignup.control.assume({ raceFlagsIn: 'body' });
    await edit({ events: [eightKEdited()], preserve_missing_events: 'T' });
    expect(await eventIds()).toEqual([eightK, half]);
    await runSignup.control.assume({ raceFlagsIn: 'query' });
    await edit({ events: [eightKEdited()], preserve_missing_events: 'T' });
    expect(await eventIds()).toEqual([eightK]);
  });

  test('fields that are not sent become null, of the race and of its events; url_string stays', async () => {
    await edit({ events: [eightKEdited()], url_string: 'Another' });
    const { race } = await calls.get(`/race/${raceId}`);
    expect(race).toMatchObject({
      description: null,
      address: { street: null, city: null, state: null, zipcode: null, country_code: null },
      events: [{ event_id: eightK, distance: null }],
    });
    expect(race.url).toMatch(/\/HarbourWeekend$/);
  });

  test('scripts are taken out of the description, the rest stays', async () => {
    const description = '<p onclick="x()">Run <b>A &amp; B</b></p><script>alert(1)</script>';
    await edit({ events: [eightKEdited()], description });
    expect((await calls.get(`/race/${raceId}`)).race.description).toBe('<p>Run <b>A &amp; B</b></p>');
  });

  test('an error undoes all of it', async () => {
    const before = await runSignup.control.state();
    expect(await edit({ name: 'X', events: [eightKEdited(), eightKEdited()] })).toEqual(errorOf(223));
    expect(await edit({ name: 'X', events: [eightKEdited(), { name: 'no start' }] })).toEqual(errorOf(219));
    expect(await runSignup.control.state()).toEqual(before);
    expect(await calls.post('/race', { name: 'X' }, { race_id: 1 })).toEqual(errorOf(201));
  });

  test('only new events are a renewal: refused while the edition is to come, a new edition after it', async () => {
    const next = { events: [{ name: '8K', start_time: '2100-06-06 08:30:00' }] };
    expect(await edit(next)).toEqual(errorOf(224));
    await runSignup.control.setClock(clockAt('2099-08-01T12:00:00Z'));
    expect(await edit(next)).toEqual({ race_id: raceId });
    const { race } = await calls.get(`/race/${raceId}`, { include_event_days: 'T' });
    expect([race.last_date, race.next_date]).toEqual(['06/07/2099', '06/06/2100']);
    expect(race.events.map((event: { race_event_days_id: number }) => event.race_event_days_id)).toEqual([
      9001, 9001, 9002,
    ]);
    const shown = async (query: Record<string, string>) =>
      (await calls.get(`/race/${raceId}`, query)).race.events.length;
    expect(await shown({ race_event_days_id: '9001' })).toBe(2);
    expect(await shown({ most_recent_events_only: 'T' })).toBe(1);
    expect(await shown({ future_events_only: 'T' })).toBe(1);
  });
});

describe('corrals', () => {
  test('ids come in order of the request; what is left off becomes null', async () => {
    const wave = { race_corral_id: null, corral_name: 'Wave A', corral_start_desc: '09:00', sort_order: 1 };
    const created = await manage([{ ...wave, applicable_event_ids: [eightK] }, { corral_name: 'Wave B' }]);
    expect(created).toEqual({ race_corral_ids: [71, 72] });
    expect(await manage([{ corral_name: 'Wave C' }, { race_corral_id: 71, corral_name: 'Wave A' }])).toEqual({
      race_corral_ids: [73, 71],
    });
    expect((await runSignup.control.state()).corrals['71']).toEqual({
      raceCorralId: 71,
      raceId,
      raceEventDaysId: FIRST_DAYS,
      name: 'Wave A',
      startDescription: null,
      description: null,
      eventIds: [],
      sortOrder: null,
    });
  });

  test('are read by their edition: ids and names, and all of it where that is assumed', async () => {
    const read = () => calls.get(`/race/${raceId}/corrals`, { race_event_days_id: FIRST_DAYS });
    expect(await read()).toEqual({});
    await manage([
      { corral_name: 'Wave A', corral_start_desc: '09:00', applicable_event_ids: [eightK], sort_order: 1 },
    ]);
    const told = { race_corral_id: 71, corral_name: 'Wave A' };
    expect(await read()).toEqual({ race_corrals: [told] });
    await runSignup.control.assume({ corralsTell: 'all' });
    expect(await read()).toEqual({
      race_corrals: [
        { ...told, corral_start_desc: '09:00', corral_desc: null, applicable_event_ids: [eightK], sort_order: 1 },
      ],
    });
    expect(await calls.get(`/race/${raceId}/corrals`)).toEqual(errorOf(3));
  });

  test('a corral, event or race that is not there is refused', async () => {
    expect(await manage([{ race_corral_id: 5, corral_name: 'X' }])).toEqual(errorOf(15));
    expect(await manage([{ corral_name: 'X', applicable_event_ids: [5] }])).toEqual(errorOf(223));
    expect(await manage([{ corral_name: 'X' }], { ...edition(), race_id: 5 })).toEqual(errorOf(201));
    expect(await manage([{ corral_name: 'X' }], { ...edition(), race_event_days_id: 5 })).toEqual(errorOf(15));
    expect(await manage([{ corral_name: 'X' }], { race_id: raceId })).toEqual(errorOf(3));
    expect((await runSignup.control.state()).corrals).toEqual({});
  });
});
