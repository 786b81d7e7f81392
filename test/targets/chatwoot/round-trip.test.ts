import { expect, test } from '@jest/globals';
import * as fc from '../../seeded-fast-check.ts';
import type { Person } from '../../../database/entities/index.ts';
import { canonicalForm } from '../../../sync/canonical-form.ts';
import { contentDigest } from '../../../sync/content-hash.ts';
import { person } from '../../../targets/chatwoot/person-mapping.ts';
import { asSent } from '../results.ts';
import { chatwootUnderTest } from './chatwoot-under-test.ts';
import { NO_SOURCES, PERSON } from './person-rows.ts';

const chatwoot = chatwootUnderTest();

const NAMES = [
  "O'Brien",
  'Zo\u00eb',
  'Zoe\u0308',
  '  Ana ',
  '🏃‍♀️ Club',
  'x'.repeat(120),
  '<b>x</b>',
  'A&amp;B',
  '0',
  '00000',
  'false',
  'null',
  '김민준',
  'אבי',
  'a\u00a0 b',
  '',
  ' ',
  null,
];
const EMAILS = [
  'Ana.Silva@Clube.PT',
  'ana+run@clube.example',
  'ÁNA@clube.example',
  'İ@clube.example',
  "o'brien@x.example",
  null,
];
const PHONES = ['+351912345678', '912 345 678', '+1 (201) 555-0123', '00351912345678', null, ''];

const name = fc.oneof(
  fc.constantFrom(...NAMES),
  fc.string({ unit: 'grapheme', maxLength: 20 }),
  fc.string({ unit: 'binary', maxLength: 5 }),
);
const rows = fc.record({
  firstName: name,
  lastName: name,
  email: fc.constantFrom(...EMAILS),
  phone: fc.constantFrom(...PHONES),
  language: fc.constantFrom('pt', 'pt-PT', ' ', null),
  club: name,
  events: fc.array(name, { maxLength: 4 }),
});

test('what ChatWoot gives back hashes as what was sent, also when it is sent again (pitfalls 13 and 14)', async () => {
  let remoteId: string | null = null;
  let mapped = 0;
  await fc.assert(
    fc.asyncProperty(rows, async ({ club, events, ...row }) => {
      const sources = { ...NO_SOURCES, club: [{ name: club }], events: events.map((event) => ({ name: event })) };
      const outcome = person.map({ ...PERSON, ...row }, sources as never);
      if (outcome.kind === 'parked') return;
      mapped += 1;
      const sent = asSent(await chatwoot.sendPerson('4711', outcome.content, { remoteId }));
      ({ remoteId } = sent);
      const hash = contentDigest(outcome.content);
      expect(contentDigest(sent.stored ?? {})).toBe(hash);
      const fetched = await chatwoot.inbound().fetch({ type: 'Person', remoteId }, '4711');
      expect(contentDigest(fetched?.content ?? {})).toBe(hash);
      for (const [field, value] of Object.entries(outcome.content)) {
        expect([field, canonicalForm(sent.stored?.[field])]).toEqual([field, canonicalForm(value)]);
      }
    }),
    { numRuns: 200, interruptAfterTimeLimit: 120_000 },
  );
  expect(mapped).toBeGreaterThan(100);
});

test('what was read and applied to an empty row maps to what was read, whatever an agent typed', () => {
  fc.assert(
    fc.property(name, fc.constantFrom(...EMAILS), (agentsName, email) => {
      const first = person.map({ ...PERSON, firstName: agentsName, lastName: null, email }, NO_SOURCES);
      if (first.kind === 'parked') return;
      const changes = person.inbound?.apply(first.content, ['name', 'email', 'phone_number'], null);
      const row = { ...PERSON, firstName: null, lastName: null, email: null, phone: null, ...changes } as Person;
      expect(person.map(row, NO_SOURCES)).toEqual(first);
    }),
  );
});
