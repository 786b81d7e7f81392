import { CHANNELS } from '../../sync/suppression.ts';
import { EMAIL, lowerCase } from '../contact-fields.ts';
import { defineMapping } from '../entity-mapping.ts';
import { HAS_EMAIL, isOptedOut, undeliveredOptOut } from '../preferences.ts';
import { personAddresses } from '../person-addresses.ts';
import { contactFields } from './contact-fields.ts';
import { affectPersons, persons } from '../marketing-persons.ts';

/** A contact (mappings.md): one per e-mail address. */
export const person = defineMapping({
  type: 'Person',
  rules: 3,
  filter: [HAS_EMAIL],
  sources: persons.sources,
  affectedBy: affectPersons,
  uniqueValues: { email: { kind: EMAIL.name, read: ({ email }) => lowerCase(email) } },
  sharing: { by: 'email', order: 's.date_of_birth NULLS LAST' },
  consent: {
    channels: CHANNELS,
    addresses: personAddresses,
    optOuts: (_row, { preferences }) => CHANNELS.filter((channel) => isOptedOut(preferences, channel)),
    whenRefused: 'send',
  },
  urgent: undeliveredOptOut('MAUTIC'),
  fields: contactFields,
});
