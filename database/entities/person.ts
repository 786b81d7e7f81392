import { defineEntity, type InferEntity } from '@mikro-orm/core';
import { auditable, dateColumn, keyColumn, textColumn } from './ems-base.ts';

export const PersonEntity = defineEntity({
  name: 'Person',
  tableName: 'person',
  properties: {
    ...auditable,
    firstName: textColumn(),
    lastName: textColumn(),
    email: textColumn(),
    phone: textColumn(),
    dateOfBirth: dateColumn().strictNullable(),
    gender: textColumn(),
    nationality: textColumn(),
    language: textColumn(),
    street: textColumn(),
    city: textColumn(),
    region: textColumn(),
    postalCode: textColumn(),
    country: textColumn(),
    organisationId: keyColumn().strictNullable(),
  },
});

export type Person = InferEntity<typeof PersonEntity>;
