import { createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import type { EntityKey } from '../../sync/entity-type.ts';
import { isEmsKey } from './read-contact.ts';

/**
 * One event, as far as it tells which contact it is about: the form of what else is in it differs by version, and what happened
 * is read from Mautic. A contact that was deleted has no id any more; the event has.
 */
const event = z.looseObject({ contact: z.unknown(), lead: z.unknown(), id: z.unknown() });

const withId = z.looseObject({ id: z.unknown(), fields: z.unknown() });

const EMS_ID = 'ems_person_id';

/** Which contact a webhook speaks of, and whose it may be. */
export interface MauticHint {
  readonly remoteId: string;
  /** The EMS id that it carries; null: none, or it is not told. */
  readonly emsKey: EntityKey | null;
}

const EVENTS = [
  'mautic.lead_post_save_new',
  'mautic.lead_post_save_update',
  'mautic.lead_post_delete',
  'mautic.lead_channel_subscription_changed',
] as const;

/** Mautic's contacts in a webhook's payload, each once. */
export function mauticHints(payload: Readonly<Record<string, unknown>>): readonly MauticHint[] {
  const hints = EVENTS.flatMap((name) => {
    const events = payload[name];
    return (Array.isArray(events) ? events : [events]).flatMap(hintOf);
  });
  return [...new Map(hints.map((hint) => [hint.remoteId, hint])).values()];
}

function hintOf(item: unknown): MauticHint[] {
  const { data } = event.safeParse(item);
  const { data: contact } = withId.safeParse(data?.contact ?? data?.lead);
  const remoteId = [contact?.id, data?.id].map(String).find((id) => /^[1-9]\d{0,17}$/.test(id));
  return remoteId === undefined ? [] : [{ remoteId, emsKey: emsKeyIn(contact?.fields) }];
}

/** Under `all`, or else in the group that somebody has put the field into, with its label and the like. */
function emsKeyIn(fields: unknown): EntityKey | null {
  for (const group of typeof fields === 'object' && fields !== null ? Object.values(fields) : []) {
    const value: unknown = typeof group === 'object' && group !== null ? group[EMS_ID] : undefined;
    const key = typeof value === 'object' && value !== null && 'value' in value ? value.value : value;
    if (isEmsKey(key)) return key;
  }
  return null;
}

/** `Webhook-Signature`: base64 of the HMAC-SHA-256 of the body as it was sent. There is no time in it: nothing tells a replay. */
export function isSignedByMautic(signature: string | undefined, body: Uint8Array, secrets: readonly string[]): boolean {
  const given = Buffer.from(signature ?? '', 'base64');
  return secrets.some((secret) => {
    const right = createHmac('sha256', secret).update(body).digest();
    return given.length === right.length && timingSafeEqual(given, right);
  });
}
