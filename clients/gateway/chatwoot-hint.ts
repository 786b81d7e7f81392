import { z } from 'zod';
import type { EntityKey, EntityType } from '../../sync/entity-type.ts';
import { emsKeyIn } from '../../targets/chatwoot/contact-identity.ts';

/** The remote record that an event is about. What changed is read from the target. */
export interface Hint {
  readonly type: EntityType;
  readonly remoteId: string;
  /** The EMS id stored in the record; null if it has none that could be ours. */
  readonly emsKey: EntityKey | null;
}

const id = z.int().positive();

const attributes = z.looseObject({ ems_conversation_id: z.unknown().optional() }).nullish().catch(null);

/** A visitor can claim any EMS id here. Nobody believes it: it only decides where to look first. */
const contact = z.looseObject({
  id,
  identifier: z.unknown().optional(),
  custom_attributes: z.looseObject({ ems_person_id: z.unknown().optional() }).nullish().catch(null),
});

/** If it is missing or malformed, the changes are unknown, so the record is examined. */
const changes = z.looseObject({
  changed_attributes: z.array(z.record(z.string(), z.unknown())).nullish().catch(null),
});

const conversation = z.looseObject({ id, custom_attributes: attributes });

const message = z.looseObject({ conversation });

/** The contact fields that we sync. Every incoming message also changes `last_activity_at`, which is not relevant. */
const OUR_FIELDS: ReadonlySet<string> = new Set(['name', 'email', 'phone_number', 'identifier', 'custom_attributes']);

/** The record that a ChatWoot webhook is about; null if it is not relevant to us. */
export function chatwootHint(payload: Readonly<Record<string, unknown>>): Hint | null {
  switch (payload['event']) {
    case 'contact_created':
      return contactHint(payload);
    case 'contact_updated':
      return concernsUs(payload) ? contactHint(payload) : null;
    case 'conversation_created':
    case 'conversation_updated':
    case 'conversation_status_changed':
      return conversationHint(conversation.safeParse(payload).data);
    case 'message_created':
    case 'message_updated':
      return conversationHint(message.safeParse(payload).data?.conversation);
    default:
      return null;
  }
}

function contactHint(payload: unknown): Hint | null {
  const { data } = contact.safeParse(payload);
  if (data === undefined) return null;
  return {
    type: 'Person',
    remoteId: String(data.id),
    emsKey: emsKeyIn(data.custom_attributes?.ems_person_id) ?? emsKeyIn(data.identifier),
  };
}

function conversationHint(data: z.infer<typeof conversation> | undefined): Hint | null {
  if (data === undefined) return null;
  return {
    type: 'Conversation',
    remoteId: String(data.id),
    emsKey: emsKeyIn(data.custom_attributes?.ems_conversation_id),
  };
}

function concernsUs(payload: unknown): boolean {
  const changed = changes.safeParse(payload).data?.changed_attributes;
  if (changed === null || changed === undefined) return true;
  return changed.some((change) => Object.keys(change).some((name) => OUR_FIELDS.has(name)));
}
