import { afterAll, afterEach, beforeAll, beforeEach } from '@jest/globals';
import { startMautic, type StartedMautic } from '../../../simulators/mautic/start.ts';
import type { Content } from '../../../sync/content-hash.ts';
import type { ConsentPolicy } from '../../../sync/suppression.ts';
import { mautic as target } from '../../../targets/mautic/process.ts';
import type { RemoteSystem } from '../../../targets/remote-system.ts';
import { unlimitedConnections } from '../../../targets/unlimited-connections.ts';
import { engineWith } from '../engine.ts';
import { Records } from '../records.ts';

export const TOPICS = ['newsletter', 'offers', 'results', 'service'];

/**
 * A Mautic for one test file, set up as `check --fix` leaves it and emptied after each test; our connection to it, made anew for
 * each; and what the engine would have on record of it.
 */
export function mauticUnderTest() {
  let started: StartedMautic | undefined;
  let remote: RemoteSystem | undefined;
  const records = new Records();
  const running = (): StartedMautic => {
    if (started === undefined) throw new Error('Mautic is started before the tests of a file, not while it is read.');
    return started;
  };
  const connect = (
    changed: Readonly<Record<string, string | undefined>> = {},
    policy: ConsentPolicy = 'ratchet',
  ): RemoteSystem =>
    target.connect(
      target.settings.parse({
        MAUTIC_URL: running().url,
        MAUTIC_USERNAME: running().username,
        MAUTIC_PASSWORD: running().password,
        ...changed,
      }),
      unlimitedConnections(policy),
    );
  const client = () => ({
    MAUTIC_USERNAME: undefined,
    MAUTIC_PASSWORD: undefined,
    MAUTIC_CLIENT_ID: running().clientId,
    MAUTIC_CLIENT_SECRET: running().clientSecret,
  });
  beforeAll(async () => {
    started = await startMautic();
  });
  beforeEach(async () => {
    remote = connect();
    records.clear();
    await remote.shape?.create();
    await running().control.clearJournal();
  });
  afterEach(async () => {
    await running().control.reset();
  });
  afterAll(async () => {
    await started?.stop();
  });

  const connected = (): RemoteSystem => {
    if (remote === undefined) throw new Error('the connection is made before each test');
    return remote;
  };
  return {
    connect,
    /** Settings of OAuth2 instead of a user. */
    client,
    ...engineWith(records, connected, NOBODY),
    contact: async (id: string | number) => (await running().control.state()).contacts[Number(id)],
    contacts: async () => Object.values((await running().control.state()).contacts),
    /** Methods and paths of what was asked since, those that only look included. */
    calls: async () => (await running().control.journal()).map(({ method, path }) => `${method} ${path}`),
    writes: async () =>
      (await running().control.journal({ writesOnly: true })).map(({ method, path }) => `${method} ${path}`),
    get control() {
      return running().control;
    },
    get started() {
      return running();
    },
  };
}

/** A person of whom EMS knows nothing. */
export const NOBODY: Content = {
  firstname: null,
  lastname: null,
  email: null,
  mobile: null,
  address1: null,
  city: null,
  state: null,
  zipcode: null,
  country: null,
  preferred_locale: null,
  ems_birth_date: null,
  ems_events: null,
  consent: {},
  topics: new Set(),
};

export const ANA: Content = {
  ...NOBODY,
  firstname: 'Ana',
  lastname: 'Silva',
  email: 'ana@clube.example',
  mobile: '+351912345678',
  address1: 'Rua Nova 1',
  city: 'Porto',
  state: 'Porto',
  zipcode: '4000-100',
  country: 'Portugal',
  preferred_locale: 'pt_PT',
  ems_birth_date: '1988-02-29',
  ems_events: 'Night Run|Porto Marathon',
};

export const OPTED_IN: Content = { consent: { email: 'in' }, topics: new Set(['NEWSLETTER']) };
export const OPTED_OUT: Content = { consent: { email: 'out' }, topics: new Set() };
