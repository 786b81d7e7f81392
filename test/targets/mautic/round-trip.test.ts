import { expect, test } from '@jest/globals';
import * as fc from '../../seeded-fast-check.ts';
import { canonicalForm } from '../../../sync/canonical-form.ts';
import { FIELDS } from '../../../targets/mautic/contact-fields.ts';
import { person } from '../../../targets/mautic/person-mapping.ts';
import { asSent } from '../results.ts';
import { mauticUnderTest } from './mautic-under-test.ts';
import { NO_SOURCES, PERSON } from './rows.ts';

const mautic = mauticUnderTest();

const TEXTS = [
  "O'Brien",
  'Zo\u00eb',
  'Zoe\u0308',
  '  Ana ',
  '🏃‍♀️ Club',
  'x'.repeat(191),
  '<b>x</b>',
  'a < b > c',
  '1<2',
  'A&amp;B',
  'A & B',
  '0',
  '00000',
  '0.5',
  '-0',
  '0x0',
  '1e-5',
  'false',
  'null',
  '김민준',
  'אבי',
  'a\u00a0 b',
  '-ems',
  '',
  ' ',
  null,
];
const EMAILS = [
  'Ana.Silva@Clube.PT',
  'ana+run@clube.example',
  "o'brien@x.example",
  'ána@clube.example',
  'ana@xn--strae-oqa.example',
];
const PHONES = ['+351912345678', '912 345 678', '+1 (201) 555-0123', '00351912345678', null, ''];

const text = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...TEXTS) },
  fc.string({ unit: 'grapheme', maxLength: 20 }),
  fc.string({ unit: 'binary', maxLength: 5 }),
  fc.string({ unit: fc.constantFrom('<', '>', '&', ';', 'a', 'l', 't', '#', '1', '/', ' '), maxLength: 12 }),
);
const rows = fc.record({
  firstName: text,
  lastName: text,
  email: fc.constantFrom(...EMAILS),
  phone: fc.constantFrom(...PHONES),
  language: fc.constantFrom('pt', 'pt-PT', 'en-US', ' ', null),
  street: text,
  city: text,
  region: fc.constantFrom('Porto', 'Lisboa', '', null),
  postalCode: text,
  country: fc.constantFrom('PT', 'us', 'CZ', 'GB', null),
  dateOfBirth: fc.constantFrom(null, Temporal.PlainDate.from('1900-01-01'), Temporal.PlainDate.from('2000-02-29')),
  events: fc.array(text, { maxLength: 4 }),
});

test.each(['4', '5'] as const)(
  'what Mautic gives back is what was sent, field by field, whatever was there before (version %s; pitfalls 13 and 14)',
  async (version) => {
    await mautic.control.setSettings({ version, textLength: 191 });
    let sentOnes = 0;
    await fc.assert(
      fc.asyncProperty(rows, async ({ events, ...row }) => {
        const sources = { ...NO_SOURCES, events: events.map((name) => ({ name })) };
        const outcome = person.map({ ...PERSON, ...row }, sources as never);
        if (outcome.kind === 'parked') return;
        sentOnes += 1;
        const sent = asSent(await mautic.send('4711', outcome.content));
        for (const name of [...FIELDS, 'topics'])
          expect([name, canonicalForm(sent.stored?.[name])]).toEqual([name, canonicalForm(outcome.content[name])]);
        const fields = (await mautic.contact(sent.remoteId))?.fields ?? {};
        for (const name of FIELDS)
          expect([name, canonicalForm(fields[name])]).toEqual([name, canonicalForm(outcome.content[name])]);
      }),
      { numRuns: 150, interruptAfterTimeLimit: 120_000 },
    );
    expect(sentOnes).toBeGreaterThan(50);
    expect(await mautic.contacts()).toHaveLength(1);
  },
);
