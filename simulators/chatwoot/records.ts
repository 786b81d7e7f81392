/** What ChatWoot's database holds, under its own column names. Times are milliseconds since 1970, UTC. */

export type Attributes = Readonly<Record<string, unknown>>;

export interface ContactInbox {
  readonly inbox_id: number;
  /** The contact's address in that inbox; unique per inbox. */
  readonly source_id: string;
}

export interface Contact {
  readonly id: number;
  readonly name: string;
  readonly email: string | null;
  readonly phone_number: string | null;
  readonly identifier: string | null;
  readonly blocked: boolean;
  readonly additional_attributes: Attributes;
  readonly custom_attributes: Attributes;
  readonly location: string | null;
  readonly country_code: string | null;
  readonly labels: readonly string[];
  readonly contact_inboxes: readonly ContactInbox[];
  readonly last_activity_at: number | null;
  readonly created_at: number;
  readonly updated_at: number;
}

export const conversationStatuses = ['open', 'resolved', 'pending', 'snoozed'] as const;
export type ConversationStatus = (typeof conversationStatuses)[number];

export interface Conversation {
  /** The display id, the only one that the API shows. */
  readonly id: number;
  readonly uuid: string;
  readonly inbox_id: number;
  readonly contact_id: number;
  readonly source_id: string;
  readonly status: ConversationStatus;
  readonly assignee_id: number | null;
  readonly labels: readonly string[];
  readonly additional_attributes: Attributes;
  readonly custom_attributes: Attributes;
  readonly snoozed_until: string | null;
  readonly waiting_since: number | null;
  readonly first_reply_created_at: number | null;
  readonly last_activity_at: number;
  readonly created_at: number;
  readonly updated_at: number;
}

export const messageTypes = ['incoming', 'outgoing', 'activity', 'template'] as const;
export type MessageType = (typeof messageTypes)[number];

export interface Message {
  readonly id: number;
  readonly conversation_id: number;
  readonly inbox_id: number;
  readonly content: string | null;
  readonly message_type: MessageType;
  readonly content_type: string;
  readonly content_attributes: Attributes;
  readonly private: boolean;
  readonly source_id: string | null;
  /** Null for ChatWoot's own notes. */
  readonly sender: { readonly type: 'Contact' | 'User'; readonly id: number } | null;
  readonly created_at: number;
  readonly updated_at: number;
}

export interface Inbox {
  readonly id: number;
  readonly name: string;
  readonly channel_type: 'Channel::Api' | 'Channel::Email' | 'Channel::WebWidget';
}

export interface Webhook {
  readonly id: number;
  readonly url: string;
  readonly name: string | null;
  readonly subscriptions: readonly string[];
  readonly secret: string;
}

/** An attribute without a definition can be stored, but not filtered by. */
export interface AttributeDefinition {
  readonly id: number;
  readonly attribute_key: string;
  readonly attribute_display_name: string;
  readonly attribute_display_type: string;
  readonly attribute_model: 'conversation_attribute' | 'contact_attribute';
  readonly created_at: number;
}

export interface User {
  readonly id: number;
  readonly name: string;
  readonly email: string;
}

/** The token's owner. */
export const integrationUser: User = { id: 1, name: 'EMS Integration', email: 'integration@chatwoot.example' };
/** The human who acts through the back door. */
export const humanAgent: User = { id: 2, name: 'Robin Desk', email: 'robin.desk@chatwoot.example' };

export const users: readonly User[] = [integrationUser, humanAgent];

export const inboxes: readonly Inbox[] = [
  { id: 1, name: 'EMS history', channel_type: 'Channel::Api' },
  { id: 2, name: 'Front desk', channel_type: 'Channel::Email' },
  { id: 3, name: 'Website', channel_type: 'Channel::WebWidget' },
];
