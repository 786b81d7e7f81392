import { expect, test } from '@jest/globals';
import { parseModel } from '../../../database/model/read-model.ts';
import { SettingsError } from '../../../settings/settings-error.ts';

function problemsOf(text: string): readonly string[] {
  try {
    parseModel(text, 'model.yaml');
  } catch (error) {
    if (error instanceof SettingsError) return error.problems;
    throw error;
  }
  return [];
}

const person = (naming: string) =>
  parseModel(`naming: ${naming}\nentities: { Person: { table: ems.Person, columns: { id: personId } } }`, 'm').model
    .Person;

test('a column that is not listed has our name, or the same in camel case', () => {
  expect(person('snake_case')).toMatchObject({ schema: 'ems', table: 'Person', deleted: null });
  expect(person('snake_case')?.columns).toMatchObject({ id: 'personId', first_name: 'first_name' });
  expect(person('camelCase')?.columns).toMatchObject({
    id: 'personId',
    first_name: 'firstName',
    modified_on: 'modifiedOn',
  });
  expect(person('camelCase')?.columns).not.toHaveProperty('version');
});

test('each problem is told with its line, its entity and its column', () => {
  const text = `naming: kebab
entities:
  Persson: { table: ems.person }
  Person:
    table: person
    columns:
      id: 7
    deleted: { column: deleted }
    onInsert:
      uuid: { generate: ulid }
  Race:
    table: ems.race
    columnns: {}
`;
  expect(problemsOf(text)).toEqual([
    'model.yaml, line 1: naming must be snake_case or camelCase',
    expect.stringMatching(/^model\.yaml, line 3: Persson is no entity\. Entities: Organisation, Person, /),
    expect.stringMatching(/^model\.yaml, line 5: Person\.table must be schema\.name/),
    expect.stringMatching(/^model\.yaml, line 7: Person\.id must be a name in PostgreSQL/),
    expect.stringMatching(/^model\.yaml, line 8: Person\.deleted must have a column, and either equals/),
    expect.stringMatching(/^model\.yaml, line 10: Person\.onInsert\.uuid must have either generate: uuid/),
    'model.yaml, line 13: Race.columnns is unknown. Known: table, columns, deleted, onInsert, idSequence',
  ]);
});

test('a column of ours that the entity does not have, or cannot do without, is told', () => {
  const text = `entities:
  Person:
    table: ems.person
    columns:
      surname: lastName
      id: null
      phone: null
`;
  expect(problemsOf(text)).toEqual([
    expect.stringMatching(/^model\.yaml, line 5: Person has no column surname\. It has: id, modified_on, first_name, /),
    'model.yaml, line 6: Person.id cannot be left out: without it no row can be synced',
  ]);
});

test('a column of EMS that two of ours would write is told', () => {
  const text = `entities:
  Person:
    table: ems.person
    columns: { first_name: name, last_name: name }
`;
  expect(problemsOf(text)).toEqual(['model.yaml, line 4: Person.last_name and Person.first_name both name name']);
});

test('a file that is no YAML, or is empty, is told', () => {
  expect(problemsOf('entities: [')).toEqual([expect.stringMatching(/^model\.yaml, line 1: /)]);
  expect(problemsOf('')).toEqual([expect.stringMatching(/^model\.yaml, line 1: entities must list the entities/)]);
  expect(problemsOf('entities: {}')).toEqual(['model.yaml, line 1: lists no entity']);
  expect(problemsOf('entities: { Person: { table: a.b }, Person: { table: a.b } }')).toEqual([
    expect.stringMatching(/^model\.yaml, line 1: Map keys must be unique/),
  ]);
});
