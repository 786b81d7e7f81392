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
    distanceM: p.integer().strictNullable(),
    startsOn: instantColumn().strictNullable(),
    capacity: p.integer().strictNullable(),
    feeMinor: p.integer().strictNullable(),
    currency: textColumn(),
  },
});

export type Race = InferEntity<typeof RaceEntity>;
