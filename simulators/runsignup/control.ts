import type { FastifyInstance } from 'fastify';
import { addControlRoutes } from '../kit/control-routes.ts';
import { assumptionsSchema, defaultAssumptions } from './assumptions.ts';
import { NoSuchRecord, applyEdit } from './backdoor.ts';
import { backdoorEdit } from './backdoor-edits.ts';
import type { Records } from './records.ts';
import type { RunSignup } from './runsignup.ts';
import type { Store } from './store.ts';

/** Everything stored now, by id. Removed registrations are there, deleted events are not. */
export interface RunSignupState {
  readonly races: Readonly<Record<string, Records['race']>>;
  readonly events: Readonly<Record<string, Records['event']>>;
  readonly users: Readonly<Record<string, Records['user']>>;
  readonly registrations: Readonly<Record<string, Records['registration']>>;
  readonly corrals: Readonly<Record<string, Records['corral']>>;
  readonly teams: Readonly<Record<string, Records['team']>>;
}

const byId = <Value>(records: readonly Value[], idOf: (record: Value) => number): Record<string, Value> =>
  Object.fromEntries(records.map((record) => [idOf(record), record]));

const stateOf = (store: Store): RunSignupState => ({
  races: byId(store.list('race'), ({ raceId }) => raceId),
  events: byId(store.list('event'), ({ eventId }) => eventId),
  users: byId(store.list('user'), ({ userId }) => userId),
  registrations: byId(store.list('registration'), ({ registrationId }) => registrationId),
  corrals: byId(store.list('corral'), ({ raceCorralId }) => raceCorralId),
  teams: byId(store.list('team'), ({ teamId }) => teamId),
});

/** RunSignup's control endpoints: the common ones, the state, what is assumed, and what humans do at RunSignup. */
export function addRunSignupControl(scope: FastifyInstance, server: RunSignup): void {
  const { store } = server;

  addControlRoutes(scope, server, () => {
    store.reset();
    server.assumptions = defaultAssumptions();
  });

  scope.get('/state', async () => stateOf(store));

  scope.get('/assumptions', async () => server.assumptions);
  scope.put('/assumptions', async (request) => {
    const changed = assumptionsSchema.partial().parse(request.body);
    server.assumptions = { ...server.assumptions, ...withoutDefaults(changed, request.body) };
    return server.assumptions;
  });

  scope.post('/backdoor', async (request, reply) => {
    const edit = backdoorEdit.parse(request.body);
    try {
      return store.atomically(() => applyEdit(server, edit));
    } catch (error) {
      if (error instanceof NoSuchRecord) return reply.code(404).send({ message: error.message });
      throw error;
    }
  });
}

/** Only what was sent: the schema fills in a default for the rest. */
function withoutDefaults<Settings extends object>(parsed: Settings, sent: unknown): Partial<Settings> {
  const named = Object.entries(parsed).filter(([name]) => typeof sent === 'object' && sent !== null && name in sent);
  return Object.fromEntries(named) as Partial<Settings>;
}
