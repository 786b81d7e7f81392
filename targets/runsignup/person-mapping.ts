import { textIn } from '../field-kinds.ts';
import { defineTwoWayMapping } from '../two-way-mapping.ts';
import { cameFromRunSignup } from './linked.ts';
import { personFields, persons } from './person-fields.ts';

/** A RunSignup user: comes with its registrations, and is edited through one of them. */
export const personMapping = defineTwoWayMapping({
  type: 'Person',
  rules: 2,
  filter: [cameFromRunSignup('Person')],
  sources: persons.sources,
  affectedBy: [{ type: 'EventParticipant', keys: 'SELECT s.person_id' }],
  mentions: (_, { registrations }) => registrations.map(({ id }) => ['EventParticipant', id] as const),
  fields: personFields,
  match: ({ email, firstName, lastName, dateOfBirth }) => {
    const day = textIn(dateOfBirth);
    return [
      {
        email: textIn(email),
        firstName: textIn(firstName),
        lastName: textIn(lastName),
        dateOfBirth: day === null ? null : Temporal.PlainDate.from(day),
      },
    ];
  },
  // Imports create new users: RunSignup continues with the newest.
  newestRemoteWins: true,
  refuseCreate: ({ lastName, email }) =>
    textIn(lastName) === null && textIn(email) === null
      ? 'has neither last name nor e-mail that this key may see'
      : null,
});
