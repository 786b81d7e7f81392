import { describe, expect, test } from '@jest/globals';
import * as fc from '../../seeded-fast-check.ts';
import type { EmsRows } from '../../../database/entities/index.ts';
import { contentDigest, type Content } from '../../../sync/content-hash.ts';
import type { EntityType } from '../../../sync/entity-type.ts';
import { participant, user } from '../../../targets/runsignup/answers.ts';
import { personContent } from '../../../targets/runsignup/person-record.ts';
import { runSignup } from '../../../targets/runsignup/process.ts';
import { registrationContent } from '../../../targets/runsignup/registration-record.ts';
import { raceContent } from '../../../targets/runsignup/race-records.ts';
import { readRace } from '../../../targets/runsignup/read-race.ts';
import { formatPhone, canBeSent } from '../../../targets/runsignup/phones.ts';
import { mappingOf } from '../../../targets/sync-process.ts';
import type { EntityMapping, Mapped } from '../../../targets/entity-mapping.ts';
import type { AnySources } from '../../../targets/source-rows.ts';
import type { InboundMapping } from '../../../targets/inbound-mapping.ts';

const mapping = (type: EntityType) => mappingOf(runSignup.process, type) as EntityMapping & { inbound: InboundMapping };

const map = (type: EntityType, row: object, sources: object = NO_SOURCES): Mapped =>
  mapping(type).map(row as EmsRows[EntityType], sources as AnySources);

const view = (type: EntityType, row: object, sources: object = NO_SOURCES): Content =>
  mapping(type).inbound.view(row as EmsRows[EntityType], sources as AnySources);

const apply = (type: EntityType, content: Content, row: object | null = null) =>
  mapping(type).inbound.apply(content, Object.keys(content), row as EmsRows[EntityType] | null);

const NO_SOURCES = { tags: [], startGroups: [], registrations: [] };

const at = (text: string) => Temporal.Instant.from(text);

/** Texts that people really type into EMS, and texts that only a program produces. */
const nasty = fc.oneof(
  fc.constantFrom(
    null,
    '',
    ' ',
    "O'Brien",
    'Zo\u00eb',
    'Zoe\u0308',
    '  Ana   Maria ',
    '🏃‍♀️ Club',
    '0',
    '00000',
    '<b>x</b>',
    'A&amp;B',
    'a\u00a0b',
    'tab\there',
    '\u200b',
    '\u212bngstr\u00f6m',
  ),
  fc.string({ unit: 'grapheme', maxLength: 12 }),
);

/** What RunSignup may do to a text: trim it, collapse white space, compose or decompose it, or keep it. */
const kept = (text: string | null) =>
  fc.constantFrom(
    text,
    text?.trim() ?? null,
    text?.replaceAll(/\s+/g, ' ') ?? null,
    text?.normalize('NFD') ?? null,
    text?.normalize('NFC') ?? null,
  );

const stored = (values: Readonly<Record<string, string | null>>) =>
  fc
    .tuple(...Object.entries(values).map(([name, text]) => kept(text).map((value) => [name, value || null] as const)))
    .map((entries) => Object.fromEntries(entries));

function contentOf(mapped: Mapped): Content {
  if (mapped.kind === 'parked') throw new Error(`${mapped.field} ${mapped.reason}`);
  return mapped.content;
}

const pick = (content: Content, fields: readonly string[]): Content =>
  Object.fromEntries(fields.map((field) => [field, content[field]]));

