import { randomBytes } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { bodyAs, did, paramOf } from './http.ts';
import { keyOf } from './identity.ts';
import type { Mailchimp } from './mailchimp.ts';
import { invalidFields, notFound } from './problem.ts';
import type { Hook, Source, WebhookEvent } from './records.ts';

const flag = z.boolean().optional();
const hookBody = z.object({
  url: z.string(),
  events: z
    .object({ subscribe: flag, unsubscribe: flag, profile: flag, cleaned: flag, upemail: flag, campaign: flag })
    .optional(),
  sources: z.object({ user: flag, admin: flag, api: flag }).optional(),
});

const ANSWER_TIMEOUT_MS = 10_000;

const NO_EVENTS: Readonly<Record<WebhookEvent, boolean>> = {
  subscribe: false,
  unsubscribe: false,
  profile: false,
  cleaned: false,
  upemail: false,
  campaign: false,
};
const NO_SOURCES: Readonly<Record<Source, boolean>> = { user: false, admin: false, api: false };

/** Webhooks of the list. */
export function addHookRoutes(scope: FastifyInstance, mailchimp: Mailchimp): void {
  const { store, list } = mailchimp;

  const shape = ({ key, url, events, sources }: Hook) => ({
    id: key,
    url,
    events,
    sources,
    list_id: list.id,
    _links: [{ rel: 'self', href: `/3.0/lists/${list.id}/webhooks/${key}`, method: 'GET' }],
  });
  const find = (key: string): Hook => {
    const [hook] = store.hooks.by('key', key);
    if (hook === undefined) throw notFound();
    return hook;
  };

  scope.get('/webhooks', async () => {
    const hooks = store.hooks.all();
    return { webhooks: hooks.map(shape), list_id: list.id, total_items: hooks.length };
  });

  scope.get('/webhooks/:id', async (request) => shape(find(paramOf(request, 'id'))));

  scope.post('/webhooks', async (request) => {
    const sent = bodyAs(request, hookBody);
    refuseTaken(mailchimp, sent.url);
    await refuseSilent(sent.url);
    const id = store.hooks.nextId();
    const hook = store.hooks.save({
      id,
      key: keyOf('webhook', id),
      url: sent.url,
      events: { ...NO_EVENTS, ...defined(sent.events) },
      sources: { ...NO_SOURCES, ...defined(sent.sources) },
      secret: mailchimp.settings.signWebhooks ? randomBytes(16).toString('hex') : null,
    });
    did(request, 'created');
    // The only answer that contains the secret.
    return { ...shape(hook), ...(hook.secret === null ? {} : { secret: hook.secret }) };
  });

  scope.patch('/webhooks/:id', async (request) => {
    const before = find(paramOf(request, 'id'));
    const sent = bodyAs(request, hookBody.partial());
    if (sent.url !== undefined && sent.url !== before.url) {
      refuseTaken(mailchimp, sent.url);
      await refuseSilent(sent.url);
    }
    const hook = store.hooks.save({
      ...before,
      url: sent.url ?? before.url,
      events: { ...before.events, ...defined(sent.events) },
      sources: { ...before.sources, ...defined(sent.sources) },
    });
    did(request, 'updated');
    return shape(hook);
  });

  scope.delete('/webhooks/:id', async (request, reply) => {
    store.hooks.remove(find(paramOf(request, 'id')).id);
    did(request, 'deleted');
    return reply.code(204).send();
  });
}

const defined = (flags: Readonly<Record<string, boolean | undefined>> = {}): Readonly<Record<string, boolean>> =>
  Object.fromEntries(Object.entries(flags).flatMap(([name, on]) => (on === undefined ? [] : [[name, on]])));

function refuseTaken({ store }: Mailchimp, url: string): void {
  if (store.hooks.by('url', url).length === 0) return;
  throw invalidFields([{ field: 'url', message: "Sorry, you can't set up multiple WebHooks for one URL" }]);
}

/** Refuses a URL that does not answer a GET right now. Throws Problem 400. */
async function refuseSilent(url: string): Promise<void> {
  const answered = await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS) }).then(
    async (response) => {
      await response.body?.cancel();
      return response.ok;
    },
    () => false,
  );
  if (!answered) throw invalidFields([{ field: 'url', message: 'The URL could not be validated: it does not answer' }]);
}
