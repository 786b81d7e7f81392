import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { startRunSignup, type StartedRunSignup } from '../../../simulators/runsignup/start.ts';
import type { Content } from '../../../sync/content-hash.ts';
import { connect, harbourWeekend, listRecords, margie, request } from './connection.ts';

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

const WRITE = { RUNSIGNUP_WRITE_PERSONAL: 'true' };

const MARGIE: Content = {
  firstName: 'Margie',
  lastName: 'Stephens',
  email: 'margie.stephens@runners.test',
  phone: '+18568501510',
  dateOfBirth: '1986-01-06',
  gender: 'F',
  street: '960 Avondale Ave',
  city: 'Moorestown',
  state: 'NJ',
  zipcode: '08057',
  country: 'US',
};

async function registered(user: object = {}) {
  const { registrationId, userId } = await runSignup.control.backdoor({
    do: 'register',
    eventId: race.eightK,
    user: { account: false, ...margie, ...user },
  });
  const remoteId = `${race.raceId}/${race.eightK}/${registrationId}`;
  const send = (change: Content, settings: Record<string, string> = WRITE) =>
    connect(runSignup, settings).send(
      request(
        'Person',
        String(userId),
        { ...MARGIE, ...change },
        { references: new Map([['EventParticipant/9', remoteId]]) },
      ),
    );
  const user_ = async () => (await runSignup.control.state()).users[String(userId)];
  return { registrationId, userId, remoteId, send, user: user_ };
}

const writes = () => runSignup.control.journal({ writesOnly: true });

test('personal data are not sent unless the setting says so; the base is what RunSignup holds', async () => {
  const { send } = await registered();
  const result = await send({ lastName: 'Silva', city: 'Porto' }, {});
  expect(result).toMatchObject({ kind: 'sent', stored: MARGIE });
  expect(await writes()).toHaveLength(0);
});

test('personal data go through a registration of the person, changed fields only', async () => {
  const { send, user } = await registered();
  const result = await send({ lastName: 'Silva', phone: '+12125550123' });
  expect(result).toMatchObject({ stored: { ...MARGIE, lastName: 'Silva', phone: '+12125550123' } });
  expect(await user()).toMatchObject({ lastName: 'Silva', phone: '212-555-0123', email: margie.email });
  expect(await writes()).toHaveLength(1);
});

test('personal data are sent inside the user: beside it RunSignup would ignore them', async () => {
  const { send, user } = await registered();
  await runSignup.control.assume({ flatPersonalDataAre: 'ignored' });
  await send({ firstName: 'Ana', city: 'Trenton' });
  expect(await user()).toMatchObject({ firstName: 'Ana', address: { city: 'Trenton', state: 'NJ' } });
});

test('an address goes as a whole, and null clears', async () => {
  const { send, user } = await registered();
  await send({ street: null, zipcode: null, dateOfBirth: null });
  expect(await user()).toMatchObject({
    address: { street: null, city: 'Moorestown', state: 'NJ', zipcode: null, country_code: 'US' },
    dob: null,
  });
});

test('equal data are not sent', async () => {
  const { send } = await registered({ firstName: ' Margie ', email: 'MARGIE.stephens@runners.test' });
  await send({});
  expect(await writes()).toHaveLength(0);
});

test.each(['PORTO', 'porto', ' Porto '])(
  'a state’s name that RunSignup keeps as %j is no other: nothing is sent, and nothing is missing',
  async (state) => {
    const abroad = { street: 'Rua Nova 1', city: 'Porto', zipcode: '4000-100', country_code: 'PT', state };
    const { send, user } = await registered({ address: abroad });
    const content = { street: 'Rua Nova 1', city: 'Porto', zipcode: '4000-100', country: 'PT', state: 'Porto' };
    expect(await send(content)).toMatchObject({ kind: 'sent' });
    expect(await writes()).toHaveLength(0);
    // RunSignup stores it in capitals here, as the simulator does.
    expect(await send({ ...content, street: 'Rua Nova 2' })).toMatchObject({ kind: 'sent' });
    expect((await user())?.address.street).toBe('Rua Nova 2');
  },
);

