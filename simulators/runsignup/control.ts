import type { SimulatorControl } from '../kit/control-routes.ts';
import { namedSettings } from '../kit/named-settings.ts';
import { assumptionsSchema, defaultAssumptions } from './assumptions.ts';
import { NoSuchRecord, applyEdit } from './backdoor.ts';
import { backdoorEdit } from './backdoor-edits.ts';
import type { Records } from './records.ts';
import type { RunSignup } from './runsignup.ts';
import type { Store } from './store.ts';

/** Everything currently stored, by id. Includes removed registrations, but not deleted events. */
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

/** The test control of RunSignup. Its settings are the assumptions about the vendor. */
export function runSignupControl(server: RunSignup): SimulatorControl {
  const { store } = server;
  return {
    reset() {
      store.reset();
      server.assumptions = defaultAssumptions();
    },
    state: () => stateOf(store),
    settings: {
      path: '/assumptions',
      read: () => server.assumptions,
      write(sent) {
        server.assumptions = { ...server.assumptions, ...namedSettings(assumptionsSchema, sent) };
      },
    },
    backdoor(sent) {
      const edit = backdoorEdit.parse(sent);
      return store.atomically(() => applyEdit(server, edit));
    },
    refusal: (error) => (error instanceof NoSuchRecord ? { status: 404, body: { message: error.message } } : undefined),
  };
}
