import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { type StartedRunSignup, startRunSignup } from '../../simulators/runsignup/start.ts';
import { type Calls, type Query, callsOf, clockAt, harbourWeekend, margie } from './runsignup-calls.ts';

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

const register = async (set: object = {}, user: object = margie, eventId = eightK) =>
  runSignup.control.backdoor({ do: 'register', eventId, user, set });

const list = (query: Query = {}) => calls.get(`/race/${raceId}/participants`, { event_id: eightK, ...query });

const removed = (query: Query = {}) =>
  calls.get(`/race/${raceId}/removed-participants`, { event_id: eightK, ...query });

/** The registrations of the first event in the answer. */
const rows = async (query: Query = {}): Promise<Record<string, unknown>[]> => (await list(query))[0].participants ?? [];

const ids = async (query: Query = {}) => (await rows(query)).map((row) => row['registration_id']);

/** Bib and chip as returned, by registration id. */
const numbersById = async () =>
  Object.fromEntries((await rows()).map((row) => [row['registration_id'], [row['bib_num'], row['chip_num']]]));

const errorOf = (code: number) => ({ error: { error_code: code, error_msg: expect.any(String) } });

/** Registers people one after another; returns their registration ids. */
const registerAll = async (names: readonly string[]): Promise<number[]> => {
  const made: number[] = [];
  for (const lastName of names) made.push((await register({}, { ...margie, email: null, lastName })).registrationId);
  return made;
};

const deleteAll = (registrationIds: readonly number[], query: Query = {}) =>
  calls.post(
    `/race/${raceId}/delete-participants`,
    { registrations: registrationIds.map((registration_id) => ({ registration_id })) },
    query,
  );

