import { defineEntity, type InferEntity } from '@mikro-orm/core';
import { auditable, textColumn } from './ems-base.ts';

export const OrganisationEntity = defineEntity({
  name: 'Organisation',
  tableName: 'organisation',
  properties: {
    ...auditable,
    name: textColumn(),
    kind: textColumn(),
    email: textColumn(),
    phone: textColumn(),
    website: textColumn(),
    street: textColumn(),
    city: textColumn(),
    region: textColumn(),
    postalCode: textColumn(),
    country: textColumn(),
  },
});

export type Organisation = InferEntity<typeof OrganisationEntity>;
