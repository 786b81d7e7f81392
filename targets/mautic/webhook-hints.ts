import { createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { contact } from './answers.ts';

/** Of which contacts a webhook speaks, by Mautic's events; each comes in a list. What happened is read from Mautic. */
const event = z.looseObject({
  contact: contact.optional().catch(undefined),
  lead: contact.optional().catch(undefined),
  id: z.unknown(),
});

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
    return (Array.isArray(events) ? events : []).flatMap((item) => {
      const { data } = event.safeParse(item);
      const id = data?.contact?.id ?? data?.lead?.id ?? data?.id;
      return /^\d{1,18}$/.test(String(id)) ? [String(id)] : [];
    });
  });
  return [...new Set(ids)];
}

/** `Webhook-Signature`: base64 of the HMAC-SHA-256 of the body as it was sent. There is no time in it: nothing tells a replay. */
export function isSignedByMautic(signature: string | undefined, body: Uint8Array, secrets: readonly string[]): boolean {
  const given = Buffer.from(signature ?? '', 'base64');
  return secrets.some((secret) => {
    const right = createHmac('sha256', secret).update(body).digest();
    return given.length === right.length && timingSafeEqual(given, right);
  });
}