describe('what RunSignup gives back hashes as what EMS holds', () => {
  test('of a person', () => {
    const texts = fc.record({ street: nasty, city: nasty, zipcode: nasty });
    const names = fc.record({ firstName: nasty, lastName: nasty });
    const codes = fc.record({
      gender: fc.constantFrom('F', 'M', 'X', null),
      country: fc.constantFrom('US', 'us', 'PT', null),
      state: fc.constantFrom('NJ', 'nj ', null),
      email: fc.constantFrom('Margie+tag@Runners.test', 'a@b.pt', ' x@y.test ', 'O’Brien@x.test'),
      phone: fc.constantFrom('+18568501510', '+12125550123', null),
      dob: fc.constantFrom('1988-02-29', '1900-01-01', null),
    });
    const cases = fc.record({ texts, names, codes }).chain((values) =>
      fc.record({
        values: fc.constant(values),
        texts: stored(values.texts),
        names: stored({ first_name: values.names.firstName, last_name: values.names.lastName }),
      }),
    );
    fc.assert(
      fc.property(cases, ({ values, texts: address, names: held }) => {
        const { codes } = values;
        const mapped = map('Person', {
          ...values.names,
          ...values.texts,
          postalCode: values.texts.zipcode,
          region: codes.state,
          email: codes.email,
          phone: codes.phone,
          gender: codes.gender,
          country: codes.country,
          dateOfBirth: codes.dob === null ? null : Temporal.PlainDate.from(codes.dob),
        });
        // Control characters and similar are parked with the field's name.
        if (mapped.kind === 'parked') return;
        const read = user.parse({
          user_id: 5,
          ...held,
          email: codes.email.toUpperCase(),
          phone: codes.phone === null ? null : formatPhone(codes.phone),
          gender: codes.gender,
          dob: codes.dob,
          address: { ...address, state: codes.state?.trim().toUpperCase() ?? null, country_code: codes.country },
        });
        const fields = [
          'firstName',
          'lastName',
          'email',
          'dateOfBirth',
          'gender',
          'street',
          'city',
          'state',
          'zipcode',
          'country',
        ];
        const content = personContent(read);
        expect(contentDigest(pick(content, fields))).toBe(contentDigest(pick(mapped.content, fields)));
        expect(contentDigest(pick(content, ['phone']))).toBe(contentDigest(pick(mapped.content, ['phone'])));
      }),
      { numRuns: 500 },
    );
  });

  test('of a registration', () => {
    const cases = fc.record({
      team: nasty,
      bib: fc.constantFrom('007', '101', ' 7 ', '0', null),
      asNumber: fc.boolean(),
    });
    fc.assert(
      fc.property(
        cases.chain((values) => fc.record({ values: fc.constant(values), held: stored({ team: values.team }) })),
        ({ values: { team, bib, asNumber }, held }) => {
          const row = {
            bib,
            teamName: team,
            category: null,
            registrationNo: '17',
            registeredOn: at('2021-09-07T19:15:22.123456Z'),
            status: 'CONFIRMED',
          };
          const tags = [{ id: '1', code: '12345', assignedOn: null }];
          const ems = view('EventParticipant', row, { tags });
          const number = bib === null ? null : Number(bib);
          const read = participant.parse({
            user: { user_id: 1 },
            registration_id: 17,
            bib_num: asNumber || number === null ? number : String(number),
            chip_num: asNumber ? 12_345 : '12345',
            team_id: 1,
            team_name: held['team'] ?? null,
            registration_date: '9/7/2021 15:15',
            last_modified: 1,
          });
          // A team without a name means that the name was not returned.
          const fields = Object.keys(registrationContent(read)).filter((field) => field in ems);
          const remote = registrationContent(read);
          expect(contentDigest(pick(remote, fields))).toBe(contentDigest(pick(ems, fields)));
          expect(fields).toEqual(expect.arrayContaining(['bib', 'chip', 'registrationNo', 'registeredOn', 'status']));
        },
      ),
    );
  });

  test('of a race, whatever the zone and the night', () => {
    const zones = ['America/New_York', 'America/Los_Angeles', 'Europe/Lisbon', 'Asia/Kathmandu'];
    const minute = fc.integer({ min: 0, max: 80 * 365 * 24 * 60 });
    fc.assert(
      fc.property(minute, fc.constantFrom(...zones), nasty, (minutes, zone, name) => {
        const startsOn = Temporal.Instant.fromEpochMilliseconds(minutes * 60_000 + 59_999);
        const wall = startsOn.toZonedDateTimeISO(zone).toPlainDateTime();
        const { year, month, day, hour, minute: past } = wall;
        // The second of autumn's two hours reads back as the first: RunSignup cannot tell them apart.
        const first = wall.toZonedDateTime(zone, { disambiguation: 'earlier' }).toInstant();
        fc.pre(first.equals(startsOn));
        const mapped = map('Race', { name, startsOn, distanceM: 10_000 });
        if (mapped.kind === 'parked') return;
        const raw = {
          race_id: '1',
          name: 'R',
          last_modified: null,
          url: null,
          external_race_url: null,
          timezone: zone,
          events: [
            {
              event_id: 2,
              race_event_days_id: 3,
              name: name ?? '',
              start_time: `${month}/${day}/${year} ${String(hour).padStart(2, '0')}:${String(past).padStart(2, '0')}`,
              distance: '10K',
            },
          ],
        };
        const race = readRace(raw);
        const [event] = race.events;
        if (event === undefined) throw new Error('not read');
        expect(contentDigest(raceContent(race, event))).toBe(contentDigest({ ...mapped.content, corrals: null }));
      }),
      { numRuns: 500 },
    );
  });
});

