import { type FastifyInstance, type FastifyServerOptions, fastify } from 'fastify';
import { AnswerCheck, type VendorAnswers } from './answers.ts';
import { type SimulatorControl, addControlRoutes } from './control-routes.ts';
import type { commonKnobs } from './faults.ts';
import { type VendorAnswer, surroundApi } from './faulty-api.ts';
import type { Surroundings } from './surroundings.ts';

/** One part of a vendor's API. */
export interface Api {
  readonly prefix: string;
  /** Sets up body parsing and the format of refusals; registered before everything else. */
  speak(scope: FastifyInstance): void;
  /** Hooks and routes. */
  addRoutes(scope: FastifyInstance): void;
}

export interface AppOptions {
  readonly surroundings: Surroundings<typeof commonKnobs>;
  readonly server?: FastifyServerOptions;
  readonly apis: readonly Api[];
  readonly vendorAnswer: VendorAnswer;
  /** Lower-case names of the request headers that the journal keeps. */
  readonly journalHeaders?: readonly string[];
  /** What the vendor can answer. Any other answer becomes a 500, and `stop` throws. Default: not checked. */
  readonly answers?: VendorAnswers;
  readonly control: SimulatorControl;
  close(): void | Promise<void>;
}

/** A simulator: the vendor's API plus the test control under /control. The caller starts listening. */
export function createApp(options: AppOptions): FastifyInstance {
  const { surroundings, vendorAnswer, journalHeaders = ['content-type', 'user-agent'] } = options;
  const answers = options.answers && new AnswerCheck(options.answers);
  const app = fastify({ forceCloseConnections: true, bodyLimit: 32 * 1024 * 1024, ...options.server });
  app.addHook('onClose', async () => options.close());
  app.register(async (scope) => addControlRoutes(scope, surroundings, { answers, ...options.control }), {
    prefix: '/control',
  });
  for (const api of options.apis) {
    app.register(
      async (scope) => {
        api.speak(scope);
        surroundApi(scope, surroundings, { journalHeaders, vendorAnswer, answers });
        api.addRoutes(scope);
      },
      { prefix: api.prefix },
    );
  }
  return app;
}
