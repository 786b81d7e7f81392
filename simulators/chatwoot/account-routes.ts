import { randomBytes } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Chatwoot } from './chatwoot.ts';
import { bodyAs, did, idOf, queryOf, sendNothing } from './http.ts';
import { type AttributeDefinition, type Inbox, type Webhook, inboxes } from './records.ts';
import { notFound, recordInvalid } from './refusal.ts';
import { iso } from './shapes.ts';
import { webhookEvents } from './webhooks.ts';

const webhookValues = z.object({
  url: z.string().optional(),
  name: z.string().nullish(),
  subscriptions: z.array(z.string()).optional(),
});

/** Rails wraps the parameters itself when the client sends them unwrapped. */
const webhookBody = z.union([
  z.object({ webhook: webhookValues }),
  webhookValues.transform((webhook) => ({ webhook })),
]);

const displayTypes = ['text', 'number', 'currency', 'percent', 'link', 'date', 'list', 'checkbox'] as const;
const models = ['conversation_attribute', 'contact_attribute'] as const;

/** Rails accepts an enum value by its word or by its number. */
const enumOrNumber = <Word extends string>(words: readonly [Word, ...Word[]]) =>
  z.union([z.enum(words), z.int().transform((at) => words[at] ?? words[0])]).default(words[0]);

const definitionBody = z.object({
  attribute_key: z.string(),
  attribute_display_name: z.string().default(''),
  attribute_display_type: enumOrNumber(displayTypes),
  attribute_model: enumOrNumber(models),
});

const DEFAULT_SUBSCRIPTIONS = webhookEvents.filter((event) => !event.startsWith('conversation_typing'));
const isKnown = new Set<string>(webhookEvents);

const definitionShape = (definition: AttributeDefinition) => ({
  ...definition,
  attribute_description: null,
  attribute_values: [],
  default_value: null,
  created_at: iso(definition.created_at),
  updated_at: iso(definition.created_at),
});

/** Account-wide resources: inboxes, webhooks and custom attribute definitions. */
export function addAccountRoutes(scope: FastifyInstance, chatwoot: Chatwoot): void {
  const { store, account, faults, clock } = chatwoot;
  /** Channels that visitors identify themselves at know `hmac_mandatory`; others answer null. */
  const inboxShape = (inbox: Inbox) => ({
    ...inbox,
    channel_id: inbox.id,
    avatar_url: '',
    provider: null,
    hmac_mandatory: inbox.channel_type === 'Channel::Email' ? null : chatwoot.settings.hmacMandatory.includes(inbox.id),
  });
  scope.get('/inboxes', async () => ({ payload: inboxes.map(inboxShape) }));
  scope.get('/inboxes/:id', async (request) => {
    const inbox = inboxes.find(({ id }) => id === idOf(request));
    if (inbox === undefined) throw notFound();
    return inboxShape(inbox);
  });

  const webhookShape = (request: FastifyRequest, { secret, ...webhook }: Webhook) => {
    const older = faults.take('olderServer', { method: request.method, path: request.url }) !== undefined;
    return { ...webhook, account_id: account.id, ...(older ? {} : { secret }) };
  };

  const saveWebhook = (webhook: Webhook): Webhook => {
    const problems = [];
    if (store.webhooks.by('url', webhook.url).some(({ id }) => id !== webhook.id)) {
      problems.push({ attribute: 'url', message: 'Url has already been taken' });
    }
    if (!/^https?:\/\/\S+$/.test(webhook.url)) problems.push({ attribute: 'url', message: 'Url is invalid' });
    if (webhook.subscriptions.length === 0 || webhook.subscriptions.some((event) => !isKnown.has(event))) {
      problems.push({ attribute: 'subscriptions', message: 'Subscriptions Invalid events' });
    }
    if (problems.length > 0) throw recordInvalid(problems);
    return store.webhooks.save(webhook);
  };

  const webhookOf = (request: FastifyRequest): Webhook => {
    const webhook = store.webhooks.find(idOf(request));
    if (webhook === undefined) throw notFound();
    return webhook;
  };

  scope.get('/webhooks', async (request) => ({
    payload: { webhooks: store.webhooks.all().map((webhook) => webhookShape(request, webhook)) },
  }));

  scope.post('/webhooks', async (request) => {
    const { url = '', name = null, subscriptions = DEFAULT_SUBSCRIPTIONS } = bodyAs(request, webhookBody).webhook;
    const secret = randomBytes(24).toString('base64url');
    const webhook = saveWebhook({ id: store.webhooks.nextId(), url, name, subscriptions, secret });
    did(request, 'created');
    return { payload: { webhook: webhookShape(request, webhook) } };
  });

  scope.route({
    method: ['PUT', 'PATCH'],
    url: '/webhooks/:id',
    handler: async (request) => {
      const before = webhookOf(request);
      const { url = before.url, name, subscriptions = before.subscriptions } = bodyAs(request, webhookBody).webhook;
      const webhook = saveWebhook({ ...before, url, name: name === undefined ? before.name : name, subscriptions });
      did(request, 'updated');
      return { payload: { webhook: webhookShape(request, webhook) } };
    },
  });

  scope.delete('/webhooks/:id', async (request, reply) => {
    store.webhooks.remove(webhookOf(request).id);
    did(request, 'deleted');
    return sendNothing(reply);
  });

  scope.get('/custom_attribute_definitions', async (request) => {
    const { attribute_model: model } = queryOf(request);
    const wanted = models[Number(model)] ?? model;
    const all = store.definitions.all().filter((one) => model === undefined || one.attribute_model === wanted);
    return all.map(definitionShape);
  });

  scope.post('/custom_attribute_definitions', async (request) => {
    const body = bodyAs(request, definitionBody);
    const twin = (one: AttributeDefinition): boolean =>
      one.attribute_key === body.attribute_key && one.attribute_model === body.attribute_model;
    if (store.definitions.all().some(twin)) {
      throw recordInvalid([{ attribute: 'attribute_key', message: 'Attribute key has already been taken' }]);
    }
    const id = store.definitions.nextId();
    did(request, 'created');
    return definitionShape(store.definitions.save({ ...body, id, created_at: clock.now() }));
  });
}
