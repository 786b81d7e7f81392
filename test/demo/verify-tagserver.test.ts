import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { migrate } from '../../database/migrate.ts';
import type { Content } from '../../demo/difference.ts';
import { verifyTagServer } from '../../demo/verify-tagserver.ts';
import type { StoredResource, TagServerState } from '../../simulators/tagserver/start.ts';
import { freshDatabase, type FreshDatabase } from '../simulators/fresh-database.ts';

/** The expected TagServer content for the rows below, written by hand. */
const held: Record<keyof TagServerState, Record<string, Content>> = {
  organisations: {
    '1': { name: 'Clube Açor', countryCode: 'PT' },
    '2': { name: 'Trail Friends', countryCode: null },
  },
  events: {
    '1': {
      organisationId: '1',
      name: 'Night Run',
      startDate: '2027-05-16',
      endDate: '2027-05-16',
      timeZone: 'Asia/Tokyo',
    },
  },
  races: {
    '1': {
      eventId: '1',
      name: 'Aquathlon',
      startAt: '2027-05-15T20:30:00.123Z',
      distanceMetres: 10_000,
      discipline: 'multisport',
    },
  },
  persons: {
    '1': {
      givenName: 'José',
      familyName: 'Müller',
      birthDate: '2000-02-29',
      gender: 'X',
      nationality: 'PT',
      club: 'Trail Friends',
    },
  },
  'start-groups': { '1': { raceId: '1', name: 'Wave A', sortOrder: 1, plannedStartAt: null, capacity: 0 } },
  'event-participants': { '1': { eventId: '1', raceId: '1', personId: '1', bib: '7a', status: 'registered' } },
  'start-group-participants': { '1': { startGroupId: '1', eventParticipantId: '1' } },
  tags: { '1': { eventId: '1', code: 'ABCD01', eventParticipantId: '1', kind: 'active' } },
};

const rows = `
  INSERT INTO organisation (id, modified_on, name, country) VALUES
    (1, now(), E'  Clube Ac\\u0327or\\u00a0', 'PT'), (2, now(), 'Trail Friends', ' '), (3, now(), 'Nobody runs for us', 'ES');
  INSERT INTO event (id, modified_on, organisation_id, name, starts_on, ends_on, time_zone, status) VALUES
    (1, now(), 1, 'Night Run', '2027-05-15T20:00:00Z', '2027-05-16T02:00:00Z', 'Asia/Tokyo', 'CLOSED'),
    (2, now(), 3, 'Not public yet', '2027-06-15T20:00:00Z', '2027-06-16T02:00:00Z', 'Asia/Tokyo', 'DRAFT');
  INSERT INTO race (id, modified_on, event_id, name, discipline, distance_m, starts_on) VALUES
    (1, now(), 1, 'Aquathlon', 'SWIM', 10000, '2027-05-15T20:30:00.123987Z'), (2, now(), 2, 'Secret 10K', 'RUN', 10000, NULL);
  INSERT INTO start_group (id, modified_on, race_id, name, sequence, capacity) VALUES
    (1, now(), 1, 'Wave A', 1, 0), (2, now(), 1, 'Overbooked', 2, -1), (3, now(), 2, 'Secret wave', 1, 5);
  INSERT INTO sync_start_group (sync_process, entity_id, entity_key, state, pass, attempts, updated_on) VALUES
    ('TAGSERVER', 2, 2, 'PARKED', 1, 0, now());
  INSERT INTO person (id, modified_on, first_name, last_name, date_of_birth, gender, nationality, organisation_id) VALUES
    (1, now(), E'Jose\\u0301', 'Müller', '2000-02-29', 'X', 'PT', 2), (2, now(), 'Stays', 'Home', NULL, 'F', 'PT', 3);
  INSERT INTO event_participant (id, modified_on, event_id, race_id, person_id, bib, status) VALUES
    (1, now(), 1, 1, 1, ' 7a', 'CONFIRMED'), (2, now(), 2, 2, 2, '8', 'REGISTERED');
  INSERT INTO start_group_participant (id, modified_on, start_group_id, event_participant_id) VALUES (1, now(), 1, 1);
  INSERT INTO tag (id, modified_on, code, event_participant_id, kind) VALUES
    (1, now(), 'abcd01', 1, 'CARD'), (2, now(), 'FFFF', NULL, 'BIB'), (3, now(), 'EEEE', 2, 'BIB');`;

describe('verification of TagServer', () => {
  let database: FreshDatabase;
  let holds: typeof held;
  beforeAll(async () => {
    database = await freshDatabase();
    await migrate({ databaseUrl: database.url, withEms: true });
    const client = new Client({ connectionString: database.url });
    await client.connect();
    await client.query(rows);
    await client.end();
  });
  afterAll(() => database.drop());
  beforeEach(() => {
    holds = structuredClone(held);
  });

  const verified = () => verifyTagServer(database.url, stateOf(holds));

  test('finds nothing where every row that passes and is not parked is there, and nothing else', async () => {
    expect(await verified()).toEqual({ compared: 9, differences: [] });
  });

  test('finds a row that is missing', async () => {
    delete holds.persons['1'];
    expect((await verified()).differences).toEqual([{ type: 'persons', id: '1', what: 'missing', fields: [] }]);
  });

  test.each([
    ['organisations', '3', { name: 'Nobody runs for us', countryCode: 'ES' }],
    ['start-groups', '2', { raceId: '1', name: 'Overbooked', sortOrder: 2, plannedStartAt: null, capacity: -1 }],
    ['tags', '2', { eventId: '1', code: 'FFFF', eventParticipantId: null, kind: 'uhf-bib' }],
  ] as const)('finds one of %s that passes no filter, or is parked', async (type, id, content) => {
    holds[type][id] = content;
    expect((await verified()).differences).toEqual([{ type, id, what: 'surplus', fields: [] }]);
  });

  test.each(
    Object.entries(held).flatMap(([type, byId]) => Object.keys(byId['1'] ?? {}).map((field) => [type, field] as const)),
  )('finds a difference in %s: %s', async (type, field) => {
    const content = holds[type as keyof TagServerState];
    content['1'] = { ...content['1'], [field]: 'planted' };
    expect((await verified()).differences).toEqual([{ type, id: '1', what: 'different', fields: [field] }]);
  });

  test('names every field that differs, and no content', async () => {
    holds.persons['1'] = { ...holds.persons['1'], givenName: 'Jose', club: null };
    const { differences } = await verified();
    expect(differences).toEqual([{ type: 'persons', id: '1', what: 'different', fields: ['club', 'givenName'] }]);
    expect(JSON.stringify(differences)).not.toMatch(/Jose|Trail/);
  });
});

function stateOf(content: typeof held): TagServerState {
  const types = Object.entries(content).map(([type, byId]) => [
    type,
    Object.fromEntries(Object.entries(byId).map(([id, data]) => [id, stored(data)])),
  ]);
  return Object.fromEntries(types);
}

function stored(data: Content): StoredResource {
  return {
    version: 1,
    sequence: '1',
    contentHash: '',
    sourceVersion: 1,
    createdAt: '',
    changedAt: '',
    changedBy: { clientId: 'ems-sync', requestId: null },
    data,
    deletedAt: null,
  };
}
