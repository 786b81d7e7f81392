import { createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';

/**
 * One event, as far as it tells which contact it is about: the form of what else is in it differs by version, and what happened
 * is read from Mautic. A contact that was deleted has no id any more; the event has.
 */
const event = z.looseObject({ contact: z.unknown(), lead: z.unknown(), id: z.unknown() });

const withId = z.looseObject({ id: z.unknown() });

const EVENTS = [
  'mautic.lead_post_save_new',
  'mautic.lead_post_save_update',
  'mautic.lead_post_delete',
  'mautic.lead_channel_subscription_changed',
] as const;

/** Mautic's contact ids in a webhook's payload, each once. */
export function mauticHints(payload: Readonly<Record<string, unknown>>): readonly string[] {
  const ids = EVENTS.flatMap((name) => {
    const events = payload[name];
    return (Array.isArray(events) ? events : [events]).flatMap(contactIn);
  });
  return [...new Set(ids)];
}

function contactIn(item: unknown): string[] {
  const { data } = event.safeParse(item);
  const about = withId.safeParse(data?.contact ?? data?.lead).data;
  const id = [about?.id, data?.id].map(String).find((one) => /^[1-9]\d{0,17}$/.test(one));
  return id === undefined ? [] : [id];
}

/** `Webhook-Signature`: base64 of the HMAC-SHA-256 of the body as it was sent. There is no time in it: nothing tells a replay. */
export function isSignedByMautic(signature: string | undefined, body: Uint8Array, secrets: readonly string[]): boolean {
  const given = Buffer.from(signature ?? '', 'base64');
  return secrets.some((secret) => {
    const right = createHmac('sha256', secret).update(body).digest();
    return given.length === right.length && timingSafeEqual(given, right);
  });
}
