import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { migrate } from '../../database/migrate.ts';
import { verifyRunSignup } from '../../demo/verify-runsignup.ts';
import type { Weekend } from '../../demo/runsignup-weekends.ts';
import type { RunSignupState } from '../../simulators/runsignup/start.ts';
import { freshDatabase, type FreshDatabase } from '../simulators/fresh-database.ts';

const weekends: Weekend[] = [
  {
    event: '1',
    raceId: 60_001,
    races: new Map([
      [120_001, '1'],
      [120_002, '2'],
    ]),
  },
];

/** One valid registration with bib and chip, one that was cleared, and one of a race that EMS does not sync. */
const rows = `
  INSERT INTO event (id, modified_on, name) VALUES (1, now(), 'Harbour Weekend');
  INSERT INTO race (id, modified_on, event_id, name) VALUES (1, now(), 1, '10K'), (2, now(), 1, 'Half');
  INSERT INTO person (id, modified_on, first_name, last_name, email, date_of_birth, gender) VALUES
    (1, now(), E'Jose\\u0301', ' Silva  Reis', 'Jose@Clube.example', '2000-02-29', 'M'), (2, now(), 'Ana', 'Costa', NULL, NULL, '');
  INSERT INTO event_participant (id, modified_on, event_id, race_id, person_id, bib, status, registration_no) VALUES
    (1, now(), 1, 1, 1, '007', 'CONFIRMED', '2600001'), (2, now(), 1, 2, 2, NULL, 'WITHDRAWN', '2600002'),
    (3, now(), 1, 2, 2, '9', 'REGISTERED', '1-000003');
  INSERT INTO tag (id, modified_on, code, event_participant_id, kind, assigned_on) VALUES
    (1, now(), 'AA01', 1, 'BIB', '2027-01-01'), (2, now(), 'AA02', 1, 'BIB', '2027-02-01'), (3, now(), 'AA03', 1, 'SHOE', '2027-03-01');`;

type Registration = RunSignupState['registrations'][string];
type User = RunSignupState['users'][string];

const registration = (registrationId: number, userId: number, set: Partial<Registration> = {}): Registration => ({
  registrationId,
  raceId: 60_001,
  eventId: 120_001,
  userId,
  bib: null,
  chip: null,
  age: null,
  ageGroup: null,
  teamId: null,
  giveaway: null,
  imported: false,
  feeCents: 0,
  rsuTransactionId: null,
  transactionId: null,
  registeredAt: 0,
  modifiedAt: 0,
  removedReason: null,
  newRegistrationId: null,
  ...set,
});

const user = (userId: number, set: Partial<User>): User => ({
  userId,
  account: false,
  firstName: null,
  middleName: null,
  lastName: null,
  email: null,
  address: { street: null, city: null, state: null, zipcode: null, country_code: null },
  dob: null,
  gender: null,
  phone: null,
  profileImageUrl: null,
  ...set,
});

describe('verification of RunSignup', () => {
  let database: FreshDatabase;
  let registrations: Record<string, Registration>;
  let users: Record<string, User>;
  beforeAll(async () => {
    database = await freshDatabase();
    await migrate({ databaseUrl: database.url, withEms: true });
    await change(rows);
  });
  afterAll(() => database.drop());
  beforeEach(() => {
    registrations = {
      2600001: registration(2_600_001, 1, { bib: '7', chip: 'AA02' }),
      2600002: registration(2_600_002, 2, { eventId: 120_002, removedReason: 'cleared' }),
      2600003: registration(2_600_003, 2, { raceId: 60_009, eventId: 120_009 }),
    };
    const jose = { firstName: 'José', lastName: 'Silva Reis', email: 'jose@clube.example', dob: '2000-02-29' };
    users = {
      1: user(1, { ...jose, gender: 'M' }),
      2: user(2, { firstName: 'Ana', lastName: 'Costa' }),
    };
  });

  async function change(sql: string): Promise<void> {
    const client = new Client({ connectionString: database.url });
    await client.connect();
    try {
      await client.query(sql);
    } finally {
      await client.end();
    }
  }

  const verified = () =>
    verifyRunSignup(database.url, { races: {}, events: {}, corrals: {}, teams: {}, registrations, users }, weekends);

  test('finds nothing where both have the same registrations of the linked races', async () => {
    expect(await verified()).toEqual({ compared: 1, differences: [] });
  });

  test('finds a registration that EMS does not have', async () => {
    registrations['2600004'] = registration(2_600_004, 2);
    expect((await verified()).differences).toEqual([
      { type: 'registrations', id: '2600004', what: 'missing', fields: [] },
    ]);
  });

  test('finds one that is over, and stands in EMS', async () => {
    registrations['2600001'] = registration(2_600_001, 1, { removedReason: 'removed' });
    expect((await verified()).differences).toEqual([
      { type: 'registrations', id: '2600001', what: 'surplus', fields: [] },
    ]);
  });

  test.each([
    ['bib', { bib: '8' }],
    ['chip', { chip: 'AA01' }],
    ['race', { eventId: 120_002 }],
  ])('finds another %s', async (field, set) => {
    registrations['2600001'] = registration(2_600_001, 1, { bib: '7', chip: 'AA02', ...set });
    expect((await verified()).differences).toEqual([
      { type: 'registrations', id: '2600001', what: 'different', fields: [field] },
    ]);
  });

  test.each([
    ['first', { firstName: 'Jose' }],
    ['last', { lastName: 'Silva' }],
    ['email', { email: 'other@clube.example' }],
    ['born', { dob: '2000-03-01' }],
    ['gender', { gender: null }],
  ] as const)('finds another person: %s', async (field, set) => {
    users['1'] = { ...user(1, {}), ...users['1'], ...set };
    expect((await verified()).differences).toEqual([
      { type: 'registrations', id: '2600001', what: 'different', fields: [field] },
    ]);
  });

  test('finds a registration, or its person, that EMS has twice', async () => {
    await change(`INSERT INTO event_participant (id, modified_on, event_id, race_id, person_id, bib, status, registration_no)
      VALUES (4, now(), 1, 1, 1, '007', 'WITHDRAWN', '2600001')`);
    const twice = (await verified()).differences;
    await change('DELETE FROM event_participant WHERE id = 4');
    expect(twice).toEqual([{ type: 'registrations', id: '2600001', what: 'surplus', fields: [] }]);
    await change(`INSERT INTO person (id, modified_on, first_name, last_name, email, date_of_birth)
      SELECT 3, now(), first_name, last_name, 'jose@clube.example', date_of_birth FROM person WHERE id = 1`);
    const double = (await verified()).differences;
    await change('DELETE FROM person WHERE id = 3');
    expect(double).toEqual([{ type: 'registrations', id: '2600001', what: 'different', fields: ['persons'] }]);
  });
});
