import { randomUUID } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { createApp } from '../kit/create-app.ts';
import { createSurroundings } from '../kit/surroundings.ts';
import { chatwootAnswers } from './answers.ts';
import { addAccountRoutes } from './account-routes.ts';
import { createBackground } from './background.ts';
import type { Chatwoot } from './chatwoot.ts';
import { addContactRoutes } from './contact-routes.ts';
import { chatwootControl } from './control.ts';
import { addConversationRoutes } from './conversation-routes.ts';
import { Throttled, speakLikeRails, vendorAnswer } from './http.ts';
import { chatwootKnobs } from './knobs.ts';
import { addMessageRoutes } from './message-routes.ts';
import { RateLimit } from './rate-limit.ts';
import { integrationUser } from './records.ts';
import { Refusal, notFound } from './refusal.ts';
import { defaultSettings } from './settings.ts';
import { Store } from './store.ts';
import { Webhooks } from './webhooks.ts';

export interface ChatwootOptions {
  /** An administrator's token. */
  readonly token: string;
  /** The only account. */
  readonly account: number;
  /** A path, or ":memory:". */
  readonly storage: string;
  /** ChatWoot's own RACK_ATTACK_LIMIT. */
  readonly requestsPerMinute: number;
  /** ChatWoot's own RATE_LIMIT_CONTACT_SEARCH. */
  readonly searchesPerMinute: number;
}

/**
 * ChatWoot: its application API under /api/v1/accounts/{id} and the test control under /control. The caller starts
 * listening.
 */
export function createChatwoot(options: ChatwootOptions): FastifyInstance {
  const surroundings = createSurroundings(chatwootKnobs);
  const { clock, random } = surroundings;
  const store = new Store(options.storage, () => clock.now());
  const chatwoot: Chatwoot = {
    ...surroundings,
    store,
    webhooks: new Webhooks(surroundings, () => store.webhooks.all()),
    account: { id: options.account, name: 'Example Sports Federation' },
    online: new Set(),
    sentToCustomers: [],
    limits: {
      all: new RateLimit(options.requestsPerMinute, () => clock.now()),
      search: new RateLimit(options.searchesPerMinute, () => clock.now()),
    },
    background: createBackground(random),
    settings: defaultSettings(),
  };

  return createApp({
    surroundings,
    vendorAnswer,
    answers: chatwootAnswers,
    server: { genReqId: () => randomUUID() },
    control: chatwootControl(chatwoot),
    apis: [
      {
        prefix: '/api/v1/accounts/:account',
        speak: speakLikeRails,
        addRoutes(scope) {
          scope.addHook('onRequest', async (request) => authenticate(chatwoot, request, options.token));
          addContactRoutes(scope, chatwoot);
          addConversationRoutes(scope, chatwoot, integrationUser);
          addMessageRoutes(scope, chatwoot, integrationUser);
          addAccountRoutes(scope, chatwoot);
        },
      },
    ],
    close() {
      chatwoot.background.clear();
      chatwoot.webhooks.clear();
      store.close();
    },
  });
}

/** @throws Refusal, or Throttled */
function authenticate({ limits, account }: Chatwoot, request: FastifyRequest, accepted: string): void {
  const path = request.url.split('?')[0] ?? '';
  if (!limits.all.allow()) throw new Throttled();
  if (path.includes('/contacts/search') && !limits.search.allow()) throw new Throttled();
  const token = request.headers['api_access_token'];
  if (token === undefined) {
    throw new Refusal(401, { errors: ['You need to sign in or sign up before continuing.'] });
  }
  if (token !== accepted) throw new Refusal(401, { error: 'Invalid Access Token' });
  if (!path.startsWith(`/api/v1/accounts/${account.id}/`)) throw notFound();
}
