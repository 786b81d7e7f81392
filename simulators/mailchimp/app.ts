import type { FastifyInstance } from 'fastify';
import { createApp } from '../kit/create-app.ts';
import { createSurroundings } from '../kit/surroundings.ts';
import { mailchimpAnswers } from './answers.ts';
import { addAccountRoutes } from './account-routes.ts';
import { authenticate, limitConnections, refuseVolume } from './authenticate.ts';
import { addBatchResults, addBatchRoutes } from './batch-routes.ts';
import { Batches } from './batches.ts';
import { mailchimpControl } from './control.ts';
import { addFieldRoutes } from './field-routes.ts';
import { addHookRoutes } from './hook-routes.ts';
import { paramOf, speakLikeMailchimp, vendorAnswer } from './http.ts';
import { addInterestRoutes } from './interest-routes.ts';
import { mailchimpKnobs } from './knobs.ts';
import { addListRoutes } from './list-routes.ts';
import type { Mailchimp } from './mailchimp.ts';
import { addMemberRoutes } from './member-routes.ts';
import { notFound } from './problem.ts';
import { createOperations } from './run-operation.ts';
import { type SettingsInput, settingsSchema } from './settings.ts';
import { type SetupInput, setupSchema } from './setup.ts';
import { Store } from './store.ts';
import { addTagRoutes } from './tag-routes.ts';
import { Webhooks } from './webhooks.ts';

export interface MailchimpOptions {
  /** The data centre after the dash is ignored. */
  readonly key: string;
  /** The only list. */
  readonly list: string;
  /** A path, or ":memory:". */
  readonly storage: string;
  /** The list's initial setup. */
  readonly setup?: SetupInput;
  /** The settings at the start and after a reset. */
  readonly settings?: SettingsInput;
}

/** A member may be addressed by e-mail instead of an id. */
const LIMITS = { bodyLimit: 32 * 1024 * 1024, routerOptions: { maxParamLength: 300 } };

/**
 * Mailchimp: its Marketing API under /3.0 and the test control under /control. The caller starts listening, which may
 * be in this process. Throws ZodError for an unknown setup or setting.
 */
export function createMailchimp(options: MailchimpOptions): FastifyInstance {
  const surroundings = createSurroundings(mailchimpKnobs);
  const { clock, random } = surroundings;
  const setup = setupSchema.parse(options.setup ?? {});
  const initial = settingsSchema.parse(options.settings ?? {});
  const store = new Store(options.storage, () => clock.now(), setup);
  const origin = (): string => app.listeningOrigin;
  const operations = createOperations(LIMITS, (scope) => addRoutes(scope, mailchimp, origin));
  const settings = (): Mailchimp['settings'] => mailchimp.settings;
  const mailchimp: Mailchimp = {
    ...surroundings,
    store,
    settings: initial,
    list: { id: options.list, name: setup.name },
    effects: { confirmationsSent: [], automationsStarted: [] },
    webhooks: new Webhooks({ ...surroundings, settings, hooks: () => store.hooks.all() }),
    batches: new Batches({ clock, random, store, settings, run: (operation) => operations.run(operation) }),
  };

  const app = createApp({
    surroundings,
    vendorAnswer,
    answers: mailchimpAnswers,
    server: LIMITS,
    control: mailchimpControl(mailchimp, initial),
    apis: [
      {
        prefix: '/3.0',
        speak: speakLikeMailchimp,
        addRoutes(scope) {
          scope.addHook('onRequest', async (request) => {
            limitConnections(mailchimp, request);
            authenticate(request, options.key);
          });
          scope.addHook('preHandler', async (request, reply) => refuseVolume(mailchimp, request, reply));
          addRoutes(scope, mailchimp, origin);
        },
      },
    ],
    async close() {
      mailchimp.webhooks.clear();
      mailchimp.batches.clear();
      await operations.close();
      store.close();
    },
  });
  app.register(async (scope) => addBatchResults(scope, mailchimp));
  return app;
}

function addRoutes(scope: FastifyInstance, mailchimp: Mailchimp, origin: () => string): void {
  addAccountRoutes(scope, mailchimp);
  addBatchRoutes(scope, mailchimp, origin);
  scope.register(
    async (inList) => {
      inList.addHook('preHandler', async (request) => {
        if (paramOf(request, 'list') !== mailchimp.list.id) throw notFound();
      });
      addListRoutes(inList, mailchimp);
      addMemberRoutes(inList, mailchimp);
      addTagRoutes(inList, mailchimp);
      addFieldRoutes(inList, mailchimp);
      addInterestRoutes(inList, mailchimp);
      addHookRoutes(inList, mailchimp);
    },
    { prefix: '/lists/:list' },
  );
}
