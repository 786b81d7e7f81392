import { deepEqual, equal } from 'node:assert/strict';
import { type Check, type Session, check, refused } from './session.ts';

type Content = Readonly<Record<string, unknown>>;

const pointersOf = (body: { errors?: { pointer: string }[] }): string[] =>
  (body.errors ?? []).map(({ pointer }) => pointer).sort();

const organisation = { name: 'Conformance Club' };
const person = { givenName: 'Ana', familyName: 'Exemplo' };

const refusedContent: readonly {
  name: string;
  type: 'organisations' | 'persons';
  content: Content;
  pointers: string[];
}[] = [
  { name: 'a missing property', type: 'organisations', content: {}, pointers: ['/name'] },
  { name: 'null for what is required', type: 'organisations', content: { name: null }, pointers: ['/name'] },
  { name: 'an unknown property', type: 'organisations', content: { ...organisation, x: 1 }, pointers: ['/x'] },
  { name: 'an empty name', type: 'organisations', content: { name: '' }, pointers: ['/name'] },
  { name: 'white space before the text', type: 'organisations', content: { name: ' Club' }, pointers: ['/name'] },
  { name: 'white space after the text', type: 'organisations', content: { name: 'Club\u00a0' }, pointers: ['/name'] },
  { name: 'a control character', type: 'organisations', content: { name: 'Club\u0007A' }, pointers: ['/name'] },
  { name: 'text that is not NFC', type: 'organisations', content: { name: 'Zoe\u0308' }, pointers: ['/name'] },
  { name: '256 characters', type: 'organisations', content: { name: 'x'.repeat(256) }, pointers: ['/name'] },
  {
    name: 'a country in small letters',
    type: 'organisations',
    content: { ...organisation, countryCode: 'pt' },
    pointers: ['/countryCode'],
  },
  { name: 'a number for a text', type: 'organisations', content: { name: 5 }, pointers: ['/name'] },
  {
    name: '29 February of a common year',
    type: 'persons',
    content: { ...person, birthDate: '2023-02-29' },
    pointers: ['/birthDate'],
  },
  {
    name: 'a date with a time',
    type: 'persons',
    content: { ...person, birthDate: '2024-02-29T00:00:00Z' },
    pointers: ['/birthDate'],
  },
  { name: 'an unknown gender', type: 'persons', content: { ...person, gender: 'f' }, pointers: ['/gender'] },
  {
    name: 'two faults at once, each by its pointer',
    type: 'persons',
    content: { givenName: 'Ana ', gender: 'Q', familyName: 'B' },
    pointers: ['/gender', '/givenName'],
  },
];

const refusedInstants = [
  '2027-05-15T07:30:00Z',
  '2027-05-15T07:30:00.000000Z',
  '2027-05-15T07:30:00.000+01:00',
  '2027-02-30T07:30:00.000Z',
  '2027-05-15T24:00:00.000Z',
];
const refusedZones = ['Lisbon', 'europe/lisbon', '+01:00', ''];
const acceptedZones = ['Europe/Lisbon', 'America/Argentina/Buenos_Aires', 'UTC'];

const eventOf = async (session: Session) => ({
  organisationId: await session.create('organisations', organisation),
  name: 'Conformance Run',
  startDate: '2028-02-29',
  endDate: '2028-02-29',
});

export const content: readonly Check[] = [
  ...refusedContent.map(({ name, type, content: sent, pointers }) =>
    check(`refuses ${name}`, async (session) => {
      const id = session.id();
      const answer = await session.put(type, id, sent);
      refused(answer, 422, 'invalid-data');
      deepEqual(pointersOf(answer.body), pointers);
      equal((await session.get(type, id)).status, 404);
    }),
  ),

  check('takes 255 characters, counted as characters, and gives them back', async (session) => {
    const name = '🏃'.repeat(255);
    const id = await session.create('organisations', { name });
    equal((await session.get('organisations', id)).body.data.name, name);
  }),

  check('takes instants in UTC with exactly milliseconds only', async (session) => {
    const { eventId } = await session.createRace();
    for (const startAt of refusedInstants) {
      const answer = await session.put('races', session.id(), { eventId, name: '10 km', startAt });
      refused(answer, 422, 'invalid-data');
      deepEqual(pointersOf(answer.body), ['/startAt']);
    }
    await session.create('races', { eventId, name: '10 km', startAt: '2028-02-29T23:59:59.999Z' });
  }),

  check('takes IANA time zones only', async (session) => {
    const event = await eventOf(session);
    for (const timeZone of refusedZones) {
      const answer = await session.put('events', session.id(), { ...event, timeZone });
      refused(answer, 422, 'invalid-data');
      deepEqual(pointersOf(answer.body), ['/timeZone']);
    }
    for (const timeZone of acceptedZones) await session.create('events', { ...event, timeZone });
  }),

  check('refuses a tag code in small letters', async (session) => {
    const { eventId } = await session.createRace();
    refused(await session.put('tags', session.id(), { eventId, code: 'e2801160' }), 422, 'invalid-data');
  }),

  check('refuses what is not JSON', async (session) => {
    refused(await session.call('PUT', `/organisations/${session.id()}`, { raw: '{"name":' }), 400, 'invalid-json');
  }),

  check('refuses bytes that are not UTF-8 rather than repairing them', async (session) => {
    const raw = Uint8Array.from([...Buffer.from('{"name":"Caf'), 0xe9, ...Buffer.from('"}')]);
    refused(await session.call('PUT', `/organisations/${session.id()}`, { raw }), 400, 'invalid-json');
  }),

  check('refuses an integer that it could not give back exactly', async (session) => {
    const { eventId } = await session.createRace();
    const raw = `{"eventId":"${eventId}","name":"10 km","distanceMetres":9007199254740993}`;
    refused(await session.call('PUT', `/races/${session.id()}`, { raw }), 422, 'invalid-data');
  }),
];