const chip = (...tags: object[]) => view('EventParticipant', {}, { tags })['chip'];

describe('a state', () => {
  test.each([
    ['PORTO', 'Porto', 'Porto'],
    ['NJ', 'nj ', 'nj '],
    ['NY', 'NJ', 'NY'],
    ['Braga', 'Porto', 'Braga'],
    [null, 'Porto', null],
    ['PORTO', null, 'PORTO'],
  ])('that RunSignup tells as %j leaves EMS’s %j as %j: EMS keeps its own capitals', (told, region, kept) => {
    expect(apply('Person', { state: told }, { region })).toEqual({ region: kept });
  });
});

describe('EventParticipant', () => {
  const row = {
    bib: '101',
    teamName: null,
    category: null,
    registrationNo: null,
    registeredOn: null,
    status: 'FINISHED',
  };

  test('a bib that is no number is parked, naming it', () => {
    expect(map('EventParticipant', { ...row, bib: 'A7' })).toMatchObject({ kind: 'parked', field: 'bib' });
    expect(view('EventParticipant', { ...row, bib: 'A7' })).not.toHaveProperty('bib');
  });

  test('what the remote owns is never sent', () => {
    const content = contentOf(map('EventParticipant', row));
    expect(Object.keys(content).toSorted()).toEqual(['bib', 'category', 'chip', 'teamName']);
  });

  test('of two tags the one that was assigned last is the chip, then the one with the higher id', () => {
    const early = { id: '9', code: 'E1', assignedOn: at('2027-01-01T00:00:00.000001Z') };
    const late = { id: '10', code: 'E2', assignedOn: at('2027-01-01T00:00:00.000002Z') };
    expect(chip(late, early)).toBe('E2');
    expect(chip(early, late)).toBe('E2');
    expect(chip({ ...early, assignedOn: null }, early)).toBe('E1');
    expect(chip(early, { ...late, assignedOn: early.assignedOn })).toBe('E2');
    expect(chip()).toBeNull();
  });

  test('removed withdraws; active brings back who was withdrawn, and leaves who has finished', () => {
    expect(apply('EventParticipant', { status: 'removed' }, row)).toEqual({ status: 'WITHDRAWN' });
    expect(apply('EventParticipant', { status: 'active' }, { ...row, status: 'WITHDRAWN' })).toEqual({
      status: 'REGISTERED',
    });
    expect(apply('EventParticipant', { status: 'active' }, null)).toEqual({ status: 'REGISTERED' });
    expect(apply('EventParticipant', { status: 'active' }, row)).toEqual({});
    expect(view('EventParticipant', row)).toMatchObject({ status: 'active' });
    expect(view('EventParticipant', { ...row, status: 'WITHDRAWN' })).toMatchObject({ status: 'removed' });
  });

  test('EMS keeps the seconds of a time that is the same to the minute', () => {
    const registeredOn = at('2021-09-07T19:15:22.5Z');
    const own = apply('EventParticipant', { registeredOn: '2021-09-07T19:15Z' }, { ...row, registeredOn });
    expect(String(own['registeredOn'])).toBe('2021-09-07T19:15:22.5Z');
    const other = apply('EventParticipant', { registeredOn: '2021-09-07T19:16Z' }, { ...row, registeredOn });
    expect(String(other['registeredOn'])).toBe('2021-09-07T19:16:00Z');
  });

  test('is found by its registration number', () => {
    expect(mapping('EventParticipant').inbound.match({ registrationNo: '17' })).toEqual([{ registrationNo: '17' }]);
    expect(mapping('EventParticipant').inbound.refuseCreate({})).toBeNull();
  });
});

