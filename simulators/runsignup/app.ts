import type { FastifyInstance } from 'fastify';
import { createApp } from '../kit/create-app.ts';
import { createSurroundings } from '../kit/surroundings.ts';
import { runSignupAnswers } from './answers.ts';
import { defaultAssumptions } from './assumptions.ts';
import { type Credentials, authenticate } from './authenticate.ts';
import { runSignupControl } from './control.ts';
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

/** The vendor uses both spellings. */
const PREFIXES = ['/rest', '/Rest'];

/** RunSignup: the vendor's API under /rest and the test control under /control. The caller starts listening. */
export function createRunSignup({ storage, ...accepted }: RunSignupOptions): FastifyInstance {
  const surroundings = createSurroundings(runSignupKnobs, new RedactingJournal());
  const store = new Store(storage, () => surroundings.clock.now());
  const server: RunSignup = { ...surroundings, store, assumptions: defaultAssumptions() };

  return createApp({
    surroundings,
    vendorAnswer,
    answers: runSignupAnswers,
    server: { bodyLimit: BODY_LIMIT_BYTES },
    control: runSignupControl(server),
    apis: PREFIXES.map((prefix) => ({
      prefix,
      speak: (scope) => speakForms(scope, server),
      addRoutes(scope) {
        scope.addHook('onRequest', async (request) => authenticate(server, request, accepted));
        scope.addHook('preHandler', async (request) => refuseIfAsked(server, request));
        addRaceReads(scope, server);
        addRaceWrites(scope, server);
        addParticipantReads(scope, server);
        addParticipantWrites(scope, server);
        addCorralRoutes(scope, server);
      },
    })),
    close: () => store.close(),
  });
}

/** @throws RunSignupError if a knob asks for an error in the vendor's dialect. */
function refuseIfAsked({ faults }: RunSignup, request: Parameters<typeof targetOf>[0]): void {
  const target = targetOf(request);
  const refuse = faults.take('throttle', target) === undefined ? faults.take('refuse', target) : { code: 14 };
  if (refuse === undefined) return;
  request.journalEntry.fault = refuse.code === 14 ? 'throttle' : 'refuse';
  throw new RunSignupError(refuse.code, 'message' in refuse ? refuse.message : undefined);
}
