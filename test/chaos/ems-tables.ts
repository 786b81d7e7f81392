/** EMS's tables. */
export const EMS_TABLES = [
  'organisation',
  'event',
  'person',
  'race',
  'start_group',
  'event_participant',
  'start_group_participant',
  'tag',
  'contact_preference',
  'conversation',
  'conversation_message',
] as const;
