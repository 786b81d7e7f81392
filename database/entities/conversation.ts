import { defineEntity, type InferEntity } from '@mikro-orm/core';
import { auditable, instantColumn, keyColumn, textColumn } from './ems-base.ts';

export const ConversationEntity = defineEntity({
  name: 'Conversation',
  tableName: 'conversation',
  properties: {
    ...auditable,
    personId: keyColumn(),
    channel: textColumn(),
    subject: textColumn(),
    status: textColumn(),
    openedOn: instantColumn().strictNullable(),
    lastActivityOn: instantColumn().strictNullable(),
  },
});

export type Conversation = InferEntity<typeof ConversationEntity>;
