import type { Content } from '../../sync/content-hash.ts';
import type { RemoteRecord } from '../inbound-source.ts';
import type { User } from './answers.ts';
import { personFields, type PersonPlace } from './person-fields.ts';
import { PERSON_FORMS } from './person-forms.ts';
import { codeText } from './texts.ts';
import { toldText } from './told-text.ts';

/**
 * A user's content for an EMS person. Values that this key may not see, or that are ambiguous, are left out.
 *
 * @throws SyncError of class `contract` for a value that is not text.
 */
export function personContent(user: User): Content {
  if (isWithheld(user)) return {};
  const country = codeText(toldText(user.address?.['country_code'], 'user.address.country_code'));
  const read = Object.entries(personFields).map(([field, { at }]) => {
    const told = toldAt(user, at);
    // Missing stays missing; null means empty.
    return [field, told === null || told === undefined ? told : PERSON_FORMS[at.form].read(told, country)] as const;
  });
  return Object.fromEntries(read.filter(([, value]) => value !== undefined));
}

function toldAt(user: User, { in: place, name }: PersonPlace): string | null | undefined {
  if (place === 'user') return toldText(user[name], `user.${name}`);
  return user.address === null ? null : toldText(user.address?.[name], `user.address.${name}`);
}

/** A user has no modified time of its own. */
export function personRecord(user: User): RemoteRecord {
  return {
    type: 'Person',
    remoteId: user.user_id,
    emsKey: null,
    modifiedOn: null,
    content: personContent(user),
    complete: true,
    references: {},
    related: [],
    messages: null,
    removed: false,
    successor: null,
  };
}

/** RunSignup requires a name: if all of these are null, this key may not see them. */
const isWithheld = (user: User): boolean =>
  [user['first_name'], user['last_name'], user['email']].every((value) => value === null || value === undefined);
