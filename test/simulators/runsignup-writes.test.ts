import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { type StartedRunSignup, startRunSignup } from '../../simulators/runsignup/start.ts';
import { ANY_PARTICIPANT, type Calls, callsOf, harbourWeekend, margie } from './runsignup-calls.ts';

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

const register = async (set: object = {}, user: object = margie) =>
  runSignup.control.backdoor({ do: 'register', eventId: eightK, user, set });

/** A registration whose user has no account, as an import creates it. */
const registerGuest = (set: object = {}) => register(set, { ...margie, account: false });

const PERSONAL = ['first_name', 'last_name', 'email', 'dob', 'gender', 'phone', 'address'];

const isPersonal = ([name]: [string, unknown]) => PERSONAL.includes(name);

/** An entry with personal data in their place: inside `user`. */
const nested = (entry: object) => {
  const user = Object.fromEntries(Object.entries(entry).filter(isPersonal));
  const own = Object.fromEntries(Object.entries(entry).filter((field) => !isPersonal(field)));
  return Object.keys(user).length === 0 ? own : { ...own, user };
};

const post = (entries: readonly object[], form = ANY_PARTICIPANT, eventId = eightK) =>
  calls.post(`/race/${raceId}/participants`, { participants: entries }, { event_id: eventId }, form);

const write = (entries: readonly object[], eventId = eightK) => post(entries.map(nested), ANY_PARTICIPANT, eventId);

const errorOf = (code: number) => ({ error: { error_code: code, error_msg: expect.any(String) } });

/** A registration as stored, and its user. */
const stored = async (registrationId: number) => {
  const { registrations, users } = await runSignup.control.state();
  const registration = registrations[registrationId];
  return { ...registration, user: users[registration?.userId ?? 0] };
};

const sent = { first_name: 'Ana', last_name: 'Exemplo', email: 'ana@example.org', gender: 'F', dob: '1988-02-29' };

