import { createHmac, timingSafeEqual } from 'node:crypto';

const EVENTS = [
  'mautic.lead_post_save_new',
  'mautic.lead_post_save_update',
  'mautic.lead_post_delete',
  'mautic.lead_channel_subscription_changed',
] as const;

/** The contact ids in a webhook's payload, without duplicates. */
export function mauticHints(payload: Readonly<Record<string, unknown>>): readonly string[] {
  const ids = EVENTS.flatMap((name) => {
    const events = payload[name];
    return (Array.isArray(events) ? events : [events]).flatMap(contactIn);
  });
  return [...new Set(ids)];
}

/**
 * Reads only which contact an event is about: the form of the rest differs by version, and what happened is read from
 * Mautic. A deleted contact has no id any more, but the event has.
 */
function contactIn(event: unknown): string[] {
  const ids = [idOf(valueOf(event, 'contact')), idOf(valueOf(event, 'lead')), idOf(event)];
  return ids.find((id) => id.length > 0) ?? [];
}

function idOf(value: unknown): string[] {
  const id = String(valueOf(value, 'id'));
  return /^[1-9]\d{0,17}$/.test(id) ? [id] : [];
}

const valueOf = (value: unknown, key: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;

/**
 * `Webhook-Signature`: base64 of the HMAC-SHA-256 of the raw body. It contains no time, so a replay cannot be detected.
 */
export function isSignedByMautic(signature: string | undefined, body: Uint8Array, secrets: readonly string[]): boolean {
  const given = Buffer.from(signature ?? '', 'base64');
  return secrets.some((secret) => {
    const right = createHmac('sha256', secret).update(body).digest();
    return given.length === right.length && timingSafeEqual(given, right);
  });
}
