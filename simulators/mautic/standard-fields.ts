import type { Field, FieldType } from './records.ts';

type FieldInput = Pick<Field, 'label' | 'alias' | 'type'> & Partial<Field>;

export const fieldOf = (id: number, { label, alias, type, ...rest }: FieldInput): Field => ({
  id,
  label,
  alias,
  type,
  group: 'core',
  isUniqueIdentifier: false,
  isPublished: true,
  isFixed: false,
  defaultValue: null,
  charLengthLimit: null,
  properties: {},
  ...rest,
});

type Standard = readonly [alias: string, label: string, type: FieldType];

const core: readonly Standard[] = [
  ['title', 'Title', 'lookup'],
  ['firstname', 'First Name', 'text'],
  ['lastname', 'Last Name', 'text'],
  ['company', 'Primary company', 'text'],
  ['position', 'Position', 'text'],
  ['email', 'Email', 'email'],
  ['mobile', 'Mobile', 'tel'],
  ['phone', 'Phone', 'tel'],
  ['points', 'Points', 'number'],
  ['fax', 'Fax', 'tel'],
  ['address1', 'Address Line 1', 'text'],
  ['address2', 'Address Line 2', 'text'],
  ['city', 'City', 'text'],
  ['state', 'State', 'region'],
  ['zipcode', 'Zip Code', 'text'],
  ['country', 'Country', 'country'],
  ['preferred_locale', 'Preferred Locale', 'locale'],
  ['timezone', 'Preferred Timezone', 'timezone'],
  ['last_active', 'Date Last Active', 'datetime'],
  ['attribution_date', 'Attribution Date', 'datetime'],
  ['attribution', 'Attribution', 'number'],
  ['website', 'Website', 'url'],
];

const social: readonly Standard[] = [
  ['facebook', 'Facebook', 'text'],
  ['foursquare', 'Foursquare', 'text'],
  ['instagram', 'Instagram', 'text'],
  ['linkedin', 'LinkedIn', 'text'],
  ['skype', 'Skype', 'text'],
  ['twitter', 'Twitter', 'text'],
];

/** The fields of a new Mautic; only the e-mail is a unique identifier. */
export const standardFields: readonly Field[] = [...core, ...social].map(([alias, label, type], index) =>
  fieldOf(index + 1, {
    label,
    alias,
    type,
    group: index < core.length ? 'core' : 'social',
    defaultValue: alias === 'points' ? 0 : null,
    isFixed: true,
    isUniqueIdentifier: alias === 'email',
    properties: type === 'number' ? { roundmode: 4, scale: alias === 'attribution' ? 2 : 0 } : {},
  }),
);
