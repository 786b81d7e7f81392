import { z } from 'zod';
import type { SimulatorControl } from '../kit/control-routes.ts';
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
  /** Merged into what is stored; null removes. */
  set: z.record(z.string(), z.unknown()).default({}),
  delete: z.boolean().default(false),
  /** With `delete`: deletes dependents, too. */
  cascade: z.boolean().default(false),
  /** The client recorded as the author. */
  clientId: z.string().min(1).default('human'),
});

type Edit = z.output<typeof edit>;

/** A human's edit at TagServer itself. */
export type BackdoorEdit = z.input<typeof edit>;

/** The test control of TagServer. */
export function tagServerControl(server: TagServer): SimulatorControl {
  const { store, nudges } = server;
  return {
    reset() {
      store.reset();
      nudges.clear();
    },
    state(query) {
      const { tombstones } = stateQuery.parse(query);
      return stateByType(store.all({ tombstones: tombstones === 'true' }));
    },
    backdoor: (sent) => applyEdit(server, edit.parse(sent)),
    refusal: (error) => (error instanceof Problem ? { status: error.status, body: error.body() } : undefined),
    addRoutes(scope) {
      scope.post('/purge-tombstones', async () => ({ purged: store.purgeTombstones() }));
      scope.get('/webhook', async () => nudges.read());
      scope.put('/webhook', async (request) => {
        nudges.subscribe(subscription.parse(request.body));
        return nudges.read();
      });
    },
  };
}

/** @throws Problem if TagServer itself would refuse the edit */
function applyEdit({ store, clock }: TagServer, { type, externalId, set, cascade, clientId, ...asked }: Edit) {
  const write = { type, id: externalId, clientId, requestId: null, now: clock.instant() };
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
}
