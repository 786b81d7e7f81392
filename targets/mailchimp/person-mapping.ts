import { isWord } from '../text-conditions.ts';
import { EMAIL, lowerCase } from '../contact-fields.ts';
import { defineMapping } from '../entity-mapping.ts';
import type { FilterCondition } from '../filter-condition.ts';
import { HAS_EMAIL, isOptedOut, undeliveredOptOut } from '../preferences.ts';
import { memberFields } from './member-fields.ts';
import { affectPersons, persons } from '../marketing-persons.ts';

/**
 * Persons that belong in the audience: those who want e-mail, and those who are already in it. `e` is the person's row.
 */
export const PERSON_FILTER: readonly FilterCondition[] = [
  HAS_EMAIL,
  {
    name: 'wants-email',
    sql: `EXISTS (SELECT FROM contact_preference p WHERE p.person_id = e.id AND ${isWord('p.channel', ['EMAIL'])} AND p.opted_in)
      OR EXISTS (SELECT FROM sync_person r
        WHERE r.sync_process = 'MAILCHIMP' AND r.entity_key = e.id AND r.remote_id IS NOT NULL)`,
    means: 'wants e-mail, or is in the audience already',
    change: 'a preference of the person with channel EMAIL that is opted in (contact_preference)',
  },
];

/** A member (mappings.md): each address is unique at Mailchimp. */
export const person = defineMapping({
  type: 'Person',
  rules: 2,
  filter: PERSON_FILTER,
  sources: persons.sources,
  affectedBy: affectPersons,
  uniqueValues: { email: { kind: EMAIL.name, read: ({ email }) => lowerCase(email) } },
  sharing: { by: 'email', order: 's.date_of_birth NULLS LAST' },
  consent: {
    channels: ['email'],
    addresses: (row) => ({ email: row.email }),
    optOuts: (_row, { preferences }) => (isOptedOut(preferences, 'email') ? ['email'] : []),
    whenRefused: 'withhold',
  },
  urgent: undeliveredOptOut('MAILCHIMP'),
  fields: memberFields,
});