describe('listing participants', () => {
  test('a top-level array, one element an event, whose own participants are always empty', async () => {
    const { registrationId, userId } = await register({ feeCents: 5500 });
    expect(await list({ event_id: `${half},${eightK}` })).toEqual([
      { event: { event_id: half, name: 'Half', participants: [] } },
      {
        event: { event_id: eightK, name: '8K', participants: [] },
        participants: [
          {
            user: {
              user_id: userId,
              first_name: 'Margie',
              middle_name: null,
              last_name: 'Example',
              email: 'margie@example.org',
              address: { street: '2 Quay St.', city: 'Moorestown', state: 'NJ', zipcode: '08057', country_code: 'US' },
              dob: '1986-01-06',
              gender: 'F',
              phone: '856-850-1510',
              profile_image_url: null,
            },
            registration_id: registrationId,
            event_id: eightK,
            rsu_transaction_id: registrationId,
            transaction_id: expect.stringMatching(/^ay_/),
            bib_num: null,
            chip_num: null,
            age: 113,
            age_group: null,
            registration_date: expect.stringMatching(/^\d{1,2}\/\d{1,2}\/\d{4} \d\d:\d\d$/),
            team_id: null,
            team_name: null,
            giveaway: null,
            last_modified: expect.any(Number),
            imported: 'F',
            race_fee: '$55.00',
          },
        ],
      },
    ]);
  });

  test('an error is an object where the list is an array', async () => {
    expect(await list({ event_id: `${eightK},1` })).toEqual(errorOf(15));
    expect(await list({ results_per_page: 2501 })).toEqual(errorOf(3));
    await runSignup.control.assume({ refuseOversizedPages: false });
    expect(await list({ results_per_page: 2501 })).toHaveLength(1);
  });

  test('pages, after_registration_id and sort', async () => {
    const [zoe = 0, ana = 0, bea = 0] = await registerAll(['Zoë', 'Ana', 'Bea']);
    expect(await ids()).toEqual([ana, bea, zoe]);
    expect(await ids({ sort: 'registration_id ASC' })).toEqual([zoe, ana, bea]);
    expect(await ids({ sort: 'registration_id DESC', results_per_page: 2 })).toEqual([bea, ana]);
    expect(await ids({ sort: 'last_name DESC', results_per_page: 2, page: 2 })).toEqual([ana]);
    expect(await ids({ after_registration_id: zoe, results_per_page: 1 })).toEqual([ana]);
    expect(await ids({ after_registration_id: bea })).toEqual([]);
    expect(await list({ sort: 'shoe_size' })).toEqual(errorOf(3));
    expect(await list({ page: 0 })).toEqual(errorOf(3));
  });

  test('modified_after_timestamp is inclusive, in whole unix seconds', async () => {
    const [first = 0, second = 0] = await registerAll(['One', 'Two']);
    await runSignup.control.setClock(clockAt('2098-01-01T00:00:00Z'));
    await runSignup.control.backdoor({ do: 'edit-registration', registrationId: second, set: { ageGroup: 'F40' } });
    const at = (await runSignup.control.state()).registrations[second]?.modifiedAt ?? 0;
    expect(at - Date.parse('2098-01-01T00:00:00Z') / 1000).toBeLessThan(120);
    expect(await rows({ modified_after_timestamp: at })).toMatchObject([
      { last_modified: at, registration_id: second },
    ]);
    expect(await ids({ modified_after_timestamp: at + 1 })).toEqual([]);
    expect(await ids({ modified_after_timestamp: 0, sort: 'registration_id ASC' })).toEqual([first, second]);
  });

  test('bibs and chips come as numbers or as strings; a chip that is no number as it is', async () => {
    const set = { bib: '101', chip: '7001' };
    const [even, odd] = [await register(set), await register({ ...set, chip: '007' })].sort(
      (left, right) => (left.registrationId % 2) - (right.registrationId % 2),
    );
    const mixed = await numbersById();
    expect(mixed[even?.registrationId ?? 0]?.[0]).toBe(101);
    expect(mixed[odd?.registrationId ?? 0]?.[0]).toBe('101');
    await runSignup.control.assume({ numbersComeAs: 'number' });
    expect(new Set(Object.values(await numbersById()))).toEqual(
      new Set([
        [101, '007'],
        [101, 7001],
      ]),
    );
  });

  test('gender X appears only to those who support it', async () => {
    await register({}, { ...margie, gender: 'X' });
    expect(await rows()).toMatchObject([{ user: { gender: null } }]);
    expect(await rows({ supports_nb: 'T' })).toMatchObject([{ user: { gender: 'X' } }]);
  });

  test('a knob withholds personal data: missing, or null where that is assumed', async () => {
    const { userId } = await register({ bib: '5' });
    await runSignup.control.setFaults({ withholdPersonalData: {} });
    const [row] = await rows();
    expect([row?.['user'], String(row?.['bib_num'])]).toEqual([{ user_id: userId }, '5']);
    await runSignup.control.assume({ withheldComesAs: 'null' });
    expect(await rows()).toMatchObject([{ user: { user_id: userId, email: null, address: null, dob: null } }]);
  });

  test('a knob lets the lists lag behind writes', async () => {
    await runSignup.control.setClock(60_000);
    const { registrationId } = await register();
    await runSignup.control.setFaults({ lag: { ms: 30_000, match: { prefix: `/rest/race/${raceId}/participants` } } });
    expect(await ids()).toEqual([]);
    await runSignup.control.setClock(120_000);
    await runSignup.control.backdoor({ do: 'remove', registrationId });
    expect(await ids()).toEqual([registrationId]);
    expect((await removed())[0].event.participants).toHaveLength(1);
  });

  test('a user can be read by id', async () => {
    const { userId } = await register();
    expect(await calls.get(`/user/${userId}`)).toMatchObject({ user: { user_id: userId, first_name: 'Margie' } });
  });
});

