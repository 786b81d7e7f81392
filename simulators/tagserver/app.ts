import { randomUUID } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { createApp } from '../kit/create-app.ts';
import { createSurroundings } from '../kit/surroundings.ts';
import { tagServerAnswers } from './answers.ts';
import { addBatchRoutes } from './batch-routes.ts';
import { addChangeRoutes } from './change-routes.ts';
import { CommitGate } from './commit-gate.ts';
import { contractVersion } from './contract.ts';
import { tagServerControl } from './control.ts';
import { writeCursor } from './cursor.ts';
import { READ_LIMIT_BYTES, sendJson, speakJson, vendorAnswer } from './http.ts';
import { tagServerKnobs } from './knobs.ts';
import { Nudges } from './nudges.ts';
import { Problem } from './problem.ts';
import { addResourceRoutes } from './resource-routes.ts';
import { Store } from './store.ts';
import type { TagServer } from './tagserver.ts';

export interface TagServerOptions {
  readonly token: string;
  /** The token's client. */
  readonly clientId: string;
  /** A path, or ":memory:". */
  readonly storage: string;
}

const JOURNAL_HEADERS = [
  'x-source-version',
  'if-match',
  'if-none-match',
  'idempotency-key',
  'content-type',
  'x-request-id',
  'user-agent',
];

/** TagServer: the contract's API under /v1 and the test control under /control. The caller starts listening. */
export function createTagServer({ token, clientId, storage }: TagServerOptions): FastifyInstance {
  const surroundings = createSurroundings(tagServerKnobs);
  const { clock } = surroundings;
  const store = new Store(storage);
  const nudges = new Nudges(surroundings, () => writeCursor('changes', store.latest));
  const server: TagServer = { ...surroundings, store, gate: new CommitGate(), nudges, clientId };
  store.onCommit(() => nudges.announce());

  return createApp({
    surroundings,
    vendorAnswer,
    answers: tagServerAnswers,
    journalHeaders: JOURNAL_HEADERS,
    server: {
      bodyLimit: READ_LIMIT_BYTES,
      requestIdHeader: 'x-request-id',
      genReqId: () => randomUUID(),
      // An external id has up to 128 characters, each of which may be percent-encoded.
      routerOptions: { maxParamLength: 512 },
    },
    control: tagServerControl(server),
    apis: [
      {
        prefix: '/v1',
        speak: speakJson,
        addRoutes(scope) {
          scope.addHook('onRequest', async (request) => {
            if (request.routeOptions.url === '/v1/healthz' || request.headers.authorization === `Bearer ${token}`)
              return;
            throw new Problem('unauthorised', 'The bearer token is missing or unknown.');
          });
          scope.get('/healthz', async (_request, reply) =>
            sendJson(reply, 200, { status: 'ok', version: contractVersion, time: clock.instant() }),
          );
          addChangeRoutes(scope, server);
          addBatchRoutes(scope, server);
          addResourceRoutes(scope, server);
        },
      },
    ],
    close() {
      nudges.clear();
      store.close();
    },
  });
}
