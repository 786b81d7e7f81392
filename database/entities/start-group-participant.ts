import { defineEntity, type InferEntity, p } from '@mikro-orm/core';
import { auditable, keyColumn } from './ems-base.ts';

export const StartGroupParticipantEntity = defineEntity({
  name: 'StartGroupParticipant',
  tableName: 'start_group_participant',
  properties: {
    ...auditable,
    startGroupId: keyColumn(),
    eventParticipantId: keyColumn(),
    position: p.integer().strictNullable(),
  },
});

export type StartGroupParticipant = InferEntity<typeof StartGroupParticipantEntity>;
