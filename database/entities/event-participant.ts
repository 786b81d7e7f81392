import { defineEntity, type InferEntity } from '@mikro-orm/core';
import { auditable, instantColumn, keyColumn, textColumn } from './ems-base.ts';

export const EventParticipantEntity = defineEntity({
  name: 'EventParticipant',
  tableName: 'event_participant',
  properties: {
    ...auditable,
    eventId: keyColumn(),
    raceId: keyColumn(),
    personId: keyColumn(),
    registrationNo: textColumn(),
    bib: textColumn(),
    category: textColumn(),
    status: textColumn(),
    teamName: textColumn(),
    registeredOn: instantColumn().strictNullable(),
  },
});

export type EventParticipant = InferEntity<typeof EventParticipantEntity>;
