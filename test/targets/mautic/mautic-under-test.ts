import { startMautic } from '../../../simulators/mautic/start.ts';
import type { Content } from '../../../sync/content-hash.ts';
import { mautic as target } from '../../../targets/mautic/process.ts';
import { marketingTargetUnderTest } from '../marketing-target-under-test.ts';

export const TOPICS = ['newsletter', 'offers', 'results', 'service'];

/** A Mautic for one test file. */
export function mauticUnderTest() {
  const { running, ...common } = marketingTargetUnderTest({
    target,
    start: startMautic,
    settingsOf: ({ url, username, password }) => ({
      MAUTIC_URL: url,
      MAUTIC_USERNAME: username,
      MAUTIC_PASSWORD: password,
    }),
    nobody: NOBODY,
  });
  return {
    ...common,
    /** Settings for OAuth2 instead of a user. */
    client: () => ({
      MAUTIC_USERNAME: undefined,
      MAUTIC_PASSWORD: undefined,
      MAUTIC_CLIENT_ID: running().clientId,
      MAUTIC_CLIENT_SECRET: running().clientSecret,
    }),
    contact: async (id: string | number) => (await running().control.state()).contacts[Number(id)],
    contacts: async () => Object.values((await running().control.state()).contacts),
    /** Methods and paths of the requests since, reads included. */
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

/** A person with no values in EMS. */
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
