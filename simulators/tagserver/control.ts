import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { addControlRoutes } from '../kit/control-routes.ts';
import { checkContent } from './check-content.ts';
import { Problem } from './problem.ts';
import { subscription } from './nudges.ts';
import { envelope, stateByType } from './representations.ts';
import { resourceTypes } from './resource-types.ts';
import type { TagServer } from './tagserver.ts';
import { merged, remove, upsert } from './write-rules.ts';

const stateQuery = z.strictObject({ tombstones: z.enum(['true', 'false']).default('false') });

const edit = z.strictObject({
  type: z.enum(resourceTypes),
  externalId: z.string(),
  /** Laid over what is stored; null removes. */
  set: z.record(z.string(), z.unknown()).default({}),
  delete: z.boolean().default(false),
  /** With `delete`: dependents go too. */
  cascade: z.boolean().default(false),
  /** Who is said to have done it. */
  clientId: z.string().min(1).default('human'),
});

/** A human's edit at TagServer itself. */
export type BackdoorEdit = z.input<typeof edit>;

/** TagServer's control endpoints: the common ones, the state, and what happens at TagServer without EMS. */
export function addTagServerControl(scope: FastifyInstance, server: TagServer): void {
  const { store, nudges, clock } = server;

  addControlRoutes(scope, server, () => {
    store.reset();
    nudges.clear();
  });

  scope.get('/state', async (request) => {
    const { tombstones } = stateQuery.parse(request.query);
    return stateByType(store.all({ tombstones: tombstones === 'true' }));
  });

  scope.post('/backdoor', async (request, reply) => {
    const { type, externalId, set, cascade, clientId, ...asked } = edit.parse(request.body);
    const write = { type, id: externalId, clientId, requestId: null, now: clock.instant() };
    try {
      return store.atomically(() => {
        if (asked.delete) {
          remove(store, write, { cascade });
          return { outcome: 'deleted' };
        }
        const stored = store.find(type, externalId);
        const data = stored?.deletedAt === null ? merged(stored, set) : set;
        const { outcome, row } = upsert(store, write, checkContent(type, data));
        return { ...envelope(row), outcome };
      });
    } catch (error) {
      if (error instanceof Problem) return reply.code(error.status).send(error.body());
      throw error;
    }
  });

  scope.post('/purge-tombstones', async () => ({ purged: store.purgeTombstones() }));

  scope.get('/webhook', async () => nudges.read());
  scope.put('/webhook', async (request) => {
    nudges.subscribe(subscription.parse(request.body));
    return nudges.read();
  });
}
