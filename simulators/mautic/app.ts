import { type FastifyInstance, fastify } from 'fastify';
import { createClock } from '../kit/clock.ts';
import { Concurrency } from '../kit/concurrency.ts';
import { Faults } from '../kit/faults.ts';
import { surroundApi } from '../kit/faulty-api.ts';
import { Journal } from '../kit/journal.ts';
import { createRandom } from '../kit/random.ts';
import { type Credentials, authenticate, limitRate, refuseIfDisabled } from './authenticate.ts';
import { addBatchRoutes } from './batch-routes.ts';
import { addContactRoutes } from './contact-routes.ts';
import { addMauticControl } from './control.ts';
import { addDncRoutes } from './dnc-routes.ts';
import { addFieldRoutes } from './field-routes.ts';
import { addHookRoutes } from './hook-routes.ts';
import { speakLikeMautic, vendorAnswer } from './http.ts';
import { mauticKnobs } from './knobs.ts';
import type { Mautic } from './mautic.ts';
import { RateLimit } from './rate-limit.ts';
import { addSegmentRoutes } from './segment-routes.ts';
import { defaultSettings } from './settings.ts';
import { Store } from './store.ts';
import { addTokenRoutes } from './token-routes.ts';
import { Totals } from './totals.ts';
import { Webhooks } from './webhooks.ts';

export interface MauticOptions extends Credentials {
  /** A path, or ":memory:". */
  readonly storage: string;
  readonly version: '4' | '5';
}

/**
 * Mautic: its API v1 under /api, tokens under /oauth/v2, the test's side of it under /control. Not listening yet: call
 * `listen` to have it in this very process.
 */
export function createMautic({ storage, version, ...accepted }: MauticOptions): FastifyInstance {
  const clock = createClock();
  const random = createRandom();
  const faults = new Faults(mauticKnobs, clock, random);
  const store = new Store(storage, () => clock.now());
  const app = fastify({ forceCloseConnections: true, bodyLimit: 32 * 1024 * 1024 });
  const mautic: Mautic = {
    clock,
    random,
    faults,
    journal: new Journal(),
    concurrency: new Concurrency(),
    store,
    limit: new RateLimit(() => clock.now()),
    totals: new Totals(() => clock.now()),
    settings: { ...defaultSettings(), version },
    webhooks: new Webhooks({
      clock,
      random,
      faults,
      hooks: () => store.hooks.all(),
      saveHook: (hook) => void store.hooks.save(hook),
      settings: () => mautic.settings,
      origin: () => app.listeningOrigin,
    }),
  };

  app.addHook('onClose', async () => {
    mautic.webhooks.clear();
    store.close();
  });

  app.register(async (scope) => addMauticControl(scope, mautic, { version }), { prefix: '/control' });
  const journalHeaders = ['content-type', 'user-agent'];
  app.register(
    async (scope) => {
      speakLikeMautic(scope, mautic);
      surroundApi(scope, mautic, { journalHeaders, vendorAnswer });
      addTokenRoutes(scope, mautic, accepted);
    },
    { prefix: '/oauth/v2' },
  );
  app.register(
    async (scope) => {
      speakLikeMautic(scope, mautic);
      surroundApi(scope, mautic, { journalHeaders, vendorAnswer });
      scope.addHook('onRequest', async (request, reply) => {
        refuseIfDisabled(mautic, request);
        limitRate(mautic, request, reply);
        return authenticate(mautic, request, reply, accepted);
      });
      addContactRoutes(scope, mautic);
      addBatchRoutes(scope, mautic);
      addDncRoutes(scope, mautic);
      addSegmentRoutes(scope, mautic);
      addFieldRoutes(scope, mautic);
      addHookRoutes(scope, mautic);
    },
    { prefix: '/api' },
  );
  return app;
}
