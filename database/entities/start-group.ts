import { defineEntity, type InferEntity, p } from '@mikro-orm/core';
import { auditable, instantColumn, keyColumn, textColumn } from './ems-base.ts';

export const StartGroupEntity = defineEntity({
  name: 'StartGroup',
  tableName: 'start_group',
  properties: {
    ...auditable,
    raceId: keyColumn(),
    name: textColumn(),
    sequence: p.integer().strictNullable(),
    startsOn: instantColumn().strictNullable(),
    capacity: p.integer().strictNullable(),
  },
});

export type StartGroup = InferEntity<typeof StartGroupEntity>;
