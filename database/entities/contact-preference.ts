import { defineEntity, type InferEntity, p } from '@mikro-orm/core';
import { auditable, instantColumn, keyColumn, textColumn } from './ems-base.ts';

export const ContactPreferenceEntity = defineEntity({
  name: 'ContactPreference',
  tableName: 'contact_preference',
  properties: {
    ...auditable,
    personId: keyColumn(),
    channel: textColumn(),
    topic: textColumn(),
    optedIn: p.boolean().strictNullable(),
    changedOn: instantColumn().strictNullable(),
    source: textColumn(),
  },
});

export type ContactPreference = InferEntity<typeof ContactPreferenceEntity>;