describe('Person', () => {
  test('is found by e-mail, both names and date of birth, all four', () => {
    const content = { email: 'a@b.pt', firstName: 'Ana', lastName: 'Silva', dateOfBirth: '1988-02-29' };
    const [criterion] = mapping('Person').inbound.match(content);
    expect(criterion).toMatchObject({ email: 'a@b.pt', firstName: 'Ana', lastName: 'Silva' });
    expect(String(criterion?.['dateOfBirth'])).toBe('1988-02-29');
    expect(mapping('Person').inbound.match({})).toEqual([
      { email: null, firstName: null, lastName: null, dateOfBirth: null },
    ]);
  });

  test('is not made of personal data that this key may not see', () => {
    const { inbound } = mapping('Person');
    expect(inbound.refuseCreate({})).toMatch(/last name nor e-mail/);
    expect(inbound.refuseCreate({ lastName: 'Silva' })).toBeNull();
    expect(inbound.refuseCreate({ email: 'a@b.pt' })).toBeNull();
  });

  test('a phone that is no number stays as it is, and is not sent', () => {
    const content = contentOf(map('Person', { phone: 'call me', email: null, country: 'US' }));
    expect(content['phone']).toBe('call me');
    expect(canBeSent('call me')).toBe(false);
  });

  test('every field goes into the column that it came from', () => {
    const row = {
      firstName: 'Ana',
      lastName: 'Silva',
      email: 'a@b.pt',
      phone: '+351912345678',
      dateOfBirth: Temporal.PlainDate.from('1988-02-29'),
      gender: 'F',
      street: 'Rua Nova 1',
      city: 'Porto',
      region: 'PO',
      postalCode: '4000-100',
      country: 'PT',
    };
    const { dateOfBirth, ...texts } = apply('Person', view('Person', row));
    expect(texts).toEqual({ ...row, dateOfBirth: undefined });
    expect(String(dateOfBirth)).toBe('1988-02-29');
  });
});

describe('Event and Race', () => {
  test('events are linked, never created', () => {
    expect(mapping('Event').inbound.refuseCreate({ name: 'X' })).toMatch(/link/);
    expect(mapping('Race').inbound.refuseCreate({ name: 'X' })).toBeNull();
    expect(mapping('Race').inbound.match({ name: 'X' })).toEqual([{ name: 'X' }]);
  });

  test('start groups are corrals in their order, and never read back', () => {
    const startGroups = [
      { id: '10', name: 'B', sequence: 2, startsOn: null },
      { id: '9', name: 'A', sequence: 1, startsOn: at('2027-06-07T12:30:59Z') },
    ];
    const content = contentOf(map('Race', { name: 'X', startsOn: null, distanceM: null }, { startGroups }));
    expect(content['corrals']).toEqual([
      { name: 'A', startsOn: '2027-06-07T12:30Z' },
      { name: 'B', startsOn: null },
    ]);
    expect(mapping('Race').owners['corrals']).toBe('ems');
    expect(apply('Race', { corrals: null }, {})).toEqual({});
  });

  test('a race goes back into its columns', () => {
    const row = { name: '8K', startsOn: at('2027-06-07T12:30:00Z'), distanceM: 8_000 };
    const changes = apply('Race', view('Race', row), null);
    expect({ ...changes, startsOn: String(changes['startsOn']) }).toEqual({ ...row, startsOn: '2027-06-07T12:30:00Z' });
  });
});
