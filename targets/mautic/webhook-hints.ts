import { createHmac, timingSafeEqual } from 'node:crypto';

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

/**
 * An event is read as far as it tells which contact it is about: the form of what else is in it differs by version, and what
 * happened is read from Mautic. A contact that was deleted has no id any more; the event has.
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

/** `Webhook-Signature`: base64 of the HMAC-SHA-256 of the body as it was sent. There is no time in it: nothing tells a replay. */
export function isSignedByMautic(signature: string | undefined, body: Uint8Array, secrets: readonly string[]): boolean {
  const given = Buffer.from(signature ?? '', 'base64');
  return secrets.some((secret) => {
    const right = createHmac('sha256', secret).update(body).digest();
    return given.length === right.length && timingSafeEqual(given, right);
  });
}
