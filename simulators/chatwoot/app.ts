import { randomUUID } from 'node:crypto';
import { type FastifyInstance, fastify } from 'fastify';
import { createClock } from '../kit/clock.ts';
import { Concurrency } from '../kit/concurrency.ts';
import { Faults } from '../kit/faults.ts';
import { surroundApi } from '../kit/faulty-api.ts';
import { Journal } from '../kit/journal.ts';
import { createRandom } from '../kit/random.ts';
import { addAccountRoutes } from './account-routes.ts';
import { createBackground } from './background.ts';
import type { Chatwoot } from './chatwoot.ts';
import { addContactRoutes } from './contact-routes.ts';
import { addChatwootControl } from './control.ts';
import { addConversationRoutes } from './conversation-routes.ts';
import { Throttled, speakLikeRails, vendorAnswer } from './http.ts';
import { chatwootKnobs } from './knobs.ts';
import { addMessageRoutes } from './message-routes.ts';
import { RateLimit } from './rate-limit.ts';
import { integrationUser } from './records.ts';
import { Refusal, notFound } from './refusal.ts';
import { Store } from './store.ts';
import { Webhooks } from './webhooks.ts';

export interface ChatwootOptions {
  /** An administrator's. */
  readonly token: string;
  /** The only account there is. */
  readonly account: number;
  /** A path, or ":memory:". */
  readonly storage: string;
  /** ChatWoot's own RACK_ATTACK_LIMIT. */
  readonly requestsPerMinute: number;
  /** ChatWoot's own RATE_LIMIT_CONTACT_SEARCH. */
  readonly searchesPerMinute: number;
}

/** ChatWoot: its application API under /api/v1/accounts/{id}, the test's side of it under /control. Not listening yet. */
export function createChatwoot(options: ChatwootOptions): FastifyInstance {
  const clock = createClock();
  const random = createRandom();
  const faults = new Faults(chatwootKnobs, clock, random);
  const store = new Store(options.storage, () => clock.now());
  const chatwoot: Chatwoot = {
    clock,
    random,
    faults,
    journal: new Journal(),
    concurrency: new Concurrency(),
    store,
    webhooks: new Webhooks({ clock, random, faults }, () => store.webhooks.all()),
    account: { id: options.account, name: 'Example Sports Federation' },
    online: new Set(),
    sentToCustomers: [],
    limits: {
      all: new RateLimit(options.requestsPerMinute, () => clock.now()),
      search: new RateLimit(options.searchesPerMinute, () => clock.now()),
    },
    background: createBackground(random),
  };

  const app = fastify({ forceCloseConnections: true, genReqId: () => randomUUID(), bodyLimit: 32 * 1024 * 1024 });
  app.addHook('onClose', async () => {
    chatwoot.background.clear();
    chatwoot.webhooks.clear();
    store.close();
  });

  app.register(async (scope) => addChatwootControl(scope, chatwoot), { prefix: '/control' });
  app.register(
    async (scope) => {
      speakLikeRails(scope);
      surroundApi(scope, chatwoot, { journalHeaders: ['content-type', 'user-agent'], vendorAnswer });
      scope.addHook('onRequest', async (request) => {
        const path = request.url.split('?')[0] ?? '';
        if (!chatwoot.limits.all.allow()) throw new Throttled();
        if (path.includes('/contacts/search') && !chatwoot.limits.search.allow()) throw new Throttled();
        const token = request.headers['api_access_token'];
        if (token === undefined) {
          throw new Refusal(401, { errors: ['You need to sign in or sign up before continuing.'] });
        }
        if (token !== options.token) throw new Refusal(401, { error: 'Invalid Access Token' });
        if (!path.startsWith(`/api/v1/accounts/${options.account}/`)) throw notFound();
      });
      addContactRoutes(scope, chatwoot);
      addConversationRoutes(scope, chatwoot, integrationUser);
      addMessageRoutes(scope, chatwoot, integrationUser);
      addAccountRoutes(scope, chatwoot);
    },
    { prefix: '/api/v1/accounts/:account' },
  );
  return app;
}
