import type { FastifyInstance, FastifyRequest } from 'fastify';
import { createApp } from '../kit/create-app.ts';
import { createSurroundings } from '../kit/surroundings.ts';
import { mauticAnswers } from './answers.ts';
import { type Credentials, authenticate, limitRate, refuseIfDisabled } from './authenticate.ts';
import { addBatchRoutes } from './batch-routes.ts';
import { addContactRoutes } from './contact-routes.ts';
import { mauticControl } from './control.ts';
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
 * Mautic: its API v1 under /api, tokens under /oauth/v2, and the test control under /control. The caller starts
 * listening, which may be in this process.
 */
export function createMautic({ storage, version, ...accepted }: MauticOptions): FastifyInstance {
  const surroundings = createSurroundings(mauticKnobs);
  const { clock } = surroundings;
  const store = new Store(storage, () => clock.now());
  const mautic: Mautic = {
    ...surroundings,
    store,
    limit: new RateLimit(() => clock.now()),
    totals: new Totals(() => clock.now()),
    settings: { ...defaultSettings(), version },
    webhooks: new Webhooks({
      ...surroundings,
      hooks: () => store.hooks.all(),
      saveHook: (hook) => void store.hooks.save(hook),
      settings: () => mautic.settings,
      origin: () => app.listeningOrigin,
    }),
  };

  const speak = (scope: FastifyInstance): void => {
    speakLikeMautic(scope, mautic);
    const webhooksOf = new WeakMap<FastifyRequest, () => Promise<void>>();
    scope.addHook('preHandler', (request, _reply, done) => {
      webhooksOf.set(request, mautic.webhooks.duringCall(done));
    });
    scope.addHook('onSend', async (request, _reply, payload) => {
      await webhooksOf.get(request)?.();
      return payload;
    });
  };
  const app = createApp({
    surroundings,
    answers: mauticAnswers,
    vendorAnswer,
    control: mauticControl(mautic, { version }),
    apis: [
      { prefix: '/oauth/v2', speak, addRoutes: (scope) => addTokenRoutes(scope, mautic, accepted) },
      {
        prefix: '/api',
        speak,
        addRoutes(scope) {
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
      },
    ],
    close() {
      mautic.webhooks.clear();
      store.close();
    },
  });
  return app;
}
