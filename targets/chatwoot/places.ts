/** A custom attribute with the label that agents see. ChatWoot shows it only if it is defined. */
export interface CustomAttribute {
  readonly in: 'custom_attributes';
  readonly key: string;
  readonly label: string;
}

/** Where a contact stores a field. */
export type ContactPlace =
  { readonly in: 'contact'; readonly attribute: 'name' | 'email' | 'phone_number' } | CustomAttribute;

/** Where a conversation stores a field; its own properties are only read. */
export type ConversationPlace =
  | CustomAttribute
  | { readonly in: 'messages' }
  | { readonly in: 'conversation'; readonly attribute: 'status' | 'channel' | 'created_at' | 'last_activity_at' }
  /** The first line of the first message. */
  | { readonly in: 'first_message' };

export const isCustomAttribute = (place: ContactPlace | ConversationPlace): place is CustomAttribute =>
  place.in === 'custom_attributes';