describe('adding participants', () => {
  test('makes an imported registration with a user of its own', async () => {
    const answer = await write([{ ...sent, bib_num: '101', chip_num: '058003A1' }]);
    expect(answer).toEqual({ participants: [{ registration_id: expect.any(Number) }] });
    expect(await stored(answer.participants[0].registration_id)).toMatchObject({
      bib: '101',
      chip: '058003A1',
      imported: true,
      transactionId: null,
      user: { firstName: 'Ana', account: false, dob: '1988-02-29', email: 'ana@example.org' },
    });
  });

  test('the same again makes another one, unless that is assumed otherwise', async () => {
    const first = (await write([sent])).participants[0].registration_id;
    const second = (await write([sent])).participants[0].registration_id;
    expect(second).not.toBe(first);
    expect((await stored(second)).userId).not.toBe((await stored(first)).userId);
    await runSignup.control.assume({ repeatedAddMakesAnother: false });
    expect(await write([sent])).toEqual({ participants: [{ registration_id: first }] });
    expect(Object.keys((await runSignup.control.state()).registrations)).toHaveLength(2);
  });

  test('families share an e-mail, until it belongs to an account: 122', async () => {
    await write([sent, { ...sent, first_name: 'Rui' }]);
    await register({}, { ...margie, account: true });
    expect(await write([{ ...sent, email: 'MARGIE@example.org' }])).toEqual(errorOf(122));
    expect(Object.keys((await runSignup.control.state()).users)).toHaveLength(3);
  });

  test.each([
    [104, { first_name: '' }],
    [105, { first_name: '<b>x</b>' }],
    [106, { last_name: null }],
    [107, { last_name: 'x'.repeat(65) }],
    [108, { email: 'a@b.c,' }],
    [109, { address: { street: 'x'.repeat(513) } }],
    [110, { address: { city: 'x'.repeat(129) } }],
    [111, { address: { state: 'ZZ', country_code: 'US' } }],
    [112, { address: { country_code: 'XZ' } }],
    [113, { address: { zipcode: '0805', country_code: 'US' } }],
    [114, { gender: 'female' }],
    [115, { bib_num: '10A' }],
    [116, { chip_num: 'a b' }],
    [117, { dob: '1987-02-29' }],
    [118, { dob: null, age: 200 }],
    [119, { age: 12 }],
    [120, { phone: 'call me' }],
    [123, { address: { city: 'Porto 4000' } }],
    [11, { giveaway: ['shirt'] }],
  ])('error %s refuses the whole call', async (code, spoiled) => {
    expect(await write([sent, { ...sent, ...spoiled }])).toEqual(errorOf(code));
    expect((await runSignup.control.state()).users).toEqual({});
  });

  test('a refused call keeps what stood before the refused entry, if that is assumed', async () => {
    await runSignup.control.assume({ refusedCallKeepsEarlierEntries: true });
    expect(await write([sent, { ...sent, email: 'no' }])).toEqual(errorOf(108));
    expect(Object.keys((await runSignup.control.state()).registrations)).toHaveLength(1);
  });

  test('too many for one call are error 11, where a maximum is assumed', async () => {
    await runSignup.control.assume({ maxParticipantsPerCall: 1 });
    expect(await write([sent, sent])).toEqual(errorOf(11));
  });

  test.each([
    ['8568501510', '856-850-1510'],
    ['+1 (856) 850-1510', '856-850-1510'],
    ['+351 912 345 678', '+351 912 345 678'],
  ])('the phone %s becomes %s', async (phone, kept) => {
    const { participants } = await write([{ ...sent, phone }]);
    expect((await stored(participants[0].registration_id)).user?.phone).toBe(kept);
  });

  test('a foreign phone is error 120, if that is assumed', async () => {
    await runSignup.control.assume({ refuseForeignPhones: true });
    expect(await write([{ ...sent, phone: '+351912345678' }])).toEqual(errorOf(120));
    expect(await write([{ ...sent, phone: '+18568501510' }])).toHaveProperty('participants');
  });

  test('a foreign address needs no state of the US', async () => {
    const address = { street: 'Rua Nova 1', city: 'Porto', zipcode: '4000-100', country_code: 'pt' };
    const { participants } = await write([{ ...sent, first_name: '  Zoë ', address }]);
    expect((await stored(participants[0].registration_id)).user).toMatchObject({
      firstName: 'Zoë',
      address: { ...address, state: null, country_code: 'PT' },
    });
  });
});

describe('a write of participants', () => {
  test('without restrict_potential_dup is error 3, unless that is assumed otherwise', async () => {
    expect(await post([nested(sent)], {})).toEqual(errorOf(3));
    expect(await post([nested(sent)], { restrict_potential_dup: 'yes' })).toEqual(errorOf(3));
    await runSignup.control.assume({ restrictPotentialDupIsRequired: false });
    expect(await post([nested(sent)], {})).toHaveProperty('participants');
  });

  test('may ask that a potential duplicate is refused: 517 in the details, with the id that is there', async () => {
    const form = { restrict_potential_dup: 'T' };
    const [{ registration_id: first }] = (await post([nested(sent)], form)).participants;
    expect(await post([nested(sent)], form)).toEqual({
      error: {
        error_code: 11,
        error_msg: expect.any(String),
        error_details: [
          { error_code: 517, error_msg: expect.any(String), detailed_desc: expect.stringContaining(String(first)) },
        ],
      },
    });
    expect(await post([nested({ ...sent, first_name: 'Rui' })], form)).toHaveProperty('participants');
    expect(await post([{ registration_id: first, bib_num: 7 }], form)).toHaveProperty('participants');
  });

  test('ignores personal data beside the user without a word, unless that is assumed otherwise', async () => {
    const { registrationId: registration_id } = await registerGuest();
    expect(await post([{ registration_id, last_name: 'Flat', bib_num: 7 }])).toHaveProperty('participants');
    expect(await stored(registration_id)).toMatchObject({ bib: '7', user: { lastName: 'Example' } });
    await runSignup.control.assume({ flatPersonalDataAre: 'taken' });
    await post([{ registration_id, last_name: 'Flat' }]);
    expect(await stored(registration_id)).toMatchObject({ user: { lastName: 'Flat' } });
    expect(await post([{ registration_id, user: 'Flat' }])).toEqual(errorOf(11));
  });
});