describe('removed participants', () => {
  test.each(['cleared', 'removed'] as const)('%s: gone from the list, in the feed', async (reason) => {
    await runSignup.control.setClock(clockAt('2026-09-08T13:00:01Z'));
    const { registrationId } = await register();
    await runSignup.control.backdoor({ do: 'remove', registrationId, reason });
    expect(await ids()).toEqual([]);
    expect(await removed()).toEqual([
      {
        event: {
          event_id: eightK,
          participants: [
            {
              registration_id: registrationId,
              removed_reason: reason,
              new_registration_id: null,
              registration_date: expect.stringMatching(/^2026-09-08 09:00:\d\d$/),
              last_modified: expect.stringMatching(/^2026-09-08 09:00:\d\d$/),
              last_modified_ts: expect.any(Number),
            },
          ],
        },
      },
    ]);
    expect((await removed({ condensed_format: 'F' }))[0].event.participants).toMatchObject([
      { removed_reason: reason, user: { first_name: 'Margie' }, last_modified: expect.stringMatching(/^2026-09-08 /) },
    ]);
  });

  test('the same inclusive watermark', async () => {
    await runSignup.control.setClock(clockAt('2026-09-08T13:00:01Z'));
    const { registrationId } = await register();
    await runSignup.control.backdoor({ do: 'remove', registrationId });
    const [{ event }] = await removed();
    const at = event.participants[0].last_modified_ts;
    expect((await removed({ modified_after_timestamp: at }))[0].event.participants).toHaveLength(1);
    expect((await removed({ modified_after_timestamp: at + 1 }))[0].event).toEqual({ event_id: eightK });
  });

  test('a list without elements is left out, unless that is assumed otherwise', async () => {
    const { registrationId } = await register();
    expect(await removed()).toEqual([{ event: { event_id: eightK } }]);
    await runSignup.control.backdoor({ do: 'remove', registrationId });
    expect(await list()).toEqual([{ event: { event_id: eightK, name: '8K', participants: [] } }]);
    await runSignup.control.assume({ emptyListsAreLeftOut: false });
    expect(await list()).toMatchObject([{ participants: [] }]);
    expect(await removed({ event_id: half })).toEqual([{ event: { event_id: half, participants: [] } }]);
  });

  test.each(['transfer', 'defer'] as const)('a %s is one removed and one new registration', async (move) => {
    const { registrationId, userId } = await register({ bib: '7' });
    const moved = await runSignup.control.backdoor({ do: move, registrationId, eventId: half });
    expect((await removed())[0].event.participants).toMatchObject([
      {
        registration_id: registrationId,
        removed_reason: move === 'transfer' ? 'transferred' : 'deferred',
        new_registration_id: moved.newRegistrationId,
      },
    ]);
    expect(await ids()).toEqual([]);
    expect(await rows({ event_id: half })).toMatchObject([
      { registration_id: moved.newRegistrationId, user: { user_id: userId }, bib_num: null },
    ]);
  });

  test('a deferral to an edition that is not there yet has no new registration', async () => {
    const { registrationId } = await register();
    await runSignup.control.backdoor({ do: 'defer', registrationId });
    expect((await removed())[0].event.participants).toMatchObject([
      { removed_reason: 'deferred', new_registration_id: null },
    ]);
    await expect(runSignup.control.backdoor({ do: 'remove', registrationId })).rejects.toThrow(/active/);
  });
});

describe('deleting participants', () => {
  test('imported ones only, unless allowed: one that is not keeps all of them', async () => {
    const { registrationId } = await register();
    const imported = (await register({ imported: true })).registrationId;
    expect(await deleteAll([imported, registrationId])).toEqual(errorOf(7));
    expect((await ids()).length).toBe(2);
    expect(await deleteAll([imported], { event_id: eightK })).toEqual({
      participants: [{ registration_id: imported }],
    });
    expect(await deleteAll([registrationId], { allow_non_imports: 'T' })).toMatchObject({ participants: [{}] });
    expect((await removed())[0].event.participants).toHaveLength(2);
    expect(await deleteAll([imported])).toEqual(errorOf(15));
  });

  test('at most 250', async () => {
    const { registrationId } = await register({ imported: true });
    const others = Array.from({ length: 250 }, (_, nth) => nth + 1);
    expect(await deleteAll([registrationId, ...others])).toEqual(errorOf(11));
    expect(await ids()).toEqual([registrationId]);
    expect(await deleteAll(others)).toEqual(errorOf(15));
  });
});
