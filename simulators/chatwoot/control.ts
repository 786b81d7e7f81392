import type { FastifyInstance } from 'fastify';
import { addControlRoutes } from '../kit/control-routes.ts';
import { actThroughBackdoor, backdoorAction } from './backdoor.ts';
import type { Chatwoot } from './chatwoot.ts';
import { Refusal } from './refusal.ts';
import { messagesOf } from './shapes.ts';

const byId = <Row extends { readonly id: number }>(rows: readonly Row[]): Record<string, Row> =>
  Object.fromEntries(rows.map((row) => [String(row.id), row]));

/** ChatWoot's control endpoints: the common ones, the state, what happens there without EMS, and the webhooks sent. */
export function addChatwootControl(scope: FastifyInstance, chatwoot: Chatwoot): void {
  const { store, webhooks, online, sentToCustomers, limits, background } = chatwoot;

  addControlRoutes(scope, chatwoot, () => {
    background.clear();
    webhooks.clear();
    store.reset();
    online.clear();
    sentToCustomers.length = 0;
    limits.all.clear();
    limits.search.clear();
  });

  scope.get('/state', async () => ({
    contacts: byId(store.contacts.all()),
    conversations: byId(
      store.conversations.all().map((conversation) => ({
        ...conversation,
        messages: messagesOf(chatwoot, conversation),
      })),
    ),
    webhooks: byId(store.webhooks.all()),
    definitions: byId(store.definitions.all()),
    sentToCustomers,
  }));

  scope.post('/backdoor', async (request, reply) => {
    const action = backdoorAction.parse(request.body);
    try {
      return await actThroughBackdoor(chatwoot, action);
    } catch (error) {
      if (error instanceof Refusal) return reply.code(error.status).send(error.body);
      throw error;
    }
  });

  scope.get('/deliveries', async () => webhooks.read());
}
