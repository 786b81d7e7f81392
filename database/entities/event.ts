import { defineEntity, type InferEntity } from '@mikro-orm/core';
import { auditable, instantColumn, keyColumn, textColumn } from './ems-base.ts';

export const EventEntity = defineEntity({
  name: 'Event',
  tableName: 'event',
  properties: {
    ...auditable,
    organisationId: keyColumn().strictNullable(),
    name: textColumn(),
    venue: textColumn(),
    city: textColumn(),
    region: textColumn(),
    country: textColumn(),
    startsOn: instantColumn().strictNullable(),
    endsOn: instantColumn().strictNullable(),
    timeZone: textColumn(),
    status: textColumn(),
    website: textColumn(),
  },
});

export type Event = InferEntity<typeof EventEntity>;