describe('editing participants', () => {
  test('what is missing is kept, null clears', async () => {
    const { registrationId } = await registerGuest({ bib: '7', chip: 'A1' });
    await write([{ registration_id: String(registrationId), bib_num: null, address: { street: null } }]);
    expect(await stored(registrationId)).toMatchObject({
      bib: null,
      chip: 'A1',
      user: { firstName: 'Margie', phone: '856-850-1510', address: { street: null, city: 'Moorestown' } },
    });
    await write([{ registration_id: registrationId, dob: 'XXXX-XX-XX', phone: '', chip_num: 7001 }]);
    expect(await stored(registrationId)).toMatchObject({ chip: '7001', user: { dob: null, phone: null } });
  });

  test('what is not sent is not judged, whatever a human left there', async () => {
    const odd = { lastName: null, email: 'not@quite', account: false, address: { city: 'Porto 4000' } };
    const { registrationId } = await register({}, odd);
    expect(await write([{ registration_id: registrationId, bib_num: 7 }])).toHaveProperty('participants');
    expect(await write([{ registration_id: registrationId, last_name: '' }])).toEqual(errorOf(106));
    expect(await stored(registrationId)).toMatchObject({ bib: '7', user: { lastName: null, email: 'not@quite' } });
  });

  test('the API moves last_modified: a client sees its own write again', async () => {
    const { registrationId } = await register();
    const before = (await stored(registrationId)).modifiedAt ?? 0;
    await runSignup.control.setClock(60_000);
    await write([{ registration_id: registrationId, bib_num: 8 }]);
    const after = (await stored(registrationId)).modifiedAt ?? 0;
    expect(after).toBeGreaterThan(before + 50);
    await runSignup.control.assume({ sameEditBumpsLastModified: false });
    await runSignup.control.setClock(120_000);
    await write([{ registration_id: registrationId, bib_num: 8 }]);
    expect((await stored(registrationId)).modifiedAt).toBe(after);
    await runSignup.control.assume({ apiEditsBumpLastModified: false });
    await write([{ registration_id: registrationId, bib_num: 9 }]);
    expect(await stored(registrationId)).toMatchObject({ bib: '9', modifiedAt: after });
  });

  test('personal data are the user’s: every registration of it shows them, and moves', async () => {
    const { registrationId, userId } = await registerGuest();
    const other = await runSignup.control.backdoor({ do: 'register', eventId: half, userId });
    await runSignup.control.setClock(60_000);
    await write([{ registration_id: registrationId, last_name: 'Sample' }]);
    const [first, second] = [await stored(registrationId), await stored(other.registrationId)];
    expect([second.user?.lastName, second.modifiedAt]).toEqual(['Sample', first.modifiedAt]);
  });

  test('the e-mail of an account holder stays, without a word; that of a guest changes', async () => {
    const holder = await register();
    const guest = await register({}, { ...margie, email: null, account: false });
    const entries = [holder, guest].map(({ registrationId: registration_id }) => ({
      registration_id,
      email: 'new@example.org',
      phone: '856-850-1511',
    }));
    expect(await write(entries)).toMatchObject({ participants: [{}, {}] });
    expect((await stored(holder.registrationId)).user).toMatchObject({
      email: 'margie@example.org',
      phone: '856-850-1511',
    });
    expect((await stored(guest.registrationId)).user?.email).toBe('new@example.org');
  });

  test('Safe Sync refuses personal data of account holders, and with them the bib of the same call', async () => {
    await runSignup.control.setFaults({ safeSync: {} });
    const { registrationId: registration_id } = await register();
    expect(await write([{ registration_id, phone: '856-850-1511', bib_num: 9 }])).toEqual(errorOf(121));
    expect(await stored(registration_id)).toMatchObject({ bib: null, user: { phone: '856-850-1510' } });
    expect(await write([{ registration_id, bib_num: 9 }])).toEqual({ participants: [{ registration_id }] });
    expect((await stored(registration_id)).bib).toBe('9');
    const guest = (await register({}, { ...margie, account: false })).registrationId;
    expect(await write([{ registration_id: guest, phone: '856-850-1511' }])).toHaveProperty('participants');
  });

  test('bib, chip and team of a removed registration stay, without a word', async () => {
    const { registrationId } = await register({ bib: '7' });
    await runSignup.control.backdoor({ do: 'remove', registrationId });
    expect(await write([{ registration_id: registrationId, bib_num: 9, chip_num: 'X', team_id: 1 }])).toEqual({
      participants: [{ registration_id: registrationId }],
    });
    expect(await stored(registrationId)).toMatchObject({ bib: '7', chip: null, teamId: null });
  });

  test('two may wear one bib, unless that is assumed otherwise', async () => {
    await register({ bib: '7' });
    const { registrationId } = await register({}, { ...margie, email: null });
    await runSignup.control.assume({ refuseDuplicateBibs: true });
    expect(await write([{ registration_id: registrationId, bib_num: 7 }])).toEqual(errorOf(115));
    await runSignup.control.assume({ refuseDuplicateBibs: false });
    await write([{ registration_id: registrationId, bib_num: 7 }]);
    expect((await stored(registrationId)).bib).toBe('7');
  });

  test('teams refuse one entry inside a success: 514 unknown, 515 closed; null leaves the team', async () => {
    const open = await runSignup.control.backdoor({ do: 'create-team', eventId: eightK, name: 'Gulls' });
    const closed = await runSignup.control.backdoor({
      do: 'create-team',
      eventId: eightK,
      name: 'Terns',
      closed: true,
    });
    const made: number[] = [];
    for (let nth = 0; nth < 3; nth += 1) made.push((await register({}, { ...margie, email: null })).registrationId);
    const [first = 0, second = 0, third = 0] = made;
    expect(
      await write([
        { registration_id: first, team_id: 1, bib_num: 1 },
        { registration_id: second, team_id: closed.teamId, bib_num: 2 },
        { registration_id: third, team_id: String(open.teamId), bib_num: 3 },
      ]),
    ).toEqual({
      participants: [
        { registration_id: first, ...errorOf(514) },
        { registration_id: second, ...errorOf(515) },
        { registration_id: third },
      ],
    });
    expect([(await stored(first)).bib, (await stored(second)).bib]).toEqual([null, null]);
    expect(await stored(third)).toMatchObject({ bib: '3', teamId: open.teamId });
    const [listed] = await calls.get(`/race/${raceId}/participants`, {
      event_id: eightK,
      after_registration_id: second,
    });
    expect(listed.participants).toMatchObject([{ team_name: 'Gulls' }]);
    await write([{ registration_id: third, team_id: '' }]);
    expect((await stored(third)).teamId).toBeNull();
    expect((await runSignup.control.journal({ writesOnly: true })).at(0)?.outcome).toBe('added 0, edited 1, refused 2');
  });

  test('a giveaway must be one of the event’s texts, letter by letter', async () => {
    await runSignup.control.backdoor({ do: 'edit-event', eventId: eightK, set: { giveaways: ['Shirt (M)'] } });
    const { registrationId: registration_id } = await register();
    expect(await write([{ registration_id, giveaway: 'shirt (m)' }])).toEqual(errorOf(11));
    await write([{ registration_id, giveaway: 'Shirt (M)' }]);
    expect((await stored(registration_id)).giveaway).toBe('Shirt (M)');
  });

  test('one event a call: a registration of another is error 15', async () => {
    const { registrationId } = await register();
    expect(await write([{ registration_id: registrationId, bib_num: 1 }], half)).toEqual(errorOf(15));
    expect(await write([{ registration_id: 5, bib_num: 1 }])).toEqual(errorOf(15));
    const path = `/race/${raceId}/participants`;
    expect(await calls.post(path, { participants: [] }, {}, ANY_PARTICIPANT)).toEqual(errorOf(3));
  });
});