test('a foreign phone is kept out of what is sent', async () => {
  const { send, user } = await registered();
  await send({ phone: '+351912345678', firstName: 'Ana' });
  expect(await user()).toMatchObject({ firstName: 'Ana', phone: '856-850-1510' });
});

test('the e-mail of an account holder stays as it is, and the delivery says so', async () => {
  const { send, user } = await registered({ account: true });
  await expect(send({ email: 'new@runners.test', lastName: 'Silva' })).rejects.toMatchObject({
    errorClass: 'rejected',
    code: 'not-stored',
    field: 'email',
  });
  expect(await user()).toMatchObject({ email: margie.email, lastName: 'Silva' });
});

test('Safe Sync refuses the person, and the bib arrives all the same', async () => {
  const { send, remoteId, registrationId, user } = await registered({ account: true });
  await runSignup.control.setFaults({ safeSync: {} });
  await expect(send({ lastName: 'Silva' })).rejects.toMatchObject({ errorClass: 'rejected', code: 'runsignup-121' });
  await connect(runSignup, WRITE).send(request('EventParticipant', remoteId, { bib: '101', chip: null }));
  const { registrations } = await runSignup.control.state();
  expect(registrations[String(registrationId)]).toMatchObject({ bib: '101' });
  expect(await user()).toMatchObject({ lastName: 'Stephens' });
});

test("another user's registration of the same person is not edited", async () => {
  const older = await registered();
  const newer = await registered({ email: 'other@runners.test' });
  const references = new Map([
    ['EventParticipant/1', older.remoteId],
    ['EventParticipant/2', newer.remoteId],
  ]);
  const content = { ...MARGIE, lastName: 'Silva' };
  await connect(runSignup, WRITE).send(request('Person', String(older.userId), content, { references }));
  expect(await older.user()).toMatchObject({ lastName: 'Silva' });
  expect(await newer.user()).toMatchObject({ lastName: 'Stephens' });
});

test('without a registration there is no way to edit, and that is told', async () => {
  const { userId } = await registered();
  await expect(
    connect(runSignup, WRITE).send(request('Person', String(userId), { ...MARGIE, lastName: 'Silva' })),
  ).rejects.toMatchObject({ errorClass: 'rejected', code: 'no-registration' });
});

describe('what a user holds', () => {
  test('comes with its registration, and is the same fetched alone', async () => {
    const { userId } = await registered({ gender: 'X', phone: '(856) 850-1510' });
    const target = connect(runSignup);
    const [record] = await listRecords(target, 'EventParticipant', `${race.raceId}/${race.eightK}`);
    const [related] = record?.related ?? [];
    expect(related).toMatchObject({ type: 'Person', remoteId: String(userId), content: { ...MARGIE, gender: 'X' } });
    expect(await target.inbound.fetch({ type: 'Person', remoteId: String(userId) }, null)).toEqual(related);
  });

  test('is left out field by field where it cannot be told for sure', async () => {
    const { userId } = await registered({ phone: '912 345 678' });
    const fetched = await connect(runSignup).inbound.fetch({ type: 'Person', remoteId: String(userId) }, null);
    expect(fetched?.content).not.toHaveProperty('phone');
    expect(fetched?.content).toHaveProperty('email');
  });

  test.each(['missing', 'null'] as const)('is unknown, not empty, where this key may not see it (%s)', async (as) => {
    const { remoteId, userId } = await registered();
    await runSignup.control.assume({ withheldComesAs: as });
    await runSignup.control.setFaults({ withholdPersonalData: {} });
    const fetched = await connect(runSignup).inbound.fetch({ type: 'EventParticipant', remoteId }, null);
    expect(fetched?.related.map(({ remoteId: id, content }) => [id, content])).toEqual([[String(userId), {}]]);
    expect(fetched?.content).toMatchObject({ status: 'active' });
  });
});
