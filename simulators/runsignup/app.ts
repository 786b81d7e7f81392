import { type FastifyInstance, fastify } from 'fastify';
import { createClock } from '../kit/clock.ts';
import { Concurrency } from '../kit/concurrency.ts';
import { Faults } from '../kit/faults.ts';
import { surroundApi } from '../kit/faulty-api.ts';
import { createRandom } from '../kit/random.ts';
import { defaultAssumptions } from './assumptions.ts';
import { type Credentials, authenticate } from './authenticate.ts';
import { addRunSignupControl } from './control.ts';
import { addCorralRoutes } from './corral-routes.ts';
import { RunSignupError } from './error-codes.ts';
import { BODY_LIMIT_BYTES, speakForms, vendorAnswer } from './http.ts';
import { runSignupKnobs } from './knobs.ts';
import { addParticipantReads } from './participant-reads.ts';
import { addParticipantWrites } from './participant-writes.ts';
import { addRaceReads } from './race-reads.ts';
import { addRaceWrites } from './race-writes.ts';
import { RedactingJournal } from './redacting-journal.ts';
import { type RunSignup, targetOf } from './runsignup.ts';
import { Store } from './store.ts';

export interface RunSignupOptions extends Credentials {
  /** A path, or ":memory:". */
  readonly storage: string;
}

/** The vendor writes both. */
const PREFIXES = ['/rest', '/Rest'];

/** RunSignup: the vendor's API under /rest, the test's side of it under /control. Not listening yet. */
export function createRunSignup({ storage, ...accepted }: RunSignupOptions): FastifyInstance {
  const clock = createClock();
  const random = createRandom();
  const store = new Store(storage, () => clock.now());
  const server: RunSignup = {
    clock,
    random,
    faults: new Faults(runSignupKnobs, clock, random),
    journal: new RedactingJournal(),
    concurrency: new Concurrency(),
    store,
    assumptions: defaultAssumptions(),
  };

  const app = fastify({ forceCloseConnections: true, bodyLimit: BODY_LIMIT_BYTES });
  app.addHook('onClose', async () => store.close());

  app.register(async (scope) => addRunSignupControl(scope, server), { prefix: '/control' });
  for (const prefix of PREFIXES) {
    app.register(
      async (scope) => {
        speakForms(scope, server);
        surroundApi(scope, server, { journalHeaders: ['content-type', 'user-agent'], vendorAnswer });
        scope.addHook('onRequest', async (request) => authenticate(server, request, accepted));
        scope.addHook('preHandler', async (request) => refuseIfAsked(server, request));
        addRaceReads(scope, server);
        addRaceWrites(scope, server);
        addParticipantReads(scope, server);
        addParticipantWrites(scope, server);
        addCorralRoutes(scope, server);
      },
      { prefix },
    );
  }
  return app;
}

/** @throws RunSignupError if a knob asks for an error in the vendor's dialect. */
function refuseIfAsked({ faults }: RunSignup, request: Parameters<typeof targetOf>[0]): void {
  const target = targetOf(request);
  const refuse = faults.take('throttle', target) === undefined ? faults.take('refuse', target) : { code: 14 };
  if (refuse === undefined) return;
  request.journalEntry.fault = refuse.code === 14 ? 'throttle' : 'refuse';
  throw new RunSignupError(refuse.code, 'message' in refuse ? refuse.message : undefined);
}
