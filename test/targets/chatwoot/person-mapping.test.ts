import { describe, expect, test } from '@jest/globals';
import type { Person } from '../../../database/entities/index.ts';
import { person } from '../../../targets/chatwoot/person-mapping.ts';
import { NO_SOURCES, PERSON } from './person-rows.ts';

const map = (change: object = {}, sources: object = {}) =>
  person.map({ ...PERSON, ...change }, { ...NO_SOURCES, ...sources });

const fieldOf = (field: string, change: object = {}, sources: object = {}) => {
  const mapped = map(change, sources);
  return mapped.kind === 'mapped' ? mapped.content[field] : `parked: ${mapped.field}`;
};

test('a person becomes a contact', () => {
  const club = [{ name: 'Clube de Atletismo' }];
  const events = [{ name: 'Porto Marathon' }, { name: ' Night Run ' }, { name: 'Night Run' }, { name: null }];
  expect(map({}, { club, events })).toEqual({
    kind: 'mapped',
    content: {
      name: 'Ana Silva',
      email: 'ana.silva@clube.example',
      phone_number: '+351912345678',
      ems_person_id: '4711',
      ems_events: 'Night Run, Porto Marathon',
      ems_language: 'pt',
      ems_club: 'Clube de Atletismo',
    },
  });
});

describe('a name', () => {
  test.each([
    ['Ana', 'Silva', 'Ana Silva'],
    ['  Ana  Maria ', ' Silva\u00a0', 'Ana Maria Silva'],
    [null, 'Silva', 'Silva'],
    ['Ana', null, 'Ana'],
    ['', ' ', null],
    [null, null, null],
    ['Zoe\u0308', "O'Brien", "Zo\u00eb O'Brien"],
    ['🏃‍♀️', '<b>x</b>', '🏃‍♀️ <b>x</b>'],
    ['A&amp;B', '0', 'A&amp;B 0'],
    ['x'.repeat(250), 'yyyy', `${'x'.repeat(250)} yyyy`],
    ['x'.repeat(250), 'yyyyy', 'parked: first_name, last_name'],
    ['Ana', 'Bell\u0007', 'parked: first_name, last_name'],
  ])('of %j and %j is %j', (firstName, lastName, name) => {
    expect(fieldOf('name', { firstName, lastName })).toBe(name);
  });

  test.each([
    ['Ana Maria Silva', { firstName: 'Ana Maria', lastName: 'Silva' }],
    ['Silva', { firstName: null, lastName: 'Silva' }],
    [null, { firstName: null, lastName: null }],
  ])('%j that ChatWoot has becomes %j', (name, columns) => {
    expect(person.inbound?.apply({ name }, ['name'], PERSON)).toEqual(columns);
    expect(person.inbound?.apply({ name }, ['name'], null)).toEqual(columns);
  });

  test('that EMS splits otherwise, but that reads the same, stays split as EMS has it', () => {
    const row = { ...PERSON, firstName: 'Ana', lastName: 'da  Silva' } as Person;
    expect(person.inbound?.apply({ name: 'Ana da Silva' }, ['name'], row)).toEqual({});
  });

  test('is replaced where what EMS has is too long to be sent', () => {
    const row = { ...PERSON, firstName: 'x'.repeat(300) } as Person;
    expect(person.inbound?.apply({ name: 'Ana Silva' }, ['name'], row)).toEqual({
      firstName: 'Ana',
      lastName: 'Silva',
    });
  });
});

describe('an e-mail address', () => {
  test.each([
    [' Ana@Clube.EXAMPLE ', 'ana@clube.example'],
    ['ana+run@clube.example', 'ana+run@clube.example'],
    ['ana@localhost', 'ana@localhost'],
    ['', null],
    [null, null],
    ['ana', 'parked: email'],
    ['ana silva@clube.example', 'parked: email'],
    ['a@b@c', 'parked: email'],
    [`${'x'.repeat(250)}@b.example`, 'parked: email'],
  ])('%j is %j', (email, expected) => {
    expect(fieldOf('email', { email })).toBe(expected);
  });
});

describe('a phone number', () => {
  test.each([
    ['+351912345678', 'PT', '+351912345678'],
    ['+351 912 345-678', null, '+351912345678'],
    ['912 345 678', 'PT', '+351912345678'],
    ['912 345 678', 'pt', '+351912345678'],
    ['(201) 555-0123', 'US', '+12015550123'],
    ['00351912345678', 'PT', '+351912345678'],
    ['912 345 678', null, 'parked: phone'],
    ['912 345 678', 'ZZ', 'parked: phone'],
    ['call me', 'PT', 'parked: phone'],
    ['12', 'PT', 'parked: phone'],
    [' ', 'PT', null],
    [null, 'PT', null],
  ])('%j in %j is %j', (phone, country, expected) => {
    expect(fieldOf('phone_number', { phone, country })).toBe(expected);
  });

  // The database decides who has it: test/database/unique-values.test.ts.
  test('that another person has is left out', () => {
    expect(fieldOf('phone_number', {}, { samePhone: [{ ...PERSON, id: '9999' }] })).toBeNull();
  });

  test('that is given to another does not differ from none at ChatWoot, so EMS keeps it', () => {
    const samePhone = [{ ...PERSON, id: '1', email: null }];
    expect(person.inbound?.view(PERSON, { ...NO_SOURCES, samePhone })).toMatchObject({ phone_number: null });
  });
});

test('many events are cut to what an agent can read', () => {
  const events = Array.from({ length: 200 }, (_, index) => ({ name: `Event ${index}` }));
  const list = fieldOf('ems_events', {}, { events }) as string;
  expect(Array.from(list).length).toBeLessThanOrEqual(1_000);
  expect(list).toMatch(/^Event 0, Event 1, Event 10, .*…$/);
});

test('an event whose name has a line break parks nobody', () => {
  expect(fieldOf('ems_events', {}, { events: [{ name: 'Night\nRun\u0007' }] })).toBe('Night Run');
});

test('what cannot be mapped is left out of the view, not empty', () => {
  const view = person.inbound?.view({ ...PERSON, email: 'none' }, NO_SOURCES);
  expect(Object.keys(view ?? {})).toEqual([
    'name',
    'phone_number',
    'ems_person_id',
    'ems_events',
    'ems_language',
    'ems_club',
  ]);
});

test('a contact finds its row by e-mail, then by phone, and makes none without either', () => {
  const content = { name: 'Ana', email: 'ana@clube.example', phone_number: null };
  expect(person.inbound?.match(content)).toEqual([{ email: 'ana@clube.example' }, { phone: null }]);
  expect(person.inbound?.refuseCreate(content)).toBeNull();
  expect(person.inbound?.refuseCreate({ ...content, email: null })).toBe('has neither e-mail nor phone');
});

test('only what both may change can be applied', () => {
  const content = { name: 'B C', email: 'b@x.example', phone_number: '+351911111111', ems_club: 'Other' };
  expect(person.inbound?.apply(content, Object.keys(content), PERSON)).toEqual({
    firstName: 'B',
    lastName: 'C',
    email: 'b@x.example',
    phone: '+351911111111',
  });
});
