import { describe, expect, test } from '@jest/globals';
import { countriesOf } from '../../../simulators/mautic/countries.ts';
import type { ContactPreference } from '../../../database/entities/index.ts';
import { countryName } from '../../../targets/mautic/countries.ts';
import { mauticMappings } from '../../../targets/mautic/mapping.ts';
import { person } from '../../../targets/mautic/person-mapping.ts';
import { NO_SOURCES, PERSON, preference } from './rows.ts';

const mapped = (row: object = {}, sources: object = {}) => {
  const outcome = person.map({ ...PERSON, ...row }, { ...NO_SOURCES, ...sources });
  return outcome.kind === 'mapped' ? outcome.content : outcome;
};

const consented = (...preferences: ContactPreference[]) => {
  const content = mapped({}, { preferences }) as Readonly<Record<string, unknown>>;
  return [content['consent'], content['topics']];
};

const yes = (topic: string, channel = 'EMAIL') => preference(channel, topic, true);
const no = (topic: string, channel = 'EMAIL') => preference(channel, topic, false);

test('a person becomes Mautic’s fields, in its notation', () => {
  expect(mapped({}, { events: [{ name: 'Porto Marathon' }, { name: 'Night Run' }] })).toEqual({
    firstname: 'Ana',
    lastname: 'Silva',
    email: 'ana.silva@clube.example',
    mobile: '+351912345678',
    address1: 'Rua Nova 1',
    city: 'Porto',
    state: 'Porto',
    zipcode: '4000-100',
    country: 'Portugal',
    preferred_locale: 'pt_PT',
    ems_birth_date: '1988-02-29',
    ems_events: 'Night Run|Porto Marathon',
    consent: { email: null, sms: null },
    topics: new Set(),
  });
});

test.each([
  [{ language: 'pt' }, { preferred_locale: 'pt' }],
  [{ language: 'zh-Hant-TW' }, { preferred_locale: 'zh_TW' }],
  [{ language: ' ' }, { preferred_locale: null }],
  [{ phone: '912 345 678' }, { mobile: '+351912345678' }],
  [{ country: ' pt ' }, { country: 'Portugal' }],
  [
    { firstName: '<b>Ana</b> &amp; Rui', lastName: 'a > b' },
    { firstname: 'Ana   Rui', lastname: 'a  b' },
  ],
  [
    { firstName: "O'Brien", lastName: 'A & B' },
    { firstname: "O'Brien", lastname: 'A & B' },
  ],
  [
    { city: '', postalCode: '00000', region: null },
    { city: null, zipcode: '00000', state: null },
  ],
])('%j is %j', (row, content) => {
  expect(mapped(row)).toMatchObject(content);
});

test.each([
  [{ firstName: 'x'.repeat(192) }, 'first_name'],
  [{ street: '🏃'.repeat(192) }, 'street'],
  [{ lastName: 'a\u0007b' }, 'last_name'],
  [{ email: 'ana' }, 'email'],
  [{ email: 'ána@clube.example' }, 'email'],
  [{ email: 'ana/rui@clube.example' }, 'email'],
  [{ email: 'a@b.c,' }, 'email'],
  [{ email: `${'a'.repeat(250)}@b.example` }, 'email'],
  [{ phone: 'none' }, 'phone'],
  [{ country: 'AC' }, 'country'],
  [{ country: 'Portugal' }, 'country'],
  [{ language: 'Portuguese' }, 'language'],
  [{ dateOfBirth: Temporal.PlainDate.from('0202-01-01') }, 'date_of_birth'],
])('%j parks the person, naming the column', (row, field) => {
  // Mapped twice: the first result must not change the second.
  expect([mapped(row), mapped(row)]).toMatchObject([
    { kind: 'parked', field },
    { kind: 'parked', field },
  ]);
});

test('191 characters of whatever size pass', () => {
  expect(mapped({ firstName: '🏃'.repeat(191) })).toMatchObject({ firstname: '🏃'.repeat(191) });
});

test('names of events are each told once, in order, on one line, and none has the mark between them', () => {
  const names = ['B|C', 'A', ' A ', null, '', 'A\nB', '<i>D</i>', '\ud800'];
  expect(mapped({}, { events: names.map((name) => ({ name })) })).toMatchObject({ ems_events: 'A|A B|B C|D|\ufffd' });
  expect(mapped({}, { events: [...names].toReversed().map((name) => ({ name })) })).toMatchObject({
    ems_events: 'A|A B|B C|D|\ufffd',
  });
});

describe('consent', () => {
  test.each([
    ['nothing said', [], { email: null, sms: null }, []],
    ['one topic of two', [yes('OFFERS'), no('NEWSLETTER')], { email: 'in', sms: null }, ['OFFERS']],
    ['no topic', [no('OFFERS'), no('NEWSLETTER')], { email: 'out', sms: null }, []],
    ['not said yet', [preference('EMAIL', 'OFFERS', null)], { email: null, sms: null }, []],
    ['a no, and one not said', [no('OFFERS'), preference('EMAIL', 'RESULTS', null)], { email: 'out', sms: null }, []],
    ['channels apart', [no('OFFERS', 'SMS'), yes('RESULTS')], { email: 'in', sms: 'out' }, ['RESULTS']],
    ['sms has no topics', [yes('OFFERS', 'SMS')], { email: null, sms: 'in' }, []],
    ['channels that Mautic is not told', [no('OFFERS', 'PHONE'), no('OFFERS', 'POST')], { email: null, sms: null }, []],
    ['a topic that is none', [yes('WEATHER')], { email: 'in', sms: null }, []],
  ])('%s', (_, preferences, consent, topics) => {
    expect(consented(...preferences)).toEqual([consent, new Set(topics)]);
    const out = person.consent?.optOuts(PERSON, { ...NO_SOURCES, preferences } as never);
    expect(out).toEqual(Object.entries(consent).flatMap(([channel, said]) => (said === 'out' ? [channel] : [])));
  });

  test('a preference with a word that is in no list is parked', () => {
    const [, preferences] = mauticMappings;
    expect(preferences?.map(preference('EMAIL', 'WEATHER', true), {})).toMatchObject({
      kind: 'parked',
      field: 'topic',
    });
    expect(preferences?.map(preference('FAX', 'OFFERS', true), {})).toMatchObject({ kind: 'parked', field: 'channel' });
    expect(preferences?.map(preference('SMS', 'OFFERS', true), {})).toMatchObject({ kind: 'mapped' });
    expect(preferences?.childOf?.suffix(preference('EMAIL', 'NEWSLETTER', true))).toBe('EMAIL/NEWSLETTER');
  });
});

test('every country of ISO 3166 is one of Mautic’s names, or parks the person', () => {
  const letters = Array.from('ABCDEFGHIJKLMNOPQRSTUVWXYZ');
  const codes = letters.flatMap((first) => letters.map((second) => `${first}${second}`));
  const names = codes.flatMap((code) => {
    try {
      return countryName(['country', code]) ?? [];
    } catch {
      return [];
    }
  });
  const countries = countriesOf('5');
  expect(names.filter((name) => !countries.has(name))).toEqual([]);
  expect(new Set(names).size).toBe(names.length);
  // EMS cannot have these: names that are not countries, or no longer.
  const unused = [...countries].filter((name) => !names.includes(name));
  expect(unused).toEqual(['Tahiti', 'Unknown', 'Yugoslavia']);
});
