import { z } from 'zod';

const created = z.looseObject({ payload: z.looseObject({ webhook: z.looseObject({ secret: z.string() }) }) });

/** The events that the gateway turns into hints. */
const SUBSCRIPTIONS = [
  'contact_created',
  'contact_updated',
  'conversation_created',
  'conversation_updated',
  'conversation_status_changed',
  'message_created',
  'message_updated',
];

/**
 * Registers the gateway's webhook at ChatWoot, as an administrator does in its settings.
 *
 * @returns the secret that ChatWoot signs with.
 */
export async function registerWebhook(
  { url, account, token }: { readonly url: string; readonly account: number; readonly token: string },
  gateway: string,
): Promise<string> {
  const response = await fetch(`${url}/api/v1/accounts/${account}/webhooks`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', api_access_token: token },
    body: JSON.stringify({ webhook: { url: `${gateway}/hooks/chatwoot`, subscriptions: SUBSCRIPTIONS } }),
  });
  return created.parse(await response.json()).payload.webhook.secret;
}
