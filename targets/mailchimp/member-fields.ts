import { EMAIL } from '../contact-fields.ts';
import { columnOf as columnAt, fieldsAt, type Fields, type Reading } from '../field-declaration.ts';
import { DAY, TEXT } from '../field-kinds.ts';
import { LANGUAGE } from './languages.ts';
import { persons, phone, topics } from '../marketing-persons.ts';
import { address, consent, tags } from './member-values.ts';

/** A merge field as `check --fix` creates it; its type in an audience never changes. */
export interface MergeField {
  readonly in: 'merge_fields';
  readonly tag: string;
  readonly label: string;
  readonly type: 'text' | 'number' | 'date' | 'address';
  /** Other types that also work, if somebody has created the field differently. */
  readonly alsoFits?: readonly string[];
}

/** Where a member stores a field. Tags and status have separate calls; interests are named by ids of the audience. */
export type MemberPlace = { readonly in: 'email_address' | 'language' | 'tags' | 'status' | 'interests' } | MergeField;

type PersonReading = Reading<'Person', typeof persons.sources>;

const member = (place: Exclude<MemberPlace, MergeField>['in'], reading: PersonReading) =>
  persons.ems<MemberPlace>({ in: place }, reading);

const merge = (field: Omit<MergeField, 'in'>, reading: PersonReading) =>
  persons.ems<MemberPlace>({ in: 'merge_fields', ...field }, reading);

/**
 * The fields of a member, by their names in content. A new merge field needs only one more line: it is then set up,
 * sent, read back and compared.
 */
export const memberFields: Fields<'Person', typeof persons.sources, MemberPlace> = {
  email: member('email_address', persons.column('email', EMAIL)),
  FNAME: merge({ tag: 'FNAME', label: 'First name', type: 'text' }, persons.column('firstName', TEXT)),
  LNAME: merge({ tag: 'LNAME', label: 'Last name', type: 'text' }, persons.column('lastName', TEXT)),
  // A phone field in Mailchimp's American format rejects other numbers, so the audience's setting is read.
  PHONE: merge({ tag: 'PHONE', label: 'Phone', type: 'text', alsoFits: ['phone'] }, phone),
  BDATE: merge(
    { tag: 'BDATE', label: 'Date of birth', type: 'date', alsoFits: ['text'] },
    persons.column('dateOfBirth', DAY),
  ),
  ADDRESS: merge({ tag: 'ADDRESS', label: 'Address', type: 'address' }, address),
  language: member('language', persons.column('language', LANGUAGE)),
  tags: member('tags', tags),
  consent: member('status', consent),
  topics: member('interests', topics),
};

/** The EMS id is in every body, but not in content. */
export const EMS_ID_FIELD: MergeField = {
  in: 'merge_fields',
  tag: 'EMSID',
  label: 'EMS id',
  type: 'text',
  alsoFits: ['number'],
};

/** The merge fields that EMS fills, by field name. */
export const mergeFields = fieldsAt(memberFields, (place): place is MergeField => place.in === 'merge_fields');

/** The EMS column to look at, by Mailchimp's name or ours; a name that only Mailchimp knows is kept. */
export function columnOf(field: string): string {
  if (field === EMS_ID_FIELD.tag) return 'id';
  const isNamed = (place: MemberPlace, name: string) =>
    name === field || field === (place.in === 'merge_fields' ? place.tag : place.in);
  return columnAt(memberFields, isNamed) ?? field;
}
