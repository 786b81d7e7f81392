import { describe, expect, test } from '@jest/globals';
import type { ContactPreference } from '../../../database/entities/index.ts';
import { mailchimpMappings } from '../../../targets/mailchimp/mapping.ts';
import { person } from '../../../targets/mailchimp/person-mapping.ts';
import { NO_SOURCES, PERSON, preference } from '../mautic/rows.ts';

const mapped = (row: object = {}, sources: object = {}) => {
  const outcome = person.map({ ...PERSON, ...row }, { ...NO_SOURCES, ...sources });
  return outcome.kind === 'mapped' ? outcome.content : outcome;
};

const yes = (topic: string, channel = 'EMAIL') => preference(channel, topic, true);
const no = (topic: string, channel = 'EMAIL') => preference(channel, topic, false);

test('a person becomes MailChimp’s fields, in its notation', () => {
  expect(mapped({}, { events: [{ id: '12' }, { id: '7' }] })).toEqual({
    email: 'ana.silva@clube.example',
    FNAME: 'Ana',
    LNAME: 'Silva',
    PHONE: '+351912345678',
    BDATE: '1988-02-29',
    ADDRESS: { addr1: 'Rua Nova 1', city: 'Porto', state: 'Porto', zip: '4000-100', country: 'PT' },
    language: 'pt_PT',
    tags: new Set(['ems', 'event:12', 'event:7']),
    consent: null,
    topics: new Set(),
  });
});

test.each([
  [{ language: 'pt-BR' }, { language: 'pt' }],
  [{ language: 'fr-CA' }, { language: 'fr_CA' }],
  [{ language: 'nb-NO' }, { language: 'no' }],
  [{ language: 'zh-Hant-TW' }, { language: 'zh' }],
  [{ language: 'xh' }, { language: null }],
  [{ language: ' ' }, { language: null }],
  [{ phone: '912 345 678' }, { PHONE: '+351912345678' }],
  [{ dateOfBirth: null }, { BDATE: null }],
  [{ firstName: ' ' }, { FNAME: null }],
  // An address is sent as a whole or not at all; outside the US a missing region becomes a dash.
  [{ region: ' ' }, { ADDRESS: { addr1: 'Rua Nova 1', city: 'Porto', state: '-', zip: '4000-100', country: 'PT' } }],
  [{ region: null, country: 'US' }, { ADDRESS: null }],
  [{ street: null }, { ADDRESS: null }],
  [{ city: '' }, { ADDRESS: null }],
  [{ postalCode: null }, { ADDRESS: null }],
  [{ country: 'Portugal' }, { ADDRESS: null }],
])('%j is %j', (row, content) => {
  expect(mapped(row)).toMatchObject(content);
});

test.each([
  [{ email: 'ana' }, 'email'],
  [{ lastName: 'a\u0007b' }, 'last_name'],
  [{ firstName: 'x'.repeat(256) }, 'first_name'],
  [{ phone: 'none' }, 'phone'],
  [{ language: 'Portuguese!' }, 'language'],
])('%j parks the person, naming the column', (row, field) => {
  expect(mapped(row)).toMatchObject({ kind: 'parked', field });
});

test('an event keeps its id in its tag, however long that is, and comes once', () => {
  const events = [{ id: '9007199254740993' }, { id: '9007199254740993' }, { id: '9007199254740992' }];
  expect(mapped({}, { events })).toMatchObject({
    tags: new Set(['ems', 'event:9007199254740993', 'event:9007199254740992']),
  });
});

describe('consent', () => {
  test.each([
    ['nothing said', [], null, []],
    ['one topic of two', [yes('OFFERS'), no('NEWSLETTER')], 'subscribed', ['OFFERS']],
    ['no topic', [no('OFFERS'), no('NEWSLETTER')], 'unsubscribed', []],
    ['not said yet', [preference('EMAIL', 'OFFERS', null)], null, []],
    ['other channels', [yes('OFFERS', 'SMS'), no('OFFERS', 'POST')], null, []],
    ['a topic that is none', [yes('WEATHER')], 'subscribed', []],
  ] satisfies [string, ContactPreference[], string | null, string[]][])('%s', (_, preferences, consent, topics) => {
    expect(mapped({}, { preferences })).toMatchObject({ consent, topics: new Set(topics) });
    const out = person.consent?.optOuts(PERSON, { ...NO_SOURCES, preferences } as never);
    expect(out).toEqual(consent === 'unsubscribed' ? ['email'] : []);
  });

  test('preferences are children of their person; a word that is in no list is parked', () => {
    const [, preferences] = mailchimpMappings;
    expect(preferences?.childOf?.suffix(yes('NEWSLETTER'))).toBe('EMAIL/NEWSLETTER');
    expect(preferences?.map(yes('NEWSLETTER'), {})).toMatchObject({ kind: 'mapped' });
    expect(preferences?.map(yes('WEATHER'), {})).toMatchObject({ kind: 'parked', field: 'topic' });
    expect(preferences?.map(yes('OFFERS', 'SMS'), {})).toMatchObject({ kind: 'parked', field: 'channel' });
  });
});
