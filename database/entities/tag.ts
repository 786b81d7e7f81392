import { defineEntity, type InferEntity } from '@mikro-orm/core';
import { auditable, instantColumn, keyColumn, textColumn } from './ems-base.ts';

export const TagEntity = defineEntity({
  name: 'Tag',
  tableName: 'tag',
  properties: {
    ...auditable,
    code: textColumn(),
    eventParticipantId: keyColumn().strictNullable(),
    kind: textColumn(),
    assignedOn: instantColumn().strictNullable(),
  },
});

export type Tag = InferEntity<typeof TagEntity>;
