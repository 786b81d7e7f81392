import { defineEntity, type InferEntity, p } from '@mikro-orm/core';
import { auditable, instantColumn, keyColumn, textColumn } from './ems-base.ts';

export const RaceEntity = defineEntity({
  name: 'Race',
  tableName: 'race',
  properties: {
    ...auditable,
    eventId: keyColumn(),
    name: textColumn(),
    discipline: textColumn(),
    distanceM: p.integer().nullable(),
    startsOn: instantColumn().nullable(),
    capacity: p.integer().nullable(),
    feeMinor: p.integer().nullable(),
    currency: textColumn(),
  },
});

export type Race = InferEntity<typeof RaceEntity>;
