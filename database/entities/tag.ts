import { defineEntity, type InferEntity } from '@mikro-orm/core';
import { auditable, instantColumn, keyColumn, textColumn } from './ems-base.ts';

export const TagEntity = defineEntity({
  name: 'Tag',
  tableName: 'tag',
  properties: {
    ...auditable,
    code: textColumn(),
    eventParticipantId: keyColumn().nullable(),
    kind: textColumn(),
    assignedOn: instantColumn().nullable(),
  },
});

export type Tag = InferEntity<typeof TagEntity>;
