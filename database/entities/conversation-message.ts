import { defineEntity, type InferEntity, p } from '@mikro-orm/core';
import { auditable, instantColumn, keyColumn, textColumn } from './ems-base.ts';

export const ConversationMessageEntity = defineEntity({
  name: 'ConversationMessage',
  tableName: 'conversation_message',
  properties: {
    ...auditable,
    conversationId: keyColumn(),
    author: textColumn(),
    agentName: textColumn(),
    body: textColumn(),
    private: p.boolean().strictNullable(),
    sentOn: instantColumn().strictNullable(),
  },
});

export type ConversationMessage = InferEntity<typeof ConversationMessageEntity>;
