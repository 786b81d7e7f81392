import { OrganisationEntity, type Organisation } from './organisation.ts';
import { PersonEntity, type Person } from './person.ts';
import { ContactPreferenceEntity, type ContactPreference } from './contact-preference.ts';
import { EventEntity, type Event } from './event.ts';
import { RaceEntity, type Race } from './race.ts';
import { StartGroupEntity, type StartGroup } from './start-group.ts';
import { EventParticipantEntity, type EventParticipant } from './event-participant.ts';
import { StartGroupParticipantEntity, type StartGroupParticipant } from './start-group-participant.ts';
import { TagEntity, type Tag } from './tag.ts';
import { ConversationEntity, type Conversation } from './conversation.ts';
import { ConversationMessageEntity, type ConversationMessage } from './conversation-message.ts';

/** The MikroORM entity of each type that can be synchronised. */
export const EMS_ENTITIES = {
  Organisation: OrganisationEntity,
  Person: PersonEntity,
  ContactPreference: ContactPreferenceEntity,
  Event: EventEntity,
  Race: RaceEntity,
  StartGroup: StartGroupEntity,
  EventParticipant: EventParticipantEntity,
  StartGroupParticipant: StartGroupParticipantEntity,
  Tag: TagEntity,
  Conversation: ConversationEntity,
} as const;

/** EMS rows by type name, as mappings read them: camel-case columns, times as `Temporal` values. */
export interface EmsRows {
  Organisation: Organisation;
  Person: Person;
  ContactPreference: ContactPreference;
  Event: Event;
  Race: Race;
  StartGroup: StartGroup;
  EventParticipant: EventParticipant;
  StartGroupParticipant: StartGroupParticipant;
  Tag: Tag;
  Conversation: Conversation;
}

/** The rows that a mapping may read beside its own: any entity, and the messages of a conversation. */
export interface SourceRowTypes extends EmsRows {
  ConversationMessage: ConversationMessage;
}

export const SOURCE_ENTITIES = { ...EMS_ENTITIES, ConversationMessage: ConversationMessageEntity } as const;

export { ConversationMessageEntity };
export type {
  Organisation,
  Person,
  ContactPreference,
  Event,
  Race,
  StartGroup,
  EventParticipant,
  StartGroupParticipant,
  Tag,
  Conversation,
  ConversationMessage,
};
